"""Uploads on disk: whole or absent, and found by their own URL alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BASE = "http://127.0.0.1:1"


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def silence() -> AsyncIterator[bytes]:
    yield b"first"
    await asyncio.Event().wait()


@pytest.mark.parametrize("chunks", [(b"tiny",), (b"a" * 100_000,) * 11, (b"", b"x" * 700_000, b"", b"end")])
async def test_an_upload_is_stored_as_it_came(tmp_path: Path, chunks: tuple[bytes, ...]) -> None:
    uploads = Uploads(tmp_path)
    place, size_bytes = await uploads.receive(body(*chunks), announced_bytes=None)
    path = uploads.find(BASE + place)
    assert path is not None
    assert path.read_bytes() == b"".join(chunks)
    assert size_bytes == len(b"".join(chunks))


async def test_an_empty_upload_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="empty") as refused:
        await Uploads(tmp_path).receive(body(b""), announced_bytes=0)
    assert refused.value.http_status == 422
    assert is_empty(tmp_path)


@pytest.mark.parametrize("announced_bytes", [None, 600_001])
async def test_a_too_large_upload_is_refused_and_leaves_nothing(
    tmp_path: Path, announced_bytes: int | None
) -> None:
    uploads = Uploads(tmp_path, max_bytes=600_000)
    with pytest.raises(RefusedError, match="over 600,000 bytes") as refused:
        await uploads.receive(body(b"x" * 600_000, b"y"), announced_bytes=announced_bytes)
    assert refused.value.http_status == 413
    assert is_empty(tmp_path)


async def test_a_silent_sender_is_given_up(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, stall_s=0.01)
    with pytest.raises(RefusedError, match="fell silent") as refused:
        await uploads.receive(silence(), announced_bytes=None)
    assert refused.value.http_status == 408
    assert is_empty(tmp_path)


async def test_a_removed_or_foreign_upload_is_refused(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    place, _ = await uploads.receive(body(b"x"), announced_bytes=1)
    url = BASE + place
    uploads.remove(url.rpartition("/")[2])
    foreign = f"https://cdn.example.org/upload/{'0' * 64}/{'a' * 36}"
    for gone in (url, foreign):
        with pytest.raises(RefusedError, match="Cannot access uploaded file") as refused:
            uploads.find(gone)
        assert refused.value.http_status == 403


async def test_urls_of_others_are_not_ours_to_judge(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    for url in ("https://example.org/talk.mp3", f"{BASE}/upload/../../etc/passwd"):
        assert uploads.find(url) is None
