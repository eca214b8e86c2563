"""Any other store that fsspec knows, by what all of them have in common."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import fsspec

from batch_transcriber.buckets.objects import Stored
from batch_transcriber.buckets.store import CANNOT_SIGN, Store, wait
from batch_transcriber.buckets.trouble import Verb, translated
from batch_transcriber.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.buckets.address import Address


class OtherStore(Store):
    """A store by the common calls of fsspec; it is listed folder by folder, each of them at once.

    Args:
        scheme: What its addresses begin with.

    Raises:
        ImportError: the package that it needs is not installed.
    """

    def __init__(self, scheme: str) -> None:
        self._fs: Any = fsspec.filesystem(scheme, use_listings_cache=False)

    def objects(self, address: Address) -> Iterator[Stored]:
        """Yield the objects whose keys begin with that of an address, sorted folder by folder."""
        above = address.key.rpartition("/")[0]
        folders = [f"{above}/" if above else ""]
        while folders:
            folder = folders.pop()
            below: list[str] = []
            for key, told in wait(self._level(address.at(folder))):
                if told.get("type") == "directory":
                    within = f"{key.rstrip('/')}/"
                    if within.startswith(address.key) or address.key.startswith(within):
                        below.append(within)
                elif key.startswith(address.key):
                    yield Stored.of(key, told)
            folders += reversed(below)

    async def _level(self, folder: Address) -> list[tuple[str, dict[str, Any]]]:
        with translated(Verb.LIST, folder):
            try:
                entries = await self._call("ls", _path(folder).rstrip("/"), detail=True)
            except FileNotFoundError:
                return []  # as in S3, where a folder is what its objects begin with
        above = f"{folder.bucket}/"
        named = ((str(entry["name"]).lstrip("/").removeprefix(above), entry) for entry in entries)
        return sorted(((key, entry) for key, entry in named if key), key=lambda one: one[0])

    async def look(self, address: Address) -> Stored:
        """Return an object as it is now."""
        with translated(Verb.READ, address):
            told = await self._call("info", _path(address))
            if told.get("type") == "directory":
                raise FileNotFoundError(str(address))
        return Stored.of(address.key, told)

    async def sign(self, address: Address, valid_s: int) -> str:
        """Return an address that opens an object.

        Raises:
            PermanentError: this kind of store has no such addresses, or its credentials cannot make one.
        """
        try:
            with translated(Verb.READ, address):
                # Never a coroutine: those that sign by asking somebody wait for it in a thread.
                signed = await asyncio.to_thread(self._fs.sign, _path(address), expiration=valid_s)
        except PermanentError as error:
            raise PermanentError(f"{CANNOT_SIGN} ({error.__cause__.__class__.__name__})") from error
        return str(signed)

    async def read(self, address: Address, start: int, end: int) -> bytes:
        """Return the bytes of an object from one offset up to another."""
        with translated(Verb.READ, address):
            content: bytes = await self._call("cat_file", _path(address), start=start, end=end)
        return content

    async def put(self, address: Address, content: bytes) -> None:
        """Write an object at once."""
        with translated(Verb.WRITE, address):
            await self._call("pipe_file", _path(address), content)

    async def _call(self, name: str, *arguments: Any, **named: Any) -> Any:
        if self._fs.async_impl:
            return await getattr(self._fs, f"_{name}")(*arguments, **named)
        return await asyncio.to_thread(getattr(self._fs, name), *arguments, **named)


def _path(address: Address) -> str:
    return f"{address.bucket}/{address.key}"
