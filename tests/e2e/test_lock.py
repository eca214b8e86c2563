"""Two runs on one output folder: the second says who has it, and ends with 7."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import FOLDER, RunLock
from batch_transcriber.journal.lock import HOLDER
from tests.e2e.conftest import COMMAND
from tests.support.faults import SUBMIT, stall
from tests.support.machine import with_network_drive, without_override

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Cli
    from tests.support.world import World

ELSEWHERE = '{"pid": 1234, "host": "elsewhere", "since": "2026-05-04T22:14:00Z"}'


@asynccontextmanager
async def held_run(
    world: World, cli: Cli, *through: str, options: tuple[str, ...] = ()
) -> AsyncIterator[Process]:
    """Start a run whose recordings are not heard before the gate opens; it is over afterwards."""
    world.recogniser.gate.clear()
    process = await asyncio.create_subprocess_exec(
        *through,
        COMMAND,
        "run",
        "recordings",
        *options,
        cwd=cli.folder,
        env=cli.environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await world.until(lambda: world.service.books.transcripts >= 1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def reasons(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if "another run holds" in line]


async def test_a_second_run_names_the_first_sends_nothing_and_ends_with_7(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    async with held_run(world, cli) as first:
        sent = len([name for _, name in world.faults.arrivals if name.startswith("POST")])
        ended = await cli("run", "recordings", "-q")
        assert ended.code == ExitCode.LOCKED
        (line,) = ended.stderr.splitlines()
        who = f"(process {first.pid} on {platform.node()} since "
        assert line.startswith(f"another run holds transcripts {who}")
        assert line.endswith("); wait for it or stop it")
        assert len([name for _, name in world.faults.arrivals if name.startswith("POST")]) == sent
        world.recogniser.gate.set()
        assert await first.wait() == ExitCode.OK
    assert world.texts() == {"a.txt": "words of a.mp3\n"}
    assert (await cli("run", "recordings")).code == ExitCode.OK


async def test_after_a_kill_the_next_run_goes_on(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    async with held_run(world, cli) as first:
        first.send_signal(signal.SIGKILL)
        await first.wait()
    assert (world.out / FOLDER / HOLDER).exists()
    world.recogniser.gate.set()
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert not (world.out / FOLDER / HOLDER).exists()


@pytest.mark.parametrize("times", [1, 2])
async def test_an_interrupted_run_keeps_the_lock_until_it_has_ended_and_not_longer(
    world: World, cli: Cli, times: int
) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    world.faults.add(SUBMIT, stall, after=1)  # for which a stop waits a little
    async with held_run(world, cli) as first:
        await world.until(lambda: world.faults.count(SUBMIT) == 2)
        first.send_signal(signal.SIGINT)
        assert first.stderr is not None
        await first.stderr.readuntil(b"stopping")
        with pytest.raises(FatalError, match="another run holds"), RunLock(world.out / FOLDER, world.out):
            pass
        if times == 2:
            first.send_signal(signal.SIGINT)
        await first.communicate()
        assert first.returncode == ExitCode.INTERRUPTED
    assert not (world.out / FOLDER / HOLDER).exists()
    with RunLock(world.out / FOLDER, world.out):
        pass


async def test_runs_on_two_folders_do_not_disturb_each_other(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    async with held_run(world, cli) as first:
        world.recogniser.gate.set()
        ended = await cli("run", "recordings", "-o", "elsewhere")
        assert ended.code == ExitCode.OK
        assert await first.wait() == ExitCode.OK
    assert (cli.folder / "elsewhere" / "a.txt").read_text() == world.texts()["a.txt"]


JOURNALS = ("--journal", "kept/a.db"), ("--journal", "kept/b.db")


@pytest.mark.parametrize("options", [(), JOURNALS[0]])
async def test_another_journal_is_no_way_into_an_output_folder_that_a_run_has(
    world: World, cli: Cli, options: tuple[str, ...]
) -> None:
    world.record("a.mp3")
    async with held_run(world, cli, options=options) as first:
        ended = await cli("run", "recordings", *JOURNALS[1])
        assert ended.code == ExitCode.LOCKED
        (line,) = reasons(ended.stderr)
        assert f"another run holds transcripts (process {first.pid} on " in line
    assert world.service.books.transcripts == 1


async def test_a_journal_that_a_run_has_serves_no_other_output_folder_but_its_neighbour_does(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    async with held_run(world, cli, options=JOURNALS[0]) as first:
        ended = await cli("run", "recordings", "-o", "elsewhere", *JOURNALS[0])
        assert ended.code == ExitCode.LOCKED
        (line,) = reasons(ended.stderr)
        assert f"another run holds kept/a.db (process {first.pid} on " in line
        assert world.service.books.transcripts == 1
        world.recogniser.gate.set()
        ended = await cli("run", "recordings", "-o", "elsewhere", *JOURNALS[1])
        assert ended.code == ExitCode.OK
        assert await first.wait() == ExitCode.OK


@pytest.mark.parametrize("left", ["", "no JSON \N{SNOWMAN}", ELSEWHERE])
async def test_on_a_disk_of_this_machine_the_lock_decides_whatever_lies_beside_it(
    world: World, cli: Cli, left: str
) -> None:
    world.record("a.mp3")
    holder = world.out / FOLDER / HOLDER
    holder.parent.mkdir(parents=True)
    holder.write_text(left)
    async with held_run(world, cli) as first:
        holder.write_text(left)
        ended = await cli("run", "recordings")
        assert ended.code == ExitCode.LOCKED
        assert len(reasons(ended.stderr)) == 1
        world.recogniser.gate.set()
        assert await first.wait() == ExitCode.OK


async def test_two_runs_of_one_program_exclude_each_other(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    program = """
import asyncio
from batch_transcriber import transcribe_batch

