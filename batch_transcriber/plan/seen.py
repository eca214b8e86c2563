"""What a run has come across so far."""

from __future__ import annotations

import os
from hashlib import blake2b

from batch_transcriber.model import folded
from batch_transcriber.plan.scratch import Scratch

DIGEST_SIZE_BYTES = 16  # two of a million are never equal by chance


class Seen(Scratch):
    """The sources and stems of a run; memory does not grow with them. To be entered like any `Scratch`."""

    def __init__(self) -> None:
        super().__init__(
            "CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE stems (digest BLOB PRIMARY KEY, stem BLOB NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE numbers (digest BLOB PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;"
        )

    def add_source(self, source: str, how: bytes) -> bool:
        """Return whether a source is new, or was never asked for in this way."""
        return self._add(_digest(b"source", os.fsencode(source) + b"\0" + how))

    def add_stem(self, stem: str) -> bool:
        """Return whether a stem is new, and no other spelling of an older one."""
        return self._add(_digest(b"stem", folded(stem)))

    def keep_stem(self, source: str, how: bytes, stem: str) -> None:
        """Keep the stem of a source that was asked for in this way."""
        digest = _digest(b"source", os.fsencode(source) + b"\0" + how)
        self.write("INSERT INTO stems VALUES (?, ?)", (digest, os.fsencode(stem)))

    def stem_of(self, source: str, how: bytes) -> str:
        """Return a stem that was kept."""
        digest = _digest(b"source", os.fsencode(source) + b"\0" + how)
        ((stem,),) = self.read("SELECT stem FROM stems WHERE digest = ?", (digest,))
        return os.fsdecode(stem)

    def next_number(self, name: str) -> int:
        """Return 2 for the first call with a name, then 3, and so on."""
        digest = _digest(b"number", os.fsencode(name))
        self.write(
            "INSERT INTO numbers VALUES (?, 2) ON CONFLICT (digest) DO UPDATE SET next = next + 1", (digest,)
        )
        ((number,),) = self.read("SELECT next FROM numbers WHERE digest = ?", (digest,))
        return int(number)

    def _add(self, digest: bytes) -> bool:
        return self.write("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)) == 1


def _digest(kind: bytes, name: bytes) -> bytes:
    return blake2b(name, digest_size=DIGEST_SIZE_BYTES, person=kind).digest()
