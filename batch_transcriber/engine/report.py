"""The account of a run: every input with its outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Event,
    Failed,
    JobFound,
    PlanMeasured,
    Skipped,
    SkipReason,
    Uploaded,
    Written,
)


@dataclass(slots=True)
class BatchReport:
    """What became of every input. Memory grows with what failed or is empty, not with what was written.

    Attributes:
        written: Inputs whose text this run wrote.
        without_words: The recordings of those whose text is empty.
        copies: How many of the written have the same content as another, which was heard for both.
        copies_audio_duration_s: Of these: what was neither heard nor paid for a second time.
        failed: Inputs without a text, each with its `source`, `stage` and `error`; without its job.
        failed_list: A job list of just these; None where nothing failed, or work is left.
        already_written: Inputs whose text was there before.
        filtered: How many recordings the user's filters left out; not among the inputs.
        over_limit: How many inputs a limit of the user's kept from being sent, by its reason.
        skipped: Inputs left alone for another reason.
        unfinished: Jobs that the run took in and did not end, because it was stopped.
        measured: Recordings in all sources, counted ahead; None where the run ended before that did.
        audio_duration_s: Of all that was written, as far as the service told.
        sent_bytes: Of all recordings that the service took, however often they were tried.
        requests: Requests by name of the call, tries included.
        fatal: Why the run ended early; None where it did not.
        stopped: Whether it ended before all was done, because it was asked to, or its time was up.
        time_is_up: Whether that was by `--until` or `--max-duration`.
    """

    written: int = 0
    without_words: list[str] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    failed_list: Path | None = None
    already_written: int = 0
    filtered: int = 0
    over_limit: Counter[SkipReason] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    unfinished: int = 0
    measured: int | None = None
    copies: int = 0
    copies_audio_duration_s: float = 0.0
    audio_duration_s: float = 0.0
    sent_bytes: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    fatal: FatalError | None = None
    stopped: bool = False
    time_is_up: bool = False

    @property
    def inputs(self) -> int:
        """All inputs that the run came to know."""
        ended = self.written + self.already_written + len(self.failed) + len(self.skipped)
        return ended + self.over_limit.total() + self.unfinished

    @property
    def to_go(self) -> int:
        """Inputs without an outcome, as far as they are known."""
        return self.unfinished + self.over_limit.total() + max(0, (self.measured or 0) - self.inputs)

    @property
    def exit_code(self) -> ExitCode:
        """What a command should end with; a stop by signal has codes of its own."""
        if self.fatal is not None:
            return self.fatal.exit_code
        if self.over_limit or self.time_is_up:
            return ExitCode.LIMIT
        vanished = any(skipped.reason is SkipReason.VANISHED for skipped in self.skipped)
        return ExitCode.SOME_FAILED if self.failed or vanished else ExitCode.OK

    def note(self, event: Event) -> None:
        """Enter one event into the account."""
        match event:
            case JobFound():
                self.unfinished += 1
            case PlanMeasured():
                self.measured = event.inputs
            case Uploaded():
                self.sent_bytes += event.job.size_bytes or 0
            case Written():
                self.written += 1
                if not event.has_words:
                    self.without_words.append(event.job.source)
                self.audio_duration_s += event.audio_duration_s or 0.0
                if event.is_copy:
                    self.copies += 1
                    self.copies_audio_duration_s += event.audio_duration_s or 0.0
                self.unfinished -= 1
            case Failed():
                self.failed.append(
                    replace(event, job=None, request=None)
                )  # a million of them would keep a million jobs
                self.unfinished -= event.job is not None
            case Skipped():
                self._note_skipped(event)
            case _:
                pass

    def _note_skipped(self, event: Skipped) -> None:
        if event.reason is SkipReason.ALREADY_WRITTEN:
            self.already_written += 1
        elif event.reason.is_filtered:
            self.filtered += 1
        elif event.reason.is_limit:
            self.over_limit[event.reason] += 1
        else:
            self.skipped.append(event)
        self.unfinished -= event.job is not None
