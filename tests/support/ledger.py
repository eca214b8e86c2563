"""What a service was sent and paid for, by content: an upload URL is new each time, a recording is not."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp.typedefs import Middleware

    from tests.support.faults import Handler


def digest_of(content: bytes) -> str:
    """Return the name that a content has in the ledger."""
    return sha256(content).hexdigest()


class Ledger:
    """The middleware that keeps it; it is to be the innermost, for it takes in what is carried out.

    Args:
        data_dir: Of the service, and of no other one.
        head_bytes: How much of a recording tells it from others; -1 for all of it.

    Attributes:
        uploads: How often each content was received as a whole.
        transcripts: How many transcripts were made of each content; one is what it should cost.
    """

    def __init__(self, data_dir: Path, head_bytes: int = -1) -> None:
        self.data_dir = data_dir
        self._head_bytes = head_bytes
        self.uploads: Counter[str] = Counter()
        self.transcripts: Counter[str] = Counter()
        self._contents: dict[str, str] = {}  # by upload URL

    @property
    def upload_urls(self) -> frozenset[str]:
        """The address of every upload, which is as good as a key to it."""
        return frozenset(self._contents)

    @property
    def paid_twice(self) -> int:
        """Transcripts made of a content that had one already."""
        return self.transcripts.total() - len(self.transcripts)

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            reply = await handler(request)
            if request.method == "POST" and reply.status == 200 and isinstance(reply, web.Response):
                if request.path == "/v2/upload":
                    self._note_upload(json.loads(reply.text or "")["upload_url"])
                elif request.path == "/v2/transcript":
                    address = json.loads(reply.text or "")["audio_url"]
                    # What the service fetches itself has no content here but its address.
                    self.transcripts[self._contents.get(address, address)] += 1
            return reply

        return note

    def _note_upload(self, address: str) -> None:
        """Hash what the service has of an upload, not what a client says it sent."""
        (file,) = self.data_dir.glob(f"*/uploads/{address.rpartition('/')[2]}")
        with file.open("rb") as content:
            digest = digest_of(content.read(self._head_bytes))
        self._contents[address] = digest
        self.uploads[digest] += 1
