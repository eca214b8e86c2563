"""Ctrl-C, SIGTERM and a closed terminal: gone within five seconds, whatever the run is at, and it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER, NAME
from tests.e2e.conftest import COMMAND
from tests.support import faults
from tests.support.faults import ALWAYS, SUBMIT, UPLOAD
from tests.support.points import Point
from tests.support.terminal import open_window, take_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

STOPPED_WITHIN_S = 5.0
AT_ONCE_S = 2.0  # with what a loaded machine takes to end a process
SPEECH = Path(__file__).parents[1] / "data" / "speech"
# As `timeout` does, which signals its command, and then its whole group.
SIGNALLED_TWICE = """
import asyncio, os, signal
from batch_transcriber.cli.signals import stop_on_signals

async def main():
    with stop_on_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.asked.wait()
        print("it goes on to its end")

asyncio.run(main())
"""
SIGNALS = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}


class Following:
    """A command whose lines are read as they come, for a full pipe would hold it up.

    Attributes:
        last: The last of its lines.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.last: deque[str] = deque(maxlen=100)

    async def until(self, word: str) -> None:
        """Read up to a line that holds a word."""
        while word not in (line := await self._read()):
            assert line, list(self.last)

    async def stop(self, number: signal.Signals, within_s: float = STOPPED_WITHIN_S) -> None:
        """Send a signal; the command ends in time, with its code, with a journal, and without a traceback."""
        self._process.send_signal(number)
        async with asyncio.timeout(within_s):
            while await self._read():
                pass
            assert await self._process.wait() == SIGNALS[number]
        assert not any("Traceback" in line for line in self.last)

    async def _read(self) -> str:
        assert self._process.stderr is not None
        line = (await self._process.stderr.readline()).decode()
        self.last.append(line)
        return line


async def follow(cli: Cli, *arguments: str | Path) -> Following:
    return Following(await cli.start("run", *arguments))


def assert_journal_is_whole(out: Path) -> None:
    with closing(sqlite3.connect(out / FOLDER / NAME)) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def assert_it_says_how_to_go_on(following: Following, arguments: str) -> None:
    assert list(following.last)[-3:-1][0].endswith(" to go; the same command goes on:\n")
    assert following.last[-2] == f"  batch-transcriber run {arguments}\n"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_while_big_files_are_sent_it_ends_in_time_and_what_waits_is_not_begun(
    world: World, cli: Cli, ledger: Ledger, number: signal.Signals
) -> None:
    for name in range(8):
        world.record(f"{name}.mp3", size_bytes=30_000_000 + name)
    point = Point()
    world.faults.add(UPLOAD, point.arriving, times=2)
    following = await follow(cli, "recordings", "--uploads", "2")
    await point.reached.wait()
    await following.stop(number)
    assert_it_says_how_to_go_on(following, "recordings --uploads 2")
    assert_journal_is_whole(world.out)
    assert world.faults.count(UPLOAD) <= 2
    assert world.faults.count(SUBMIT) == 0
    point.let_go.set()
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert (len(world.texts()), ledger.paid_twice) == (8, 0)


async def test_while_huge_files_are_compared_it_ends_in_time(world: World, cli: Cli) -> None:
    for name in range(16):  # of one size, so that each is read before it is sent
        with (world.recordings / f"{name:02}.mp4").open("wb") as file:
            os.truncate(file.fileno(), 2_000_000_000)
    following = await follow(cli, "recordings", "-v")
    await following.until("found: recordings/15.mp4")
    await following.stop(signal.SIGTERM)
    assert_journal_is_whole(world.out)
    assert world.faults.count(SUBMIT) == 0


async def test_while_a_million_names_are_planned_it_ends_in_time(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    (cli.folder / "names").write_text("recordings/a.mp3\n" * 1_000_000)
    following = await follow(cli, "--files-from", "names", "-v")
    await following.until("submitted: recordings/a.mp3")
    await following.stop(signal.SIGINT)
    assert_journal_is_whole(world.out)


@pytest.mark.timeout(90)  # a submit that may have been carried out is looked up for half a minute
async def test_while_an_outage_is_waited_out_it_ends_in_time_and_goes_on_later(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for name in range(10):
        world.record(f"{name}.mp3")
    world.faults.add(".*", faults.reply(503), times=ALWAYS, after=6)
    following = await follow(cli, "recordings", "--retries", "1")
    await following.until("the service is away since ")
    await following.stop(signal.SIGTERM)
    assert_it_says_how_to_go_on(following, "recordings --retries 1")
    world.faults.script.clear()
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert (len(world.texts()), ledger.paid_twice) == (10, 0)


@pytest.mark.timeout(90)
async def test_while_this_machine_hears_it_ends_in_time(cli: Cli) -> None:
    pytest.importorskip("faster_whisper")
    following = await follow(cli, "--offline", SPEECH, "-v")
    await following.until("processing: ")
    await following.stop(signal.SIGINT)
    assert_journal_is_whole(cli.folder / "transcripts")


async def test_two_signals_that_come_as_one_are_one(cli: Cli) -> None:
    ended = await cli("--version", through=(sys.executable, "-c", SIGNALLED_TWICE))
    assert (ended.code, ended.stdout) == (0, "it goes on to its end\n")


async def test_a_second_signal_ends_it_at_once(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    point = Point()
    world.faults.add(SUBMIT, point.arrived)  # for which a stop waits a little
    process = await cli.start("run", "recordings")
    following = Following(process)
    await point.reached.wait()
    process.send_signal(signal.SIGTERM)
    await following.until("stopping; texts that are ready are written first")
    await following.stop(signal.SIGTERM, AT_ONCE_S)
    assert following.last[-2] == "ended at once; the same command goes on\n"
    assert_journal_is_whole(world.out)
    point.let_go.set()


async def test_a_terminal_that_is_closed_stops_it_and_the_same_command_goes_on(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for name in range(6):
        world.record(f"{name}.mp3")
    world.recogniser.gate.clear()
    master, slave = open_window(80, 24)
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "run", "recordings"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cli.folder,
        env=cli.environ | {"TERM": "xterm-256color"},
        preexec_fn=take_terminal,
    )
    os.close(slave)
    await world.until(lambda: world.service.books.transcripts == 6)
    os.close(master)  # as a lost ssh connection does: SIGHUP, and every write fails from now on
    async with asyncio.timeout(STOPPED_WITHIN_S):
        assert await process.wait() == ExitCode.HANGUP
    assert_journal_is_whole(world.out)
    world.recogniser.gate.set()
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert (len(world.texts()), ledger.paid_twice) == (6, 0)
