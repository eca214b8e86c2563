"""Figures for Prometheus."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Event,
    Failed,
    JobFound,
    RequestEnded,
    Uploaded,
    UploadProgress,
    UploadsAdapted,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.metrics import MetricsFile
from batch_transcriber.ui.summary import Ending

JOBS = [Job(number, f"{number}.mp3", {"txt": Path(f"{number}.txt")}, 5) for number in (1, 2)]
EVENTS: list[Event] = [
    *map(JobFound, JOBS),
    UploadsAdapted(6, 1e6),
    UploadProgress(JOBS[0], 5, 5, 1),
    Uploaded(JOBS[0]),
    RequestEnded("upload", "POST", "/v2/upload", 0.1, 200),
    RequestEnded("list", "GET", "/v2/transcript", 0.1, 429),
    RequestEnded("list", "GET", "/v2/transcript", 0.1, None, "reset"),
    Written(JOBS[0], "t", 90.0, None, has_words=True),
    Failed("3.mp3", Stage.PLAN, "gone"),
]


def figures(path: Path) -> dict[tuple[str, ...], float]:
    """Return all samples by their name and labels, but for that of the output folder."""
    found = {}
    for family in text_string_to_metric_families(path.read_text()):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("out") == "texts"
            found[sample.name.removeprefix("batch_transcriber_"), *labels.values()] = sample.value
    return found


def test_the_file_has_what_the_events_add_up_to(tmp_path: Path) -> None:
    path = tmp_path / "run.prom"
    metrics = MetricsFile(path, Path("texts"), 4)
    before = figures(path)
    for event in EVENTS:
        metrics.show(event)
    metrics.tick()
    after = figures(path)
    assert before["upload_slots",] == 4
    assert {name: after[name] for name in after if after[name] != before.get(name)} == {
        ("inputs", "written"): 1,
        ("inputs", "failed"): 1,
        ("inputs", "pending"): 1,
        ("requests_total", "upload", "200"): 1,
        ("requests_total", "list", "429"): 1,
        ("requests_total", "list", "none"): 1,
        ("rate_limited_total",): 1,
        ("sent_bytes_total",): 5,
        ("audio_seconds_total",): 90,
        ("inputs_known",): 3,
        ("upload_slots",): 6,
        ("last_progress_timestamp_seconds",): after["last_progress_timestamp_seconds",],
    }
    assert after["running",] == 1
    assert after["last_progress_timestamp_seconds",] > before["last_progress_timestamp_seconds",]
    metrics.end(Ending(BatchReport(), Path("texts"), 1.0, "", 1))
    assert (figures(path)["running",], figures(path)["exit_code",]) == (0, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_whose_name_is_no_text_is_spelt_out(tmp_path: Path) -> None:
    path = tmp_path / "run.prom"
    MetricsFile(path, Path(os.fsdecode(b"caf\xe9")), 4)
    assert 'out="caf\\\\udce9"' in path.read_text()


def test_a_file_that_cannot_be_written_any_more_is_told_once(tmp_path: Path) -> None:
    folder, told = tmp_path / "collector", list[str]()
    folder.mkdir()
    metrics = MetricsFile(folder / "run.prom", Path("texts"), 4)
    metrics.on_trouble = told.append
    (folder / "run.prom").unlink()
    folder.rmdir()
    metrics.tick()
    metrics.tick()
    (line,) = told
    assert line.startswith(f"{folder}/run.prom: the metrics cannot be written (No such file or directory); ")
    folder.mkdir()
    metrics.tick()
    assert figures(folder / "run.prom")["running",] == 1


def test_only_a_file_of_its_own_or_an_empty_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.prom"
    path.write_bytes(b"ID3 a recording")
    with pytest.raises(FatalError, match=r"run\.prom: holds no metrics of ours, and stays") as caught:
        MetricsFile(path, Path("texts"), 4)
    assert caught.value.exit_code is ExitCode.LOCAL
    assert path.read_bytes() == b"ID3 a recording"
    device = tmp_path / "device"
    device.symlink_to(os.devnull)
    with pytest.raises(FatalError, match="device: holds no metrics of ours"):
        MetricsFile(device, Path("texts"), 4)
    assert device.is_symlink()
    path.write_bytes(b"")
    for _ in range(2):
        MetricsFile(path, Path("texts"), 4)
        assert figures(path)["running",] == 1


@pytest.mark.parametrize("name", [".", "missing/run.prom", "a\0b"])
def test_a_file_that_cannot_be_written_at_all_is_trouble_of_this_machine(tmp_path: Path, name: str) -> None:
    with pytest.raises(FatalError, match="--metrics-file") as caught:
        MetricsFile(tmp_path / name, Path("texts"), 4)
    assert caught.value.exit_code is ExitCode.LOCAL
