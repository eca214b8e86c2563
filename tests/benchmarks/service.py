"""The local service with a scripted recogniser as a process of its own, which keeps the books.

It prints its address and is stopped by a line on its stdin, after which it prints its books as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from batch_transcriber.server import LocalService
from tests.support.scripted import ScriptedRecogniser

KEY = "a-key-for-benchmarks"


async def serve(seconds: float, concurrency: int) -> None:
    recogniser = ScriptedRecogniser(seconds)
    async with LocalService(recogniser, key=KEY, concurrency=concurrency) as service:
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
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.seconds, arguments.concurrency))
