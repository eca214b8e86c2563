"""The local service with a scripted recogniser as a process of its own, which keeps the books.

It prints its address and is stopped by a line on its stdin, after which it prints its books as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from typing import TYPE_CHECKING

from batch_transcriber.server import LocalService
from tests.support import faults
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from aiohttp import web

    from tests.support.faults import Faults, Handler, Trouble

KEY = "a-key-for-benchmarks"
ALWAYS = sys.maxsize


def sometimes(share: float, troubles: list[Trouble], seed: str) -> Trouble:
    """Do one of the troubles to this share of requests: to the same ones for each client, counted by call."""
    lots = random.Random(seed)  # noqa: S311 - chance that can be repeated

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_hit, one = lots.random() < share, lots.choice(troubles)
        return await (one(request, handler) if is_hit else handler(request))

    return trouble


def bad_day(share: float, seed: int) -> Faults:
    """Fail this share of all requests; a submit may also be carried out and its reply lost."""
    script = faults.Faults()
    usual = [faults.error(500, "Internal Server Error"), faults.reply(503), faults.reset]
    for call in (faults.UPLOAD, faults.LIST, faults.STATUS, faults.PARAGRAPHS):
        script.add(call, sometimes(share, usual, f"{seed} {call}"), times=ALWAYS)
    lost = [*usual, faults.lose_reply]
    script.add(faults.SUBMIT, sometimes(share, lost, f"{seed} {faults.SUBMIT}"), times=ALWAYS)
    return script


async def serve(seconds: float, concurrency: int, trouble: float, seed: int) -> None:
    recogniser = ScriptedRecogniser(seconds)
    middlewares = [bad_day(trouble, seed).middleware] if trouble else []
    async with LocalService(recogniser, key=KEY, concurrency=concurrency, middlewares=middlewares) as service:
        print(service.base_url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    books = service.books
    summary = {
        "transcripts": books.transcripts,
        "paid_twice": sum(count - 1 for count in books.transcripts_by_audio_url.values()),
        "requests": {f"{method} {route}": count for (method, route), count in books.requests.items()},
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="what each transcript takes")
    parser.add_argument("--concurrency", type=int, default=200, help="how many are heard at a time")
    parser.add_argument("--trouble", type=float, default=0.0, help="which share of requests fails")
    parser.add_argument("--seed", type=int, default=1, help="another number, other requests that fail")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.seconds, arguments.concurrency, arguments.trouble, arguments.seed))
