"""`watch`, from outside: real files that come, change and go, and real signals."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections import deque
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.formats import FORMATS
from tests.support import faults
from tests.support.faults import SUBMIT, UPLOAD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

LONG_AGO = (1_600_000_000, 1_600_000_000)
SOON = ("--settle", "0.3", "--poll-interval", "0.05")
STOPPED_WITHIN_S = 5.0


class Watching:
    """A watching command whose lines are read as they come.

    Attributes:
        lines: The last of them.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: deque[str] = deque(maxlen=200)

    async def read(self) -> None:
        assert self.process.stderr is not None
        while line := (await self.process.stderr.readline()).decode():
            self.lines.append(line.rstrip("\n"))

    def said(self, words: str) -> int:
        return sum(words in line for line in self.lines)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        async with asyncio.timeout(STOPPED_WITHIN_S):
            return await self.process.wait()


@asynccontextmanager
async def watching(cli: Cli, *arguments: str | Path) -> AsyncIterator[Watching]:
    process = await cli.start("watch", *arguments)
    watch = Watching(process)
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.read())
        try:
            yield watch
        finally:
            if process.returncode is None:
                process.kill()
    assert not watch.said("Traceback")


def make_old(path: Path) -> Path:
    os.utime(path, LONG_AGO)
    return path


async def test_what_is_there_what_is_written_and_what_is_moved_in_is_transcribed_each_with_a_line(
    world: World, cli: Cli
) -> None:
    make_old(world.record("there.mp3"))
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: "there.txt" in world.texts())
        world.record("written.mp3")
        aside = make_old(world.record("../aside.mp3", "words from aside"))
        aside.rename(world.recordings / "moved.mp3")
        shutil.copytree(world.recordings, cli.folder / "tree")
        (cli.folder / "tree").rename(world.recordings / "tree")
        await world.until(lambda: len(world.texts()) == 6)
        await world.until(lambda: watch.said("written: ") == 6)
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.texts()["moved.txt"] == "words from aside\n"
    assert "tree/written.txt" in world.texts()
    assert watch.lines[0].startswith("watching recordings to transcripts, ")
    assert watch.said("stopped as asked") == 1


async def test_a_file_that_is_still_written_is_not_sent_and_one_that_was_moved_in_whole_is_at_once(
    world: World, cli: Cli
) -> None:
    async with watching(cli, "recordings", "--settle", "1h", "--poll-interval", "0.05") as watch:
        await world.until(lambda: watch.said("watching") == 1)
        world.record("half.mp3", "half")
        aside = make_old(world.record("../aside.mp3", "words from aside"))
        aside.rename(world.recordings / "moved.mp3")
        await world.until(lambda: "moved.txt" in world.texts())
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.faults.count(UPLOAD) == 1


async def test_after_a_restart_nothing_is_asked_for_again(world: World, cli: Cli, ledger: Ledger) -> None:
    for number in range(5):
        make_old(world.record(f"{number}.mp3"))
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: len(world.texts()) == 5)
        watch.process.kill()
    world.faults.arrivals.clear()
    async with watching(cli, "recordings", *SOON) as watch:
        world.record("new.mp3")
        await world.until(lambda: "new.txt" in world.texts())
        assert await watch.stop(signal.SIGINT) == ExitCode.INTERRUPTED
    assert world.faults.count(UPLOAD) == world.faults.count(SUBMIT) == 1
    assert ledger.paid_twice == 0


async def test_what_changes_is_transcribed_again_and_what_failed_is_tried_again_then(
    world: World, cli: Cli
) -> None:
    make_old(world.record("a.mp3", "the first words"))
    make_old(world.record("bad.mp3", "bad words", size_bytes=50_000))
    world.faults.add(UPLOAD, faults.error(400, "no such thing"), smallest_bytes=50_000)
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: watch.said("failed: recordings/bad.mp3: ") == 1)
        await world.until(lambda: "a.txt" in world.texts())
        world.record("a.mp3", "the second words")
        world.record("bad.mp3", "better words")
        await world.until(lambda: world.texts().get("a.txt") == "the second words\n")
        await world.until(lambda: world.texts().get("bad.txt") == "better words\n")
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.service.books.transcripts == 3
    assert (await cli("status", "--failed")).stdout == ""
    assert "  written    2   " in (await cli("status")).stdout


async def test_names_stay_apart_over_rounds_while_the_first_is_under_way(world: World, cli: Cli) -> None:
    world.recogniser.gate.clear()
    make_old(world.record("call.mp3", "from the first"))
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: world.service.books.transcripts == 1)
        world.record("call.wav", "from the second")
        await world.until(lambda: world.service.books.transcripts == 2)
        world.recogniser.gate.set()
        await world.until(lambda: len(world.texts()) == 2)
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.texts() == {"call.txt": "from the first\n", "call.wav.txt": "from the second\n"}


