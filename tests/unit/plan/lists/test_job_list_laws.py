"""Laws of job lists: what was written is what is read, and whatever else comes is told with its place."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_transcriber.plan.lists.job_list import JobList, read_job_list
from batch_transcriber.plan.mistakes import MistakesError
from tests.support.lists import FORMATS, valid_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_transcriber.plan.mistakes import Mistake

# Drawing a list takes most of the time, and a machine may be busy.
patient = settings(suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "jobs.yaml"


def read(path: Path, text: str) -> JobList:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return read_job_list(path, formats=FORMATS)


def block(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def flow(data: Any) -> str:
    return yaml.safe_dump(data, default_flow_style=True, sort_keys=True)


def as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def expected_source(path: Path, source: str) -> str:
    return source if "://" in source or source.startswith("/") else f"{path.parent}/{source}"


@patient
@given(valid_lists(shorthands=False), st.sampled_from([block, flow, as_json]))
def test_a_list_is_read_as_it_was_written(
    path: Path, written: dict[str, Any], dump: Callable[[Any], str]
) -> None:
    found = read(path, dump(written))
    assert found.formats == (tuple(written["defaults"]["formats"]) if "defaults" in written else None)
    assert len(found.entries) == len(written["jobs"])
    for entry, as_written in zip(found.entries, written["jobs"], strict=True):
        job: dict[str, Any] = {"source": as_written} if isinstance(as_written, str) else as_written
        assert entry.source == expected_source(path, job["source"])
        assert entry.formats == (tuple(job["formats"]) if "formats" in job else None)
        options = job.get("options") or {}
        assert entry.parameters == {name: value for name, value in options.items() if value is not None}
        output = job.get("output")
        assert entry.is_folder == (output is not None and output.endswith("/"))
        if output is not None:
            assert entry.output == posixpath.normpath(output).removesuffix(".txt")


@patient
@given(valid_lists())
def test_a_list_of_what_was_read_gives_the_same_again(path: Path, written: dict[str, Any]) -> None:
    first = read(path, block(written))
    again = {
        "version": 1,
        "defaults": {"formats": list(first.formats)} if first.formats else None,
        "jobs": [
            {
                "source": entry.source,
                "output": entry.output and entry.output + "/" * entry.is_folder,
                "formats": list(entry.formats) if entry.formats else None,
                "options": dict(entry.parameters),
            }
            for entry in first.entries
        ],
    }
    assert read(path, flow(again)) == first


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a valid list's text with some pieces of it gone, doubled, moved or changed."""
    dump: Callable[[Any], str] = draw(st.sampled_from([block, flow, as_json]))
    text = dump(draw(valid_lists()))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 20)))
        new = draw(
            st.sampled_from(
                [
                    "",
                    "\t",
                    " ",
                    "\n",
                    ":",
                    "- ",
                    "no",
                    "7",
                    "&a",
                    "*a",
                    "[",
                    "}",
                    "'",
                    "\x00",
                    "<<: ",
                    "---\n",
                    text[start:end] * 2,
                    "�",
                    "\ufffe",
                    "#",
                    "!",
                    "? ",
                    "null",
                    "../",
                    "\x85",
                    "\x1b",
                ]
            )
        )
        text = text[:start] + new + text[end:]
    return text


@patient
@given(mutated() | st.text())
def test_any_other_text_is_a_list_or_has_mistakes_each_with_its_line(path: Path, text: str) -> None:
    mistakes: Sequence[Mistake] = ()
    try:
        assert read(path, text).entries
    except MistakesError as error:
        mistakes = error.mistakes
    for mistake in mistakes:
        assert 1 <= mistake.line <= len(text.splitlines()) + 1
        assert mistake.column >= 1
        assert mistake.message
        assert str(mistake).isprintable(), str(mistake)
        assert str(mistake).startswith(f"{path}:{mistake.line}:{mistake.column}: ")
