"""The inputs of a journal one by one, and what they cost; for a page that shows a run."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_transcriber.journal.overview import IS_HEARD, Step, step_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_transcriber.journal.database import Database

OUTPUTS_AT_ONCE = 500  # sources whose outputs one query asks for
# The moves that a timeline shows, in their order.
_TIMES = ("planned", "uploading", "uploaded", "submitted", "processing", "completed", "written", "failed")
_INPUTS = f"""
SELECT inputs.source, transcripts.id, state, {IS_HEARD}, error, audio_duration_s, speech_model_used, warnings,
    kind, reason, {", ".join(f"{move}_at" for move in _TIMES)}
FROM inputs JOIN transcripts ON transcripts.id = transcript
    LEFT JOIN outcomes ON outcomes.source = inputs.source
ORDER BY state != 'failed' AND kind IS NULL, planned_at DESC LIMIT ?
"""  # noqa: S608 - ours
_NEVER_BEGUN = """
SELECT source, NULL, kind, 0, NULL, NULL, NULL, NULL, kind, reason FROM outcomes
WHERE kind != 'filtered' AND NOT EXISTS (SELECT 1 FROM inputs WHERE inputs.source = outcomes.source)
LIMIT ?
"""
_HEARD = """
SELECT speech_model_used, service, names, count(*), total(audio_duration_s),
    count(audio_duration_s) FROM transcripts LEFT JOIN asked ON asked.options = transcripts.options
WHERE written_at > ? GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One input.

    Attributes:
        source: Absolute path, or address.
        transcript: Row of its transcript, which copies share; None where none was begun.
        reason: Why it has no text; None where it has one, or is on its way.
        audio_s: Its length, by the service.
        model: What the service heard it with.
        warnings: The service's own.
        times: Of its moves, seconds since 1970.
        outputs: Its files, below the output folder.
    """

    source: str
    transcript: int | None
    step: Step
    reason: str | None
    audio_s: float | None
    model: str | None
    warnings: tuple[str, ...]
    times: Mapping[str, float]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Transcripts that cost the same by the hour.

    Attributes:
        service: Base URL.
        asked: Parameters that may have a price; None where an older program did not note them.
        transcripts: So many.
        audio_s: Their audio, as far as it is known.
        unknown_lengths: How many of them are not in that.
    """

    model: str | None
    service: str
    asked: Mapping[str, Any] | None
    transcripts: int
    audio_s: float
    unknown_lengths: int


def list_inputs(database: Database, most: int) -> list[Listed]:
    """Return the inputs, failures first, then the latest; not those that a filter left out.

    Raises:
        FatalError: the journal cannot be read.
    """
    rows = database.read(_NEVER_BEGUN, (most,))
    rows += database.read(_INPUTS, (most - len(rows),))
    outputs = _outputs_of(database, [row[0] for row in rows])
    return [_listed(row, outputs) for row in rows]


def list_kinds(database: Database, since: float = 0.0) -> list[Kind]:
    """Return what was written after a moment, seconds since 1970, by what it is priced by.

    Raises:
        FatalError: the journal cannot be read.
    """
    return [
        Kind(model, service, json.loads(names) if names else None, count, audio_s, count - known)
        for model, service, names, count, audio_s, known in database.read(_HEARD, (since,))
    ]


def _outputs_of(database: Database, sources: list[bytes]) -> dict[bytes, list[str]]:
    outputs: defaultdict[bytes, list[str]] = defaultdict(list)
    for start in range(0, len(sources), OUTPUTS_AT_ONCE):
        some = sources[start : start + OUTPUTS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT source, path FROM outputs WHERE source IN ({marks}) ORDER BY path"  # noqa: S608 - marks
        for source, path in database.read(sql, some):
            outputs[source].append(os.fsdecode(path))
    return outputs


def _listed(row: tuple[Any, ...], outputs: Mapping[bytes, list[str]]) -> Listed:
    source, transcript, state, is_heard, error, audio_s, model, warnings, kind, reason, *times = row
    step = Step(kind) if kind in {Step.FAILED, Step.SKIPPED} else step_of(state, is_heard=is_heard)
    return Listed(
        os.fsdecode(source),
        transcript,
        step,
        reason or (error if step is Step.FAILED else None),
        audio_s,
        model,
        tuple(json.loads(warnings)) if warnings else (),
        {move: at for move, at in zip(_TIMES, times, strict=False) if at},
        tuple(outputs.get(source, ())),
    )
