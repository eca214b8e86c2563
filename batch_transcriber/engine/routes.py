"""Where jobs go: from stage to stage, back to an earlier one, and to their end.

::

    add ─▶ upload ─▶ submit ─▶ poller ─▶ export and write ─▶ end
             ▲          ▲         │
             └──────────┴─────────┘  the service's own trouble, or a submit that got lost
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_transcriber.engine.ledger import Next
from batch_transcriber.events import Failed, Skipped, Submitted, Written
from batch_transcriber.journal import State
from batch_transcriber.model import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.engine.afford import Limits
    from batch_transcriber.engine.copies import Copies
    from batch_transcriber.engine.crew import Crew
    from batch_transcriber.engine.ledger import Ledger
    from batch_transcriber.engine.poll import Poller
    from batch_transcriber.engine.work import Work
    from batch_transcriber.events import Event

UPLOADS_MAX = 2  # one more, where the service could not read the first


class Routes:
    """The ways between the stages, and what all of them share.

    Args:
        ledger: What is known of each job.
        copies: Which of them have one content.
        limits: What all of them may cost.
        tell: Gets every event.
        on_end: Called for every job that got its outcome, after that was told.

    Attributes:
        to_upload: The stages; set before the first job comes, as are the others.
    """

    to_upload: Crew
    to_sign: Crew
    to_submit: Crew
    to_export: Crew
    poller: Poller

    def __init__(
        self,
        ledger: Ledger,
        copies: Copies,
        limits: Limits,
        tell: Callable[[Event], None],
        on_end: Callable[[], None],
    ) -> None:
        self.ledger = ledger
        self.copies = copies
        self._limits = limits
        self.tell = tell
        self._on_end = on_end

    def route(self, work: Work, where: Next) -> None:
        """Send a job on; what was begun by an earlier run is not begun again."""
        if where not in {Next.UPLOAD, Next.SUBMIT}:
            self._limits.give_back(work)
        match where:
            case Next.UPLOAD if work.job.is_url:
                work.audio_url = work.job.source
                self.ledger.move(work, State.UPLOADED, upload_url=work.audio_url)
                self.to_submit.put(work)
            case Next.UPLOAD:
                self._to_service(work)
            case Next.SUBMIT:
                self.to_submit.put(work)
            case Next.LOOK_UP:
                self.poller.look_up(work)
            case Next.POLL:
                self.tell(Submitted(work.job, work.transcript_id, adopted=True))
                self.poller.watch(work)
            case Next.EXPORT:
                work.watched_at = asyncio.get_running_loop().time()  # patience begins now
                self.to_export.put(work)
            case Next.FOLLOW:
                pass

    def upload_again(self, work: Work) -> bool:
        """Send a job back to its upload, or to be signed; tell whether it may go there once more."""
        if work.job.is_url or work.uploads >= UPLOADS_MAX:
            return False
        self.ledger.plan_again(work)
        self._to_service(work)
        return True

    def _to_service(self, work: Work) -> None:
        (self.to_sign if work.job.is_fetched else self.to_upload).put(work)

    def begin_again(self, work: Work) -> bool:
        """Transcribe a recording anew whose transcript of an earlier run the service no longer has."""
        if not work.is_resumed or work.is_ended:  # then another job may lead its copies by now
            return False
        work.is_resumed, work.exports = False, 0
        self.ledger.restart(work.entry, "gone at the service")
        self.route(work, self.ledger.go_on(work))
        return True

    def fail(self, work: Work, stage: Stage, error: str) -> None:
        """Give a job up for this run, and all that follow it; their own files may still be uploaded."""
        self.ledger.fail(work, error)
        if stage is Stage.UPLOAD:
            self.release(work)
        transcript_id = work.transcript_id or None
        for place in (work, *work.followers):
            if not place.is_ended:
                self.end(place, Failed(place.job.source, stage, error, place.job, transcript_id))

    async def may_cost(self, work: Work) -> bool:
        """Tell whether the user's limits let a job go on; where they do not, it has ended here."""
        reason = await self._limits.refuse(work)
        if reason is None:
            return True
        self.ledger.skip(work)
        self.release(work)
        self.end(work, Skipped(work.job.source, reason, job=work.job))
        return False

    def end(self, work: Work, outcome: Failed | Skipped | Written) -> None:
        """Give a job its outcome."""
        work.is_ended = True
        if work.reservation is not None:
            if isinstance(outcome, Written):
                work.reservation.settle(outcome.audio_duration_s)
            elif work.entry.state is State.SUBMITTING or work.entry.transcript_id:
                work.reservation.settle()  # paid for, or perhaps
            else:
                work.reservation.release()
        self.copies.leave(work)
        self.tell(outcome)
        self._on_end()

    def release(self, work: Work) -> None:
        """Let go of a job that cannot lead, and its followers go their own way."""
        self.copies.leave(work)
        self.free(work)

    def free(self, work: Work) -> None:
        """Let the followers of a job go their own way."""
        followers, work.followers = work.followers, []
        for follower in followers:
            self.route(follower, self.copies.enter(follower))
