"""The command ended at every stage of a job, and run again: nothing is paid twice, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support import faults
from tests.support.faults import ALWAYS, LIST, PARAGRAPHS, STATUS, SUBMIT, UPLOAD
from tests.support.ledger import digest_of
from tests.support.points import Point

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from tests.e2e.conftest import Cli
    from tests.support.faults import Handler, Trouble
    from tests.support.ledger import Ledger
    from tests.support.world import World

RECORDINGS = 5
SIZE_BYTES = 1_000_000  # more than the sockets between the command and the service take in
DEADLINE_S = 20.0
# A kill may fall between the word that a submit is about to leave and the submit, whatever the stage: the
# next run looks for it during half a minute, and is right to.
RERUN_DEADLINE_S = 80.0
pytestmark = pytest.mark.timeout(120)
TROUBLE_SEED = 13  # every kind of trouble is among the first requests
STOPPED_WITHIN_S = 5.5  # the command promises 5
FOLDER_IN_USE = 7  # exit code
SOON = ("--poll-interval", "0.1")
ENDS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: ExitCode.TERMINATED}


@dataclass(frozen=True)
class Stage:
    """A stage of a job, and how to tell from outside that some are in it.

    Attributes:
        held: The call, the point of its life where requests are held, and how many pass before.
        texts: How many are written by then.
        said: What the command says with --json besides, and of how many recordings; nothing is heard
            till then.
        options: Of the command.
    """

    name: str
    held: tuple[str, str, int] | None = None
    texts: int = 0
    said: tuple[str, int] | None = None
    options: tuple[str, ...] = ()


STAGES = [
    Stage("in the first uploads", held=(UPLOAD, "arriving", 0)),
    Stage("uploaded, the reply unread", held=(UPLOAD, "carried_out", 0)),
    # The window's only request is the upload, so that the submit waits for the next window.
    Stage("uploaded, not submitted", said=("uploaded", 1), options=("--max-requests", "1")),
    Stage("in later uploads", held=(UPLOAD, "arriving", 2), said=("submitted", 2)),
    Stage("submitted, the reply unread", held=(SUBMIT, "carried_out", 2)),
    Stage("submitted, carried out later", held=(SUBMIT, "delayed", 2)),
    Stage("queued", said=("submitted", RECORDINGS)),
    Stage("processing", said=("processing", 2)),
    Stage("completed", held=(PARAGRAPHS, "arrived", 0)),
    Stage("in an export", held=(PARAGRAPHS, "half_told", 0)),
    Stage("written, its text renamed", held=(PARAGRAPHS, "arrived", 1), texts=1),
]


@pytest.fixture
def concurrency() -> int:
    return 2  # the others are queued


async def end_at(stage: Stage, number: signal.Signals, world: World, cli: Cli) -> None:
    """Run the command until the stage is reached, and end it there."""
    point = Point()
    if stage.held is not None:
        call, how, after = stage.held
        world.faults.add(call, getattr(point, how), times=ALWAYS, after=after)
    if stage.said is not None:
        world.recogniser.gate.clear()
    process = await cli.start("run", "recordings", "--json", "-v", *SOON, *stage.options)
    try:
        async with asyncio.timeout(DEADLINE_S):
            if stage.held is not None:
                await point.reached.wait()
                await world.until(lambda: len(world.texts()) >= stage.texts)
            if stage.said is not None:
                assert process.stdout is not None
                kind, count = stage.said
                while count:
                    count -= json.loads(await process.stdout.readline())["type"] == kind
    finally:
        process.send_signal(number)
    async with asyncio.timeout(STOPPED_WITHIN_S):
        await process.communicate()
    assert process.returncode == ENDS[number]
    world.faults.script.clear()
    world.recogniser.gate.set()
    point.let_go.set()


def make_recordings(world: World, count: int = RECORDINGS, size_bytes: int = SIZE_BYTES) -> None:
    for number in range(count):
        world.record(f"{number:02}.mp3", size_bytes=size_bytes)


def assert_each_is_written_and_paid_once(world: World, ledger: Ledger) -> None:
    recordings = list(world.recordings.iterdir())
    assert world.texts() == {f"{path.stem}.txt": f"words of {path.name}\n" for path in recordings}
    assert ledger.transcripts == {digest_of(path.read_bytes()): 1 for path in recordings}


async def assert_the_same_command_ends_it(world: World, cli: Cli, ledger: Ledger) -> None:
    async with asyncio.timeout(RERUN_DEADLINE_S):
        ended = await cli("run", "recordings", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert_each_is_written_and_paid_once(world, ledger)


@pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
async def test_a_run_that_ended_at_any_stage_goes_on_and_pays_once(
    world: World, cli: Cli, ledger: Ledger, stage: Stage, number: signal.Signals
) -> None:
    make_recordings(world)
    await end_at(stage, number, world, cli)
    if number is not signal.SIGKILL:
        assert not list(world.out.rglob("*.part"))
    await assert_the_same_command_ends_it(world, cli, ledger)


async def test_half_a_text_that_a_kill_left_is_gone_once_the_same_command_has_ended(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    make_recordings(world, count=60, size_bytes=0)

    def halves() -> list[Path]:
        return list(world.out.glob("*.part"))

    async with asyncio.timeout(DEADLINE_S):
        while not halves():  # one may become whole between the look and the kill
            process = await cli.start("run", "recordings", "--in-flight", "4", *SOON)
            await world.until(lambda: bool(halves()))
            process.kill()
            await process.communicate()
    await assert_the_same_command_ends_it(world, cli, ledger)
    assert not halves()


@pytest.mark.parametrize("how", ["carried_out", "delayed"])
async def test_a_submit_that_the_list_does_not_show_yet_is_not_sent_again(
    world: World, cli: Cli, ledger: Ledger, how: str
) -> None:
    make_recordings(world)
    world.recogniser.seconds = 0.2
    await end_at(Stage("", held=(SUBMIT, how, 0)), signal.SIGKILL, world, cli)
    world.faults.add(LIST, faults.late_list(2), times=ALWAYS)
    await assert_the_same_command_ends_it(world, cli, ledger)


async def test_a_run_that_is_killed_at_every_stage_in_turn_goes_on_and_pays_once(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    make_recordings(world, count=30, size_bytes=0)
    for call, how in (
        (UPLOAD, "arriving"),
        (SUBMIT, "carried_out"),
        (PARAGRAPHS, "arrived"),
        (SUBMIT, "delayed"),
        (PARAGRAPHS, "half_told"),
    ):
        few = ("--in-flight", "4")  # so that there is something in every stage each time
        stage = Stage("", held=(call, how, 3), options=few)
        await end_at(stage, signal.SIGKILL, world, cli)
    await assert_the_same_command_ends_it(world, cli, ledger)


async def test_one_submit_reply_in_three_is_lost_and_each_recording_is_paid_once(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    make_recordings(world, count=60, size_bytes=0)
    world.faults.add(SUBMIT, faults.one_in(3, faults.lose_reply), times=ALWAYS)
    world.faults.add(LIST, faults.late_list(1), times=ALWAYS)
    ended = await cli("run", "recordings", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert_each_is_written_and_paid_once(world, ledger)


async def test_three_requests_in_a_hundred_fail_and_every_text_is_written(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    make_recordings(world, count=60, size_bytes=0)
    hits = []

    def noted(trouble: Trouble) -> Trouble:
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            hits.append(request.path)
            return await trouble(request, handler)

        return note

    not_carried_out = [noted(faults.reset), noted(faults.reply(503)), noted(faults.reply(429))]
    # A submit that may have been carried out, and was not, is looked for during half a minute: too long
    # for a test. `make torture` has it.
    for_submits = [noted(faults.lose_reply), noted(faults.reply(429))]
    for call in (UPLOAD, SUBMIT, LIST, STATUS, PARAGRAPHS):
        troubles = for_submits if call == SUBMIT else not_carried_out
        world.faults.add(call, faults.sometimes(0.03, troubles, f"{TROUBLE_SEED} {call}"), times=ALWAYS)
    ended = await cli("run", "recordings", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert len(hits) >= 7
    assert_each_is_written_and_paid_once(world, ledger)


async def test_a_second_run_on_one_output_folder_is_refused_and_names_the_first(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    make_recordings(world)
    world.recogniser.gate.clear()
    first = await cli.start("run", "recordings", *SOON)
    await world.until(lambda: ledger.transcripts.total() == RECORDINGS)
    async with asyncio.timeout(DEADLINE_S):
        second = await cli("run", "recordings", *SOON)
    assert second.code == FOLDER_IN_USE
    (line,) = [line for line in second.stderr.splitlines() if str(first.pid) in line]
    assert socket.gethostname() in line
    world.recogniser.gate.set()
    await first.communicate()
    assert first.returncode == ExitCode.OK
    assert_each_is_written_and_paid_once(world, ledger)
