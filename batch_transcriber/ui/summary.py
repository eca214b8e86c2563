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
    audio_duration_s: float
    failed: list[Failed]
    skipped: list[Skipped]
    fatal: FatalError | None
    stopped: bool

    @property
    def to_go(self) -> int:
        """Inputs without an outcome, as far as they are known."""


def summary_lines(account: Account, out: Path, elapsed_s: float) -> Iterator[str]:
    """Yield the lines that close a run.

    Args:
        account: The run's report.
        out: The output folder as it was named.
        elapsed_s: Time that the run took, seconds.
    """
    if account.already_written:
        yield f"{count(account.already_written, 'text')} written before (--force transcribes again)"
    if account.written or not (account.already_written or account.failed or account.fatal):
        line = f"{count(account.written, 'text')} written to {printable(str(out))} in {duration(elapsed_s)}"
        if account.audio_duration_s:
            line += f", of {duration(account.audio_duration_s)} of audio"
        yield line
    if account.without_words:
        yield f"{count(account.without_words, 'text')} without a word: nothing was said"
    yield from _named("skipped", [(entry.source, str(entry.reason)) for entry in account.skipped])
    yield from _named("failed", [(entry.source, entry.error) for entry in account.failed])
    if account.fatal is not None:
        yield f"stopped: {printable(str(account.fatal))}"
    elif account.stopped:
        yield "stopped as asked"
    if account.to_go:
        to_go = f"{count(account.to_go, 'recording')} to go"
        yield f"{to_go}; run the same command again{'' if account.stopped else ' once that is mended'}"


def _named(outcome: str, entries: list[tuple[str, str]]) -> Iterator[str]:
    if entries:
        yield f"{len(entries):,} {outcome}:"
        for source, reason in entries:
            yield f"  {printable(source)}: {printable(reason)}"
