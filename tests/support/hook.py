"""A web address that is told of runs, and keeps what it hears."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SECRET = "T0PS3CRET"  # of the address


class Inbox:
    """A hook that takes everything."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.Request, dict[str, Any]]] = []

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was told, in order."""
        return [body for _, body in self.requests]

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((request, await request.json()))
        return web.Response()


@asynccontextmanager
async def hook(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Serve an address with a secret in it; yield it."""
    app = web.Application()
    app.router.add_route("*", f"/{SECRET}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/{SECRET}?auth={SECRET}"
    finally:
        await runner.cleanup()
