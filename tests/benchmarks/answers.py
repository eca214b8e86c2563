"""A service that answers from memory, in a process of its own: a million recordings cost it next to nothing.

It hears so many at a time, each for about so long, in the order of their submits, and a web address is
fetched by nobody. What is asked for is counted; of transcripts, only the newest are remembered. It prints its
address, and after each line on its stdin a line of JSON, its books as they are then; an empty line ends it,
with the same as its last word: see `tests.benchmarks.measure.Service`.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from aiohttp import web

REMEMBERED = 50_000  # transcripts: more than any run of ours has open
PAGE_MOST = 200
PARAGRAPH_WORDS = 100
WORD, WORD_MS = "words", 330
GOLDEN = (5**0.5 - 1) / 2
ID = "%032d"


@dataclass(frozen=True, slots=True)
class Transcript:
    """One of the newest; times are UTC, seconds."""

    number: int
    audio_url: str
    created_at: float
    completed_at: float
    error: str

    def item(self, now: float) -> dict[str, Any]:
        """Return its row in the list."""
        return {
            "id": ID % self.number,
            "resource_url": f"/v2/transcript/{ID % self.number}",
            "status": self.status(now),
            "created": _told(self.created_at),
            "completed": _told(self.completed_at) if self.status(now) == "completed" else None,
            "audio_url": self.audio_url,
            "error": self.error if self.status(now) == "error" else "",
        }

    def status(self, now: float) -> str:
        if now < self.completed_at:
            return "processing"
        return "error" if self.error else "completed"


def _told(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


class Answers:
    """What the service knows and says.

    Args:
        seconds: What a recording is heard in, on average.
        at_once: How many are heard at a time.
        words: Of each transcript.
        failing: One of so many ends in an error that is its own; 0 for none.
    """

    def __init__(self, seconds: float, at_once: int, words: int, failing: int) -> None:
        self._seconds = seconds
        self._free_at = [0.0] * at_once  # a heap: when each of those who hear is free
        self._failing = failing
        self._transcripts: dict[int, Transcript] = {}  # the oldest first
        self._requests: Counter[str] = Counter()
        self._submitted = self._uploaded = self._uploaded_bytes = 0
        self._paragraphs = _paragraphs(words)

    def books(self) -> dict[str, Any]:
        """Return what was counted so far, as `tests.benchmarks.measure.Books` has it."""
        return {
            "transcripts": self._submitted,
            "paid_twice": 0,
            "requests": self._requests,
            "uploads_by_content": {},
            "transcripts_by_content": {},
            "is_held": False,
            "uploaded_bytes": self._uploaded_bytes,
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request as the service does."""
        now = datetime.now(UTC).timestamp()
        match request.method, request.path.split("/")[2:]:
            case "POST", ["upload"]:
                self._requests["POST /v2/upload"] += 1
                return await self._upload(request)
            case "POST", ["transcript"]:
                self._requests["POST /v2/transcript"] += 1
                return web.json_response(self._submit((await request.json())["audio_url"], now))
            case "GET", ["transcript"]:
                self._requests["GET /v2/transcript"] += 1
                return web.json_response(self._list(request.query, now))
            case "GET", ["transcript", number]:
                self._requests["GET /v2/transcript/{transcript_id}"] += 1
                transcript = self._transcripts[int(number)]
                return web.json_response(transcript.item(now) | {"speech_model_used": "universal-2"})
            case "GET", ["transcript", number, "paragraphs"]:
                self._requests["GET /v2/transcript/{transcript_id}/paragraphs"] += 1
                body = b'{"id": "%s", %s' % (number.encode(), self._paragraphs)
                return web.Response(body=body, content_type="application/json")
            case _:
                self._requests["unknown"] += 1
                return web.json_response({"error": "Not found"}, status=404)

    async def _upload(self, request: web.BaseRequest) -> web.StreamResponse:
        async for data in request.content.iter_any():
            self._uploaded_bytes += len(data)
        self._uploaded += 1
        return web.json_response({"upload_url": f"https://cdn.example/upload/{self._uploaded}"})

    def _submit(self, audio_url: str, now: float) -> dict[str, Any]:
        self._submitted += 1
        # From half to one and a half of it, evenly: or else all that began together would end together.
        done_at = max(now, self._free_at[0]) + self._seconds * (0.5 + self._submitted * GOLDEN % 1)
        heapq.heapreplace(self._free_at, done_at)
        fails = self._failing and self._submitted % self._failing == 0
        error = "Audio duration is too short." if fails else ""
        transcript = Transcript(self._submitted, audio_url, now, done_at, error)
        self._transcripts[self._submitted] = transcript
        if len(self._transcripts) > REMEMBERED:
            del self._transcripts[next(iter(self._transcripts))]
        return transcript.item(now)

    def _list(self, query: Any, now: float) -> dict[str, Any]:
        most = min(int(query.get("limit", "10")), PAGE_MOST)
        newest = int(query.get("before_id", self._submitted + 1)) - 1
        numbers = range(newest, newest - most, -1)
        rows = [transcript.item(now) for number in numbers if (transcript := self._transcripts.get(number))]
        older = f"/v2/transcript?limit={most}&before_id={rows[-1]['id']}" if len(rows) == most else None
        return {
            "page_details": {"limit": most, "result_count": len(rows), "prev_url": older},
            "transcripts": rows,
        }


def _paragraphs(words: int) -> bytes:
    """Return the rest of a reply after its id: so many words, each with its times, as the service has it."""
    all_words = (
        {
            "text": WORD,
            "start": number * WORD_MS,
            "end": (number + 1) * WORD_MS,
            "confidence": 0.99,
            "speaker": None,
        }
        for number in range(words)
    )
    paragraphs = []
    while some := list(islice(all_words, PARAGRAPH_WORDS)):
        text = " ".join(str(word["text"]) for word in some)
        span = {"start": some[0]["start"], "end": some[-1]["end"]}
        paragraphs.append({"text": text, **span, "confidence": 0.99, "words": some})
    rest = {"confidence": 0.99, "audio_duration": words * WORD_MS / 1000, "paragraphs": paragraphs}
    return json.dumps(rest).encode()[1:]


async def serve(answers: Answers) -> None:
    runner = web.ServerRunner(web.Server(answers.answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        print(json.dumps(answers.books()), flush=True)
    await runner.cleanup()
    print(json.dumps(answers.books()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.2, help="what a recording is heard in, on average")
    parser.add_argument("--at-once", type=int, default=200, help="how many are heard at a time")
    parser.add_argument("--words", type=int, default=100, help="of each transcript")
    parser.add_argument("--failing", type=int, default=0, help="one of so many ends in an error")
    given = parser.parse_args()
    asyncio.run(serve(Answers(given.seconds, given.at_once, given.words, given.failing)))
