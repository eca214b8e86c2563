"""A recording in a bucket as the body of an upload: read in chunks from the store while it is sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from batch_transcriber.buckets.address import Address
from batch_transcriber.buckets.store import answer, store_of
from batch_transcriber.client.look import Stamp
from batch_transcriber.client.recording import Recording, changed, check_size
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.model import CHUNK_SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batch_transcriber.buckets.store import Store


class _Streamed(Recording):
    """One whose bytes pass through this machine, a chunk at a time."""

    def __init__(self, store: Store, address: Address, stamp: Stamp) -> None:
        super().__init__(stamp)
        self._store = store
        self._address = address
        self._sha256 = sha256()
        self._offset = 0

    @property
    def digest(self) -> bytes:
        return self._sha256.digest()

    async def check_unchanged(self) -> None:
        try:
            now = await _stamp(self._store, self._address)
        except FileNotFoundError:
            return  # as a file that is deleted while it is open: what was sent was whole
        if now != self.stamp:
            raise changed()

    async def _read(self, left_bytes: int) -> bytes:
        end = self._offset + min(CHUNK_SIZE_BYTES, left_bytes)
        try:
            chunk = await answer(self._store.read(self._address, self._offset, end))
        except (PermanentError, RetryableError) as error:
            self.failure = error
            raise
        except FileNotFoundError as error:
            self.failure = changed()
            raise self.failure from error
        if len(chunk) != end - self._offset:
            self.failure = changed()
            raise self.failure
        self._offset = end
        await asyncio.to_thread(self._sha256.update, chunk)
        return chunk


@asynccontextmanager
async def open_object(source: str) -> AsyncIterator[Recording]:
    """Open an object for one attempt.

    Args:
        source: Its address.

    Raises:
        FileNotFoundError: it is gone.
        PermanentError: it cannot be read, is empty, or is larger than the service takes.
        RetryableError: the store is away.
    """
    address = Address.parse(source)
    store = store_of(address)
    stamp = await _stamp(store, address)
    check_size(stamp.size_bytes, is_object=True)
    yield _Streamed(store, address, stamp)


async def _stamp(store: Store, address: Address) -> Stamp:
    stored = await answer(store.look(address))
    return Stamp(stored.size_bytes, stored.stamp_ns)
