"""Two runs of one account see each other's transcripts in the list, and leave them alone."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from batch_transcriber.events import Completed, Submitted
from tests.support import faults
from tests.support.faults import LIST, STATUS, SUBMIT

if TYPE_CHECKING:
    from aiohttp import web

    from tests.support.faults import Handler
    from tests.support.world import World

FOREIGN = 1000  # five pages of the list
OWN = 2
LOOKS = 5


async def submit_foreign(world: World, count: int = FOREIGN) -> set[str]:
    """Let somebody else with the key have so many transcripts made."""
    recording = world.out.with_name("foreign.mp3")
    recording.write_text("words of somebody else")
    async with world.client() as client:
        address = await client.upload(recording)
        parameters = client.settings.parameters().values
        submits = (client.submit(address, parameters) for _ in range(count))
        return {transcript.id for transcript in await asyncio.gather(*submits)}


def asked_by_id(world: World) -> list[str]:
    """Return the ids that any request named in its path."""
    paths = (re.fullmatch(r"\w+ /v2/transcript/([^/]+)(/.*)?", name) for _, name in world.faults.arrivals)
    return [path[1] for path in paths if path]


async def test_a_few_of_ours_below_many_of_others_cost_a_few_requests_a_look(world: World) -> None:
    for number in range(OWN):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run(delete_after=True))
    await world.until(lambda: world.seen(Submitted) == OWN)
    foreign = await submit_foreign(world)
    world.faults.arrivals.clear()
    await world.until(lambda: world.faults.count(STATUS) >= OWN * LOOKS)
    assert world.faults.count(LIST) <= OWN * (world.faults.count(STATUS) // OWN + 1)
    world.recogniser.gate.set()
    report = await running
    assert (report.written, world.seen(Completed)) == (OWN, OWN)
    assert not foreign & set(asked_by_id(world))
    assert world.faults.count(faults.DELETE) == OWN
    assert set(world.texts()) == {f"{number}.txt" for number in range(OWN)}


async def test_many_of_ours_below_many_of_others_cost_no_more_than_the_pages_above_them(
    world: World,
) -> None:
    for number in range(60):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run())
    await world.until(lambda: world.seen(Submitted) == 60)
    await submit_foreign(world)
    world.faults.arrivals.clear()
    pages = FOREIGN // 200 + 1
    await world.until(lambda: world.faults.count(LIST) >= pages * LOOKS)
    assert world.faults.count(STATUS) == 0
    world.recogniser.gate.set()
    assert (await running).written == 60


async def test_a_lost_submit_of_an_upload_is_found_below_many_of_others(world: World) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    lost = asyncio.Event()

    async def lose(request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        lost.set()
        return faults.cut(request)

    world.faults.add(SUBMIT, lose)
    running = asyncio.ensure_future(world.run(lookup_delays_s=(2.0, 4.0)))
    await lost.wait()
    foreign = await submit_foreign(world)
    world.recogniser.gate.set()
    assert (await running).written == 1
    assert world.service.books.transcripts == FOREIGN + 1
    assert not foreign & set(asked_by_id(world))


async def test_two_runs_that_lose_their_replies_for_one_public_address_pay_for_two_at_most(
    world: World,
) -> None:
    """Whose of the two a transcript is, nothing tells; the words are the same."""
    address = f"{world.service.base_url}/health"
    world.faults.add(SUBMIT, faults.lose_reply, times=2)
    other = replace(world, out=world.out.with_name("other"), events=[])
    reports = await asyncio.gather(world.run(address), other.run(address))
    assert [report.written for report in reports] == [1, 1]
    assert world.texts() == other.texts()
    assert world.service.books.transcripts == 2
