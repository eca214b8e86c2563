"""What a service may be besides quick and empty: limited in requests, shared with others, in trouble."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from tests.support import faults

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from tests.support.faults import Handler, Trouble

IN_FLIGHT_S = 0.1  # what leaves so soon after a refusal may have left before it was read
COLLEAGUE = "X-Colleague"


@dataclass
class Window:
    """One window of a request limit.

    Attributes:
        began_at: With its first request; loop clock.
        taken: Requests within the limit.
        refused: Requests beyond it, each answered with 429.
        early: Requests that came before the time that a refusal named was over.
    """

    began_at: float
    taken: int = 0
    refused: int = 0
    early: int = 0


class RequestLimit:
    """So many requests in windows of so many seconds, and a 429 with Retry-After for the rest."""

    def __init__(self, most: int, window_s: float) -> None:
        self.windows: list[Window] = []
        self._most = most
        self._window_s = window_s
        self._refused_at = self._closed_until = -math.inf

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
            now = asyncio.get_running_loop().time()
            window = self._window(now)
            if self._refused_at + IN_FLIGHT_S < now < self._closed_until:
                window.early += 1
            if window.taken < self._most:
                window.taken += 1
                return await handler(request)
            window.refused += 1
            retry_after_s = math.ceil(window.began_at + self._window_s - now)
            if now >= self._closed_until:
                self._refused_at, self._closed_until = now, now + retry_after_s
            return web.json_response(
                {"error": "Too Many Requests"}, status=429, headers={"Retry-After": str(retry_after_s)}
            )

        return limit

    def summary(self) -> list[dict[str, float]]:
        return [asdict(window) for window in self.windows]

    def _window(self, now: float) -> Window:
        if not self.windows or now >= self.windows[-1].began_at + self._window_s:
            self.windows.append(Window(now))
        return self.windows[-1]


class BadDay:
    """This share of all requests fails; a submit may also be carried out and its reply lost.

    Args:
        cuts_replies: Of some, half of the reply comes.

    Attributes:
        troubles: How many there were, by what happened.
    """

    def __init__(self, share: float, seed: int, *, cuts_replies: bool) -> None:
        self.troubles: Counter[str] = Counter()
        self._script = faults.Faults()
        usual = [
            self._counted("error", faults.error(500, "Internal Server Error")),
            self._counted("error", faults.reply(503)),
            self._counted("request cut", faults.reset),
        ]
        if cuts_replies:
            usual.append(self._counted("reply cut", faults.cut_body))
        for call in (faults.UPLOAD, faults.SUBMIT, faults.LIST, faults.STATUS, faults.PARAGRAPHS):
            lost = [self._counted("submit's reply lost", faults.lose_reply)] * (call == faults.SUBMIT)
            trouble = faults.sometimes(share, usual + lost, f"{seed} {call}")
            self._script.add(call, trouble, times=faults.ALWAYS)

    @property
    def middleware(self) -> Middleware:
        return self._script.middleware

    def _counted(self, name: str, trouble: Trouble) -> Trouble:
        async def count_it(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.troubles[name] += 1
            return await trouble(request, handler)

        return count_it


class Colleague:
    """Somebody with the same key, who has so many recordings transcribed after each one of ours.

    Attributes:
        requests: Theirs, by method and route; they are not to be counted as ours.
    """

    def __init__(self, base_url: str, key: str, each: int) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self._base_url = base_url
        self._headers = {"Authorization": key, COLLEAGUE: "1"}
        self._each = each
        self._numbers = count(1)
        self._session: aiohttp.ClientSession | None = None

    async def submit(self) -> None:
        self._session = self._session or aiohttp.ClientSession(headers=self._headers)
        for _ in range(self._each):
            words = f"A colleague's words, number {next(self._numbers)}."
            uploaded = await self._post("/v2/upload", data=words.encode())
            await self._post("/v2/transcript", json={**uploaded, "speech_models": ["universal-2"]})

    async def leave(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, path: str, **request: object) -> dict[str, object]:
        assert self._session is not None
        self.requests["POST", path] += 1
        async with self._session.post(self._base_url + path, **request) as reply:  # type: ignore[arg-type]
            assert reply.status == 200
            body = await reply.json()
            return {"audio_url": body.get("upload_url")}


@dataclass
class Uploading:
    """What the uploads took together.

    Attributes:
        began_at: Of the first one.
        ended_at: Of the last one so far; both of the loop's clock.
    """

    began_at: float = math.inf
    ended_at: float = -math.inf

    @property
    def elapsed_s(self) -> float:
        return max(0.0, self.ended_at - self.began_at)

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/v2/upload":
                return await handler(request)
            clock = asyncio.get_running_loop().time
            self.began_at = min(self.began_at, clock())
            try:
                return await handler(request)
            finally:
                self.ended_at = max(self.ended_at, clock())

        return watch


def follow(colleagues: list[Colleague]) -> Middleware:
    """Return the middleware that lets a colleague, once there is one, submit after each submit of ours."""

    @web.middleware
    async def after(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        is_ours = COLLEAGUE not in request.headers
        if is_ours and (request.method, request.path) == ("POST", "/v2/transcript"):
            for colleague in colleagues:
                await colleague.submit()
        return reply

    return after
