from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from batch_transcriber.server import LocalService
from tests.support.scripted import ScriptedRecogniser
from tests.support.shapes import complaints

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator
    from io import BytesIO
    from pathlib import Path

KEY = "a-key-for-tests"
DEADLINE_S = 20.0
ENDED = {"completed", "error"}


@dataclass
class Caller:
    """Calls a service as any client would: over a socket, knowing only the API.

    Every reply is held against the API's document.
    """

    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        """Return a reply's status and its JSON, or its text where it is none."""
        async with self.session.request(method, path, **request) as reply:
            is_json = reply.content_type == "application/json"
            body = await reply.json() if is_json else await reply.text()
            assert complaints(method, reply.url.path, reply.status, reply.content_type, body) == []
            return reply.status, body

    async def get(self, path: str, **query: str | int) -> Any:
        """Return what a GET that must work brings."""
        status, body = await self.call("GET", path, params=query)
        assert status == 200, body
        return body

    async def upload(self, audio: bytes | BytesIO | AsyncIterable[bytes]) -> str:
        """Upload a recording and return its URL."""
        status, body = await self.call("POST", "/v2/upload", data=audio)
        assert status == 200, body
        assert set(body) == {"upload_url"}
        return str(body["upload_url"])

    async def submit(self, audio_url: str, **options: object) -> Any:
        """Ask for a transcript and return it."""
        body = {"audio_url": audio_url, "speech_models": ["universal-2"], **options}
        status, transcript = await self.call("POST", "/v2/transcript", json=body)
        assert status == 200, transcript
        return transcript

    async def until_ended(self, transcript_id: str) -> Any:
        """Return a transcript once it is completed or failed."""
        return await self.until(transcript_id, ENDED)

    async def until(self, transcript_id: str, statuses: set[str]) -> Any:
        """Return a transcript once it has one of these statuses."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                transcript = await self.get(f"/v2/transcript/{transcript_id}")
                if transcript["status"] in statuses:
                    return transcript

    async def transcribe(self, audio: bytes) -> Any:
        """Upload a recording and return its ended transcript."""
        return await self.until_ended((await self.submit(await self.upload(audio)))["id"])


@pytest_asyncio.fixture
async def recogniser() -> ScriptedRecogniser:
    return ScriptedRecogniser()


@pytest_asyncio.fixture
async def service(recogniser: ScriptedRecogniser, tmp_path: Path) -> AsyncIterator[LocalService]:
    async with LocalService(recogniser, key=KEY, concurrency=2, data_dir=tmp_path) as service:
        yield service


@pytest_asyncio.fixture
async def api(service: LocalService) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session:
        yield Caller(session)


@pytest.fixture
def folder(service: LocalService, tmp_path: Path) -> Path:
    """Return the running service's private folder."""
    assert service.base_url
    (folder,) = tmp_path.iterdir()
    return folder
