"""What those are told who do not look: how a run ended, or that it has stalled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode
from batch_transcriber.ui.words import about, count, duration, printable, without_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.ui.summary import Ending
    from batch_transcriber.ui.tally import Tally


class Status(StrEnum):
    """What has happened; stable, for programs read it."""

    FINISHED = "finished"
    SOME_FAILED = "some_failed"
    LIMIT = "limit"
    STOPPED = "stopped"
    FAILED = "failed"
    STALLED = "stalled"


_TITLES = {
    Status.FINISHED: "Transcription finished",
    Status.SOME_FAILED: "Transcription finished, with failures",
    Status.LIMIT: "Transcription held back by a limit",
    Status.STOPPED: "Transcription stopped",
    Status.FAILED: "Transcription failed",
    Status.STALLED: "Transcription has stalled",
}


@dataclass(frozen=True, slots=True)
class News:
    """A piece of news. Its only names are that of the output folder, and those in the reason of a failure.

    Attributes:
        exit_code: What the command ends with; None while it runs.
        out: The output folder as it was named.
        text: One line that says it all.
        to_go: Inputs without an outcome, as far as they are known.
    """

    status: Status
    text: str
    out: str
    exit_code: int | None = None
    written: int = 0
    already_written: int = 0
    failed: int = 0
    skipped: int = 0
    to_go: int = 0
    audio_duration_s: float = 0.0
    elapsed_s: float = 0.0

    @property
    def title(self) -> str:
        """A heading."""
        return _TITLES[self.status]


def news_of_end(ending: Ending) -> News:
    """Return the news that a run has come to its end, good or bad."""
    account = ending.account
    if account.fatal is not None:
        status = Status.FAILED
    elif account.stopped:
        status = Status.STOPPED
    else:
        status = {ExitCode.OK: Status.FINISHED, ExitCode.LIMIT: Status.LIMIT}.get(
            ExitCode(ending.exit_code), Status.SOME_FAILED
        )
    words = [f"{account.written:,} written"]
    words += [f"{account.already_written:,} written before"] if account.already_written else []
    words += [f"{len(account.failed):,} failed"] if account.failed else []
    words += [f"{len(account.skipped):,} skipped"] if account.skipped else []
    words += [f"{account.to_go:,} to go"] if account.to_go else []
    text = f"{ending.out}: {', '.join(words)}, in {duration(ending.elapsed_s)}"
    if account.fatal is not None:
        text = f"{text}; {account.fatal}"
    return News(
        status,
        _line(text),
        printable(str(ending.out)),
        exit_code=ending.exit_code,
        written=account.written,
        already_written=account.already_written,
        failed=len(account.failed),
        skipped=len(account.skipped),
        to_go=account.to_go,
        audio_duration_s=round(account.audio_duration_s, 3),
        elapsed_s=round(ending.elapsed_s, 3),
    )


def news_of_failure(message: str, exit_code: int, out: Path) -> News:
    """Return the news that there was no run, or none that came to its summary."""
    return News(Status.FAILED, _line(f"{out}: {message}"), printable(str(out)), exit_code=exit_code)


def news_of_stall(tally: Tally, out: Path, idle_s: float, elapsed_s: float) -> News:
    """Return the news that nothing has moved for a while, and what it may be waiting for."""
    to_go = tally.known - tally.done
    text = f"{out}: nothing has moved for {about(idle_s)}, {count(to_go, 'recording')} to go"
    if tally.trouble is not None:
        text = f"{text}; {tally.trouble.reason}"
    return News(
        Status.STALLED,
        _line(text),
        printable(str(out)),
        written=tally.written,
        already_written=tally.already_written,
        failed=tally.failed,
        skipped=tally.skipped,
        to_go=to_go,
        audio_duration_s=round(tally.audio_duration_s, 3),
        elapsed_s=round(elapsed_s, 3),
    )


def _line(text: str) -> str:
    return printable(without_secrets(text))
