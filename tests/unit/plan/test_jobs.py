"""Jobs from sources."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Origin, Parameters
from batch_transcriber.plan import Request, find_jobs, find_recordings
from tests.support.records import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_transcriber.plan import Planned

NAMES = [
    "a b.mp3",
    "line\nbreak.mp3",
    "smile 😀.mp3",
    "é".encode().decode() * 120 + "x" * 6 + ".mp3",
    "e\u0301.mp3",
    os.fsdecode(b"latin \xe9.mp3"),
    "-o.mp3",
    "[red].mp3",
]

ASKED = Parameters.of({})


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    return folder


def record(path: Path, mtime_s: int = 1000) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"words")
    os.utime(path, (mtime_s, mtime_s))
    return str(path)


def find(sources: list[str], out: Path, origins: Mapping[Path, Origin], **how: Any) -> Iterator[Planned]:
    formats = tuple(how.pop("formats", ["txt"]))
    return find_jobs(
        [Request(source, formats, ASKED) for source in sources],
        out,
        records=Written({str(path.relative_to(out)): origin for path, origin in origins.items()}),
        suffixes={name: f".{name}" for name in ("txt", "srt", "json")},
        **how,
    )


def plan(*sources: object, out: Path, force: bool = False, **written: Origin) -> list[Planned]:
    """Plan with outputs of earlier runs: their names without `.txt`, and what they were written from."""
    origins = {out / f"{name}.txt": origin for name, origin in written.items()}
    return list(find([str(s) for s in sources], out, origins, force=force))


@pytest.mark.parametrize("name", NAMES)
def test_any_name_that_the_disk_takes_becomes_a_job(calls: Path, tmp_path: Path, name: str) -> None:
    source = record(calls / name)
    (job,) = plan(calls, out=tmp_path / "texts")
    assert isinstance(job, Job)
    assert (job.number, job.source, job.size_bytes, job.is_url) == (1, source, 5, False)
    assert job.output.parent == tmp_path / "texts"
    job.output.parent.mkdir()
    job.output.touch()  # the disk takes the output's name too


def test_jobs_are_numbered_in_the_order_found(calls: Path, tmp_path: Path) -> None:
    for name in ("b.mp3", "a.mp3", "sub/c.mp3"):
        record(calls / name)
    jobs = plan("https://h/z.mp3", calls, out=tmp_path / "texts")
    assert [(job.number, Path(job.source).name) for job in jobs if isinstance(job, Job)] == [
        (1, "z.mp3"),
        (2, "a.mp3"),
        (3, "b.mp3"),
        (4, "c.mp3"),
    ]


def test_a_web_address_is_a_job_without_a_size(tmp_path: Path) -> None:
    (job,) = plan("https://h/z.mp3", out=tmp_path)
    assert job == Job(1, "https://h/z.mp3", {"txt": tmp_path / "z.txt"}, None)
    assert job.is_url


def test_an_input_that_is_named_twice_is_one_job(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3")
    first, *others = plan(calls, source, calls / "*.mp3", out=tmp_path / "texts")
    assert isinstance(first, Job)
    assert others == [Skipped(source, SkipReason.NAMED_TWICE, size_bytes=5)] * 2


def test_files_of_one_stem_have_an_output_each(calls: Path, tmp_path: Path) -> None:
    for name in ("call.mp3", "call.wav", "CALL.MP3"):
        record(calls / name)
    jobs = plan(calls, out=tmp_path)
    assert [job.output.name for job in jobs if isinstance(job, Job)] == [
        "CALL.txt",
        "call.mp3.txt",
        "call.wav.txt",
    ]


def test_what_was_written_from_this_recording_is_left_alone(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3", 1000)
    record(tmp_path / "a.txt")
    origin = Origin(source, 5, 1000 * 10**9)
    assert plan(source, out=tmp_path, a=origin) == [
        Skipped(source, SkipReason.ALREADY_WRITTEN, (tmp_path / "a.txt",), size_bytes=5)
    ]


@pytest.mark.parametrize("origin", [(6, 1000), (5, 999), (5, 1001)])
def test_a_recording_that_changed_since_is_a_job(
    calls: Path, tmp_path: Path, origin: tuple[int, int]
) -> None:
    source = record(calls / "a.mp3", 1000)
    record(tmp_path / "a.txt")
    (job,) = plan(source, out=tmp_path, a=Origin(source, origin[0], origin[1] * 10**9))
    assert isinstance(job, Job)
    assert job.output == tmp_path / "a.txt"


def test_a_text_that_was_deleted_is_a_job(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3", 1000)
    assert isinstance(plan(source, out=tmp_path, a=Origin(source, 5, 1000 * 10**9))[0], Job)


def test_a_file_that_no_run_wrote_is_not_overwritten_and_said(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3")
    record(tmp_path / "a.txt")
    (failed,) = plan(source, out=tmp_path)
    assert isinstance(failed, Failed)
    assert "no run wrote it" in failed.error
    assert "--force" in failed.error


def test_force_makes_a_job_of_what_is_written(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3", 1000)
    record(tmp_path / "a.txt")
    origin = Origin(source, 5, 1000 * 10**9)
    assert isinstance(plan(source, out=tmp_path, force=True, a=origin)[0], Job)
    assert isinstance(plan(source, source, out=tmp_path, force=True, a=origin)[1], Skipped)


def test_a_text_that_the_disk_finds_under_another_spelling_is_left_alone(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "sub/a.mp3", 1000)
    record(tmp_path / "Sub/a.txt")
    (tmp_path / "sub").mkdir(exist_ok=True)
    if not (tmp_path / "sub/a.txt").exists():  # on a disk that tells them apart
        (tmp_path / "sub/a.txt").hardlink_to(tmp_path / "Sub/a.txt")
    origins = {tmp_path / "Sub/a.txt": Origin(str(calls / "Sub/a.mp3"), 5, 1000 * 10**9)}
    (skipped,) = find([str(calls)], tmp_path, origins)
    assert skipped == Skipped(source, SkipReason.ALREADY_WRITTEN, (tmp_path / "sub/a.txt",), size_bytes=5)


def test_a_text_of_a_web_address_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path / "z.txt", 1)
    (skipped,) = plan("https://h/z.mp3", out=tmp_path, z=Origin("https://h/z.mp3", None, None))
    assert skipped == Skipped("https://h/z.mp3", SkipReason.ALREADY_WRITTEN, (tmp_path / "z.txt",))


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_in_the_place_of_a_text_fails_before_anything_is_paid(
    calls: Path, tmp_path: Path, *, force: bool
) -> None:
    source = record(calls / "a.mp3")
    (tmp_path / "a.txt").mkdir()
    (failed,) = plan(source, out=tmp_path, force=force)
    assert isinstance(failed, Failed)
    assert failed.source == source
    assert "a folder has the name of its text" in failed.error


def test_one_bad_source_does_not_stop_the_others(calls: Path, tmp_path: Path) -> None:
    record(calls / "a.mp3")
    (tmp_path / "empty").mkdir()
    sources = ("gone.mp3", "https://[bad", tmp_path / "empty", calls)
    assert [type(item) for item in plan(*sources, out=tmp_path)] == [Failed, Failed, Notice, Job]


def test_texts_inside_the_searched_folder_are_not_searched(calls: Path) -> None:
    record(calls / "a.mp3")
    record(calls / "transcripts/old.mp3")
    jobs = plan(calls, out=calls / "transcripts")
    assert [Path(job.source).name for job in jobs if isinstance(job, Job)] == ["a.mp3"]


def test_the_first_job_is_out_before_later_sources_are_read(calls: Path, tmp_path: Path) -> None:
    sources = [record(calls / "a.mp3"), str(calls / "later")]
    items = find(sources, tmp_path, {})
    assert isinstance(next(items), Job)
    record(calls / "later/b.mp3")
    assert [Path(item.source).name for item in items if isinstance(item, Job)] == ["b.mp3"]


def test_recordings_are_counted_without_a_word_on_the_rest(calls: Path, tmp_path: Path) -> None:
    record(calls / "a.mp3")
    record(calls / "b.txt")
    found = list(
        find_recordings(
            [Request(source, ("txt",), ASKED) for source in (str(calls), "gone.mp3", "https://h/z.mp3")],
            tmp_path,
        )
    )
    assert [str(one.place) for one in found] == ["a.mp3", "z.mp3"]


def test_no_sources_are_no_jobs(tmp_path: Path) -> None:
    assert plan(out=tmp_path) == []


def test_all_files_of_a_recording_have_one_stem(calls: Path, tmp_path: Path) -> None:
    for name in ("call.mp3", "call.wav"):
        record(calls / name)
    jobs = list(find([str(calls)], tmp_path, {}, formats=["srt", "txt"]))
    assert [list(job.outputs.items()) for job in jobs if isinstance(job, Job)] == [
        [("srt", tmp_path / "call.srt"), ("txt", tmp_path / "call.txt")],
        [("srt", tmp_path / "call.wav.srt"), ("txt", tmp_path / "call.wav.txt")],
    ]


def test_only_what_is_missing_is_to_be_written(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3", 1000)
    record(tmp_path / "a.txt")
    origins = {tmp_path / "a.txt": Origin(source, 5, 1000 * 10**9)}
    (job,) = find([source], tmp_path, origins, formats=["txt", "srt"])
    assert isinstance(job, Job)
    assert job.output == tmp_path / "a.txt"
    assert job.missing == {"srt": tmp_path / "a.srt"}
    (job,) = find([source], tmp_path, origins, formats=["txt", "srt"], force=True)
    assert isinstance(job, Job)
    assert job.missing == job.outputs


def test_a_recording_is_left_alone_only_where_all_its_files_are_there(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3", 1000)
    outputs = (tmp_path / "a.srt", tmp_path / "a.txt")
    for path in outputs:
        record(path)
    origins = dict.fromkeys(outputs, Origin(source, 5, 1000 * 10**9))
    skipped = Skipped(source, SkipReason.ALREADY_WRITTEN, outputs, size_bytes=5)
    assert list(find([source], tmp_path, origins, formats=["srt", "txt"])) == [skipped]


def test_one_file_in_the_way_refuses_the_recording_before_it_is_paid_for(calls: Path, tmp_path: Path) -> None:
    source = record(calls / "a.mp3")
    record(tmp_path / "a.srt")
    (failed,) = find([source], tmp_path, {}, formats=["txt", "srt"])
    assert isinstance(failed, Failed)
    assert "no run wrote it" in failed.error
