"""How far the recordings of a journal have come, added up; read while a run may be at work in it.

Every query here counts inputs, by the state of their transcripts, and none reads the wide rows of what is
written: of a million, that alone would take seconds.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from batch_transcriber.journal.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.journal.database import Database

AT_A_TIME = 1000  # failures read with one query


class Step(StrEnum):
    """Where an input is, in the words that people are shown."""

    WRITTEN = "written"
    FAILED = "failed"
    SKIPPED = "skipped"
    WRITING = "writing"
    PROCESSING = "processing"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    UPLOADING = "uploading"
    PENDING = "pending"


_STEPS = {
    State.PLANNED: Step.PENDING,
    State.UPLOADING: Step.UPLOADING,
    State.UPLOADED: Step.SUBMITTING,
    State.SUBMITTING: Step.SUBMITTING,
    State.SUBMITTED: Step.QUEUED,
    State.COMPLETED: Step.WRITING,
    State.WRITTEN: Step.WRITTEN,
    State.FAILED: Step.FAILED,
    State.SKIPPED: Step.SKIPPED,
}
IS_HEARD = "coalesce(processing_at >= submitted_at, 0)"  # by the service, in this try
# All inputs, and those that are not where most are; in one statement, which sees one moment.
_COUNTS = """
SELECT NULL, 0, count(*) FROM inputs
UNION ALL
SELECT state, {is_heard} AS is_heard, count(*) FROM transcripts
    JOIN inputs ON inputs.transcript = transcripts.id
    WHERE state != ? GROUP BY 1, 2
"""
# What the last run said itself goes before what its transcripts tell.
_SAID = """
SELECT kind, state, {is_heard}, count(*) FROM outcomes
    LEFT JOIN inputs ON inputs.source = outcomes.source
    LEFT JOIN transcripts ON transcripts.id = inputs.transcript
    WHERE kind != 'filtered' GROUP BY 1, 2, 3
"""
_SAID_TO_FAIL = "SELECT source, reason, at FROM outcomes WHERE kind = 'failed'"
_FAILED = """
SELECT inputs.source, error, failed_at, transcripts.id FROM transcripts
    JOIN inputs ON inputs.transcript = transcripts.id
    WHERE state = 'failed' AND NOT EXISTS (SELECT 1 FROM outcomes WHERE outcomes.source = inputs.source)
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input without a text.

    Attributes:
        source: Absolute path, or address.
        reason: Why, and what to do.
        failed_at: Seconds since 1970.
    """

    source: str
    reason: str
    failed_at: float


@dataclass(frozen=True, slots=True)
class Run:
    """The last run, in its own words; times are seconds since 1970.

    Attributes:
        seen_at: When the figures were right.
        is_endless: It waits for inputs to come.
        inputs: None as long as they are counted.
        done: Of these, with an outcome.
        ended_at: None while it is at work, and where it was killed.
        ending: `done`, `limit`, `stopped`, or what went wrong; None likewise.
    """

    began_at: float
    seen_at: float
    is_endless: bool
    inputs: int | None
    done: int
    ended_at: float | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was written in a span of time.

    Attributes:
        transcripts: So many; copies share one.
        audio_s: Their audio, as far as the service told.
    """

    transcripts: int
    audio_s: float


def step_of(state: str, *, is_heard: bool = False) -> Step:
    """Return where a transcript is; `is_heard` where the service was seen at work on it."""
    step = _STEPS[State(state)]
    return Step.PROCESSING if step is Step.QUEUED and is_heard else step


def count_steps(database: Database) -> Counter[Step]:
    """Return how many inputs are at each step.

    Raises:
        FatalError: the journal cannot be read.
    """
    rows = database.read(
        "SELECT state FROM transcripts WHERE state != 'submitted'"
        " GROUP BY state ORDER BY count(*) DESC LIMIT 1"
    )
    most = State(rows[0][0]) if rows else State.WRITTEN
    (_, _, total), *others = database.read(_COUNTS.format(is_heard=IS_HEARD), (most,))
    steps: Counter[Step] = Counter()
    for state, is_heard, count in others:
        steps[step_of(state, is_heard=is_heard)] += count
    steps[_STEPS[most]] += total - steps.total()
    for kind, state, is_heard, count in database.read(_SAID.format(is_heard=IS_HEARD)):
        steps[Step(kind)] += count
        if state is not None:
            steps[step_of(state, is_heard=is_heard)] -= count
    return +steps


def heard_since(database: Database, since: float = 0.0) -> Heard:
    """Return what was written after a moment, seconds since 1970.

    Raises:
        FatalError: the journal cannot be read.
    """
    ((transcripts, audio_s),) = database.read(
        "SELECT count(*), total(audio_duration_s) FROM transcripts WHERE written_at > ?", (since,)
    )
    return Heard(transcripts, audio_s)


def last_run(database: Database) -> Run | None:
    """Return the last run; None where an older program wrote the journal.

    Raises:
        FatalError: the journal cannot be read.
    """
    rows = database.read(
        "SELECT began_at, seen_at, is_endless, inputs, done, ended_at, ending"
        " FROM runs ORDER BY id DESC LIMIT 1"
    )
    if not rows:
        return None
    began_at, seen_at, is_endless, *rest = rows[0]
    return Run(began_at, seen_at, bool(is_endless), *rest)


def latest_failures(database: Database, most: int) -> list[Failure]:
    """Return the latest failures, the last one first.

    Raises:
        FatalError: the journal cannot be read.
    """
    rows = database.read(f"{_SAID_TO_FAIL} ORDER BY at DESC LIMIT ?", (most,))
    rows += [row[:3] for row in database.read(f"{_FAILED} ORDER BY failed_at DESC LIMIT ?", (most,))]
    rows.sort(key=lambda row: row[2] or 0.0, reverse=True)
    return [_failure(*row) for row in rows[:most]]


def all_failures(database: Database) -> Iterator[Failure]:
    """Yield every failure; memory does not grow with them.

    Raises:
        FatalError: the journal cannot be read.
    """
    after: bytes | None = b""
    while after is not None:
        rows = database.read(f"{_SAID_TO_FAIL} AND source > ? ORDER BY source LIMIT ?", (after, AT_A_TIME))
        yield from (_failure(*row) for row in rows)
        after = rows[-1][0] if rows else None
    place: tuple[int, bytes] | None = (0, b"")
    while place is not None:
        rows = database.read(
            f"{_FAILED} AND (transcripts.id, inputs.source) > (?, ?)"
            " ORDER BY transcripts.id, inputs.source LIMIT ?",
            (*place, AT_A_TIME),
        )
        yield from (_failure(*row[:3]) for row in rows)
        place = (rows[-1][3], rows[-1][0]) if rows else None


def _failure(source: bytes, reason: str | None, failed_at: float | None) -> Failure:
    return Failure(os.fsdecode(source), reason or "", failed_at or 0.0)
