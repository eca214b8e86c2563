"""What a journal knows of one input."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.journal.entry import COLUMNS, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_transcriber.journal.look import Look

# In the order of the way.
MOVES = (
    "planned",
    "uploading",
    "uploaded",
    "submitting",
    "submitted",
    "processing",
    "completed",
    "written",
    "failed",
    "skipped",
    "deleted",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last run itself said of an input, beside its transcript.

    Attributes:
        kind: `failed`, `skipped` or `filtered`.
        at: Seconds since 1970.
    """

    kind: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was written.

    Attributes:
        path: Below the output folder.
        written_at: Seconds since 1970; None where an older program wrote it.
        text_sha256: Of the text; None while an older one is being replaced.
        transcript: Row of the transcript that it was written from; None where that is not known.
    """

    path: str
    written_at: float | None
    text_sha256: bytes | None
    transcript: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """One input.

    Attributes:
        source: Absolute path, or address.
        size_bytes: When it was last seen; None for an address, and where no transcript was begun.
        mtime_ns: Likewise.
        outcome: None where the last run had nothing to say besides.
        entry: Its transcript; None where none was begun.
        options: Digest of what that was asked for with.
        error: Why it failed, the last time that it did.
        audio_s: Its length, by the service.
        model: What the service heard it with.
        warnings: The service's own.
        times: Of its moves, seconds since 1970, by their names in `MOVES`; the latest of each.
        outputs: Its files.
    """

    source: str
    size_bytes: int | None
    mtime_ns: int | None
    outcome: Outcome | None
    entry: Entry | None
    options: bytes | None
    error: str | None
    audio_s: float | None
    model: str | None
    warnings: tuple[str, ...]
    times: Mapping[str, float]
    outputs: tuple[Output, ...]


def find_story(look: Look, name: str) -> Story | None:
    """Return what is known of an input; None where nothing is.

    Args:
        look: An open journal.
        name: Its path or address, or the path of a file that was written from it.

    Raises:
        FatalError: the journal cannot be read.
    """
    path = os.path.abspath(name)  # noqa: PTH100 - links stay what they are
    for source in dict.fromkeys((name, path)):
        if story := _story(look, os.fsencode(source)):
            return story
    if is_in_bucket(look.out):
        output = name.removeprefix(f"{look.out}/")
    else:
        output = os.path.relpath(path, look.out.absolute())
    key = os.fsencode(Path(output).as_posix())
    rows = look.database.read("SELECT source FROM outputs WHERE path = ?", (key,))
    return _story(look, rows[0][0]) if rows else None


def _story(look: Look, source: bytes) -> Story | None:
    read = look.database.read
    said = read("SELECT kind, reason, at FROM outcomes WHERE source = ?", (source,))
    outputs = read(
        "SELECT path, written_at, text_sha256, transcript FROM outputs WHERE source = ? ORDER BY path",
        (source,),
    )
    inputs = read("SELECT size_bytes, mtime_ns, transcript FROM inputs WHERE source = ?", (source,))
    if not (said or outputs or inputs):
        return None
    size_bytes, mtime_ns, row = inputs[0] if inputs else (None, None, None)
    entries = read(f"SELECT {COLUMNS} FROM transcripts WHERE id = ?", (row,))  # noqa: S608 - ours
    more = read(
        "SELECT options, error, audio_duration_s, speech_model_used, warnings FROM transcripts WHERE id = ?",
        (row,),
    )
    options, error, audio_s, model, warnings = more[0] if more else (None,) * 5
    columns = ", ".join(f"{move}_at" for move in MOVES)
    times = read(f"SELECT {columns} FROM transcripts WHERE id = ?", (row,))  # noqa: S608 - ours
    return Story(
        os.fsdecode(source),
        size_bytes,
        mtime_ns,
        Outcome(*said[0]) if said else None,
        Entry.of_row(entries[0]) if entries else None,
        options,
        error,
        audio_s,
        model,
        tuple(json.loads(warnings)) if warnings else (),
        {move: at for move, at in zip(MOVES, times[0], strict=True) if at} if times else {},
        tuple(Output(os.fsdecode(path), *rest) for path, *rest in outputs),
    )
