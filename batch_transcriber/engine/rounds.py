"""Uploads that workers make in rounds: small ones share a call, for it costs more than such an upload.

One of more than 1 MiB goes alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_transcriber.client.carrier import carry
from batch_transcriber.client.errand import Delivery
from batch_transcriber.client.failures import clean
from batch_transcriber.client.look import SMALL_SIZE_BYTES
from batch_transcriber.cluster import WorkerDiedError
from batch_transcriber.errors import RetryableError, TranscriberError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_transcriber.client.errand import Errand
    from batch_transcriber.cluster import Cluster
    from batch_transcriber.engine.slots import UploadSlots

ROUND_MAX = 32  # uploads
ROUND_MAX_BYTES = 32 * 1024 * 1024
ROUND_S = 0.25  # that small ones take together make a call worth its price
FIRST_GUESS_S = 0.03  # for one of them
NEWS = 0.1  # the weight of the last one in how long they take
LINGER_S = 0.1  # for more of them, while others are on their way
LOOK_THERE = "look at what the workers say, and run the same command again"


class NotBegunError(Exception):
    """The run's time was up before an upload went on its round."""


@dataclass(eq=False, slots=True)
class _Parcel:
    """An upload that waits for its round, or is on it."""

    errand: Errand
    on_sent: Callable[[int], None]
    leave: Callable[[], Awaitable[None]]
    is_alone: bool
    done: asyncio.Future[Delivery] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Rounds:
    """Have uploads made by workers; within one event loop.

    A round takes along as many small ones as take a quarter of a second, by what the last ones took. A worker
    ends it early where the service refuses, or after a second; what is left goes on the next one.

    Args:
        cluster: Open, and owned by the caller.
        slots: The limit of rounds at a time.
    """

    def __init__(self, cluster: Cluster, slots: UploadSlots) -> None:
        self._cluster = cluster
        self._slots = slots
        self._waiting: deque[_Parcel] = deque()
        self._rounds: set[asyncio.Task[None]] = set()
        self._is_next_there = False  # a round that waits for its slot
        self._under_way = 0
        self._is_dropped = False
        self._small_s = FIRST_GUESS_S

    async def send(
        self,
        errand: Errand,
        on_sent: Callable[[int], None],
        leave: Callable[[], Awaitable[None]],
        *,
        is_alone: bool = False,
    ) -> Delivery:
        """Have one upload made: see `client.errand.Courier`.

        Args:
            errand: What is sent.
            on_sent: Gets the bytes sent so far.
            leave: Awaited before it leaves; perhaps more than once.
            is_alone: Let no other one suffer from what became of this one before.

        Raises:
            ClusterLostError: there is nobody who could make it.
            NotBegunError: nobody is to make it any more.
        """
        parcel = _Parcel(errand, on_sent, leave, is_alone)
        self._waiting.append(parcel)
        self._plan()
        return await parcel.done

    def drop_waiting(self) -> None:
        """Send nothing that waits; who waits for it gets a `NotBegunError`."""
        self._is_dropped = True
        for parcel in self._waiting:
            if not parcel.done.done():
                parcel.done.set_exception(NotBegunError())
        self._waiting.clear()

    async def close(self) -> None:
        """End all rounds."""
        for task in self._rounds:
            task.cancel()
        if self._rounds:
            await asyncio.wait(self._rounds)

    def _plan(self) -> None:
        if self._waiting and not self._is_next_there:
            self._is_next_there = True
            task = asyncio.create_task(self._go(), name="round")
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)

    async def _go(self) -> None:
        """Take what waits along, as soon as there is a slot."""
        parcels: list[_Parcel] = []
        try:
            async with self._slots:
                if self._under_way and self._is_hardly_worth_it():
                    await asyncio.sleep(LINGER_S)
                self._is_next_there = False
                self._under_way += 1
                parcels = self._load()
                self._plan()
                try:
                    await self._make(parcels)
                finally:
                    self._under_way -= 1
        except TranscriberError as error:
            _fail(parcels, error)
        except Exception as error:  # noqa: BLE001 - of a machine that has no memory, or other libraries
            words = clean(f"{type(error).__name__}: {error}")
            _fail(parcels, RetryableError(f"it failed at a worker ({words})", advice=LOOK_THERE))
        finally:
            for parcel in parcels:
                parcel.done.cancel()  # whatever is not done by now

    def _is_hardly_worth_it(self) -> bool:
        return len(self._waiting) < self._worth_it() and all(map(_is_small, self._waiting))

    def _worth_it(self) -> int:
        """Return how many small ones make a call worth it: few where each takes long, to go side by side."""
        return max(1, min(ROUND_MAX, int(ROUND_S / self._small_s)))

    def _load(self) -> list[_Parcel]:
        parcels: list[_Parcel] = []
        room_bytes = ROUND_MAX_BYTES
        while self._waiting and len(parcels) < ROUND_MAX:
            parcel = self._waiting[0]
            room_bytes -= parcel.errand.stamp.size_bytes
            is_full = room_bytes < 0 or len(parcels) >= (self._worth_it() if _is_small(parcel) else 1)
            if parcels and (parcel.is_alone or is_full):
                break
            self._waiting.popleft()
            if not parcel.done.done():
                parcels.append(parcel)
            if parcel.is_alone:
                break
        return parcels

    async def _make(self, parcels: list[_Parcel]) -> None:
        """Make a round; what it did not come to is no longer among the parcels, and waits again."""
        _end_when_unwanted(parcels)
        for parcel in parcels:
            await parcel.leave()
        errands = [parcel.errand for parcel in parcels]

        def on_message(message: tuple[int, int]) -> None:
            number, sent_bytes = message
            if not parcels[number].done.done():
                parcels[number].on_sent(sent_bytes)

        try:
            results = await self._cluster.call(carry, errands, on_message=on_message)
        except WorkerDiedError as error:
            raise RetryableError(str(error), advice=LOOK_THERE) from None
        for parcel, result in zip(parcels, results, strict=False):
            if isinstance(result, Delivery) and _is_small(parcel):
                self._small_s += NEWS * (result.elapsed_s - self._small_s)
            if not parcel.done.done():
                _settle(parcel.done, result)
        left = [parcel for parcel in parcels[len(results) :] if not parcel.done.done()]
        del parcels[len(results) :]
        self._waiting.extendleft(reversed(left))
        if self._is_dropped:
            self.drop_waiting()
        self._plan()


def _is_small(parcel: _Parcel) -> bool:
    return parcel.errand.stamp.size_bytes <= SMALL_SIZE_BYTES


def _end_when_unwanted(parcels: list[_Parcel]) -> None:
    """Cancel this round once nobody waits for any of its uploads."""
    task = asyncio.current_task()

    def look(_: asyncio.Future[Delivery]) -> None:
        if task is not None and parcels and all(parcel.done.cancelled() for parcel in parcels):
            task.cancel()

    for parcel in parcels:
        parcel.done.add_done_callback(look)


def _settle(done: asyncio.Future[Delivery], result: Delivery | TranscriberError) -> None:
    if isinstance(result, TranscriberError):
        done.set_exception(result)
    else:
        done.set_result(result)


def _fail(parcels: list[_Parcel], error: TranscriberError) -> None:
    for parcel in parcels:
        if not parcel.done.done():
            parcel.done.set_exception(error)
