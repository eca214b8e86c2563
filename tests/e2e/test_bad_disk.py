"""Output folders that take nothing, or no more: the run stops with a line and exit 3, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.faults import ALWAYS, PARAGRAPHS, meanwhile
from tests.support.machine import with_disk_that_closes, with_small_disk, without_override
from tests.support.points import Point

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

READ_ONLY = 0o500
CLOSED = "the folder of its text cannot be written to; allow it, or choose another folder with -o"
# The command, then more room for its disk, the command again, and its texts where the test can see them.
MAKE_ROOM = """
"$@"; echo "ended with $?"
mount -o remount,size=16m "$0" && "$@"; echo "then with $?"
cp "$0"/*.txt "$(dirname "$0")/seen"
"""
MAKE_ROOM_FOR_JOURNAL = """
"$@"; echo "ended with $?"
mount -o remount,size=16m "$0" && "$@"; echo "then with $?"
"""
FILL = 'head -c 1m /dev/zero > "$0/filler"; "$@"'


def reasons(stderr: str) -> list[str]:
    """Return the lines that say why a run stopped."""
    return [line for line in stderr.splitlines() if "; make room" in line or "; allow it" in line]


async def test_a_read_only_output_folder_stops_the_run_before_anything_is_sent(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    world.out.mkdir(READ_ONLY)
    ended = await cli("run", "recordings", through=without_override())
    assert ended.code == ExitCode.LOCAL
    (line,) = reasons(ended.stderr)
    assert line.endswith(
        "transcripts: the output folder cannot be written to (Permission denied); "
        "allow it, or name another with -o"
    )
    assert world.faults.arrivals == []


async def test_an_output_folder_that_becomes_read_only_stops_the_run_and_the_same_command_goes_on(
    world: World, cli: Cli
) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")

    def close(out: Path) -> None:
        out.chmod(READ_ONLY)

    world.faults.add(PARAGRAPHS, meanwhile(close, world.out))
    ended = await cli("run", "recordings", "--in-flight", "1", through=without_override())
    assert ended.code == ExitCode.LOCAL
    (line,) = reasons(ended.stderr)
    assert line.endswith(
        "0.txt: cannot be written (Permission denied); allow it, and run the same command again"
    )
    assert world.texts() == {}
    world.out.chmod(0o700)
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.OK
    assert set(world.texts()) == {"0.txt", "1.txt", "2.txt"}


async def test_a_read_only_folder_below_the_output_costs_its_own_texts_before_they_are_paid_for(
    world: World, cli: Cli
) -> None:
    for name in ("closed/a.mp3", "closed/deeper/b.mp3", "open/c.mp3"):
        world.record(name)
    world.out.mkdir()
    (world.out / "closed").mkdir(READ_ONLY)
    ended = await cli("run", "recordings", through=without_override())
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == dict.fromkeys(
        ["recordings/closed/a.mp3", "recordings/closed/deeper/b.mp3"], CLOSED
    )
    assert set(world.texts()) == {"open/c.txt"}
    assert world.service.books.transcripts == 1


async def test_a_full_disk_stops_the_run_before_anything_is_sent(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.out.mkdir()
    ended = await cli("run", "recordings", through=with_small_disk(world.out, 256, FILL))
    assert ended.code == ExitCode.LOCAL
    (line,) = reasons(ended.stderr)
    assert line.endswith(
        "transcripts: the output folder cannot be written to (No space left on device); "
        "make room, or name another with -o"
    )
    assert world.faults.arrivals == []


async def test_a_disk_that_fills_up_stops_the_run_and_the_same_command_goes_on(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    (cli.folder / "seen").mkdir()
    world.out.mkdir()
    for number in range(100):
        world.record(f"{number:02}.mp3", f"text {number}", size_bytes=600)
    ended = await cli("run", "recordings", through=with_small_disk(world.out, 300, MAKE_ROOM))
    assert ended.stdout.splitlines() == [f"ended with {ExitCode.LOCAL:d}", f"then with {ExitCode.OK:d}"]
    (line,) = reasons(ended.stderr)
    assert "transcripts/" in line
    assert "run the same command again" in ended.stderr
    texts = {path.name: path.read_text() for path in (cli.folder / "seen").iterdir()}
    assert texts == {f"{number:02}.txt": f"text {number}\n" for number in range(100)}
    assert (ledger.transcripts.total(), ledger.paid_twice) == (100, 0)


async def test_a_disk_of_the_journal_that_fills_up_stops_the_run_and_the_same_command_goes_on(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    kept = cli.folder / "kept"
    kept.mkdir()
    for number in range(100):
        world.record(f"{number:02}.mp3", f"text {number}")
    through = with_small_disk(kept, 300, MAKE_ROOM_FOR_JOURNAL)
    ended = await cli("run", "recordings", "--journal", "kept/journal.db", through=through)
    assert ended.stdout.splitlines() == [f"ended with {ExitCode.LOCAL:d}", f"then with {ExitCode.OK:d}"]
    (line,) = reasons(ended.stderr)
    assert line.endswith(
        "kept/journal.db: the journal cannot be used (database or disk is full); "
        "make room, and run the same command again"
    )
    assert world.texts() == {f"{number:02}.txt": f"text {number}\n" for number in range(100)}
    assert (ledger.transcripts.total(), ledger.paid_twice) == (100, 0)


async def test_a_disk_that_becomes_read_only_stops_the_run_and_the_same_command_goes_on(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for number in range(6):
        world.record(f"day/{number}.mp3")
    day, changed, point = world.out / "day", cli.folder / "changed", Point()
    day.mkdir(parents=True)
    os.mkfifo(changed)
    world.faults.add(PARAGRAPHS, point.delayed, times=ALWAYS, after=2)
    through = with_disk_that_closes(day, changed)
    process = await cli.start("run", "recordings", "--journal", "journal.db", through=through)
    await point.reached.wait()
    await world.until(lambda: len(world.texts()) == 2)
    await asyncio.to_thread(changed.write_text, "now\n")
    assert process.stdout is not None
    assert await process.stdout.readline() == b"closed\n"
    point.let_go.set()
    stdout, stderr = await process.communicate()
    assert stdout.decode().splitlines() == [f"ended with {ExitCode.LOCAL:d}", f"then with {ExitCode.OK:d}"]
    (line,) = reasons(stderr.decode())
    assert line.endswith(
        ".txt: cannot be written (Read-only file system); allow it, and run the same command again"
    )
    assert world.texts() == {f"day/{number}.txt": f"words of day/{number}.mp3\n" for number in range(6)}
    assert (ledger.transcripts.total(), ledger.paid_twice) == (6, 0)


@pytest.mark.parametrize("below", ["", "deeper"])
async def test_an_output_path_that_is_a_file_stops_the_run_and_the_file_stays(
    world: World, cli: Cli, below: str
) -> None:
    world.record("a.mp3")
    (cli.folder / "notes.txt").write_text("mine")
    ended = await cli("run", "recordings", "-o", f"notes.txt/{below}".rstrip("/"))
    assert ended.code == ExitCode.LOCAL
    assert "is not a folder; name another with -o" in ended.stderr
    assert (cli.folder / "notes.txt").read_text() == "mine"
    assert world.faults.arrivals == []


async def test_texts_whose_places_are_taken_are_not_paid_for_and_the_others_are_written(
    world: World, cli: Cli
) -> None:
    for name in ("folder.mp3", "notes.mp3", "below/a.mp3", "good.mp3"):
        world.record(name)
    (world.out / "folder.txt").mkdir(parents=True)
    (world.out / "notes.txt").write_text("mine")
    (world.out / "below").write_text("mine")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.SOME_FAILED
    assert {source: reason.partition(";")[0] for source, reason in ended.failed.items()} == {
        "recordings/folder.mp3": "a folder has the name of its text",
        "recordings/notes.mp3": "a text of its name is there already, and no run wrote it",
        "recordings/below/a.mp3": "a file stands where the folder of its text would be",
    }
    assert world.texts() == {"below": "mine", "good.txt": "words of good.mp3\n", "notes.txt": "mine"}
    assert world.service.books.transcripts == 1
