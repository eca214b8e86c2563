"""Clients that are wrong, slow, many or hostile: each gets its answer, and the others are served."""

from __future__ import annotations

import asyncio
import resource
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from batch_transcriber.server import LocalService
from batch_transcriber.server.middlewares import answer_errors, in_time
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.scripted import ScriptedRecogniser

CONNECTIONS = 1000
UPLOADS = 200


def address(service: LocalService) -> tuple[str, int]:
    host, port = service.base_url.removeprefix("http://").split(":")
    return host, int(port)


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "a%00b",
        "%ff%fe",
        "%F0%9F%8E%A7",
        "'; DROP TABLE transcripts; --",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_trick_in_an_id_is_an_unknown_id(service: LocalService, method: str, path: str) -> None:
    line = f"{method} /v2/transcript/{path.replace(' ', '%20')} HTTP/1.1\r\n"
    head = await raw(service, line.encode())
    assert head.split(b" ")[1] in {b"400", b"404", b"405"}
    assert b"Traceback" not in head


async def test_bytes_that_are_no_text_are_an_unknown_id(service: LocalService) -> None:
    head = await raw(service, b"GET /v2/transcript/\xff\xfe HTTP/1.1\r\n")
    assert head.split(b" ")[1] == b"400"


@pytest.mark.parametrize("path", ["/v2/upload", "/v2/transcript"])
async def test_a_body_that_is_not_packed_as_its_head_says_is_refused(
    api: Caller, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    status, body = await api.call("POST", path, data=b"abc", headers={"Content-Encoding": "gzip"})
    assert status == 400
    assert "not encoded" in body["error"]
    assert f"POST {path} failed" not in caplog.text


async def raw(service: LocalService, line: bytes) -> bytes:
    """Return the reply to a request that no client's library would send."""
    reader, writer = await asyncio.open_connection(*address(service))
    writer.write(line + f"Host: x\r\nAuthorization: {KEY}\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(DEADLINE_S):
        reply = await reader.read()
    writer.close()
    await writer.wait_closed()
    return reply


async def test_a_thousand_idle_connections_leave_room_for_others(api: Caller, service: LocalService) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * CONNECTIONS  # both ends are here
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip("so many files cannot be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    writers = []
    for number in range(CONNECTIONS):
        _, writer = await asyncio.open_connection(*address(service))
        if number % 2:  # a head that never ends
            writer.write(b"GET /v2/transcript HTTP/1.1\r\nHost: ")
        writers.append(writer)
    assert (await api.transcribe(b"Hello."))["text"] == "Hello."
    for writer in writers:
        writer.transport.abort()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("head", [b"", b"GET /v2/transcript HTTP/1.1\r\nHost: "])
async def test_a_connection_that_brings_no_request_is_closed(
    recogniser: ScriptedRecogniser, head: bytes
) -> None:
    async with LocalService(recogniser, key=KEY, idle_s=0.05) as service:
        reader, writer = await asyncio.open_connection(*address(service))
        writer.write(head)
        async with asyncio.timeout(DEADLINE_S):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_two_hundred_uploads_at_once_are_all_received(service: LocalService) -> None:
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    headers = {"Authorization": KEY}
    async with aiohttp.ClientSession(service.base_url, connector=connector, headers=headers) as session:
        api = Caller(session)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(api.upload(b"%d " % n * 100_000)) for n in range(UPLOADS)]
    assert len({task.result() for task in tasks}) == service.books.uploads == UPLOADS


@asynccontextmanager
async def impatient() -> AsyncIterator[tuple[str, int]]:
    """Run a server that waits for a body as the service does, only not as long."""

    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application(middlewares=[answer_errors, in_time(0.05)])
    app.add_routes([web.post("/v2/transcript", read)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][:2]
    await runner.cleanup()


async def test_a_body_that_does_not_come_is_given_up_with_408() -> None:
    async with impatient() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /v2/transcript HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        async with asyncio.timeout(DEADLINE_S):
            reply = await reader.readuntil(b"}")
        assert reply.startswith(b"HTTP/1.1 408 ")
        assert reply.endswith(b'{"error":"Request timeout: its body did not come"}')
        writer.close()


async def test_while_a_body_stalls_the_others_are_served(api: Caller, service: LocalService) -> None:
    _, writer = await asyncio.open_connection(*address(service))
    head = f"POST /v2/transcript HTTP/1.1\r\nHost: x\r\nAuthorization: {KEY}\r\nContent-Length: 99\r\n\r\n"
    writer.write(head.encode())
    assert (await api.transcribe(b"Hello."))["text"] == "Hello."
    writer.close()


async def test_without_a_key_any_will_do_but_none_will_not(recogniser: ScriptedRecogniser) -> None:
    async with (
        LocalService(recogniser, key=None) as service,
        aiohttp.ClientSession(service.base_url) as session,
    ):
        api = Caller(session)
        assert (await api.call("GET", "/v2/transcript"))[0] == 401
        assert (await api.call("GET", "/v2/transcript", headers={"Authorization": "any"}))[0] == 200


@pytest.mark.parametrize(
    ("host", "status"), [("localhost", 200), ("[::1]:8765", 200), ("evil.example", 403), ("192.168.0.9", 403)]
)
async def test_without_a_key_a_web_page_elsewhere_gets_nothing(
    recogniser: ScriptedRecogniser, host: str, status: int
) -> None:
    async with (
        LocalService(recogniser, key=None) as service,
        aiohttp.ClientSession(service.base_url) as session,
    ):
        headers = {"Authorization": "any", "Host": host}
        assert (await Caller(session).call("GET", "/v2/transcript", headers=headers))[0] == status


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are told in another way there")
