"""Levels for the journal of systemd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, Notice, PlanMeasured
from batch_transcriber.model import Stage
from batch_transcriber.ui.journald import is_journal
from batch_transcriber.ui.lines import Lines
from batch_transcriber.ui.summary import Ending

if TYPE_CHECKING:
    from typing import TextIO


def journal_at(file: TextIO) -> str:
    status = os.fstat(file.fileno())
    return f"{status.st_dev}:{status.st_ino}"


def printed(path: Path) -> str:
    with path.open("w") as file:
        lines = Lines(Console(file=file))
        lines.show(PlanMeasured(1, 5))
        lines.show(Notice("a word"))
        lines.show(Failed("a.mp3", Stage.PLAN, "gone"))
        lines.tick()
        fatal = FatalError("no credit", ExitCode.ACCOUNT)
        lines.end(Ending(BatchReport(fatal=fatal), Path("t"), 1.0, "", ExitCode.ACCOUNT))
    return path.read_text()


def test_each_line_begins_with_its_level_where_stderr_is_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stderr"
    path.touch()
    with path.open() as file:
        monkeypatch.setenv("JOURNAL_STREAM", journal_at(file))
    assert printed(path).splitlines() == [
        "<6>1 recording found, 5 B",
        "<4>a word",
        "<3>failed: a.mp3: gone",
        "<6>1 of 1 done · 1 failed",
        "<3>stopped: no credit",
    ]


@pytest.mark.parametrize("variable", ["", "1", "a:b", "1:2:3", "0:0"])
def test_another_stream_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", variable)
    assert "<" not in printed(tmp_path / "stderr")


def test_a_stream_without_a_descriptor_is_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    assert not is_journal(StringIO())
