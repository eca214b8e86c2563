"""Plain lines for a pipe."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Event,
    Failed,
    JobFound,
    Notice,
    Submitted,
    Uploaded,
    Waiting,
    Written,
)
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.lines import Lines
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity

JOBS = [Job(number, f"{number}.mp3", {"txt": Path(f"{number}.txt")}, 5) for number in (1, 2, 3)]
FATAL = Ending(BatchReport(fatal=FatalError("no credit", ExitCode.ACCOUNT)), Path("t"), 1.0, "", 5)


def printed(
    *events: Event, verbosity: Verbosity = Verbosity.NORMAL, tick: bool = False, ending: Ending | None = None
) -> str:
    file = StringIO()
    lines = Lines(Console(file=file, width=80), verbosity)
    for event in events:
        lines.show(event)
    if tick:
        lines.tick()
    if ending is not None:
        lines.end(ending)
    lines.close()
    return file.getvalue()


def test_a_long_line_is_not_broken() -> None:
    name = "x " * 200 + ".mp3"
    assert printed(Failed(name, Stage.PLAN, "gone")) == f"failed: {name}: gone\n"


def test_a_reader_of_errors_only_gets_those_and_what_ended_the_run() -> None:
    events = (Notice("hello"), Failed("a", Stage.PLAN, "gone"), Waiting("busy", 9.0))
    told = printed(*events, verbosity=Verbosity.ERRORS, tick=True, ending=FATAL)
    assert told == "failed: a: gone\nno credit\n"


def test_a_tick_says_where_the_jobs_are() -> None:
    events: list[Event] = [*map(JobFound, JOBS), Uploaded(JOBS[0]), Submitted(JOBS[1], "t")]
    assert printed(*events, tick=True) == "0 of 3 done · 1 pending · 1 submitting · 1 queued\n"
    assert printed(tick=True) == "0 of 0 done\n"


def test_a_tick_names_the_trouble_and_the_failures() -> None:
    told = printed(Failed("a", Stage.PLAN, "gone"), Waiting("busy", 9.0), tick=True)
    assert told.splitlines()[-1] == "1 of 1 done · 1 failed · waiting 9 s: busy"


def test_a_trouble_is_told_once_until_a_text_is_written() -> None:
    written = Written(JOBS[0], "t", None, None, has_words=True)
    told = printed(Waiting("busy", 1.0), Waiting("busy", 2.0), written, Waiting("busy", 4.0))
    assert told == "waiting 1 s: busy\nwaiting 4 s: busy\n"


@pytest.mark.parametrize(("force", "is_red"), [("1", True), ("", False)])
def test_colour_in_a_pipe_is_for_those_who_force_it(
    monkeypatch: pytest.MonkeyPatch, force: str, *, is_red: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", force)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert ("\x1b[31m" in printed(Failed("a", Stage.PLAN, "gone"))) is is_red
