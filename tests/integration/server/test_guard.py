"""A stranger's URL does not lead into the house: not by name, redirect, proxy or number."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from batch_transcriber.server import LocalService
from batch_transcriber.server.downloads import DownloadError, Downloads
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.scripted import ScriptedRecogniser

REFUSED = "its address is private, and this service only goes to public ones"


class Inside:
    """A server in the house, which counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.visits += 1
        if to := request.query.get("to"):
            raise web.HTTPFound(to)
        if request.path == "/drip":
            reply = web.StreamResponse()
            await reply.prepare(request)
            while True:
                await reply.write(b"x")
                await asyncio.sleep(0.01)
        return web.Response(body=b"a secret")


@pytest_asyncio.fixture
async def inside() -> AsyncIterator[Inside]:
    inside = Inside()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", inside.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    inside.port = runner.addresses[0][1]
    yield inside
    await runner.cleanup()


@pytest_asyncio.fixture
async def guarded(recogniser: ScriptedRecogniser, tmp_path: Path) -> AsyncIterator[Caller]:
    async with (
        LocalService(recogniser, key=KEY, data_dir=tmp_path, allow_private=False) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        yield Caller(session)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::1]"],
)
async def test_an_address_in_the_house_is_refused_before_anything_is_sent(
    guarded: Caller, inside: Inside, host: str
) -> None:
    url = f"http://{host}:{inside.port}/a.mp3"
    failed = await guarded.until_ended((await guarded.submit(url))["id"])
    assert failed["status"] == "error"
    assert failed["error"].startswith(f"Download error, unable to download {url}")
    assert inside.visits == 0


async def test_the_refusal_says_why_and_what_to_do(guarded: Caller, inside: Inside) -> None:
    url = f"http://localhost:{inside.port}/a.mp3"
    failed = await guarded.until_ended((await guarded.submit(url))["id"])
    assert failed["error"] == (
        f"Download error, unable to download {url}: {REFUSED}. "
        "Please upload the file, or start the service with --allow-private."
    )


async def test_a_proxy_is_not_asked_where_the_guard_holds(
    guarded: Caller, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{inside.port}")
    failed = await guarded.until_ended((await guarded.submit("http://198.51.100.1:9/a.mp3"))["id"])
    assert REFUSED in failed["error"]
    assert inside.visits == 0


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/"])
async def test_a_redirect_to_another_scheme_is_not_followed(tmp_path: Path, inside: Inside, to: str) -> None:
    async with Downloads(tmp_path) as downloads:
        with pytest.raises(DownloadError, match="unable to download"):
            async with downloads.fetched(f"http://127.0.0.1:{inside.port}/?to={to}"):
                pass
    assert inside.visits == 1


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def test_a_download_that_drips_for_ever_ends(tmp_path: Path, inside: Inside) -> None:
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with asyncio.timeout(DEADLINE_S), Downloads(tmp_path, timeout=timeout) as downloads:
        with pytest.raises(DownloadError, match="unable to download"):
            async with downloads.fetched(f"http://127.0.0.1:{inside.port}/drip"):
                pass
    assert is_empty(tmp_path)
