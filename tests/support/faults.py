"""Scripted trouble: a middleware that answers wrongly, late, half or not at all."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from aiohttp.typedefs import Middleware

    Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Change: TypeAlias = Callable[[Path], None]
    Trouble: TypeAlias = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]

UPLOAD = r"POST /v2/upload"
SUBMIT = r"POST /v2/transcript"
LIST = r"GET /v2/transcript"
DELETE = r"DELETE /v2/transcript/[^/]+"
STATUS = r"GET /v2/transcript/[^/]+"
PARAGRAPHS = r"GET /v2/transcript/[^/]+/paragraphs"
SENTENCES = r"GET /v2/transcript/[^/]+/sentences"
SRT = r"GET /v2/transcript/[^/]+/srt"
VTT = r"GET /v2/transcript/[^/]+/vtt"
ALWAYS = sys.maxsize


@dataclass
class Fault:
    """What happens to the next `times` requests of a call, after `after` have passed unharmed.

    Requests with a body smaller than `smallest_bytes` are none of its business.
    """

    call: str
    trouble: Trouble
    times: int = 1
    after: int = 0
    smallest_bytes: int = 0

    def concerns(self, name: str, size_bytes: int) -> bool:
        fits = re.fullmatch(self.call, name) is not None and size_bytes >= self.smallest_bytes
        return fits and self.times > 0


@dataclass
class Faults:
    """The middleware, and what it saw.

    Attributes:
        arrivals: Loop time and `METHOD /path` of every request.
    """

    script: list[Fault] = field(default_factory=list)
    arrivals: list[tuple[float, str]] = field(default_factory=list)

    def add(
        self, call: str, trouble: Trouble, *, times: int = 1, after: int = 0, smallest_bytes: int = 0
    ) -> None:
        self.script.append(Fault(call, trouble, times, after, smallest_bytes))

    def count(self, call: str) -> int:
        """How many requests of this call arrived."""
        return sum(re.fullmatch(call, name) is not None for _, name in self.arrivals)

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def scripted(request: web.Request, handler: Handler) -> web.StreamResponse:
            name = f"{request.method} {request.path}"
            self.arrivals.append((asyncio.get_running_loop().time(), name))
            for fault in self.script:
                if fault.concerns(name, request.content_length or 0):
                    if fault.after:
                        fault.after -= 1
                        break
                    fault.times -= 1
                    return await fault.trouble(request, handler)
            return await handler(request)

        return scripted


def reply(status: int, body: str = "", headers: dict[str, str] | None = None) -> Trouble:
    """Answer this, and do nothing."""

    async def trouble(request: web.Request, _handler: Handler) -> web.StreamResponse:
        await request.read()
        return web.Response(status=status, text=body, headers=headers)

    return trouble


def error(status: int, message: str) -> Trouble:
    """Answer with an error in the API's form."""
    return reply(status, f'{{"error": "{message}"}}', {"Content-Type": "application/json"})


def carry_out_and_reply(status: int, body: str) -> Trouble:
    """Carry the request out, and answer this instead."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        return web.Response(status=status, text=body)

    return trouble


def slow(seconds: float) -> Trouble:
    """Carry the request out, and answer late, byte after byte at first."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        whole = await handler(request)
        assert isinstance(whole, web.Response)
        assert isinstance(whole.body, bytes)
        await asyncio.sleep(seconds)
        response = web.StreamResponse(headers={"Content-Length": str(len(whole.body))})
        await response.prepare(request)
        for start in range(3):
            await response.write(whole.body[start : start + 1])
            await asyncio.sleep(seconds / 10)
        await response.write(whole.body[3:])
        return response

    return trouble


def meanwhile(change: Change, path: Path) -> Trouble:
    """Change a file that is open for its upload already, then carry the request out."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        change(path)
        return await handler(request)

    return trouble


def sometimes(share: float, troubles: list[Trouble], seed: str) -> Trouble:
    """Do one of the troubles to this share of requests: to the same ones for each client, counted by call."""
    lots = random.Random(seed)  # noqa: S311 - chance that can be repeated

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_hit, one = lots.random() < share, lots.choice(troubles)
        return await (one(request, handler) if is_hit else handler(request))

    return trouble


def one_in(count: int, one: Trouble) -> Trouble:
    """Do a trouble to the first of every `count` requests."""
    seen = 0

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal seen
        seen += 1
        return await (one(request, handler) if seen % count == 1 % count else handler(request))

    return trouble


def late_list(lag_s: float) -> Trouble:
    """Show a transcript in the list only when it is so old; the older ones move up, as in the real list."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        horizon = datetime.now(UTC) - timedelta(seconds=lag_s)
        while True:
            reply = await handler(request)
            assert isinstance(reply, web.Response)
            rows = json.loads(reply.text or "").get("transcripts", [])
            young = [row["id"] for row in rows if datetime.fromisoformat(row["created"]) > horizon]
            if not young:
                return reply
            request = request.clone(rel_url=request.rel_url.update_query(before_id=young[-1]))

    return trouble


def clock_off_by(seconds: float) -> Trouble:
    """Answer the list as a service whose clock is so far ahead of everybody else's."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        ahead = timedelta(seconds=seconds)
        reply = await handler(request)
        assert isinstance(reply, web.Response)
        page = json.loads(reply.text or "")
        for row in page["transcripts"]:
            row["created"] = (datetime.fromisoformat(row["created"]) + ahead).isoformat()
        date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
        return web.json_response(page, headers={"Date": date})

    return trouble


def other_date(by: timedelta) -> Trouble:
    """Carry the request out, and tell a time that is off by so much."""

    async def trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        reply.headers["Date"] = format_datetime(datetime.now(UTC) + by, usegmt=True)
        return reply

    return trouble


async def lose_reply(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry the request out, then cut the connection."""
    await handler(request)
    return cut(request)


async def reset(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Cut the connection in the middle of the request's body."""
    await request.content.read(1024)
    return cut(request)


async def stall(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Take no more bytes and never answer; ends when the client goes away."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        transport.pause_reading()
    await asyncio.Event().wait()
    return web.Response()


async def cut_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry the request out, and send half of the reply."""
    whole = await handler(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    response = web.StreamResponse(headers={"Content-Length": str(len(whole.body))})
    await response.prepare(request)
    await response.write(whole.body[: len(whole.body) // 2])
    return cut(request, response)


async def half_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry the request out, and send half of the reply as if it were whole."""
    whole = await handler(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    return web.Response(body=whole.body[: len(whole.body) // 2], content_type="application/json")


def cut(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return response or web.Response()
