"""What the journal knows of a job, and what follows: where it goes on."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from enum import Enum, auto
from time import time
from typing import TYPE_CHECKING, Any

from batch_transcriber.journal import State
from batch_transcriber.plan.prices import ADDITIONS_USD, UNPRICED

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.engine.work import Work
    from batch_transcriber.journal import Entry, Journal
    from batch_transcriber.settings import Settings

UPLOAD_KEPT_S = 20 * 3600.0  # the service keeps uploads for a day
MAY_COST = (*ADDITIONS_USD, *sorted(UNPRICED))
CLOCK_MARGIN_S = 180.0  # two clocks that are both right differ by less


class Next(Enum):
    """Where a job goes on."""

    UPLOAD = auto()
    SUBMIT = auto()
    LOOK_UP = auto()  # it may have been submitted
    POLL = auto()
    EXPORT = auto()
    FOLLOW = auto()  # another job brings it along


def is_paid(entry: Entry) -> bool:
    """Tell whether a transcript is at the service, done or not; one that may be there is not meant."""
    state = entry.failed_in if entry.state is State.FAILED else entry.state
    return state in {State.SUBMITTED, State.COMPLETED, State.WRITTEN} and bool(entry.transcript_id)


class Ledger:
    """The journal as the stages of one run use it; within one event loop.

    Args:
        journal: Open, and owned by the caller.
        service_time: Turns a time of the loop's clock into one of the service's.
    """

    def __init__(
        self, journal: Journal, settings: Settings, service_time: Callable[[float], datetime]
    ) -> None:
        self.journal = journal
        self._force = settings.force
        self._service = settings.base_url
        self._service_time = service_time
        self._unwritten: set[int] = set()  # rows

    def begin(self, work: Work, content: bytes | None) -> None:
        """Give a job a new transcript, of a content that may not be known yet."""
        self.share(work, self.journal.begin(content, work.job.parameters.digest))

    def share(self, work: Work, entry: Entry) -> None:
        """Give a job the transcript of another."""
        work.entry = entry
        self.journal.place(work.origin, entry)
        parameters = work.job.parameters
        self.journal.runs.note_asked(parameters.digest, parameters.values, MAY_COST)

    def resume(self, work: Work, entry: Entry) -> None:
        """Give a job the transcript that an earlier run, or an earlier job, left."""
        self.share(work, entry)
        if self._force and not self.is_of_this_run(entry):
            self.restart(entry, "asked for afresh")
        elif entry.service != self._service:
            self.restart(entry, "asked of another service")

    def is_of_this_run(self, entry: Entry) -> bool:
        """Tell whether an earlier job of this run began a transcript."""
        return entry.planned_at >= self.journal.opened_at

    def move(self, work: Work, state: State, **changes: Any) -> None:
        """Note where a job is now; durable soon."""
        self.journal.move(work.entry, state, **changes)

    async def about_to_submit(self, work: Work) -> None:
        """Note that a submit is about to leave; on return that is durable, whatever happens then.

        Raises:
            FatalError: it cannot be noted, so nothing must be sent.
        """
        if work.entry.state is State.SUBMITTING:
            return  # a try before this one was refused
        at = self._service_time(asyncio.get_running_loop().time()).timestamp()
        await asyncio.wrap_future(
            self.journal.move(
                work.entry, State.SUBMITTING, is_urgent=True, at=at, submits=work.entry.submits + 1
            )
        )

    def begin_upload(self, work: Work) -> None:
        """Note that an upload begins, the first or another one."""
        self.plan_again(work)
        self.journal.move(work.entry, State.UPLOADING)

    def not_submitted(self, work: Work) -> None:
        """Note that a submit was certainly not carried out."""
        if work.entry.state is State.SUBMITTING:
            self.journal.move(work.entry, State.UPLOADED)

    def errored(self, work: Work) -> None:
        """Note that a transcript ended in an error, for which nothing is billed."""
        work.past_ids.add(work.transcript_id)
        self.journal.move(
            work.entry, State.UPLOADED, transcript_id="", past_ids=[*work.entry.past_ids, work.transcript_id]
        )

    def processing(self, work: Work) -> None:
        """Note that the service is at work on a transcript."""
        self.journal.runs.note_processing(work.entry.row)

    def written(
        self,
        work: Work,
        audio_duration_s: float | None,
        speech_model_used: str | None,
        warnings: tuple[str, ...],
    ) -> None:
        """Note that all files of a transcript are written; unless there is one that could not be."""
        if work.entry.state is not State.COMPLETED or work.entry.row in self._unwritten:
            return  # another job with the same content knows more
        # Not every format needs what tells of warnings: those of an earlier run hold.
        said: dict[str, Any] = {"warnings": json.dumps(warnings)} if warnings else {}
        self.journal.move(
            work.entry,
            State.WRITTEN,
            audio_duration_s=audio_duration_s,
            speech_model_used=speech_model_used,
            **said,
        )

    def unwritten(self, work: Work) -> None:
        """Note that a file of a transcript could not be written: what the service has is still needed."""
        self._unwritten.add(work.entry.row)
        if work.entry.state is State.WRITTEN:
            self.journal.move(work.entry, State.COMPLETED)

    def skip(self, work: Work) -> None:
        """Note that a job is left alone by this run: its recording vanished, or would go beyond a limit."""
        self.plan_again(work)
        self.journal.move(work.entry, State.SKIPPED)

    def fail(self, work: Work, error: str) -> None:
        """Note that a job is given up for this run."""
        if work.entry.state not in {State.WRITTEN, State.FAILED}:  # by another job with the same content
            self.journal.move(work.entry, State.FAILED, error=error)

    def plan_again(self, work: Work) -> None:
        """Send a job back to its upload."""
        entry = work.entry
        if entry.state in {State.SUBMITTING, State.SUBMITTED}:
            self.journal.move(entry, State.UPLOADED)
        if entry.state is not State.PLANNED:
            self.journal.move(entry, State.PLANNED, upload_url="")

    def restart(self, entry: Entry, why: str) -> None:
        """Begin a transcript afresh; the id of the one before is kept."""
        past_ids = [*entry.past_ids, entry.transcript_id] if entry.transcript_id else entry.past_ids
        if entry.state is not State.FAILED:
            self.journal.move(entry, State.FAILED, error=why)
        self.journal.move(
            entry,
            State.PLANNED,
            past_ids=past_ids,
            transcript_id="",
            upload_url="",
            deleted_at=None,
            service=self._service,
        )

    def go_on(self, work: Work) -> Next:
        """Say where a job goes on from where its transcript is."""
        entry = work.entry
        work.audio_url, work.transcript_id = entry.upload_url, entry.transcript_id
        work.past_ids = set(entry.past_ids)
        work.is_resumed = bool(entry.transcript_id)
        if entry.state is State.FAILED:
            self._reopen(entry)
        match entry.state:
            case State.WRITTEN | State.COMPLETED:
                if entry.state is State.WRITTEN:
                    self.journal.move(entry, State.COMPLETED)
                return Next.EXPORT
            case State.SUBMITTED:
                work.submitted_at = self._loop_time(entry.submitting_at)
                return Next.POLL
            case State.SUBMITTING:
                work.submitted_at = self._loop_time(entry.submitting_at)
                return Next.LOOK_UP
            case State.UPLOADED if entry.uploaded_at > time() - UPLOAD_KEPT_S:
                return Next.SUBMIT
            case _:
                self.plan_again(work)
                return Next.UPLOAD

    def _loop_time(self, service_s: float) -> float:
        """Return a time of the service's clock, seconds since 1970, on the loop's."""
        loop_time = asyncio.get_running_loop().time()
        since_s = (self._service_time(loop_time) - datetime.fromtimestamp(service_s, UTC)).total_seconds()
        # A time to come was told by a wrong clock: it was some time since the upload was made.
        return loop_time - (since_s if since_s > -CLOCK_MARGIN_S else UPLOAD_KEPT_S)

    def _reopen(self, entry: Entry) -> None:
        """Take a failed transcript back to where it may be paid for, or else to its beginning."""
        if entry.failed_in is State.SUBMITTING or (
            entry.failed_in in {State.SUBMITTED, State.COMPLETED} and entry.transcript_id
        ):
            self.journal.move(entry, entry.failed_in)
        else:
            self.journal.move(entry, State.PLANNED)
