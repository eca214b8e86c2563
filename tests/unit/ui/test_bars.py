"""The live display on a terminal: it never leaves the window, and nothing steers the terminal."""

from __future__ import annotations

import re
import threading
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.events import Event, Failed, JobFound, Notice, UploadProgress, Waiting, Written
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.bars import Bars
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DRAWING = re.compile(r"\x1b\[(\?25[hl]|\d*[AK]|2K|[0-9;]*m)|[^\x1b\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def drawn(*events: Event, width: int = 80, height: int = 24, verbosity: Verbosity = Verbosity.NORMAL) -> str:
    """Return all that a terminal gets for these events and one frame."""
    file = StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system="standard")
    bars = Bars(console, verbosity)
    for event in events:
        bars.show(event)
    bars.tick()
    frame = file.getvalue()
    bars.close()
    bars.close()
    return frame


def screen_lines(raw: str) -> list[str]:
    return ESCAPE.sub("", raw).replace("\r", "").split("\n")


def found(*names: str) -> list[Event]:
    return [
        JobFound(Job(number, name, {"txt": Path("out.txt")}, 10**9)) for number, name in enumerate(names, 1)
    ]


@settings(max_examples=25)
@given(
    st.lists(st.text(max_size=120), max_size=40),
    st.text(max_size=200),
    st.sampled_from([(80, 24), (40, 10), (200, 5), (30, 4), (10, 3)]),
)
def test_a_frame_never_exceeds_the_window(names: list[str], reason: str, window: tuple[int, int]) -> None:
    width, height = window
    failures = [Failed(name, Stage.PLAN, reason) for name in names]
    lines = screen_lines(drawn(*found(*names), *failures, Waiting(reason, 9.0), width=width, height=height))
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width


@settings(max_examples=25)
@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\x1b\x07\r\n\x9b[]2J"), max_size=60))
def test_a_name_cannot_steer_the_terminal(name: str) -> None:
    job = Job(1, name, {"txt": Path(name)}, 9)
    events: list[Event] = [
        JobFound(job),
        UploadProgress(job, 0, 9, 1),
        Notice(name),
        Failed(name, Stage.PLAN, name),
        Written(job, name, 1.0, name, has_words=True),
    ]
    assert DRAWING.sub("", drawn(*events, verbosity=Verbosity.TRANSITIONS)) == ""


def test_lines_pass_above_the_bars_and_are_broken_at_words() -> None:
    message = "there is a long story to be told here " * 5
    lines = screen_lines(drawn(Notice(message.strip())))
    bar = next(number for number, line in enumerate(lines) if "─" in line)
    assert " ".join(line.strip() for line in lines[:bar]) == message.strip()


@pytest.mark.parametrize(("verbosity", "is_told"), [(Verbosity.NORMAL, False), (Verbosity.TRANSITIONS, True)])
def test_transitions_pass_above_the_bars_only_where_they_are_asked_for(
    verbosity: Verbosity, *, is_told: bool
) -> None:
    raw = drawn(*found("a.mp3"), verbosity=verbosity)
    assert ("found: a.mp3" in raw) is is_told


def test_the_command_that_goes_on_is_not_broken_so_that_it_can_be_copied() -> None:
    command = "batch-transcriber run " + " ".join(f"recordings/{number}.mp3" for number in range(10))
    file = StringIO()
    bars = Bars(Console(file=file, width=80, height=24, force_terminal=True))
    bars.end(Ending(BatchReport(unfinished=1, stopped=True), Path("t"), 1.0, command, 130))
    assert command in file.getvalue()


def test_a_frame_that_took_long_is_followed_by_a_longer_pause() -> None:
    class Dear(StringIO):
        def write(self, text: str) -> int:
            sum(range(3_000_000))
            return super().write(text)

    bars = Bars(Console(file=Dear(), width=80, height=24, force_terminal=True))
    at_first_s = bars.interval_s
    bars.tick()
    bars.close()
    assert at_first_s == 0.1 < bars.interval_s <= 1.0


def test_a_terminal_that_was_stopped_for_a_while_does_not_slow_the_display() -> None:
    class Stopped(StringIO):
        def write(self, text: str) -> int:
            threading.Event().wait(0.3)
            return super().write(text)

    bars = Bars(Console(file=Stopped(), width=80, height=24, force_terminal=True))
    bars.tick()
    bars.close()
    assert bars.interval_s < 0.3
