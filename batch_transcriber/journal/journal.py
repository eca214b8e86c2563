"""What is known to have happened: places and transcripts, on disk before it counts."""

from __future__ import annotations

import json
import os
from time import time
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.database import Database
from batch_transcriber.journal.entry import COLUMNS, Entry
from batch_transcriber.journal.outputs import Outputs
from batch_transcriber.journal.runs import Runs
from batch_transcriber.journal.states import State, check_move
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

NAME = "journal.db"
# Finished, and each place that was to get a file has one: a run that was killed may not have come to say so.
_TO_DELETE = """
SELECT id, transcript_id FROM transcripts
WHERE id > ? AND state IN ('completed', 'written') AND service = ? AND deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM outputs WHERE transcript = transcripts.id)
    AND NOT EXISTS (
        SELECT 1 FROM inputs WHERE transcript = transcripts.id AND NOT EXISTS (
            SELECT 1 FROM outputs
            WHERE outputs.transcript = transcripts.id AND outputs.source = inputs.source
                AND text_sha256 IS NOT NULL
        )
    )
ORDER BY id LIMIT ?
"""
# Two questions, each with an index of its own: an OR of them would be answered by a walk over all rows.
KNOWN = """
SELECT 1 FROM transcripts WHERE transcript_id = ?
UNION ALL SELECT 1 FROM transcripts WHERE past_ids != '[]' AND past_ids LIKE ?
LIMIT 1
"""


