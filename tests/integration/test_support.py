"""What the tests of payments stand on: if the ledger, the points or the late list lied, so would they."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest_asyncio

from tests.support import faults
from tests.support.faults import LIST, SUBMIT
from tests.support.ledger import Ledger, digest_of
from tests.support.points import Point
from tests.support.scripted import ScriptedRecogniser
from tests.support.world import DEADLINE_S, KEY, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.world import World


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": KEY}) as session:
        yield session


async def submit(http: aiohttp.ClientSession, base_url: str, content: bytes) -> str:
    """Send a recording, ask for its transcript, and return the id of that."""
    uploaded = await http.post(f"{base_url}/v2/upload", data=content)
    request = {"audio_url": (await uploaded.json())["upload_url"], "speech_models": ["scripted"]}
    submitted = await http.post(f"{base_url}/v2/transcript", json=request)
    return str((await submitted.json())["id"])


async def test_the_ledger_counts_by_content_what_was_sent_and_made(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    ledger = Ledger(tmp_path)
    async with serve(ScriptedRecogniser(), ledger=ledger) as service:
        for content in (b"one", b"two", b"one"):
            await submit(http, service.base_url, content)
        assert (await http.post(f"{service.base_url}/v2/transcript", json={})).status == 400
    one, two = digest_of(b"one"), digest_of(b"two")
    assert ledger.uploads == ledger.transcripts == {one: 2, two: 1}
    assert ledger.paid_twice == 1


async def test_a_late_list_shows_older_transcripts_in_the_place_of_young_ones(
    world: World, http: aiohttp.ClientSession
) -> None:
    address = world.service.base_url
    world.faults.add(LIST, faults.late_list(1), times=faults.ALWAYS)

    async def shown(limit: int) -> list[str]:
        reply = await http.get(f"{address}/v2/transcript", params={"limit": limit})
        return [row["id"] for row in (await reply.json())["transcripts"]]

    old = [await submit(http, address, b"old") for _ in range(2)]
    assert await shown(limit=2) == []
    async with asyncio.timeout(DEADLINE_S):
        while len(await shown(limit=2)) < 2:
            pass
    young = [await submit(http, address, b"young") for _ in range(2)]
    assert await shown(limit=2) == old[::-1]
    assert (await shown(limit=1)) == old[1:]
    async with asyncio.timeout(DEADLINE_S):
        while (await shown(limit=2)) != young[::-1]:
            pass


async def test_a_request_is_held_at_its_point_until_it_is_let_go(world: World) -> None:
    world.record("a.mp3")
    point = Point()
    world.faults.add(SUBMIT, point.carried_out)
    running = asyncio.ensure_future(world.run())
    await point.reached.wait()
    assert world.service.books.transcripts == 1
    assert not running.done()
    point.let_go.set()
    assert (await running).written == 1


async def test_one_in_three_is_the_first_of_every_three(world: World, http: aiohttp.ClientSession) -> None:
    world.faults.add("GET /", faults.one_in(3, faults.reply(418)), times=faults.ALWAYS)
    statuses = [(await http.get(world.service.base_url)).status for _ in range(6)]
    assert [status == 418 for status in statuses] == [True, False, False] * 2
