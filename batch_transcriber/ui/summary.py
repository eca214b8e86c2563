"""The closing summary: every input accounted for, failures last, because the last lines are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from batch_transcriber.events import Failed, Skipped
from batch_transcriber.ui.words import count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batch_transcriber.errors import FatalError


class Account(Protocol):
    """What became of a run; `engine.BatchReport` is one, and says what each name means."""

    written: int
    without_words: int
    already_written: int
    unfinished: int
    audio_duration_s: float
    failed: list[Failed]
    skipped: list[Skipped]
    fatal: FatalError | None
    stopped: bool


def summary_lines(account: Account, out: Path, elapsed_s: float) -> Iterator[str]:
    """Yield the lines that close a run.

    Args:
        account: The run's report.
        out: The output folder as it was named.
        elapsed_s: Time that the run took, seconds.
    """
    first = f"{count(account.written, 'text')} written to {printable(str(out))} in {duration(elapsed_s)}"
    if account.audio_duration_s:
        first += f" ({duration(account.audio_duration_s)} of audio)"
    yield first
    if account.without_words:
        yield f"{account.without_words:,} of them empty: nothing was said"
    if account.already_written:
        yield f"{account.already_written:,} already written before (--force transcribes again)"
    yield from _named("skipped", [(entry.source, str(entry.reason)) for entry in account.skipped])
    if account.unfinished:
        yield f"{account.unfinished:,} begun and not finished"
    yield from _named("failed", [(entry.source, entry.error) for entry in account.failed])
    if account.fatal is not None:
        yield f"stopped: {printable(str(account.fatal))}"
    elif account.stopped:
        yield "stopped as asked"
    if account.fatal is not None or account.stopped:
        yield "the same command goes on with what is not written yet"


def _named(outcome: str, entries: list[tuple[str, str]]) -> Iterator[str]:
    if entries:
        yield f"{len(entries):,} {outcome}:"
        for source, reason in entries:
            yield f"  {printable(source)}: {printable(reason)}"
