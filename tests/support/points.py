"""Points in a request's life at which its sender can be ended, for the request waits there meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from tests.support.faults import cut

if TYPE_CHECKING:
    from tests.support.faults import Handler

FIRST_BYTES = 1024


class Point:
    """One of the requests that come there is held until it is let go; the others wait with it.

    Attributes:
        reached: Set when the first request is there.
        let_go: Set it once the sender is gone; until then the requests wait.
    """

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    async def arriving(self, request: web.Request, _handler: Handler) -> web.StreamResponse:
        """The request's first bytes are here, the rest is on its way; it is never carried out."""
        await request.content.read(FIRST_BYTES)
        await self._hold()
        return cut(request)

    async def arrived(self, request: web.Request, _handler: Handler) -> web.StreamResponse:
        """The request is here as a whole, and is never carried out."""
        await request.read()
        await self._hold()
        return cut(request)

    async def delayed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The request is here as a whole, and is carried out once it is let go."""
        await request.read()
        await self._hold()
        return await handler(request)

    async def carried_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The request is carried out; of the reply, nothing has left."""
        reply = await handler(request)
        await self._hold()
        return reply

    async def half_told(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The request is carried out, and half of the reply has left."""
        whole = await handler(request)
        assert isinstance(whole, web.Response)
        assert isinstance(whole.body, bytes)
        response = web.StreamResponse(headers={"Content-Length": str(len(whole.body))})
        await response.prepare(request)
        await response.write(whole.body[: len(whole.body) // 2])
        await self._hold()
        return cut(request, response)

    async def _hold(self) -> None:
        self.reached.set()
        await self.let_go.wait()
