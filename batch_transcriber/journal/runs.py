"""What a run tells of itself, for those who look at the journal meanwhile or later."""

from __future__ import annotations

import json
import os
from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import JsonValue

    from batch_transcriber.journal.database import Database


class Runs:
    """The runs of a journal, the last of which is this one; its methods may be called from any thread.

    Nothing here is waited for, and no run depends on it. Memory does not grow.

    Args:
        database: Open while anything is told.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._row = 0
        self._asked: bytes | None = None

    def begin(self, *, is_endless: bool = False) -> None:
        """Enter this run, which may wait for inputs to come; what the last one said is forgotten."""
        ((last,),) = self._database.read("SELECT max(id) FROM runs")
        self._row, now = (last or 0) + 1, time()
        self._database.write("DELETE FROM outcomes", ())
        self._database.write(
            "INSERT INTO runs (id, began_at, seen_at, is_endless) VALUES (?, ?, ?, ?)",
            (self._row, now, now, is_endless),
        )

    def count(self, inputs: int | None, done: int) -> None:
        """Note how far it is.

        Args:
            inputs: None while they are counted.
            done: Of these, with an outcome.
        """
        self._database.write(
            "UPDATE runs SET seen_at = ?, inputs = ?, done = ? WHERE id = ?",
            (time(), inputs, done, self._row),
        )

    def end(self, ending: str) -> None:
        """Note how it ended: `done`, `limit`, `stopped`, or what went wrong."""
        self._database.write(
            "UPDATE runs SET ended_at = ?, ending = ? WHERE id = ?", (time(), ending, self._row)
        )

    def note_outcome(self, source: str, kind: str, reason: str, stage: str | None = None) -> None:
        """Note why an input has no text: `source` as in its origin, `kind` failed, skipped or filtered."""
        self._database.write(
            "INSERT OR REPLACE INTO outcomes (source, kind, stage, reason, at) VALUES (?, ?, ?, ?, ?)",
            (os.fsencode(source), kind, stage, reason, time()),
        )

    def forget_outcome(self, source: str) -> None:
        """Forget what was noted of an input, for it has a text now."""
        self._database.write("DELETE FROM outcomes WHERE source = ?", (os.fsencode(source),))

    def note_asked(self, options: bytes, parameters: Mapping[str, JsonValue], priced: Iterable[str]) -> None:
        """Note what of a request has a price.

        Args:
            options: Digest of all parameters.
            parameters: All of them.
            priced: Names that may come on top of a model's price.
        """
        if options == self._asked:  # as of nearly all
            return
        self._asked = options
        names = {name: True for name in priced if parameters.get(name) not in (None, False, "", [], {})}
        models = {"speech_models": parameters.get("speech_models")}
        self._database.write(
            "INSERT OR IGNORE INTO asked (options, names) VALUES (?, ?)",
            (options, json.dumps(models | names)),
        )

    def note_processing(self, row: int) -> None:
        """Note that the service is seen to hear a transcript."""
        self._database.write("UPDATE transcripts SET processing_at = ? WHERE id = ?", (time(), row))
