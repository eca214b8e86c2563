"""What transcripts were asked for with, whether or not a scripted recogniser can do it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, web

from tests.support.scripted import READ_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faults import Handler

PASSED_ON = "X-Passed-On"


class Asked:
    """The trouble of a submit that keeps what it asks for, and passes on what any recogniser can do.

    Args:
        data_dir: Of the service, and of no other one.

    Attributes:
        bodies: By the words of the recording, or by its address: the parameters of each submit.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.bodies: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def of(self, words: str) -> dict[str, Any]:
        """Return what the only transcript of these words was asked for with."""
        (body,) = self.bodies[words]
        return body

    @property
    def count(self) -> int:
        """How many transcripts were asked for."""
        return sum(map(len, self.bodies.values()))

    async def trouble(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if PASSED_ON in request.headers:
            return await handler(request)
        body = await request.json()
        audio_url = body.pop("audio_url")
        self.bodies[self._words(audio_url)].append(body)
        plain = {"audio_url": audio_url, "speech_models": body["speech_models"]}
        headers = {"Authorization": request.headers["Authorization"], PASSED_ON: "1"}
        async with (
            ClientSession() as session,
            session.post(request.url, json=plain, headers=headers) as reply,
        ):
            return web.Response(status=reply.status, body=await reply.read(), content_type="application/json")

    def _words(self, audio_url: str) -> str:
        for upload in self._data_dir.glob(f"*/uploads/{audio_url.rpartition('/')[2]}"):
            return upload.read_bytes()[:READ_BYTES].partition(b"\0")[0].decode()
        return audio_url
