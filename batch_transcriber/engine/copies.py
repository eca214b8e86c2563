"""Recordings with the same bytes and parameters: one of them leads, and the others follow it to its end.

Small recordings are compared before the upload, large ones where sizes agree, and all of them after it,
because only then the digest of the others is known.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_transcriber.client import look_at
from batch_transcriber.client.look import SMALL_SIZE_BYTES, head_of
from batch_transcriber.engine.ledger import Next
from batch_transcriber.engine.together import Together
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from typing import TypeAlias

    from batch_transcriber.client import Look
    from batch_transcriber.engine.ledger import Ledger
    from batch_transcriber.engine.work import Work
    from batch_transcriber.journal import Entry

    _Key: TypeAlias = tuple[bytes, bytes]  # content and parameters: what a transcript is

LOOK_MAX_S = 60.0  # at a small recording; behind one that cannot be read, the others go without
HEADS_MAX = 16  # beginnings of earlier recordings that are read; with more, the whole of the new one is


@dataclass
class _SameSize:
    """The jobs under way whose recordings have one size: only these can be copies of each other."""

    works: set[Work] = field(default_factory=set)
    heads: dict[Work, bytes] = field(default_factory=dict)  # digests of their beginnings
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Copies:
    """The jobs under way by their content; within one event loop.

    Args:
        ledger: Knows the transcripts of earlier runs, and is told of those of this one.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reader = Together(_look_at_each, name="read")
        self._leaders: dict[_Key, Work] = {}
        self._ended: dict[_Key, tuple[Entry, Future[None]]] = {}  # until the journal can be asked for them
        self._by_size: defaultdict[int, _SameSize] = defaultdict(_SameSize)

    def enter(self, work: Work) -> Next:
        """Take a new job, and say where it goes on."""
        self._by_size[work.job.size_bytes or 0].works.add(work)
        content = self._ledger.journal.content_of(work.origin)
        if content is None and work.job.is_fetched:
            content = work.origin.version
        if content is not None:
            return self._take(work, content)
        self._ledger.begin(work, None)
        return Next.UPLOAD

    async def compare(self, work: Work) -> tuple[Next, Look | None]:
        """Say whether a recording that is about to be uploaded is a copy of one that is known.

        Returns:
            Where it goes on, and what was seen of it, if it had to be looked at.
        """
        size_bytes = work.job.size_bytes or 0
        if work.entry.content is not None or not size_bytes or work.job.is_object:
            # An empty one is refused anyway, and what is in a bucket is read only once.
            return Next.UPLOAD, None
        is_small = size_bytes <= SMALL_SIZE_BYTES
        if not is_small and not await self._may_be_copy(work):
            work.is_compared = True
            return Next.UPLOAD, None  # its digest is had while it is sent
        try:
            source = work.job.source
            async with asyncio.timeout(LOOK_MAX_S if is_small else None):
                look = await (self._reader.add(source) if is_small else asyncio.to_thread(look_at, source))
        except OSError:
            return Next.UPLOAD, None  # which will say what is wrong with it
        if work.entry.content is not None:  # a copy found it meanwhile, and follows it
            return Next.UPLOAD, look  # after which it is clear whether it is what the copy saw
        work.note_stamp(look.stamp)
        where = self.settle(work, look.digest)  # of two copies that come here, the later finds the earlier
        return where, look

    async def _may_be_copy(self, work: Work) -> bool:
        """Tell whether another recording has the same size and begins alike.

        Of those under way that do, the contents are known then.
        """
        same_size = self._by_size[work.job.size_bytes or 0]
        works, heads = same_size.works, same_size.heads
        earlier = self._ledger.journal.of_size(
            work.job.size_bytes or 0, except_for=work.origin.source, limit=HEADS_MAX + len(works)
        )
        if len(works) == 1 and not earlier:
            return False
        async with same_size.lock:  # or else many would look at one at a time
            others = [other for other in works if other.is_compared or other in heads]
            unread = [other for other in (work, *others) if other not in heads]
            read = await asyncio.to_thread(_heads_of, [other.job.source for other in unread])
            heads |= {other: head for other, head in zip(unread, read, strict=True) if other in works}
            head = heads[work]
            twins = [other for other in others if heads.get(other) == head]
            for other in twins:
                if other.entry.content is None:
                    with suppress(OSError):  # its own upload will tell
                        look = await asyncio.to_thread(look_at, other.job.source)
                        if other in works:  # it did not end meanwhile
                            self._identify(other, look.digest)
            if twins:
                return True
        # Those that are still to come here will find this one.
        to_come = {other.origin.source for other in works if other.entry.content is None}
        places = [origin for origin in earlier if origin.source not in to_come]
        return len(places) >= HEADS_MAX or await asyncio.to_thread(_begins_like, head, places)

    def settle(self, work: Work, content: bytes) -> Next:
        """Note a job's content, and say where it goes on: `UPLOAD` as long as nobody else has it."""
        if work.entry.content == content:
            return Next.UPLOAD
        if work.entry.content is not None:  # it changed since it was compared
            self._step_down(work)
            self._ledger.begin(work, None)
        if self._is_taken(work, content):
            unknown = work.entry
            where = self._take(work, content)
            self._ledger.journal.forget(unknown)  # last, for nothing may point to what is not there
            return where
        self._identify(work, content)
        return Next.UPLOAD

    def close(self) -> None:
        """Let the reading thread go."""
        self._reader.close()

    def leave(self, work: Work) -> None:
        """Let go of a job that has its outcome."""
        size_bytes = work.job.size_bytes or 0
        same_size = self._by_size[size_bytes]
        same_size.works.discard(work)
        same_size.heads.pop(work, None)
        if not same_size.works:
            del self._by_size[size_bytes]
        self._step_down(work)

    def _step_down(self, work: Work) -> None:
        """Let others lead whoever comes with the same content."""
        if work.entry.content is None:
            return
        key = _key(work, work.entry.content)
        if self._leaders.get(key) is not work:
            return
        del self._leaders[key]
        synced = self._ledger.journal.sync()
        self._ended[key] = work.entry, synced
        loop = asyncio.get_running_loop()

        def forget() -> None:
            if self._ended.get(key, (None, None))[1] is synced:  # or else another one led, and ended, since
                del self._ended[key]

        synced.add_done_callback(lambda _: loop.call_soon_threadsafe(forget))

    def _take(self, work: Work, content: bytes) -> Next:
        key = _key(work, content)
        leader = self._leaders.get(key)
        if leader is not None:
            work.is_copy = True
            self._ledger.share(work, leader.entry)
            leader.followers.append(work)
            return Next.FOLLOW
        self._leaders[key] = work
        entry = self._find(work, content)
        if entry is None:
            self._ledger.begin(work, content)
        else:
            work.is_copy = self._ledger.is_of_this_run(entry)
            self._ledger.resume(work, entry)
        return self._ledger.go_on(work)

    def _identify(self, work: Work, content: bytes) -> None:
        if work.entry.content is None and not self._is_taken(work, content):
            self._ledger.journal.identify(work.entry, content)
            self._leaders[_key(work, content)] = work

    def _is_taken(self, work: Work, content: bytes) -> bool:
        return _key(work, content) in self._leaders or self._find(work, content) is not None

    def _find(self, work: Work, content: bytes) -> Entry | None:
        key = _key(work, content)
        ended = self._ended.get(key)
        return ended[0] if ended else self._ledger.journal.find(*key)


def _heads_of(sources: Sequence[str]) -> list[bytes]:
    """Return a digest of the beginning of each; empty where it cannot be read, as its upload will say."""
    heads = []
    for source in sources:
        try:
            heads.append(head_of(source)[1])
        except OSError:
            heads.append(b"")
    return heads


def _begins_like(head: bytes, origins: Sequence[Origin]) -> bool:
    """Tell whether one of these recordings begins like this, or is not any more what it was."""
    for origin in origins:
        try:
            stamp, its_head = head_of(origin.source)
        except OSError:
            return True
        if its_head == head or Origin.of(origin.source, *stamp) != origin:
            return True
    return False


def _look_at_each(sources: Sequence[str]) -> list[Look | Exception]:
    looks: list[Look | Exception] = []
    for source in sources:
        try:
            looks.append(look_at(source))
        except OSError as error:
            looks.append(error)
    return looks


def _key(work: Work, content: bytes) -> _Key:
    return content, work.job.parameters.digest
