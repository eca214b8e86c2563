"""The list of what failed: what is written is read back as what was asked for."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_transcriber.events import Failed
from batch_transcriber.model import Job, Parameters, Request, Stage
from batch_transcriber.plan.lists.failed import MARK, NAME, FailedList
from batch_transcriber.plan.lists.job_list import read_job_list
from tests.support.lists import FORMATS, are_accepted_together, formats, names, options, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_transcriber.plan.lists.entries import Entry

patient = settings(max_examples=50, suppress_health_check=list(HealthCheck))
BUILT_IN: dict[str, Any] = {"speech_models": ["universal-2"]}
# What a file's name can hold, and what an error may quote.
letters = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=20)
files = (letters | texts.map(lambda text: text.replace("/", "_"))).filter(
    lambda name: name not in {".", ".."}
)
sources = files | st.builds("https://example.org/{}".format, files)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


def listed(out: Path, failures: Sequence[Failed]) -> Path | None:
    with FailedList(out) as failed:
        for one in failures:
            failed.note(one)
        return failed.publish()


def entries(out: Path, failures: Sequence[Failed]) -> Sequence[Entry]:
    path = listed(out, failures)
    assert path == out / NAME
    return read_job_list(
        path, formats=FORMATS, below=BUILT_IN, allow_outside=True, allow_unknown_options=True
    ).entries


def job(out: Path, source: str, stem: str, formats: Sequence[str], parameters: dict[str, Any]) -> Job:
    outputs = {name: out / f"{stem}.{name}" for name in formats}
    return Job(1, source, outputs, None if "://" in source else 1, 1, Parameters.of(parameters))


def failed(source: str, error: str = "broken", **rest: Any) -> Failed:
    return Failed(source, Stage.PLAN, error, **rest)


parameters = st.builds(
    lambda options, model: options | ({"speech_models": [model]} if model else {}),
    options,
    st.sampled_from(["", "universal-2", "universal-3-pro"]),
).map(lambda values: {name: value for name, value in values.items() if value is not None})
parameters = parameters.filter(are_accepted_together)


@patient
@given(sources, st.lists(names.map(str.strip), min_size=1, max_size=3), formats, parameters)
def test_a_job_is_read_back_with_its_source_its_files_and_its_parameters(
    out: Path, source: str, parts: list[str], formats: list[str], parameters: dict[str, Any]
) -> None:
    stem = "/".join(parts)
    (entry,) = entries(out, [failed(source, job=job(out, source, stem, formats, parameters))])
    here = Path.cwd()
    # What is not there could be a pattern, in which the folder's own name is none.
    assert entry.source in {source, f"{here}/{source}", f"{glob.escape(str(here))}/{source}"}
    assert (entry.output, entry.is_folder) == (stem, False)
    assert entry.formats == tuple(formats)
    assert Parameters.of(entry.parameters).digest == Parameters.of(parameters).digest


@patient
@given(names.map(str.strip), st.sampled_from(["", "folder", "stem"]), formats, parameters)
def test_a_request_is_read_back_as_it_was(
    out: Path, name: str, place: str, formats: list[str], parameters: dict[str, Any]
) -> None:
    output, is_folder = name if place else None, place == "folder"
    request = Request("a.mp3", tuple(formats), Parameters.of(parameters), output, is_folder)
    (entry,) = entries(out, [failed("a.mp3", request=request)])
    assert (entry.output, entry.is_folder) == (output, is_folder)
    assert entry.formats == tuple(formats)
    assert Parameters.of(entry.parameters).digest == request.parameters.digest


@patient
@given(st.text() | st.sampled_from(["a\nb: c", "\x7f\x1b[2J", "\ufeff", "\ud800", "\u2028", "\ufffe"]))
def test_a_reason_is_one_line_of_comment_whatever_it_holds(out: Path, error: str) -> None:
    assert len(entries(out, [failed("a", error, job=job(out, "a", "a", ["txt"], {}))])) == 1
    lines = (out / NAME).read_text(encoding="utf-8").splitlines()
    assert lines[3].startswith("  # ")
    assert lines[4].startswith("  - source: ")


def test_what_no_list_can_hold_is_named_in_a_comment(out: Path) -> None:
    unlistable = [
        failed("bad\udcff.mp3", job=job(out, "bad\udcff.mp3", "bad", ["txt"], {})),
        failed("ftp://host/a", request=Request("ftp://host/a", ("txt",), Parameters.of({}))),
        failed("taken.mp3"),
    ]
    fine = failed("a.mp3", job=job(out, "a.mp3", "a", ["txt"], {}))
    assert [Path(entry.source).name for entry in entries(out, [*unlistable, fine])] == ["a.mp3"]
    text = (out / NAME).read_text(encoding="utf-8")
    for name in ("'bad\\udcff.mp3'", "'ftp://host/a'", "'taken.mp3'"):
        assert f"  # not listed: {name}\n" in text
    assert listed(out, unlistable) is None, "a list without entries could not be run"
    assert not (out / NAME).exists()


def test_a_pattern_is_listed_once_and_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a[1]"
    folder.mkdir()
    monkeypatch.chdir(folder)
    request = Request("b/*.mp3", ("txt",), Parameters.of({}))
    read = entries(tmp_path, [failed("b/x.mp3", request=request), failed("b/y.mp3", request=request)])
    assert [entry.source for entry in read] == [f"{glob.escape(str(folder))}/b/*.mp3"]


def test_where_nothing_failed_the_last_list_goes_away(tmp_path: Path) -> None:
    assert entries(tmp_path, [failed("a", job=job(tmp_path, "a", "a", ["txt"], {}))])
    assert listed(tmp_path, []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    for text in ("", "version: 1\n", f"{MARK} or not\n"):
        (tmp_path / NAME).write_text(text)
        assert listed(tmp_path, [failed("a", job=job(tmp_path, "a", "a", ["txt"], {}))]) is None
        assert listed(tmp_path, []) is None
        assert (tmp_path / NAME).read_text() == text
        assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_list_that_is_not_published_leaves_the_last_one(tmp_path: Path) -> None:
    one, two = (failed(name, job=job(tmp_path, name, name, ["txt"], {})) for name in ("one", "two"))
    assert entries(tmp_path, [one])
    with FailedList(tmp_path) as stopped:
        stopped.note(two)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert '/one"' in (tmp_path / NAME).read_text()


def test_a_folder_that_cannot_be_written_to_is_no_trouble(tmp_path: Path) -> None:
    assert listed(tmp_path / "none", [failed("a", job=job(tmp_path / "none", "a", "a", ["txt"], {}))]) is None
