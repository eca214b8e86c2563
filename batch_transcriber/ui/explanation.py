"""One input explained: where it is, why, and what the same command would do next."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from batch_transcriber.journal import State
from batch_transcriber.journal.overview import Step, step_of
from batch_transcriber.model import is_address
from batch_transcriber.ui.words import count, duration, printable, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.journal import Entry, Look
    from batch_transcriber.journal.story import Output, Story

DIGEST_SIZE_BYTES = 32
UPLOAD_KEPT_S = 20 * 3600.0  # as long as a run uses one again
_NEXT = {
    State.PLANNED: "sends it",
    State.UPLOADING: "sends it from its beginning",
    State.SUBMITTING: "looks for its transcript at the service, and asks for one only if there is none",
    State.SUBMITTED: "waits for its transcript, which is paid for already",
    State.COMPLETED: "fetches its text, which is paid for already",
    State.SKIPPED: "tries it again",
}


class Presence(StrEnum):
    """What became of a file that was written."""

    THERE = "there"
    EDITED = "edited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One input, as it is now.

    Attributes:
        reason: Why it has no text; None where it has one, or nothing is wrong.
        next: What the same command would do.
        outputs: Its files, with what became of them.
    """

    story: Story
    step: Step
    reason: str | None
    next: str
    outputs: tuple[tuple[Output, Presence], ...]


def explain(look: Look, story: Story, now: float) -> Explanation:
    """Return the explanation; reads the files that were written, so blocking.

    Args:
        look: At the journal that has the story.
        story: Of the input.
        now: Seconds since 1970.
    """
    outputs = tuple((output, _presence(look.out / output.path, output)) for output in story.outputs)
    entry, outcome = story.entry, story.outcome
    if outcome is not None:
        step = Step.FAILED if outcome.kind == "failed" else Step.SKIPPED
        reason: str | None = outcome.reason
    elif entry is not None:
        step = step_of(entry.state, is_heard="processing" in story.times)
        reason = story.error if entry.state is State.FAILED else None
    else:  # written by an older program, which noted no more
        step, reason = Step.WRITTEN, None
    gone = [output for output, presence in outputs if presence is Presence.MISSING]
    return Explanation(story, step, reason, _next(story, now, are_missing=bool(gone)), outputs)


def explanation_lines(explanation: Explanation, today: datetime) -> Iterator[Text]:
    """Yield the lines for people; times are in the zone of `today`."""
    story, entry = explanation.story, explanation.story.entry
    yield _line(f"{story.source}: {explanation.step}", "bold")
    if explanation.reason:
        yield _line(f"  why: {explanation.reason}")
    yield _line(f"  next: the same command {explanation.next}")
    if story.audio_s is not None:
        yield _line(
            f"  audio: {duration(story.audio_s)}" + (f", heard by {story.model}" if story.model else "")
        )
    if story.size_bytes is not None:
        yield _line(f"  size: {size(story.size_bytes)} when it was last looked at")
    for warning in story.warnings:
        yield _line(f"  the service warns: {warning}", "yellow")
    if entry is not None:
        yield from _transcript_lines(entry, story)
    for move, at in story.times.items():
        then = datetime.fromtimestamp(at, UTC).astimezone(today.tzinfo)
        yield _line(f"  {then:%Y-%m-%d %H:%M:%S}  {move}")
    for output, presence in explanation.outputs:
        style = "green" if presence is Presence.THERE else "yellow"
        yield _line(f"  {format_of(output)}: {output.path} ({_PRESENT[presence]})", style)


_PRESENT = {
    Presence.THERE: "there, as it was written",
    Presence.EDITED: "there, and changed since it was written",
    Presence.MISSING: "no longer there",
}


def format_of(output: Output) -> str:
    """Return the format of a file, by its name."""
    return output.path.rpartition(".")[2]


def _transcript_lines(entry: Entry, story: Story) -> Iterator[Text]:
    if entry.transcript_id:
        yield _line(f"  transcript: {entry.transcript_id} ({entry.service})")
    if entry.past_ids:
        yield _line(f"  earlier transcripts: {', '.join(entry.past_ids)}")
    if entry.submits > 1:
        yield _line(f"  asked for {count(entry.submits, 'time')}")
    if content := content_of(story):
        yield _line(f"  content (SHA-256): {content}")
    if story.options is not None:
        yield _line(f"  options (SHA-256): {story.options.hex()}")


def content_of(story: Story) -> str | None:
    """Return the digest of a recording's bytes; None for an address, and where it is not known."""
    content = story.entry.content if story.entry else None
    is_digest = content is not None and len(content) == DIGEST_SIZE_BYTES  # and no object's address
    return content.hex() if content is not None and is_digest and story.size_bytes is not None else None


def _presence(path: Path, output: Output) -> Presence:
    try:
        text = path.read_bytes()
    except OSError:
        return Presence.MISSING if not os.path.lexists(path) else Presence.EDITED
    is_known = output.text_sha256 is not None
    return Presence.EDITED if is_known and sha256(text).digest() != output.text_sha256 else Presence.THERE


def _next(story: Story, now: float, *, are_missing: bool) -> str:
    entry, outcome = story.entry, story.outcome
    if outcome is not None and outcome.kind == "filtered":
        return "leaves it out again, as long as it says so"
    if story.size_bytes is not None and not is_address(story.source):
        if not os.path.lexists(story.source):
            return "does not find it: it is no longer there"
        if _has_changed(story):
            return "reads it, for it has changed since; other content is transcribed, and paid for, anew"
    if outcome is not None and (entry is None or entry.state is State.WRITTEN):
        return "tries it again"
    return _next_of(entry, now, are_missing=are_missing) if entry is not None else "leaves it alone"


def _next_of(entry: Entry, now: float, *, are_missing: bool) -> str:
    """Return what a run does with a transcript."""
    state = entry.state
    if entry.deleted_at and (are_missing or state is not State.WRITTEN):
        return "cannot fetch it, for it was deleted at the service; --force asks, and pays, for another"
    if state is State.FAILED:
        at_service = entry.failed_in in {State.SUBMITTED, State.COMPLETED} and entry.transcript_id
        may_be = entry.failed_in is State.SUBMITTING or at_service
        state = (may_be and entry.failed_in) or State.PLANNED
    if state is State.WRITTEN:
        return "fetches what is missing, for nothing" if are_missing else "leaves it alone"
    if state is State.UPLOADED:
        is_kept = entry.uploaded_at > now - UPLOAD_KEPT_S
        return "asks for its transcript; it is sent already" if is_kept else "sends it again"
    return _NEXT[state]


def _has_changed(story: Story) -> bool:
    try:
        status = os.stat(story.source)  # noqa: PTH116 - a name need not be text
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) != (story.size_bytes, story.mtime_ns)


def _line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)