@pytest.mark.parametrize("out", ["recordings/texts", "recordings"])
async def test_its_own_texts_never_come_back_as_recordings(world: World, cli: Cli, out: str) -> None:
    make_old(world.record("a.mp3"))
    async with watching(cli, "recordings", "-o", out, "-f", ",".join(FORMATS), *SOON) as watch:
        await world.until(lambda: watch.said("written: ") == 1)
        world.record("b.mp3")
        await world.until(lambda: watch.said("written: ") == 2)
        world.record("c.mp3")  # two more rounds, in which the files of the first are seen
        await world.until(lambda: watch.said("written: ") == 3)
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.service.books.transcripts == 3
    assert watch.said("failed: ") == 0


async def test_several_folders_are_watched_and_one_that_goes_away_is_waited_for(
    world: World, cli: Cli
) -> None:
    drive = cli.folder / "drive"
    async with watching(cli, "recordings", "drive", *SOON) as watch:
        await world.until(lambda: watch.said("drive: not there (any more); waiting for it") == 1)
        make_old(world.record("a.mp3"))
        await world.until(lambda: "a.txt" in world.texts())
        make_old(world.record("../aside/b.mp3"))
        (cli.folder / "aside").rename(drive)
        await world.until(lambda: "b.txt" in world.texts())
        drive.rename(cli.folder / "away")
        await world.until(lambda: watch.said("drive: not there (any more); waiting for it") == 2)
        (cli.folder / "away").rename(drive)
        await world.until(lambda: watch.said("drive: there again") == 2)
        world.record("../drive/c.mp3")
        await world.until(lambda: "c.txt" in world.texts())
        assert await watch.stop() == ExitCode.TERMINATED
    assert world.service.books.transcripts == 3


async def test_without_watchfiles_it_says_so_once_and_looks_through_the_folders(
    world: World, cli: Cli
) -> None:
    (cli.folder / "hidden").mkdir()
    (cli.folder / "hidden" / "watchfiles.py").write_text("raise ImportError\n")
    cli.environ["PYTHONPATH"] = str(cli.folder / "hidden")
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(
            lambda: watch.said("without watchfiles (in the project's folder: pip install '.[watch]')") == 1
        )
        world.record("a.mp3")
        await world.until(lambda: "a.txt" in world.texts())
        assert await watch.stop() == ExitCode.TERMINATED


async def test_a_stop_keeps_what_is_under_way_and_the_same_command_goes_on(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    world.recogniser.gate.clear()
    make_old(world.record("a.mp3"))
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: world.service.books.transcripts == 1)
        assert await watch.stop(signal.SIGINT) == ExitCode.INTERRUPTED
    assert watch.lines[-2] == "1 recording to go; the same command goes on:"
    assert watch.lines[-1].startswith("  batch-transcriber watch recordings ")
    world.recogniser.gate.set()
    async with watching(cli, "recordings", *SOON) as watch:
        await world.until(lambda: "a.txt" in world.texts())
        assert await watch.stop() == ExitCode.TERMINATED
    assert ledger.paid_twice == 0


async def test_its_time_may_be_limited_and_one_watch_at_a_time_has_an_output_folder(
    world: World, cli: Cli
) -> None:
    async with watching(cli, "recordings", *SOON) as watch:
        make_old(world.record("a.mp3"))
        await world.until(lambda: "a.txt" in world.texts())
        assert (await cli("watch", "recordings")).code == ExitCode.LOCKED
        assert await watch.stop() == ExitCode.TERMINATED
    ended = await cli("watch", "recordings", "--max-duration", "1s", *SOON)
    assert (ended.code, "stopped" in ended.stderr) == (ExitCode.OK, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "nothing to watch: name a folder, or several"),
        (("recordings/a.mp3",), "recordings/a.mp3 is no folder; transcribe it with batch-transcriber run"),
        (
            ("https://host/a.mp3",),
            "https://host/a.mp3 is no folder; transcribe it with batch-transcriber run",
        ),
        (("recordings", "--settle", "soon"), "--settle must be a time such as 90s"),
        (("recordings", "--limit", "3"), "no such option: --limit"),
    ],
)
async def test_what_cannot_be_watched_is_wrong_usage(
    world: World, cli: Cli, arguments: tuple[str, ...], line: str
) -> None:
    world.record("a.mp3")
    ended = await cli("watch", *arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.startswith(f"batch-transcriber: {line}")
