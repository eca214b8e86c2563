"""What is known of the files that runs wrote: where each is, what it was written from, and what it held."""

from __future__ import annotations

import os
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING

from batch_transcriber.journal.schema import stem_key
from batch_transcriber.model import Origin, Record, folded

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from batch_transcriber.journal.database import Database
    from batch_transcriber.journal.entry import Entry


_RECORDS = (
    "SELECT path, source, size_bytes, mtime_ns, options"
    " FROM outputs LEFT JOIN transcripts ON transcripts.id = transcript WHERE stem IN "
)


class Outputs:
    """The outputs of a journal; its methods may be called from any thread, and memory does not grow.

    What is asked is asked in paths below the output folder, as they are in the journal: their parts are
    parted by slashes everywhere.

    Args:
        database: Open while anything is asked or told.
        out: The output folder; every output lies below it.
    """

    def __init__(self, database: Database, out: Path) -> None:
        self._database = database
        self._out = out

    def of_source(self, source: str) -> dict[str, Record]:
        """Return what `of_stem` has for each stem of this path or address; empty where it has none."""
        return self._records("(SELECT stem FROM outputs WHERE source = ?)", os.fsencode(source))

    def of_stem(self, stem: str) -> dict[str, Record]:
        """Return the outputs whose path, up to its suffix, some file system takes for this one."""
        return self._records("(?)", folded(stem))

    def _records(self, stems: str, parameter: bytes) -> dict[str, Record]:
        return {
            os.fsdecode(path): Record(Origin(os.fsdecode(source), size_bytes, mtime_ns), options)
            for path, source, size_bytes, mtime_ns, options in self._database.read(
                _RECORDS + stems, (parameter,)
            )
        }

    def is_edited(self, output: str) -> bool:
        """Tell whether an output that a run wrote holds another text by now; reads it, so blocking."""
        rows = self._database.read("SELECT text_sha256 FROM outputs WHERE path = ?", (os.fsencode(output),))
        if not rows or rows[0][0] is None:
            return False
        try:
            return sha256((self._out / output).read_bytes()).digest() != bytes(rows[0][0])
        except OSError:
            return True  # whatever it is now, it is not to be written over

    def record(
        self, output: Path, origin: Origin, text_sha256: bytes | None, entry: Entry | None = None
    ) -> None:
        """Note what an output is about to be written from; blocks until that is on disk.

        Args:
            output: The output.
            origin: The recording as it was sent.
            text_sha256: Digest of the text; None while it is not certain which text is there.
            entry: Its transcript.
        """
        self.note(output, origin, text_sha256, entry).result()

    def note(
        self, output: Path, origin: Origin, text_sha256: bytes | None, entry: Entry | None = None
    ) -> Future[None]:
        """Do what `record` does, and return what is done once that is on disk."""
        key = os.fsencode(output.relative_to(self._out).as_posix())
        return self._database.write(
            "INSERT OR REPLACE INTO outputs"
            " (path, source, size_bytes, mtime_ns, transcript, text_sha256, written_at, stem)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                os.fsencode(origin.source),
                origin.size_bytes,
                origin.mtime_ns,
                entry.row if entry else None,
                text_sha256,
                time(),
                stem_key(key),
            ),
            is_urgent=True,
        )
