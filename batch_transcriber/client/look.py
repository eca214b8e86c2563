"""A look at a recording before it is sent: its first bytes, or its digest, with all bytes of a small one."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from hashlib import file_digest, sha256
from typing import NamedTuple, Self

HEAD_SIZE_BYTES = 64 * 1024
SMALL_SIZE_BYTES = 1024 * 1024  # what is kept in memory from the look until it is sent, for each upload


class Stamp(NamedTuple):
    """By what a file is taken for unchanged: size and time of the last write, nanoseconds since 1970."""

    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return that of a file's status."""
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Look:
    """What a recording was when it was read.

    Attributes:
        stamp: What tells whether it still is that.
        digest: SHA-256 of its bytes.
        content: All of them, of a small one; None of others.
    """

    stamp: Stamp
    digest: bytes
    content: bytes | None


def look_at(path: str) -> Look:
    """Read a recording once, from its first to its last byte; blocking.

    Raises:
        OSError: it cannot be read, is no file, or changed meanwhile.
    """
    with open(path, "rb", buffering=0, opener=open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        content = file.read(status.st_size) if status.st_size <= SMALL_SIZE_BYTES else None
        digest = file_digest(file, "sha256") if content is None else sha256(content)
        is_whole = content is None or len(content) == status.st_size
        if not is_whole or Stamp.of(status) != Stamp.of(os.fstat(file.fileno())):
            raise OSError(errno.EAGAIN, "it changed while it was read", path)
        return Look(Stamp.of(status), digest.digest(), content)


def head_of(path: str) -> tuple[Stamp, bytes]:
    """Return what tells whether a recording is unchanged, and a digest of its first 64 KiB; blocking.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb", buffering=0, opener=open_at_once) as file:
        head = file.read(HEAD_SIZE_BYTES) or b""  # None of an empty pipe
        return Stamp.of(os.fstat(file.fileno())), sha256(head).digest()


def open_at_once(path: str, flags: int) -> int:
    """Open a file for `open`'s `opener`; a pipe in its place would otherwise block the thread for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
