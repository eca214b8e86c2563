"""Requests that name their outputs, or ask for one recording in several ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.events import Failed, Skipped
from batch_transcriber.model import Job, Origin, Parameters, Request
from batch_transcriber.plan import find_jobs
from tests.support.records import Written

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.plan import Planned

ENGLISH, GERMAN = Parameters.of({"language_code": "en"}), Parameters.of({"language_code": "de"})


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    for name in ("a.mp3", "b.mp3", "sub/c.mp3"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"words")
    return folder


def plan(out: Path, *requests: Request) -> list[Planned]:
    return list(find_jobs(requests, out, records=Written({}), suffixes={"txt": ".txt", "srt": ".srt"}))


def outputs(out: Path, *requests: Request) -> list[str]:
    jobs = [item for item in plan(out, *requests) if isinstance(item, Job)]
    return [path.relative_to(out).as_posix() for job in jobs for path in job.outputs.values()]


def test_a_recording_gets_the_very_name_that_is_asked_for(tmp_path: Path, calls: Path) -> None:
    both = Request(str(calls / "a.mp3"), ("txt", "srt"), ENGLISH, "talks/Dr. Who v1.2")
    assert outputs(tmp_path, both) == ["talks/Dr. Who v1.2.txt", "talks/Dr. Who v1.2.srt"]
    address = Request("https://h/z.mp3", ("txt",), ENGLISH, "z/final")
    assert outputs(tmp_path, address) == ["z/final.txt"]


def test_what_holds_many_goes_into_a_folder_as_does_what_is_asked_to(tmp_path: Path, calls: Path) -> None:
    assert outputs(tmp_path, Request(str(calls), ("txt",), ENGLISH, "x")) == [
        "x/a.txt",
        "x/b.txt",
        "x/sub/c.txt",
    ]
    assert outputs(tmp_path, Request(f"{calls}/*.mp3", ("txt",), ENGLISH, "x/y")) == [
        "x/y/a.txt",
        "x/y/b.txt",
    ]
    one = Request(str(calls / "a.mp3"), ("txt",), ENGLISH, "x", is_folder=True)
    assert outputs(tmp_path, one) == ["x/a.txt"]
    assert outputs(tmp_path, Request(str(calls), ("txt",), ENGLISH, ".")) == ["a.txt", "b.txt", "sub/c.txt"]


def test_of_two_recordings_with_one_name_the_second_is_refused(tmp_path: Path, calls: Path) -> None:
    first, second = (Request(str(calls / name), ("txt",), ENGLISH, "X") for name in ("a.mp3", "b.mp3"))
    job, failed = plan(tmp_path, first, second)
    assert isinstance(job, Job)
    assert isinstance(failed, Failed)
    assert "another recording of this run has the output X already" in failed.error


def test_one_recording_in_two_ways_is_two_jobs_and_twice_in_one_way_is_one(
    tmp_path: Path, calls: Path
) -> None:
    asked = [Request(str(calls / "a.mp3"), ("txt",), language) for language in (ENGLISH, GERMAN, ENGLISH)]
    english, german, again = plan(tmp_path, *asked)
    assert isinstance(english, Job)
    assert isinstance(german, Job)
    assert [job.output.name for job in (english, german)] == ["a.txt", "a.mp3.txt"]
    assert [job.parameters for job in (english, german)] == [ENGLISH, GERMAN]
    assert isinstance(again, Skipped)


def test_one_recording_into_two_folders_is_two_jobs(tmp_path: Path, calls: Path) -> None:
    asked = [Request(str(calls), ("txt",), ENGLISH, place) for place in ("x", "y", "x", ".")]
    assert outputs(tmp_path, *asked) == [
        f"{folder}{name}.txt" for folder in ("x/", "y/", "") for name in ("a", "b", "sub/c")
    ]


def test_a_folder_that_is_asked_for_goes_before_that_of_an_earlier_run(tmp_path: Path, calls: Path) -> None:
    (tmp_path / "a.txt").touch()
    source = calls / "a.mp3"
    status = source.stat()
    written = Written({"a.txt": Origin(str(source), status.st_size, status.st_mtime_ns)})

    def outputs_of(request: Request) -> list[str]:
        found = find_jobs([request], tmp_path, records=written, suffixes={"txt": ".txt"})
        return [str(job.output.relative_to(tmp_path)) for job in found if isinstance(job, Job)]

    assert outputs_of(Request(str(source), ("txt",), ENGLISH)) == []
    assert outputs_of(Request(str(source), ("txt",), ENGLISH, "x", is_folder=True)) == ["x/a.txt"]
