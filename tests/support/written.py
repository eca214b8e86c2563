"""A journal that says what a test wants, told through its own calls."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_transcriber.journal import FOLDER, NAME, Database, Journal, State
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.journal import Entry

SERVICE = "https://service.example"
OPTIONS = b"o" * 32
# How each state is come to.
_WAYS = (
    State.UPLOADING,
    State.UPLOADED,
    State.SUBMITTING,
    State.SUBMITTED,
    State.COMPLETED,
    State.WRITTEN,
)


@contextmanager
def journal_in(out: Path, service: str = SERVICE) -> Iterator[Journal]:
    """Open the journal of an output folder as a run does."""
    with Journal(Database(out / FOLDER / NAME), out, service=service) as journal:
        yield journal


def bring(journal: Journal, source: str, state: State, at: float | None = None, **changes: Any) -> Entry:
    """Enter a recording, and bring it to a state; each move at one time, or now."""
    entry = journal.begin(source.encode("utf-8", "surrogateescape"), OPTIONS)
    journal.place(Origin(source, None if "://" in source else 7, 8), entry)
    if state in {State.FAILED, State.SKIPPED}:
        journal.move(entry, state, at=at, **changes)
        return entry
    for step in _WAYS[: _WAYS.index(state) + 1] if state in _WAYS else ():
        is_last = step is state
        journal.move(entry, step, at=at, **(changes if is_last else {}))
    return entry
