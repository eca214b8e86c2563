"""Uploads over a socket, as the clients out there send them."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest

from tests.integration.server.conftest import DEADLINE_S, KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batch_transcriber.server import LocalService
    from tests.integration.server.conftest import Caller

BIG = bytes(range(256)) * 4096 * 6  # 6 MiB: more than one batch, more than one TCP window


async def in_chunks(audio: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(audio), 100_000):
        yield audio[start : start + 100_000]


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "uploads").iterdir()]


@pytest.mark.parametrize("audio", [b"x", BIG], ids=["tiny", "big"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_what_is_sent_is_what_is_stored(
    api: Caller, service: LocalService, folder: Path, audio: bytes, *, chunked: bool
) -> None:
    url = await api.upload(in_chunks(audio) if chunked else io.BytesIO(audio))
    assert url.startswith(f"{service.base_url}/upload/")
    assert stored(folder) == [audio]
    assert (service.books.uploads, service.books.uploaded_bytes) == (1, len(audio))


@pytest.mark.parametrize("content_type", ["application/json", "audio/mpeg", "multipart/form-data"])
async def test_the_content_type_does_not_matter(api: Caller, folder: Path, content_type: str) -> None:
    status, _ = await api.call("POST", "/v2/upload", data=b"abc", headers={"Content-Type": content_type})
    assert status == 200
    assert stored(folder) == [b"abc"]


async def test_an_empty_upload_is_refused(api: Caller, service: LocalService, folder: Path) -> None:
    status, body = await api.call("POST", "/v2/upload", data=b"")
    assert (status, list(body)) == (422, ["error"])
    assert stored(folder) == []
    assert service.books.uploads == 0


async def test_an_announced_size_over_the_limit_is_refused_at_once(service: LocalService) -> None:
    reply = await _raw(service, b"POST /v2/upload", b"Content-Length: 2200000001", b"")
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'{"error":' in reply


async def test_an_upload_without_the_key_is_refused_before_it_is_sent(service: LocalService) -> None:
    reply = await _raw(service, b"POST /v2/upload", b"Content-Length: 1000000", b"", key=b"wrong")
    assert reply.startswith(b"HTTP/1.1 401 ")


async def test_an_upload_that_breaks_off_leaves_nothing(service: LocalService, folder: Path) -> None:
    host, port = service.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(_head(b"POST /v2/upload", b"Content-Length: 2000000", KEY.encode()) + b"x" * 1_000_000)
    await writer.drain()
    async with asyncio.timeout(DEADLINE_S):
        while not any((folder / "uploads").iterdir()):  # noqa: ASYNC110 - a file gives no event
            await asyncio.sleep(0)
        writer.transport.abort()
        while any((folder / "uploads").iterdir()):  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert service.books.uploads == 0


def _head(request: bytes, header: bytes, key: bytes) -> bytes:
    return request + b" HTTP/1.1\r\nHost: x\r\nAuthorization: " + key + b"\r\n" + header + b"\r\n\r\n"


async def _raw(
    service: LocalService, request: bytes, header: bytes, body: bytes, key: bytes = KEY.encode()
) -> bytes:
    """Return the start of the reply to a request that a proper client would not send."""
    host, port = service.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(_head(request, header, key) + body)
    async with asyncio.timeout(DEADLINE_S):
        reply = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()
    return reply
