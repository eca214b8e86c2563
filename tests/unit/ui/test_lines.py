"""Plain lines for a pipe."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from batch_transcriber.events import Event, Failed, JobFound, Notice, Submitted, Uploaded
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.lines import Lines

NAMES = ["[red]a.mp3", "[/]b.mp3", "12:cat:30.mp3", "x" * 300 + ".mp3", "é 😀.mp3", "http://h/a?b=1"]


def printed(*events: Event, quiet: bool = False, tick: bool = False) -> str:
    file = StringIO()
    lines = Lines(Console(file=file, width=80), quiet=quiet)
    for event in events:
        lines.show(event)
    if tick:
        lines.tick()
    lines.close()
    return file.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_is_one_line_with_the_name_exactly_as_it_is(name: str) -> None:
    assert printed(Failed(name, Stage.PLAN, "gone")) == f"failed: {name}: gone\n"


def test_a_name_with_control_characters_stays_on_its_line() -> None:
    assert printed(Failed("a\n\x1b[31m.mp3", Stage.PLAN, "gone")) == "failed: a\\n\\x1b[31m.mp3: gone\n"


def test_a_quiet_screen_shows_failures_alone() -> None:
    events = (Notice("waiting"), Failed("a", Stage.PLAN, "gone"))
    assert printed(*events, quiet=True, tick=True) == "failed: a: gone\n"
    assert printed(*events) == "waiting\nfailed: a: gone\n"


def test_a_tick_says_where_the_jobs_are() -> None:
    jobs = [Job(number, f"{number}.mp3", Path(f"{number}.txt"), 5) for number in (1, 2, 3)]
    events: list[Event] = [*map(JobFound, jobs), Uploaded(jobs[0]), Submitted(jobs[1], "t")]
    assert printed(*events, tick=True) == "0 of 3 done · 1 waiting · 1 submitting · 1 at the service\n"
    assert printed(tick=True) == "0 of 0 done\n"
