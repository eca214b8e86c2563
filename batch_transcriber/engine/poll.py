"""One scheduler for all transcripts: a sweep over the list tells of 200 of them at a time.

The same sweeps look for submits whose reply was lost: the list shows every transcript's `audio_url`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from itertools import count, islice
from typing import TYPE_CHECKING

from batch_transcriber.engine.lost import NO_LIST, UNREADABLE_LIST, LostSubmits, is_echo
from batch_transcriber.engine.rhythm import FEW, Rhythm
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.model import PollBy, TranscriptStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from batch_transcriber.client import Transcript, TranscriptionClient, TranscriptItem
    from batch_transcriber.engine.results import Results
    from batch_transcriber.engine.work import Work
    from batch_transcriber.settings import Settings

CLOCK_MARGIN = timedelta(minutes=3)  # between the service's clock and ours, and between submits
NO_SUCH_CALL = {404, 405}
ASK_AT_ONCE = 10  # GETs by id at a time
ASK_PER_LOOK = 100
TWO_OF_ONE = "the service gave it the transcript of another recording; run the same command again"


class Poller:
    """Watch all transcripts of a run; each costs an entry in a table and no task of its own."""

    def __init__(self, client: TranscriptionClient, settings: Settings, results: Results) -> None:
        self._client = client
        self._settings = settings
        self._results = results
        self._watched: dict[str, Work] = {}  # by transcript id, in the order of their submits
        self._lost = LostSubmits(settings.lookup_delays_s, client.service_time)
        self._sought_at = 0.0  # loop clock: begin of the last look that went back to lost submits
        self._wake = asyncio.Event()
        self._by_id = settings.poll_by is PollBy.ID
        self._rhythm = Rhythm(settings.poll_interval_s, settings.poll_interval_max_s)  # loop clock

    def watch(self, work: Work) -> None:
        """Take a submitted job; one of `results` is called once, later."""
        work.watched_at = work.seen_at = asyncio.get_running_loop().time()
        if not self._watched:
            self._rhythm.moved(work.watched_at)
            self._wake.set()
        if work.transcript_id in self._watched:
            self._results.gave_up(work, TWO_OF_ONE)
        else:
            self._watched[work.transcript_id] = work

    def look_up(self, work: Work) -> None:
        """Take a job whose submit may have been carried out; `adopted` or `absent` is told later."""
        if self._by_id:
            self._results.gave_up(work, NO_LIST)
            return
        work.watched_at = asyncio.get_running_loop().time()
        self._lost.add(work)
        self._wake.set()

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            FatalError: no request will work any more.
        """
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            due = self._due()
            if due is None or due > loop.time():
                try:
                    async with asyncio.timeout_at(due):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                continue
            self._rhythm.looked_at = loop.time()
            sought = {work for work, at in self._lookups().items() if at <= self._rhythm.looked_at}
            if sought:
                self._sought_at = self._rhythm.looked_at
            with suppress(RetryableError):  # the client has retried; looking again later loses nothing
                await self._look(sought)
            self._drop_overdue(loop.time())

    def _due(self) -> float | None:
        """Return when to look next, on the loop's clock; None while there is nothing to look for."""
        dues = list(self._lookups().values())
        if self._watched:
            oldest = next(iter(self._watched.values()))
            last = islice(reversed(self._watched.values()), FEW if len(self._watched) <= FEW else 1)
            expected_at = [work.watched_at + self._rhythm.expected_s(work.job.size_bytes) for work in last]
            dues.append(self._rhythm.next_look(oldest.watched_at, expected_at, len(self._watched)))
        return min(dues, default=None)

    def _lookups(self) -> dict[Work, float]:
        """Return when each lost submit is to be looked up next, loop clock."""
        return self._lost.due(self._sought_at, self._settings.poll_interval_max_s)

    async def _look(self, sought: Collection[Work]) -> None:
        self._rhythm.pages = 0
        if self._by_id or (len(self._watched) == 1 and not self._lost):
            await self._ask(self._watched.values())
            return
        try:
            await self._sweep(sought)
        except PermanentError as error:
            if error.http_status in NO_SUCH_CALL:
                self._by_id = True
                for work in self._lost:
                    self._lost.remove(work)
                    self._results.gave_up(work, NO_LIST)
            else:  # this time, for whatever reason
                await self._ask(self._unseen(set(self._watched)))

    def _unseen(self, ids: set[str]) -> list[Work]:
        """Return those of these transcripts that were not shown for too long."""
        overdue = self._rhythm.looked_at - self._settings.unseen_after_s
        works = (self._watched.get(transcript_id) for transcript_id in ids)
        return [work for work in works if work is not None and work.seen_at <= overdue]

    async def _sweep(self, sought: Collection[Work]) -> None:
        """Walk the list from new to old until all are seen, or the rest can be had more cheaply.

        Args:
            sought: Lost submits whose lookup is due: the list is read as far back as these. The others are
                found as well where they are met.
        """
        missing = set(self._watched)
        before_id, is_whole = None, True
        for pages in count(1):
            self._rhythm.pages = pages
            try:
                page = await self._client.list(before_id=before_id)
            except PermanentError:
                if before_id is None:
                    raise
                is_whole = False  # where it went on has been deleted meanwhile
                break
            rows = [row for row in page.transcripts if row is not None]
            in_circles = bool(rows) and rows[-1].id == before_id
            is_whole = is_whole and len(rows) == len(page.transcripts) and not in_circles
            for row in rows:
                missing.discard(row.id)
                await self._take(row)
            if not rows or not page.page_details.prev_url or in_circles or self._is_past(rows[-1], sought):
                break
            # The next page costs what a GET costs: a few stragglers are asked for by id.
            if not sought and len(missing) <= pages:
                await self._ask(work for i in missing if (work := self._watched.get(i)))
                return
            before_id = rows[-1].id
        self._release_absent(sought, is_certain=is_whole)
        await self._ask(self._unseen(missing))

    def _is_past(self, item: TranscriptItem, sought: Iterable[Work]) -> bool:
        """Tell whether a row, and all after it, are older than what is still looked for."""
        watched = list(self._watched.values())[:1]  # in order, about; the margin makes up for the rest
        oldest = min((self._lost.submitted_at(work) for work in [*watched, *sought]), default=None)
        return oldest is None or (item.created is not None and item.created < oldest - CLOCK_MARGIN)

    async def _take(self, item: TranscriptItem) -> None:
        """Use one row of the list; most rows of a shared account are other people's."""
        work = self._watched.get(item.id) or await self._adopt(item)
        if work is None:
            return
        if item.status == TranscriptStatus.COMPLETED and item.created and item.completed:
            self._rhythm.learn((item.completed - item.created).total_seconds(), work.job.size_bytes)
        self._settle(work, item)

    async def _adopt(self, item: TranscriptItem) -> Work | None:
        """Return the job whose lost submit made this transcript; None where it is nobody's of us.

        A web address is not ours alone: others, and earlier runs, have transcripts of it. Nor is a signed
        one, of which there may be two alike within a second.
        """
        for work in self._lost.makers(item):
            if work.job.is_fetched and (
                self._results.is_known(item.id)
                or not await is_echo(self._client, item.id, work)
                or item.id in self._watched  # its own reply has come meanwhile
            ):
                continue
            self._lost.remove(work)
            work.transcript_id = item.id
            self.watch(work)
            self._results.adopted(work)
            return work
        return None

    def _release_absent(self, sought: Collection[Work], *, is_certain: bool) -> None:
        """End the lookup of submits that this whole list did not show.

        Args:
            sought: Those that it was read for.
            is_certain: Every row was there and could be read; or else ours may be among the others.
        """
        for work in self._lost.take_absent(sought, self._rhythm.looked_at):
            if is_certain:
                self._results.absent(work)
            else:
                self._results.gave_up(work, UNREADABLE_LIST)

    async def _ask(self, works: Iterable[Work]) -> None:
        """Ask for transcripts by id, those first that were not seen for longest."""
        queue = deque(sorted(works, key=lambda work: work.seen_at)[:ASK_PER_LOOK])

        async def ask_all() -> None:
            while queue:
                await self._ask_one(queue.popleft())

        async with asyncio.TaskGroup() as group:
            for _ in range(min(len(queue), ASK_AT_ONCE)):
                group.create_task(ask_all(), name="ask by id")

    async def _ask_one(self, work: Work) -> None:
        try:
            transcript = await self._client.status(work.transcript_id)
        except RetryableError:
            return
        except PermanentError as error:
            # Right after the submit, another machine of the service may not know it yet.
            if work.seen_at - work.watched_at > self._settings.unseen_after_s:
                del self._watched[work.transcript_id]
                self._results.gone(work, f"its transcript cannot be had: {error}")
            work.seen_at = asyncio.get_running_loop().time()
            return
        self._settle(work, transcript)

    def _settle(self, work: Work, shown: TranscriptItem | Transcript) -> None:
        work.seen_at = asyncio.get_running_loop().time()
        status = shown.status
        if status not in {TranscriptStatus.COMPLETED, TranscriptStatus.ERROR}:
            if status == TranscriptStatus.PROCESSING:
                self._follow(work, shown.progress)
            return
        self._rhythm.moved(work.seen_at)
        del self._watched[work.transcript_id]
        if status == TranscriptStatus.COMPLETED:
            self._results.completed(work)
        else:
            self._results.errored(work, shown.error or "the service gave no reason")

    def _follow(self, work: Work, part: float | None) -> None:
        """Take note of a transcript that is being made, and of how much of its recording is heard."""
        if work.processing_id != work.transcript_id:
            work.processing_id, work.heard_part = work.transcript_id, None
            self._results.processing(work)
        if part is not None and part != work.heard_part:
            work.heard_part = part
            self._results.recognising(work, part)

    def _drop_overdue(self, now: float) -> None:
        hours = self._settings.transcript_deadline_s / 3600
        deadline_s = self._settings.transcript_deadline_s + self._client.away_s
        reason = f"the transcript was not done within {hours:.0f} h; run the same command again"
        while self._watched:
            transcript_id, work = next(iter(self._watched.items()))
            if now - work.watched_at < deadline_s:
                break
            del self._watched[transcript_id]
            self._results.gave_up(work, reason)
        for work in self._lost:
            if now - work.watched_at >= deadline_s:
                self._lost.remove(work)
                self._results.gave_up(work, reason)
