"""Where the recordings of an output folder stand, taken from its journal at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.journal.overview import (
    count_steps,
    heard_since,
    last_run,
    latest_failures,
)

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from batch_transcriber.journal import Look
    from batch_transcriber.journal.lock import Holder
    from batch_transcriber.journal.overview import Failure, Heard, Run, Step

RECENT_S = 600.0  # what a run did in this time tells how fast it is
PACE_MIN_S = 5.0
PACE_MIN_TEXTS = 2
FAILURES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast texts are written, and how long the rest takes at that.

    Attributes:
        to_go_s: None where nothing is at work, or nobody can know.
    """

    texts_per_s: float
    audio_s_per_s: float
    to_go_s: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where everything stands.

    Attributes:
        holder: Who is at work; None where nobody is.
        run: The last run; None where an older program wrote the journal.
        steps: How many inputs are where.
        heard: Of all runs together.
        pace: Of a run at work lately, of an ended one all in all; None while it is not known.
        failures: The latest, the last one first.
    """

    out: Path
    journal: Path
    holder: Holder | None
    run: Run | None
    steps: Counter[Step]
    heard: Heard
    pace: Pace | None
    failures: list[Failure]

    @property
    def inputs(self) -> int:
        """All that the journal knows of."""
        return self.steps.total()


def take_standing(look: Look, now: float) -> Standing:
    """Return where everything stands.

    Args:
        look: At the journal.
        now: Seconds since 1970.

    Raises:
        FatalError: the journal cannot be read.
    """
    holder, run = look.holder(), last_run(look.database)
    return Standing(
        look.out,
        look.path,
        holder,
        run,
        count_steps(look.database),
        heard_since(look.database),
        _pace(look, run, now, is_at_work=holder is not None),
        latest_failures(look.database, FAILURES_SHOWN),
    )


def _pace(look: Look, run: Run | None, now: float, *, is_at_work: bool) -> Pace | None:
    if run is None:
        return None
    end = now if is_at_work else run.ended_at or run.seen_at
    begin = max(run.began_at, now - RECENT_S) if is_at_work else run.began_at
    heard = heard_since(look.database, begin)
    if end - begin < PACE_MIN_S or heard.transcripts < PACE_MIN_TEXTS:
        return None
    texts_per_s = heard.transcripts / (end - begin)
    to_go_s = None
    if is_at_work and run.inputs is not None:
        to_go_s = max(0, run.inputs - run.done) / texts_per_s
    return Pace(texts_per_s, heard.audio_s / (end - begin), to_go_s)
