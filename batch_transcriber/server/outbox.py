"""Webhooks that are still to be called: a table, so that a restart forgets none and memory stays flat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batch_transcriber.server.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call that is due.

    Attributes:
        position: Of its transcript.
        host: Whom it goes to.
        header_name: Of the header that proves who calls; None for none. Its value is a secret.
        attempts: Calls made in vain so far.
        transcript_id: What it tells of.
        status: What it tells: `completed` or `error`.
    """

    position: int
    url: str
    host: str
    header_name: str | None
    header_value: str | None
    attempts: int
    transcript_id: str
    status: str


class Outbox:
    """The calls, from the transcript's creation to the last answer.

    Args:
        database: Of the store, which also closes it.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database

    def add(self, position: int, options: Mapping[str, object]) -> None:
        """Take in what a new transcript asks for: nothing where it names no webhook."""
        url = options.get("webhook_url")
        if isinstance(url, str) and url:
            name, value = (options.get(f"webhook_auth_header_{part}") for part in ("name", "value"))
            self._db.execute(
                "INSERT INTO deliveries (position, url, host, header_name, header_value) "
                "VALUES (?, ?, ?, ?, ?)",
                (position, url, _host(url), *((name, value) if name and value else (None, None))),
            )

    def begin(self, position: int) -> None:
        """Let the call be made from now on: its transcript has ended."""
        self._db.execute("UPDATE deliveries SET due_at = ? WHERE position = ?", (time.time(), position))

    def due(self, running: Collection[int], busy: Collection[str]) -> Delivery | None:
        """Return a call that may be made now, the one that waits longest; None where there is none.

        Args:
            running: Positions of calls that are being made.
            busy: Hosts that are called already, as often as may be.
        """
        row = self._db.execute(  # what is put into the text is question marks
            "SELECT position, url, host, header_name, header_value, deliveries.attempts, id, status "  # noqa: S608
            "FROM deliveries JOIN transcripts USING (position) WHERE due_at <= ? "
            f"AND position NOT IN ({_marks(running)}) AND host NOT IN ({_marks(busy)}) "
            "ORDER BY due_at LIMIT 1",
            (time.time(), *running, *busy),
        ).fetchone()
        return None if row is None else Delivery(*row)

    def next_due_in_s(self, running: Collection[int] = (), busy: Collection[str] = ()) -> float | None:
        """Return how long none of these calls is due, at least 0; None where there are none."""
        (due_at,) = self._db.execute(
            f"SELECT min(due_at) FROM deliveries WHERE position NOT IN ({_marks(running)}) "  # noqa: S608
            f"AND host NOT IN ({_marks(busy)})",
            (*running, *busy),
        ).fetchone()
        return None if due_at is None else max(0.0, due_at - time.time())

    def answered(self, delivery: Delivery, http_status: int | None, *, again_in_s: float | None) -> None:
        """Note what came of a call.

        Args:
            delivery: The call.
            http_status: Of the answer; None where there was none.
            again_in_s: When it is to be made again; None for never.
        """
        with transaction(self._db):
            if http_status is not None:
                self._db.execute(
                    "UPDATE transcripts SET webhook_status_code = ? WHERE position = ?",
                    (http_status, delivery.position),
                )
            if again_in_s is None:
                self.remove(delivery.position)
            else:
                self._db.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, due_at = ? WHERE position = ?",
                    (time.time() + again_in_s, delivery.position),
                )

    def remove(self, position: int) -> None:
        """Forget the call of a transcript, if it has one."""
        self._db.execute("DELETE FROM deliveries WHERE position = ?", (position,))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
