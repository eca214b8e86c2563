"""Workers killed at random, over and over, while they upload to a service with trouble of its own."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from tests.support.cluster import dask_cluster
from tests.support.faults import ALWAYS, UPLOAD, error, lose_reply, reply, reset, sometimes
from tests.support.slow_link import slow_link
from tests.support.world import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.cluster import DaskCluster
    from tests.support.ledger import Ledger
    from tests.support.world import World

pytestmark = [pytest.mark.dask, pytest.mark.timeout(400)]
FILES = 300
SIZE_BYTES = 200_000
BYTES_PER_S = 3_000_000
KILL_EVERY_S = 1.0
KILLS_MIN = 5
SEED = 7


async def kill_workers(dask: DaskCluster, lots: random.Random) -> None:
    """Kill one after the other, and start another in its place; it counts them in `dask.workers`."""
    while True:
        await asyncio.sleep(lots.uniform(0.5, 1.5) * KILL_EVERY_S)
        alive = [worker for worker in dask.workers if worker.poll() is None]
        dask.kill(lots.choice(alive))
        await asyncio.to_thread(dask.start_worker, threads=2, env={"AAI_API_KEY": KEY})


async def test_nothing_is_lost_and_nothing_paid_twice_whatever_becomes_of_workers(
    world: World, cli: Cli, ledger: Ledger, tmp_path: Path
) -> None:
    for number in range(FILES):
        world.record(f"{number}.mp3", size_bytes=SIZE_BYTES + number % 50)
    troubles = [reply(429, "", {"Retry-After": "1"}), error(503, "busy"), reset, lose_reply]
    world.faults.add(UPLOAD, sometimes(0.05, troubles, f"{SEED}"), times=ALWAYS)
    lots = random.Random(SEED)  # noqa: S311 - chance that can be repeated
    with dask_cluster(tmp_path / "dask", workers=3, threads=2, env={"AAI_API_KEY": KEY}) as dask:
        async with slow_link(world.service.base_url, BYTES_PER_S) as address:
            cli.environ["ASSEMBLYAI_BASE_URL"] = address
            killing = asyncio.create_task(kill_workers(dask, lots))
            ended = await cli("run", "recordings", "--dask", dask.address)
            killing.cancel()
            await asyncio.wait([killing])
        kills = sum(worker.poll() is not None for worker in dask.workers)
    assert (ended.code, ended.failed) == (0, {}), ended.stderr
    assert kills >= KILLS_MIN
    texts = {f"{number}.txt": f"words of {number}.mp3\n" for number in range(FILES)}
    assert world.texts() == texts
    assert (ledger.paid_twice, len(ledger.transcripts)) == (0, FILES)
    print(f"{kills} workers killed, {ledger.uploads.total()} uploads of {FILES} recordings")
