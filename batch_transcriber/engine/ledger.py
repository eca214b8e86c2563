"""What the journal knows of a job, and what follows: where it goes on, and whose content it shares.

Two recordings with the same bytes are one transcript: the first of them leads, and the others follow it
to its end. Contents are compared before the upload where sizes agree, and after it in any case, because
only then the digest of all others is known.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from time import time
from typing import TYPE_CHECKING, Any

from batch_transcriber.client import digest_of
from batch_transcriber.journal import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.engine.work import Work
    from batch_transcriber.journal import Entry, Journal
    from batch_transcriber.settings import Settings

UPLOAD_KEPT_S = 20 * 3600.0  # the service keeps uploads for a day


class Next(Enum):
    """Where a job goes on."""

    UPLOAD = auto()
    SUBMIT = auto()
    LOOK_UP = auto()  # it may have been submitted
    POLL = auto()
    EXPORT = auto()
    FOLLOW = auto()  # another job brings it along


@dataclass
class _SameSize:
    """The jobs under way whose recordings have one size: only these can be copies of each other."""

    works: set[Work] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


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
        self._leaders: dict[bytes, Work] = {}
        self._ended: dict[bytes, Entry] = {}  # until the journal can be asked for them
        self._by_size: defaultdict[int, _SameSize] = defaultdict(_SameSize)

    def enter(self, work: Work) -> Next:
        """Take a new job, and say where it goes on."""
        job = work.job
        self._by_size[job.size_bytes or 0].works.add(work)
        content = job.source.encode("utf-8", "surrogateescape") if job.is_url else None
        content = content or self.journal.content_of(work.origin)
        if content is not None:
            return self._take(work, content)
        self._begin(work)
        return Next.UPLOAD

    async def compare(self, work: Work) -> Next:
        """Say whether a recording that is about to be uploaded is a copy of one that is known."""
        size_bytes = work.job.size_bytes or 0
        same_size = self._by_size[size_bytes]
        async with same_size.lock:  # two copies at a time would both be taken for the first
            if work.entry.content is not None:
                return Next.UPLOAD
            others = same_size.works - {work}
            if not size_bytes or not (others or self._is_known_size(work)):
                return Next.UPLOAD  # its digest is had while it is sent; an empty one is refused anyway
            for other in others:
                if other.entry.state is State.UPLOADING and other.entry.content is None:
                    with suppress(OSError):  # its own upload will tell
                        self._identify(other, await asyncio.to_thread(digest_of, other.job.source))
            try:
                content = await asyncio.to_thread(digest_of, work.job.source)
            except OSError:
                return Next.UPLOAD  # which will say what is wrong with it
            return self.settle(work, content)

    def settle(self, work: Work, content: bytes) -> Next:
        """Note a job's content, and say where it goes on: `UPLOAD` as long as nobody else has it."""
        if work.entry.content == content:
            return Next.UPLOAD
        if work.entry.content is not None:  # it changed since it was compared
            self._leaders.pop(work.entry.content, None)
            self._begin(work)
        if content in self._leaders or self._find(content) is not None:
            self.journal.forget(work.entry)
            return self._take(work, content)
        self._identify(work, content)
        return Next.UPLOAD

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

    def written(self, work: Work, audio_duration_s: float | None, speech_model_used: str | None) -> None:
        """Note that all files of a transcript are written, as far as they can be."""
        if work.entry.state is State.WRITTEN:
            return  # by another job with the same content
        self.journal.move(
            work.entry,
            State.WRITTEN,
            audio_duration_s=audio_duration_s,
            speech_model_used=speech_model_used,
        )

    def skip(self, work: Work) -> None:
        """Note that a recording vanished."""
        self.plan_again(work)
        self.journal.move(work.entry, State.SKIPPED)

    def fail(self, work: Work, error: str) -> None:
        """Note that a job is given up for this run."""
        if work.entry.state is not State.WRITTEN:
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
            service=self._service,
        )

    def end(self, work: Work) -> None:
        """Let go of a job that has its outcome."""
        self._leave(work)
        content = work.entry.content
        if content is not None and self._leaders.get(content) is work:
            del self._leaders[content]
            self._ended[content] = work.entry
            loop = asyncio.get_running_loop()
            self.journal.sync().add_done_callback(
                lambda _: loop.call_soon_threadsafe(self._ended.pop, content, None)
            )

    def _begin(self, work: Work) -> None:
        work.entry = self.journal.begin(None)
        self.journal.place(work.origin, work.entry)

    def _identify(self, work: Work, content: bytes) -> None:
        if work.entry.content is None and content not in self._leaders:
            self.journal.identify(work.entry, content)
            self._leaders[content] = work

    def _is_known_size(self, work: Work) -> bool:
        return self.journal.has_size(work.job.size_bytes or 0, except_for=work.origin.source)

    def _leave(self, work: Work) -> None:
        size_bytes = work.job.size_bytes or 0
        same_size = self._by_size[size_bytes]
        same_size.works.discard(work)
        if not same_size.works:
            del self._by_size[size_bytes]

    def _find(self, content: bytes) -> Entry | None:
        return self._ended.get(content) or self.journal.find(content)

    def _take(self, work: Work, content: bytes) -> Next:
        leader = self._leaders.get(content)
        if leader is not None:
            work.entry = leader.entry
            self.journal.place(work.origin, work.entry)
            leader.followers.append(work)
            return Next.FOLLOW
        self._leaders[content] = work
        entry = self._find(content)
        work.entry = entry or self.journal.begin(content)
        self.journal.place(work.origin, work.entry)
        if self._force and entry is not None:
            self.restart(entry, "asked for afresh")
        elif entry is not None and entry.service != self._service and entry.state is not State.PLANNED:
            self.restart(entry, "asked of another service")
        return self.go_on(work)

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
                return Next.POLL
            case State.SUBMITTING:
                told = datetime.fromtimestamp(entry.submitting_at, UTC)
                loop_time = asyncio.get_running_loop().time()
                since_s = (self._service_time(loop_time) - told).total_seconds()
                work.submitted_at = loop_time - max(0.0, since_s)
                return Next.LOOK_UP
            case State.UPLOADED if entry.uploaded_at > time() - UPLOAD_KEPT_S:
                return Next.SUBMIT
            case _:
                self.plan_again(work)
                return Next.UPLOAD

    def _reopen(self, entry: Entry) -> None:
        """Take a failed transcript back to where it may be paid for, or else to its beginning."""
        if entry.failed_in is State.SUBMITTING or (
            entry.failed_in in {State.SUBMITTED, State.COMPLETED} and entry.transcript_id
        ):
            self.journal.move(entry, entry.failed_in)
        else:
            self.journal.move(entry, State.PLANNED)
