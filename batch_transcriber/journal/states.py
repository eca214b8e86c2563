"""The life of a transcript, as a table of legal moves; pure, and the only place that knows them.

::

    PLANNED ─▶ UPLOADING ─▶ UPLOADED ─▶ SUBMITTING ─▶ SUBMITTED ─▶ COMPLETED ─▶ WRITTEN

An interrupted transcript has no state of its own: the journal just stops where it was.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How far a transcript is known to have come."""

    PLANNED = "planned"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"  # written before the request leaves: it may have been carried out
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    WRITTEN = "written"
    FAILED = "failed"
    SKIPPED = "skipped"


_S = State
MOVES: dict[State, frozenset[State]] = {
    # A web address needs no upload, and an upload that is young enough is used again.
    _S.PLANNED: frozenset({_S.UPLOADING, _S.UPLOADED, _S.SKIPPED, _S.FAILED}),
    # Back: the recording changed while it was sent, or the run went on after a crash.
    _S.UPLOADING: frozenset({_S.UPLOADED, _S.PLANNED, _S.FAILED}),
    # Back: the upload is too old, or the service cannot read it.
    _S.UPLOADED: frozenset({_S.SUBMITTING, _S.PLANNED, _S.FAILED}),
    # Back: looked up and not there, so it may be posted again.
    _S.SUBMITTING: frozenset({_S.SUBMITTED, _S.UPLOADED, _S.FAILED}),
    # Back: the service's own error, or it could not read the upload; such transcripts are not billed.
    _S.SUBMITTED: frozenset({_S.COMPLETED, _S.UPLOADED, _S.FAILED}),
    _S.COMPLETED: frozenset({_S.WRITTEN, _S.FAILED}),
    # Back: an output is missing, or a further one is asked for; it is exported again.
    _S.WRITTEN: frozenset({_S.COMPLETED, _S.FAILED}),
    # The next run tries again, and goes on where something may be paid for already.
    _S.FAILED: frozenset({_S.PLANNED, _S.SUBMITTING, _S.SUBMITTED, _S.COMPLETED}),
    _S.SKIPPED: frozenset({_S.PLANNED, _S.FAILED}),
}


class IllegalMoveError(Exception):
    """A bug: a transcript was about to go where it cannot; the message tells its story."""


def check_move(before: State, after: State, story: object) -> None:
    """Let a legal move pass.

    Args:
        before: Where the transcript is.
        after: Where it is to go.
        story: What is known of it, for whoever has to find the bug; put into words only then.

    Raises:
        IllegalMoveError: there is no way from the one to the other.
    """
    if after not in MOVES[before]:
        raise IllegalMoveError(f"{before} to {after}: {story!r}")
