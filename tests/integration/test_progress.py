"""How far the service is with each recording, as a run tells it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.events import Processing, Recognising
from batch_transcriber.model import PollBy

if TYPE_CHECKING:
    from tests.support.world import World


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("poll_by", PollBy)
async def test_a_run_tells_how_much_of_each_recording_is_heard_once_for_every_change(
    world: World, count: int, poll_by: PollBy
) -> None:
    names = [f"{number}.mp3" for number in range(count)]
    for name in names:
        world.record(name)
    world.recogniser.gate.clear()
    world.recogniser.heard_first = 0.25
    running = asyncio.create_task(world.run(poll_by=poll_by))
    try:
        await world.until(lambda: heard_parts(world).count(0.25) == count)
    finally:
        world.recogniser.gate.set()
    assert (await running).written == count
    told: dict[str, list[object]] = {name: [] for name in names}
    for event in world.events:
        if isinstance(event, Processing | Recognising):
            name = event.job.source.rpartition("/")[2]
            told[name].append(event.part if isinstance(event, Recognising) else "processing")
    for steps in told.values():
        assert steps[0] == "processing"
        assert steps[-1] in {0.25, 1.0}
        assert len(set(steps)) == len(steps)


def heard_parts(world: World) -> list[float]:
    return [event.part for event in world.events if isinstance(event, Recognising)]
