"""Webhooks: who asked to be told of a transcript's end is told, again and again until it answers."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from batch_transcriber.server.guard import FORBIDDEN, session, was_refused

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from batch_transcriber.server.outbox import Delivery, Outbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How webhooks are called; the API's own figures.

    Attributes:
        answer_within_s: For a whole call.
        attempts: How often one is called, at most.
        again_in_s: Pause before the next attempt.
        at_a_time: Calls at the same time.
        at_a_time_by_host: Of these to one host, so that one that never answers delays nobody else.
    """

    answer_within_s: float = 10.0
    attempts: int = 10
    again_in_s: float = 10.0
    at_a_time: int = 64
    at_a_time_by_host: int = 2


class Webhooks:
    """Makes the calls that are due. An async context manager; what is left goes on with the next one.

    Args:
        outbox: Of the calls.
        allow_private: Call any address; else public ones alone.
        pace: How often, and how many.
    """

    def __init__(self, outbox: Outbox, *, allow_private: bool = False, pace: Pace | None = None) -> None:
        self._outbox = outbox
        self._allow_private = allow_private
        self._pace = pace or Pace()
        self._running: dict[int, str] = {}  # hosts by positions
        self._changed = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Say that there may be a call to make."""
        self._changed.set()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._pace.answer_within_s)
        self._session = session(
            allow_private=self._allow_private, timeout=timeout, limit=self._pace.at_a_time
        )
        await self._group.__aenter__()
        self._start(self._run(), "webhooks")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)
        await self._session.close()

    def _start(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        task = self._group.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            pause_s: float | None = None
            if len(self._running) < self._pace.at_a_time:
                busy = self._busy_hosts()
                if delivery := self._outbox.due(self._running, busy):
                    self._running[delivery.position] = delivery.host
                    self._start(self._deliver(delivery), f"webhook {delivery.transcript_id}")
                    continue
                pause_s = self._outbox.next_due_in_s(self._running, busy)
            try:
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def _busy_hosts(self) -> list[str]:
        calls = Counter(self._running.values())
        return [host for host, number in calls.items() if number >= self._pace.at_a_time_by_host]

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            status, is_over = await self._call(delivery)
            if not is_over and delivery.attempts + 1 >= self._pace.attempts:
                is_over = True
                logger.warning(
                    "the webhook of %s was called %d times in vain",
                    delivery.transcript_id,
                    self._pace.attempts,
                )
            await self._note(delivery, status, again_in_s=None if is_over else self._pace.again_in_s)
        finally:
            del self._running[delivery.position]
            self._changed.set()

    async def _call(self, delivery: Delivery) -> tuple[int | None, bool]:
        """Return the status of the answer, None where there was none, and whether that is the end of it."""
        headers = {delivery.header_name: delivery.header_value or ""} if delivery.header_name else {}
        body = {"transcript_id": delivery.transcript_id, "status": delivery.status}
        try:
            async with self._session.post(
                delivery.url, json=body, headers=headers, allow_redirects=False
            ) as reply:
                return reply.status, 200 <= reply.status < 300 or 400 <= reply.status < 500
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # Without the error's words, which may hold the header or the whole address.
            if was_refused(error):
                logger.warning("the webhook of %s was not called: %s", delivery.transcript_id, FORBIDDEN)
                return None, True
            return None, isinstance(error, ValueError)  # no address at all, or no header

    async def _note(self, delivery: Delivery, status: int | None, *, again_in_s: float | None) -> None:
        while True:
            try:
                self._outbox.answered(delivery, status, again_in_s=again_in_s)
            except sqlite3.OperationalError as error:
                logger.error("the database takes nothing (%s); make room, then it goes on", error)  # noqa: TRY400
                await asyncio.sleep(self._pace.again_in_s)
            else:
                return