async def main():
    reports = await asyncio.gather(*[transcribe_batch("recordings") for _ in range(2)])
    print(sorted(int(report.exit_code) for report in reports))

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=cli.folder, env=cli.environ, stdout=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[0] == b"[0, 7]\n"
    assert world.service.books.transcripts == 1


async def test_a_journal_folder_that_is_closed_stops_the_run_before_anything_is_sent(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    (world.out / FOLDER).mkdir(parents=True)
    (world.out / FOLDER).chmod(0o500)
    ended = await cli("run", "-q", "recordings", through=without_override())
    assert ended.code == ExitCode.LOCAL
    assert ended.stderr == (
        f"transcripts/{FOLDER}: the run cannot take its lock (Permission denied); "
        "make room, or allow it, and run the same command again\n"
    )
    assert world.faults.arrivals == []


@pytest.mark.parametrize("left", [ELSEWHERE, "half writ"])
async def test_on_a_network_drive_a_lock_that_cannot_be_checked_is_left_to_a_person(
    world: World, cli: Cli, left: str
) -> None:
    world.record("a.mp3")
    holder = world.out / FOLDER / HOLDER
    holder.parent.mkdir(parents=True)
    holder.write_text(left)
    through = with_network_drive(world.out)
    ended = await cli("run", "recordings", through=through)
    assert ended.code == ExitCode.LOCKED
    (line,) = reasons(ended.stderr)
    assert ("process 1234 on elsewhere since 2026-05-04 22:14" in line) is (left == ELSEWHERE)
    assert line.endswith(f"; if it has ended without a word, remove transcripts/{FOLDER}/{HOLDER}")
    assert holder.read_text() == left
    assert world.faults.arrivals == []
    holder.unlink()
    assert (await cli("run", "recordings", through=through)).code == ExitCode.OK
    assert not holder.exists()


async def test_on_a_network_drive_a_run_that_was_killed_on_this_machine_keeps_nobody_out(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    world.out.mkdir()
    through = with_network_drive(world.out)
    async with held_run(world, cli, *through) as first:
        assert (await cli("run", "recordings", through=through)).code == ExitCode.LOCKED
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
    world.recogniser.gate.set()
    assert (await cli("run", "recordings", through=through)).code == ExitCode.OK
