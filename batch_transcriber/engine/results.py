"""What follows from what the poller learned of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.client import Verdict, describe_transcript_error, judge_transcript
from batch_transcriber.events import Completed, Processing, Recognising, Submitted
from batch_transcriber.journal import State
from batch_transcriber.model import Stage

if TYPE_CHECKING:
    from batch_transcriber.engine.routes import Routes
    from batch_transcriber.engine.work import Work
    from batch_transcriber.settings import Settings

SERVER_ERRORS_MAX = 2  # further submits after these


class Results:
    """Send jobs on; each method is called by the poller's own task, and does not block.

    Args:
        routes: Where jobs go from here.
    """

    def __init__(self, settings: Settings, routes: Routes) -> None:
        self._settings = settings
        self._routes = routes

    def processing(self, work: Work) -> None:
        """Its transcript is no longer queued; told once."""
        self._routes.ledger.processing(work)
        self._routes.tell(Processing(work.job, work.transcript_id))

    def recognising(self, work: Work, part: float) -> None:
        """So much of its recording is heard, from 0 to 1; told when that has changed."""
        self._routes.tell(Recognising(work.job, work.transcript_id, part))

    def completed(self, work: Work) -> None:
        """Its transcript is completed: fetch its text next."""
        self._routes.ledger.move(work, State.COMPLETED)
        self._routes.tell(Completed(work.job, work.transcript_id))
        self._routes.to_export.put(work)

    def adopted(self, work: Work) -> None:
        """A submit whose reply was lost was carried out: go on as if it had not been lost."""
        self._routes.ledger.move(work, State.SUBMITTED, transcript_id=work.transcript_id)
        self._routes.tell(Submitted(work.job, work.transcript_id, adopted=True))

    def absent(self, work: Work) -> None:
        """A submit whose reply was lost was not carried out: once more, within the retries of any request."""
        self._routes.ledger.not_submitted(work)
        if work.trouble is not None and work.submits > self._settings.retries:
            work.trouble.tries = work.submits
            self._routes.fail(work, Stage.SUBMIT, work.trouble.in_vain())
        else:
            self._routes.route(work, self._routes.ledger.go_on(work))

    def errored(self, work: Work, error: str) -> None:
        """Its transcript ended with status `error`, as the service says in `error`; that is not billed.

        What was the service's fault is tried again.
        """
        self._routes.ledger.errored(work)
        work.errors += 1
        verdict = judge_transcript(error, is_own_upload=not work.job.is_url)
        if verdict is Verdict.SUBMIT_AGAIN and work.errors <= SERVER_ERRORS_MAX:
            self._routes.to_submit.put_later(work, self._settings.submit_again_after_s)
        elif verdict is not Verdict.UPLOAD_AGAIN or not self._routes.upload_again(work):
            reason = describe_transcript_error(
                error, is_url=work.job.is_fetched, is_object=work.job.is_object, times=work.errors
            )
            self._routes.fail(work, Stage.POLL, reason)

    def is_known(self, transcript_id: str) -> bool:
        """Tell whether a transcript is that of another job, of this run or an earlier one."""
        return self._routes.ledger.journal.knows(transcript_id)

    def gone(self, work: Work, reason: str) -> None:
        """The service does not know its transcript: begin again where that is of an earlier run."""
        if not self._routes.begin_again(work):
            self.gave_up(work, reason)

    def gave_up(self, work: Work, reason: str) -> None:
        """Nothing more can be learned of it."""
        self._routes.fail(work, Stage.POLL, reason)
