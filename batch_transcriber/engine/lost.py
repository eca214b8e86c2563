"""Submits whose reply was lost: the list, which shows every transcript's `audio_url`, finds them again."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_transcriber.errors import PermanentError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pydantic import JsonValue

    from batch_transcriber.client import TranscriptionClient, TranscriptItem
    from batch_transcriber.engine.work import Work

SAME_MOMENT = timedelta(seconds=2)  # the service's `Date` has whole seconds
NO_LIST = (
    "the reply to the submit was lost, and there is no list to look it up in; "
    "not sent again, for that could be paid for twice; --force sends it"
)
UNREADABLE_LIST = (
    "the reply to the submit was lost, and the service's list cannot be read whole; "
    "not sent again, for that could be paid for twice; the same command looks again"
)


class LostSubmits:
    """The jobs that may or may not have a transcript; looked up together, at set times after the loss.

    Args:
        delays_s: When each is looked up, seconds after the loss; after the last one it is over.
        service_time: Turns a time of the loop's clock into one of the service's.
    """

    def __init__(self, delays_s: tuple[float, ...], service_time: Callable[[float], datetime]) -> None:
        self._delays_s = delays_s
        self._service_time = service_time
        self._works: defaultdict[str, list[Work]] = defaultdict(list)  # by audio_url

    def __iter__(self) -> Iterator[Work]:
        return iter([work for works in self._works.values() for work in works])

    def __bool__(self) -> bool:
        return bool(self._works)

    def add(self, work: Work) -> None:
        """Take a job; its `watched_at` is the time of the loss."""
        self._works[work.audio_url].append(work)

    def remove(self, work: Work) -> None:
        """Forget a job."""
        works = self._works[work.audio_url]
        works.remove(work)
        if not works:
            del self._works[work.audio_url]

    def due(self, looked_at: float, again_s: float) -> dict[Work, float]:
        """Return when each is to be looked up next, loop clock.

        Args:
            looked_at: When the list was last read for those that were due then.
            again_s: The pause before one more look where the last one failed.
        """
        return {
            work: next(
                (time for delay_s in self._delays_s if (time := work.watched_at + delay_s) > looked_at),
                looked_at + again_s,
            )
            for work in self
        }

    def makers(self, item: TranscriptItem) -> list[Work]:
        """Return the jobs that this row of the list may be the transcript of; none for most rows."""
        return [
            work
            for work in self._works.get(item.audio_url or "", ())
            if item.id not in work.past_ids and not (work.job.is_fetched and self._is_older(item, work))
        ]

    def take_absent(self, sought: Collection[Work], looked_at: float) -> list[Work]:
        """Return and forget those for which it is over.

        Args:
            sought: For these the list was read as far back as their submit, without success.
            looked_at: When that began.
        """
        over = [work for work in self if work in sought and looked_at >= work.watched_at + self._delays_s[-1]]
        for work in over:
            self.remove(work)
        return over

    def submitted_at(self, work: Work) -> datetime:
        """Return when a job's transcript was asked for, at the earliest, by the service's clock.

        After a restart the loop's time is reckoned with our own clock until the service has shown its
        own; and what the journal holds may be by ours, where the submit was the first request of all.
        """
        told = datetime.fromtimestamp(work.entry.submitting_at, UTC)
        return min(told, self._service_time(work.submitted_at))

    def _is_older(self, item: TranscriptItem, work: Work) -> bool:
        return item.created is not None and item.created < self.submitted_at(work) - SAME_MOMENT


async def is_echo(client: TranscriptionClient, transcript_id: str, work: Work) -> bool:
    """Tell whether a transcript was asked for with a job's parameters, as far as the service repeats them.

    Raises:
        RetryableError: it cannot be had now.
    """
    try:
        whole = await client.whole(transcript_id)
    except PermanentError as error:
        raise RetryableError(str(error)) from error  # the list shows it, so it is there
    told: dict[str, JsonValue] = json.loads(whole.body)
    return all(told.get(name) in (None, value) for name, value in work.job.parameters.values.items())
