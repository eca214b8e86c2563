"""A place for texts in a bucket, in the form of a path: what lies below it, is called and relative to it."""

from __future__ import annotations

import os
from pathlib import Path, PosixPath
from typing import TypeGuard

from batch_transcriber.buckets.address import Address, scheme_of
from batch_transcriber.errors import ExitCode, FatalError


class BucketPath(PosixPath):
    """A path whose text is an address such as `s3://bucket/texts/a.txt`; the system knows nothing there.

    What asks the store is blocking, and raises an OSError where it cannot be had, as for any path.
    """

    def __str__(self) -> str:
        return super().__str__().replace(":/", "://", 1)  # two slashes in a row are one to every path

    def __fspath__(self) -> str:
        return str(self)

    def absolute(self) -> BucketPath:
        """Return itself, for there is no folder that it could be relative to."""
        return self

    def relative_to(self, *other: str | os.PathLike[str], **_: bool) -> Path:  # type: ignore[override]
        """Return what follows on another place in the same bucket; that is no place any more."""
        above = "/".join(os.fspath(one) for one in other) + "/"
        if not str(self).startswith(above):
            raise ValueError(f"{self} is not below {above}")
        return Path(str(self).removeprefix(above))

    @property
    def address(self) -> Address:
        """Its address."""
        return Address.parse(str(self))

    def read_bytes(self) -> bytes:
        """Return what the object holds."""
        from batch_transcriber.buckets.store import store_of, wait  # noqa: PLC0415 - only where one is read
        from batch_transcriber.errors import TranscriberError  # noqa: PLC0415

        try:
            store = store_of(self.address)
            stored = wait(store.look(self.address))
            return wait(store.read(self.address, 0, stored.size_bytes)) if stored.size_bytes else b""
        except TranscriberError as error:
            raise OSError(0, str(error)) from error

    def read_text(
        self, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> str:
        """Return the text that the object holds; line ends stay what they are."""
        del newline
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")


def place_of(out: str | os.PathLike[str]) -> Path:
    """Return a place for texts as a path, be it a folder or in a bucket; safe to call with what it returned.

    Raises:
        FatalError: it is meant as an address in a bucket, and is none.
    """
    text = os.fspath(out)
    scheme, colon, rest = text.partition(":/")
    if not colon and text.endswith(":"):
        scheme, colon, rest = text[:-1], ":", ""  # what a path makes of `s3://`
    if not colon or scheme_of(scheme) is None:
        return Path(out)
    try:
        address = Address.parse(f"{scheme}://{rest.lstrip('/')}")
    except ValueError as error:
        raise FatalError(f"{scheme}://{rest.lstrip('/')}: {error}", ExitCode.USAGE) from None
    return BucketPath(str(address))


def is_in_bucket(path: Path) -> TypeGuard[BucketPath]:
    """Tell whether a path is one in a bucket."""
    return isinstance(path, BucketPath)
