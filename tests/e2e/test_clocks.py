"""Clocks that jump between a kill and the next run: nothing is paid for twice, nothing is lost.

The clock of a machine is everybody's, so here the journal is put on another time instead, and the service.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine.ledger import UPLOAD_KEPT_S
from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER, NAME
from tests.support.faults import ALWAYS, SUBMIT, other_date
from tests.support.ledger import digest_of
from tests.support.points import Point

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

RECORDINGS = 6
SUBMITTED = 3  # with a reply; the replies to the others are lost
DEADLINE_S = 60.0
DAY = timedelta(days=1)
HOUR_S = 3600.0
SOON = ("--poll-interval", "0.1")
pytestmark = pytest.mark.timeout(90)


def make_recordings(world: World, count: int) -> list[str]:
    return [digest_of(world.record(f"{number}.mp3").read_bytes()) for number in range(count)]


def shift_times(world: World, by_s: float) -> None:
    """Have everything in the journal be so much later; it keeps its names of columns to itself otherwise."""
    with closing(sqlite3.connect(world.out / FOLDER / NAME)) as db, db:
        names = [name for _, name, *_ in db.execute("PRAGMA table_info(transcripts)") if name.endswith("_at")]
        assert {"uploaded_at", "submitting_at"} <= set(names)
        db.execute(f"UPDATE transcripts SET {', '.join(f'{name} = {name} + {by_s}' for name in names)}")  # noqa: S608


async def kill_at(world: World, cli: Cli, point: Point, *options: str | Path) -> None:
    process = await cli.start("run", "recordings", *SOON, *options)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    process.kill()
    await process.communicate()
    assert process.returncode == -signal.SIGKILL
    world.faults.script.clear()
    point.let_go.set()


async def assert_the_same_command_ends_it(
    world: World, cli: Cli, ledger: Ledger, contents: list[str]
) -> None:
    async with asyncio.timeout(DEADLINE_S):
        ended = await cli("run", "recordings", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts() == {f"{n}.txt": f"words of {n}.mp3\n" for n in range(len(contents))}
    assert ledger.transcripts == dict.fromkeys(contents, 1)


@pytest.mark.parametrize("journal", [-DAY, DAY], ids=["later now", "earlier now"])
@pytest.mark.parametrize("service", [-DAY, DAY], ids=["service behind", "service ahead"])
async def test_clocks_that_jump_after_a_kill_pay_for_nothing_twice(
    world: World, cli: Cli, ledger: Ledger, journal: timedelta, service: timedelta
) -> None:
    contents = make_recordings(world, RECORDINGS)
    point = Point()
    world.faults.add(SUBMIT, point.carried_out, times=ALWAYS, after=SUBMITTED)
    await kill_at(world, cli, point)
    shift_times(world, journal.total_seconds())
    world.faults.add(".*", other_date(service), times=ALWAYS)
    await assert_the_same_command_ends_it(world, cli, ledger, contents)


@pytest.mark.parametrize(
    ("hours_ago", "uploads"), [(UPLOAD_KEPT_S / HOUR_S + 1, 2), (UPLOAD_KEPT_S / HOUR_S - 1, 1), (-24, 1)]
)
async def test_an_upload_is_sent_again_once_the_service_may_have_dropped_it(
    world: World, cli: Cli, ledger: Ledger, hours_ago: float, uploads: int
) -> None:
    (content,) = make_recordings(world, 1)
    point = Point()
    world.faults.add(SUBMIT, point.arrived, times=ALWAYS)
    await kill_at(world, cli, point)
    shift_times(world, -hours_ago * HOUR_S)
    with closing(sqlite3.connect(world.out / FOLDER / NAME)) as db, db:  # before it was to be submitted
        assert db.execute("UPDATE transcripts SET state = 'uploaded', submits = 0").rowcount == 1
    await assert_the_same_command_ends_it(world, cli, ledger, [content])
    assert ledger.uploads == {content: uploads}
