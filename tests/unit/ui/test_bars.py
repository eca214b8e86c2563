"""Bars never leave the window, whatever the recordings are called."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from batch_transcriber.events import Event, Failed, JobFound, Notice, UploadProgress
from batch_transcriber.model import Job, Stage
from batch_transcriber.ui.bars import Bars

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DRAWING = re.compile(r"\x1b\[(\?25[hl]|\d*[AK]|2K|[0-9;]*m)|[^\x1b\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def drawn(*events: Event, width: int = 80, height: int = 24) -> str:
    """Return all that a terminal gets for these events and one frame."""
    file = StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system="standard")
    bars = Bars(console)
    for event in events:
        bars.show(event)
    bars.tick()
    frame = file.getvalue()
    bars.close()
    bars.close()
    return frame


def screen_lines(raw: str) -> list[str]:
    return ESCAPE.sub("", raw).replace("\r", "").split("\n")


def uploads(*names: str) -> list[Event]:
    jobs = [Job(number, name, Path("out.txt"), 10**9) for number, name in enumerate(names, 1)]
    return [*map(JobFound, jobs), *(UploadProgress(job, 5 * 10**8, 10**9, 1) for job in jobs)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(max_size=120), max_size=40),
    st.text(max_size=200),
    st.sampled_from([(80, 24), (40, 10), (200, 5), (30, 4), (10, 3)]),
)
def test_a_frame_never_exceeds_the_window(names: list[str], notice: str, window: tuple[int, int]) -> None:
    width, height = window
    lines = screen_lines(drawn(*uploads(*names), Notice(notice), width=width, height=height))
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize(
    "name", ["[red]a.mp3", "[/]b.mp3", "a:cat:.mp3", "[link=x]y[/link]", "é 日本 😀.mp3"]
)
def test_a_name_is_shown_exactly_as_it_is(name: str) -> None:
    assert f"↑ {name}" in "\n".join(screen_lines(drawn(*uploads(name))))


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\x1b\x07\r\n\x9b[]2J"), max_size=60))
def test_a_name_cannot_steer_the_terminal(name: str) -> None:
    raw = drawn(*uploads(name), Notice(name), Failed(name, Stage.PLAN, name))
    assert DRAWING.sub("", raw) == ""


def test_a_failure_is_printed_above_the_bars_and_broken_at_words() -> None:
    reason = "the service could not transcribe it " * 5
    lines = screen_lines(drawn(Failed("a\nb [bold].mp3", Stage.PLAN, reason.strip())))
    bars = next(number for number, line in enumerate(lines) if line.startswith("Transcribing"))
    assert " ".join(line.strip() for line in lines[:bars]) == rf"failed: a\nb [bold].mp3: {reason.strip()}"


def test_the_counts_are_those_of_the_run() -> None:
    text = "\n".join(screen_lines(drawn(*uploads("a.mp3", "b.mp3"), Failed("c", Stage.PLAN, "gone"))))
    assert "1/3" in text
    assert "1 failed · 2 uploading" in text
    assert text.count("500 MB of 1.0 GB") == 2


def test_more_uploads_than_lines_are_cut_and_the_rest_stays_readable() -> None:
    lines = screen_lines(drawn(*uploads(*(f"{number}.mp3" for number in range(100))), height=12))
    assert lines[0].startswith("Transcribing")
    assert sum(line.startswith("↑") for line in lines) == 8