class Journal:
    """The journal of one output folder, for one run.

    Its methods may be called from any thread; an entry, though, belongs to the event loop. What is
    written is durable once the returned future is done, and in the order of the calls. Memory does not
    grow with the rows.

    Args:
        database: Not yet open; opened and closed with this.
        out: The output folder: names of outputs are kept relative to it.
        service: Base URL of the service of this run.

    Attributes:
        outputs: What is known of the output folder's files.
        runs: What this run tells of itself.
        opened_at: Seconds since 1970. Nothing is planned before, also where the clock is set back: what was
            is of an earlier run.
    """

    def __init__(self, database: Database, out: Path, *, service: str) -> None:
        self.database = database
        self.outputs = Outputs(database, out)
        self.runs = Runs(database)
        self._out = out
        self._service = service
        self._next_row = 1
        self._was_empty = False
        self.opened_at = 0.0

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            FatalError: it is damaged, of a newer version, or cannot be written.
        """
        self.database.open()
        self.opened_at = time()
        ((last,),) = self.database.read("SELECT max(id) FROM transcripts")
        self._next_row = (last or 0) + 1
        self._was_empty = last is None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def check_folder(self, *, is_noted: bool = True) -> None:
        """Make sure that a journal which lies elsewhere is that of this output folder.

        Args:
            is_noted: Make it that of this folder, if it is no other one's.

        Raises:
            FatalError: it is another one's.
        """
        mine = os.fsencode(self._out.absolute())
        rows = self.database.read("SELECT out FROM about")
        if not rows and is_noted:
            self.database.write("INSERT INTO about VALUES (?)", (mine,))
        elif rows and rows[0][0] != mine:
            raise FatalError(
                f"{self.database.path}: is the journal of {os.fsdecode(rows[0][0])}; "
                f"name another with --journal, or that folder with -o",
                ExitCode.USAGE,
            )

    # What the run asks.

    def content_of(self, origin: Origin) -> bytes | None:
        """Return the content of a recording that has not changed since an earlier run; of a URL, itself.

        None where that is not known; of an object in a bucket, `Origin.version` may be taken then.
        """
        if origin.size_bytes is None:
            return origin.source.encode("utf-8", "surrogateescape")
        if self._was_empty:  # there was no earlier run: no need to ask for each of many recordings
            return None
        rows = self.database.read(
            "SELECT content, inputs.size_bytes, mtime_ns FROM inputs"
            " JOIN transcripts ON transcripts.id = transcript WHERE source = ?",
            (os.fsencode(origin.source),),
        )
        if not rows or tuple(rows[0][1:]) != (origin.size_bytes, origin.mtime_ns):
            return None
        content: bytes | None = rows[0][0]
        return content

    def knows(self, transcript_id: str) -> bool:
        """Tell whether a transcript is, or was, that of some recording."""
        return bool(self.database.read(KNOWN, (transcript_id, f'%"{transcript_id}"%')))

    def of_size(self, size_bytes: int, *, except_for: str, limit: int) -> list[Origin]:
        """Return files at other places that had so many bytes: only of these can one be a copy.

        Args:
            size_bytes: Of each of them.
            except_for: The place of the one.
            limit: At most so many.
        """
        rows = self.database.read(
            "SELECT source, mtime_ns FROM inputs"
            " WHERE size_bytes = ? AND source != ? AND NOT instr(source, ?) LIMIT ?",
            (size_bytes, os.fsencode(except_for), b"://", limit),
        )
        return [Origin(os.fsdecode(source), size_bytes, mtime_ns) for source, mtime_ns in rows]

    def find(self, content: bytes, options: bytes) -> Entry | None:
        """Return the transcript of this content with these options; None where there is none."""
        rows = self.database.read(
            f"SELECT {COLUMNS} FROM transcripts WHERE content = ? AND options = ?",  # noqa: S608 - ours
            (content, options),
        )
        return Entry.of_row(rows[0]) if rows else None

    def to_delete(self, after_row: int, limit: int) -> list[tuple[int, str]]:
        """Return row and id of transcripts that this service still has, though all their files are written.

        Args:
            after_row: Only those with a higher one, in ascending order; 0 for the first.
            limit: At most so many.
        """
        return self.database.read(_TO_DELETE, (after_row, self._service, limit))

    # What the run tells.

    def note_deleted(self, row: int) -> None:
        """Note that the service has deleted a transcript."""
        self.database.write("UPDATE transcripts SET deleted_at = ? WHERE id = ?", (time(), row))

    def begin(self, content: bytes | None, options: bytes) -> Entry:
        """Enter a new transcript, as planned."""
        planned_at = max(time(), self.opened_at)
        entry = Entry(self._next_row, content=content, service=self._service, planned_at=planned_at)
        self._next_row += 1
        self.database.write(
            "INSERT INTO transcripts (id, content, options, service, state, planned_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entry.row, content, options, self._service, State.PLANNED, planned_at),
        )
        return entry

    def sync(self) -> Future[None]:
        """Return what is done once all that was told before is durable."""
        return self.database.write("UPDATE transcripts SET id = id WHERE id = -1", ())

    def forget(self, entry: Entry) -> None:
        """Take back an entry whose content turned out to be that of another."""
        self.database.write("DELETE FROM transcripts WHERE id = ?", (entry.row,))

    def place(self, origin: Origin, entry: Entry) -> None:
        """Note where a recording with this content lies."""
        self.database.write(
            "INSERT OR REPLACE INTO inputs (source, size_bytes, mtime_ns, transcript) VALUES (?, ?, ?, ?)",
            (os.fsencode(origin.source), origin.size_bytes, origin.mtime_ns, entry.row),
        )

    def identify(self, entry: Entry, content: bytes) -> None:
        """Note the content of an entry that was begun without."""
        entry.content = content
        self.database.write("UPDATE transcripts SET content = ? WHERE id = ?", (content, entry.row))

    def move(
        self, entry: Entry, state: State, *, is_urgent: bool = False, at: float | None = None, **changes: Any
    ) -> Future[None]:
        """Note that a transcript has come to another state.

        Args:
            entry: Changed at once, before it is durable.
            state: Where it is now.
            is_urgent: Somebody waits for the future.
            at: When, seconds since 1970; None for now.
            changes: Columns that change with it.

        Returns:
            Done once it is durable; holds a FatalError where it cannot be written.

        Raises:
            IllegalMoveError: there is no way from where it is; a bug.
        """
        before = entry.state
        check_move(before, state, entry)
        if state is State.FAILED:
            changes["failed_in"] = before
        entry.state = state
        # An upload that goes back is no younger.
        if not (state is State.UPLOADED and before in {State.SUBMITTING, State.SUBMITTED}):
            earliest = self.opened_at if state is State.PLANNED else 0.0
            changes[f"{state}_at"] = max(time(), earliest) if at is None else at
        for name, value in changes.items():
            if name in Entry.__slots__:
                setattr(entry, name, value)
        columns = {"state": state} | changes
        if "past_ids" in columns:
            columns["past_ids"] = json.dumps(entry.past_ids)
        names = ", ".join(f"{name} = ?" for name in columns)
        return self.database.write(
            f"UPDATE transcripts SET {names} WHERE id = ?",  # noqa: S608 - names of our own columns
            (*columns.values(), entry.row),
            is_urgent=is_urgent,
        )
