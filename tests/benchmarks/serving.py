"""What `batch-transcriber serve` is like for its clients: how soon it is ready, and how it answers meanwhile.

Each figure is taken from outside, over sockets: a real service with the real recogniser and its own folder.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil

from batch_transcriber.server.machine import usable_cores
from tests.benchmarks.measure import COMMAND
from tests.benchmarks.recogniser import make_talk
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STARTS = 5
UPLOADS = 200
UPLOAD_BYTES = 1024 * 1024
ASK_EVERY_S = 0.02
IDLE_S = 5.0
START_WITHIN_S = 60.0
MIB = 1024**2
KEY = {"Authorization": "local"}


@dataclass
class Answers:
    """How long requests took, milliseconds."""

    each_ms: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.each_ms)

    @property
    def late_ms(self) -> float:
        """Which one in twenty exceeds."""
        return statistics.quantiles(self.each_ms, n=20)[-1]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, psutil.Process, float]]:
    """Start the command; yield a session that leads to it, the process, and after how many seconds."""
    port = _free_port()
    began_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "serve", "--port", str(port), "--data", str(folder), "--quiet"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=sys.stderr,
        env={name: value for name, value in os.environ.items() if not name.startswith("BATCH_TRANSCRIBER_")},
    )
    try:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", headers=KEY, connector=connector, raise_for_status=True
        ) as session:
            async with asyncio.timeout(START_WITHIN_S):
                while not await _answers(session):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.005)
            yield session, psutil.Process(process.pid), time.perf_counter() - began_s
    finally:
        process.terminate()
        await process.wait()


async def _answers(session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get("/health"):
            return True
    except aiohttp.ClientConnectionError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def upload(session: aiohttp.ClientSession, body: bytes) -> str:
    async with session.post("/v2/upload", data=body) as reply:
        return str((await reply.json())["upload_url"])


async def transcribe(session: aiohttp.ClientSession, recording: Path) -> float:
    """Return how many seconds of audio were heard, once they are."""
    url = await upload(session, recording.read_bytes())  # noqa: ASYNC240 - measured is the service
    async with session.post("/v2/transcript", json={"audio_url": url, "speech_models": ["any"]}) as reply:
        path = f"/v2/transcript/{(await reply.json())['id']}"
    while True:
        async with session.get(path) as reply:
            transcript: dict[str, Any] = await reply.json()
        if transcript["status"] == "error":
            raise SystemExit(transcript["error"])
        if transcript["status"] == "completed":
            return float(transcript["audio_duration"])
        await asyncio.sleep(0.25)


async def ask(session: aiohttp.ClientSession, answers: Answers) -> None:
    """Ask for the list until cancelled, again and again."""
    while True:
        began_s = time.perf_counter()
        async with session.get("/v2/transcript?limit=200"):
            pass
        answers.each_ms.append((time.perf_counter() - began_s) * 1000)
        await asyncio.sleep(ASK_EVERY_S)


async def watch(process: psutil.Process, peak: list[float]) -> None:
    """Note the most memory that a process and its children have together, MiB, until cancelled."""
    while True:
        resident = 0
        for each in (process, *process.children(recursive=True)):
            try:
                resident += each.memory_info().rss
            except psutil.NoSuchProcess:  # one that has just ended
                continue
        peak.append(resident / MIB)
        await asyncio.sleep(0.2)


@asynccontextmanager
async def meanwhile(*works: Any) -> AsyncIterator[None]:
    """Have coroutines run until the block ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()


async def main(minutes: float) -> None:
    sheet = Sheet(f"serve, with {usable_cores()} workers and {minutes:g} minutes of speech", ("is", "wanted"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        starts = []
        for number in range(STARTS):
            async with served(folder / f"start-{number}") as (_, _, ready_s):
                starts.append(ready_s)
        each = [make_talk(folder / f"{n}.wav", minutes * 60 / usable_cores()) for n in range(usable_cores())]
        idle, busy, peak = Answers(), Answers(), list[float]()
        async with served(folder / "data") as (session, process, _):
            async with meanwhile(ask(session, idle)):
                await asyncio.sleep(IDLE_S)
            body = os.urandom(UPLOAD_BYTES)
            began_s = time.perf_counter()
            replies = await asyncio.gather(
                *(upload(session, body) for _ in range(UPLOADS)), return_exceptions=True
            )
            uploads_s = time.perf_counter() - began_s
            began_s = time.perf_counter()
            async with meanwhile(ask(session, busy), watch(process, peak)):
                heard_s = sum(await asyncio.gather(*(transcribe(session, one) for one in each)))
            hearing_s = time.perf_counter() - began_s
    refused = sum(isinstance(reply, BaseException) for reply in replies)
    at_once = f"{UPLOADS} uploads of 1 MiB at once"
    sheet.rows = [
        ("ready after, s", f"{statistics.median(starts):.2f}", "at most 2"),
        ("hears, times real time", f"{heard_s / hearing_s:.1f}", "at least 25"),
        ("answers while it hears, ms, median", f"{busy.median_ms:.1f}", "at most 50"),
        ("answers while it hears, ms, 95 %", f"{busy.late_ms:.1f}", ""),
        ("answers at rest, ms, median", f"{idle.median_ms:.1f}", ""),
        (f"{at_once}, refused", f"{refused}", "0"),
        (f"{at_once}, s", f"{uploads_s:.2f}", ""),
        ("peak memory, with its decoders, MiB", f"{max(peak):,.0f}", ""),
    ]
    sheet.print()
    print()
    print(sheet.markdown())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    asyncio.run(main(parser.parse_args().minutes))
