"""Which screens a run has, and that none of them stands in its way."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.events import Failed
from batch_transcriber.model import Stage
from batch_transcriber.ui.bars import Bars
from batch_transcriber.ui.json_lines import JsonLines
from batch_transcriber.ui.lines import Lines
from batch_transcriber.ui.screen import choose_screens, open_screens
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@contextmanager
def terminal() -> Iterator[TextIO]:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as file:
        yield file
    os.close(master)


def kinds(file: TextIO, verbosity: Verbosity = Verbosity.NORMAL, json: TextIO | None = None) -> list[type]:
    screens = choose_screens(Console(file=file), verbosity, json)
    for screen in screens:
        screen.close()
    return [type(screen) for screen in screens]


def test_a_terminal_gets_bars_and_a_pipe_lines() -> None:
    with terminal() as file:
        assert kinds(file) == [Bars]
        assert kinds(file, Verbosity.REQUESTS) == [Bars]
        assert kinds(file, Verbosity.ERRORS) == [Lines]
    assert kinds(StringIO()) == [Lines]


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TTY_INTERACTIVE", "0")])
def test_a_terminal_that_cannot_draw_gets_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with terminal() as file:
        assert kinds(file) == [Lines]


def test_forced_colours_make_no_terminal_of_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert kinds(StringIO()) == [Lines]


def test_bars_and_objects_never_share_a_terminal() -> None:
    with terminal() as file, terminal() as other:
        assert kinds(file, json=StringIO()) == [JsonLines, Bars]
        assert kinds(file, json=other) == [JsonLines, Lines]
    assert kinds(StringIO(), json=StringIO()) == [JsonLines, Lines]


async def test_a_screen_whose_reader_is_gone_is_in_nobodys_way() -> None:
    class Gone(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    heard = StringIO()
    screens = [JsonLines(Gone()), Lines(Console(file=heard))]
    async with open_screens(screens) as opened:  # type: ignore[arg-type]
        opened.show(Failed("a.mp3", Stage.PLAN, "gone"))
    assert heard.getvalue() == "failed: a.mp3: gone\n"


async def test_a_bug_in_a_screen_is_told_but_only_once_the_run_is_over() -> None:
    class Broken(Lines):
        ticked = asyncio.Event()

        def tick(self) -> None:
            self.ticked.set()
            raise ZeroDivisionError

    broken, heard = Broken(Console(file=StringIO()), interval_s=0.001), StringIO()
    report = BatchReport(written=1)

    async def run() -> None:
        async with open_screens([broken, Lines(Console(file=heard))]) as opened:
            await broken.ticked.wait()
            opened.show(Failed("a.mp3", Stage.PLAN, "gone"))
            opened.end(Ending(report, Path("t"), 1.0, "", 0))

    with pytest.raises(ZeroDivisionError):
        await run()
    assert "a.mp3" in heard.getvalue()
    assert "1 text written" in heard.getvalue()


async def test_what_could_not_be_written_is_kept_for_the_end() -> None:
    class Full(StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    async with open_screens([JsonLines(Full())]) as opened:
        opened.show(Failed("a.mp3", Stage.PLAN, "gone"))
    assert opened.unwritten is not None
    assert opened.unwritten.errno == errno.ENOSPC
