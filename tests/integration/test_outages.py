"""A service that goes away and comes back is waited for: nothing fails, and nothing is paid for twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp import web

from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Notice, Waiting
from tests.support import faults
from tests.support.door import door_to
from tests.support.faults import ALWAYS, LIST, PARAGRAPHS, SUBMIT, UPLOAD
from tests.support.ledger import Ledger
from tests.support.scripted import ScriptedRecogniser
from tests.support.world import World, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.door import Door
    from tests.support.faults import Handler

SOON: dict[str, Any] = {
    "retries": 1,
    "away_after_s": 0.05,
    "away_wait_initial_s": 0.02,
    "away_wait_max_s": 0.1,
}
BACK = "the service is back; it was away since "


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(tmp_path_factory.mktemp("service"))


@pytest_asyncio.fixture
async def world(tmp_path: Path, ledger: Ledger) -> AsyncIterator[World]:
    recogniser, script = ScriptedRecogniser(), faults.Faults()
    async with serve(recogniser, script, ledger) as service:
        (tmp_path / "recordings").mkdir()
        yield World(service, recogniser, script, tmp_path / "recordings", tmp_path / "out")


@pytest_asyncio.fixture
async def door(world: World) -> AsyncIterator[Door]:
    async with door_to(world.service.base_url) as door:
        yield door


def waits(world: World) -> list[Waiting]:
    return [event for event in world.events if isinstance(event, Waiting)]


def aways(world: World) -> list[Waiting]:
    return [event for event in waits(world) if event.reason.startswith("the service is away since ")]


def said_back(world: World) -> int:
    return sum(isinstance(event, Notice) and event.message.startswith(BACK) for event in world.events)


@pytest.mark.parametrize("call", [UPLOAD, SUBMIT, LIST, PARAGRAPHS])
async def test_a_service_whose_port_is_closed_is_waited_for_whatever_was_under_way(
    world: World, door: Door, ledger: Ledger, call: str
) -> None:
    for number in range(20):
        world.record(f"{number:02}.mp3", size_bytes=300_000)

    async def shut_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)  # carried out, and nobody is told
        door.shut()
        return reply

    world.faults.add(call, shut_the_door, after=0 if call == LIST else 6)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.run(base_url=door.base_url, uploads=4, **SOON))
        await world.until(lambda: len(waits(world)) >= 4)
        await door.open()
    report = running.result()
    assert (report.exit_code, report.failed, report.written) == (ExitCode.OK, [], 20)
    (reason,) = {event.reason for event in waits(world)}  # told once
    assert reason.startswith("the service is away since ")
    assert "cannot connect to 127.0.0.1" in reason or "the connection broke" in reason
    assert said_back(world) == 1
    assert ledger.paid_twice == 0


@pytest.mark.parametrize(
    ("headers", "pauses"), [({}, 6), ({"Retry-After": "1"}, 3)], ids=["bare", "retry-after"]
)
async def test_a_service_that_answers_503_to_everything_for_longer_than_all_retries_is_waited_for(
    world: World, ledger: Ledger, headers: dict[str, str], pauses: int
) -> None:
    for number in range(20):
        world.record(f"{number:02}.mp3")
    page = "<html><title>Maintenance</title></html>"
    everything = faults.Fault(".*", faults.reply(503, page, headers), ALWAYS)
    everything.after = 30
    world.faults.script.append(everything)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.run(uploads=4, **SOON))
        await world.until(lambda: len(aways(world)) >= pauses)
        everything.times = 0
    report = running.result()
    assert (report.exit_code, report.failed, report.written) == (ExitCode.OK, [], 20)
    first = next(number for number, event in enumerate(waits(world)) if event in aways(world))
    (reason,) = {event.reason for event in waits(world)[first:]}  # told once, and nothing else besides
    assert "the service answered 503: an HTML page, 'Maintenance'" in reason
    assert said_back(world) == 1
    assert ledger.paid_twice == 0


async def test_while_it_is_away_it_is_asked_by_one_request_at_a_time_and_more_and_more_seldom(
    world: World,
) -> None:
    for number in range(30):
        world.record(f"{number:02}.mp3")
    everything = faults.Fault(".*", faults.reply(502), ALWAYS)
    world.faults.script.append(everything)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.run(**SOON))
        await world.until(lambda: len(waits(world)) >= 3)
        before = len(world.faults.arrivals)
        pauses = len(waits(world))
        await world.until(lambda: len(waits(world)) >= pauses + 5)
        asked = [name for _, name in world.faults.arrivals[before:]]
        everything.times = 0
    assert running.result().written == 30
    assert set(asked) == {"GET /v2/transcript"}
    assert len(asked) <= 6
    assert max(event.wait_s for event in waits(world)) <= 0.1
    assert waits(world)[0].wait_s <= 0.02


async def test_one_bad_recording_among_good_ones_still_fails_alone(world: World) -> None:
    world.record("bad.mp3", size_bytes=200_000)
    world.faults.add(UPLOAD, faults.error(503, "busy"), times=ALWAYS, smallest_bytes=200_000)
    report = await world.run(**SOON)
    (failed,) = report.failed
    assert failed.error == "the service answered 503: busy (2 tries); the same command tries again"
    assert waits(world) == []


async def test_a_service_that_stays_away_ends_the_run_and_the_same_command_goes_on(
    world: World, ledger: Ledger, door: Door
) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.run(base_url=door.base_url, give_up_after_s=0.3, **SOON))
        await world.until(lambda: world.service.books.transcripts == 5)
        door.shut()
    report = running.result()
    assert report.exit_code is ExitCode.UNREACHABLE
    assert "nothing got through for 0.3 s (--give-up-after)" in str(report.fatal)
    assert (report.failed, report.to_go) == ([], 5)
    await door.open()
    world.recogniser.gate.set()
    report = await world.run(base_url=door.base_url, **SOON)
    assert report.written == 5
    assert ledger.paid_twice == 0


async def test_an_outage_does_not_count_for_a_transcript_that_is_waited_for(world: World, door: Door) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.run(base_url=door.base_url, transcript_deadline_s=0.5, **SOON))
        await world.until(lambda: world.service.books.transcripts == 1)
        door.shut()
        await world.until(lambda: sum(event.wait_s for event in waits(world)) > 0.6)
        await door.open()
        await world.until(lambda: said_back(world) == 1)
        world.recogniser.gate.set()
    assert running.result().written == 1


async def test_an_outage_does_not_hold_hold_up_a_run_whose_time_is_up(world: World) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.faults.add(".*", faults.reply(503), times=ALWAYS)
    report = await world.run(max_duration_s=0.5, **SOON)
    assert waits(world)
    assert (report.exit_code, report.failed, report.to_go) == (ExitCode.LIMIT, [], 5)


@pytest.mark.parametrize("call", [UPLOAD, SUBMIT, LIST, PARAGRAPHS])
async def test_a_reply_that_drips_for_ever_is_given_up_and_asked_for_again(
    world: World, ledger: Ledger, call: str
) -> None:
    world.record("a.mp3")
    world.record("b.mp3")

    async def drip(request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        while True:  # until the client goes away
            await response.write(b" ")
            await asyncio.sleep(0.01)

    world.faults.add(call, drip)
    report = await world.run(reply_timeout_s=0.2, **(SOON | {"retries": 3, "away_after_s": 5.0}))
    assert report.written == 2
    assert ledger.paid_twice == 0
