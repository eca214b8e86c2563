"""What hears the pieces of recordings: threads of this process, with one model for all of them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from batch_transcriber.server.listening import Listener
from batch_transcriber.server.machine import usable_cores, usable_memory_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_transcriber.model import Word
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.listening import Found
    from batch_transcriber.server.models import Model
    from batch_transcriber.server.recogniser import Effort, Wanted

    Report: TypeAlias = Callable[[float], None]
    Settle: TypeAlias = Callable[[Found], None]

_BESIDES_BYTES = 250_000_000  # Python and its libraries, loaded
_HEARING_BYTES = 400_000_000  # what one piece of up to 5 minutes needs on top


class Ears(Protocol):
    """What hears pieces, several at a time; an async context manager, in which the model is loaded."""

    @property
    def places(self) -> int:
        """How many pieces are heard at a time; 0 where nobody knows before it is entered."""
        ...

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether it can listen for all of these at once; until it is entered, that it can."""
        ...

    async def hear(self, piece: Piece, wanted: Wanted, *, report: Report, settle: Settle) -> list[Word]:
        """Return what is said in a piece; cancelled, it ends once the piece is held no more.

        Args:
            piece: Of any number of channels, heard one after the other.
            wanted: Without a language, it is found out.
            report: Called in the event loop with how many seconds of the piece are done; fewer than before
                where it is heard anew.
            settle: Called there with the language that was found as soon as somebody speaks.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None: ...


class OwnEars:
    """Threads of this process.

    Args:
        model: Loaded on entering.
        effort: How much work a transcript is worth.
        workers: How many threads; as many as the machine can bear unless given.

    Attributes:
        places: How many pieces are heard at a time.
    """

    def __init__(self, model: Model, effort: Effort, workers: int | None = None) -> None:
        self.places = workers or affordable_workers(model.size_bytes)
        self._model = model
        self._effort = effort
        self._listener: Listener | None = None

    async def __aenter__(self) -> Self:
        """Check and load the model: half a second, unless it has to be downloaded.

        Raises:
            FatalError: The extra is not installed, or the model is not the one we know or can't be had.
        """
        self._listener = await asyncio.to_thread(Listener, self._model.folder, self._effort, self.places)
        self._threads = concurrent.futures.ThreadPoolExecutor(self.places, thread_name_prefix="whisper")
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether it can listen for all of these at once; until it is entered, that it can."""
        return self._listener is None or self._listener.vocabulary.takes(key_terms)

    async def hear(self, piece: Piece, wanted: Wanted, *, report: Report, settle: Settle) -> list[Word]:
        """Return what is said in a piece; cancelled, it ends at the next segment."""
        if self._listener is None:
            raise RuntimeError("not entered")
        stop = threading.Event()
        hearing = self._threads.submit(
            self._listener.hear, piece, wanted, stop, _in_this_loop(report), _in_this_loop(settle)
        )
        del piece  # it is held for as long as the thread needs it
        heard = asyncio.wrap_future(hearing)
        try:
            await asyncio.wait((heard,))
        except asyncio.CancelledError:
            stop.set()
            hearing.cancel()
            await asyncio.wait((heard,))
            raise
        return heard.result()


def affordable_workers(model_bytes: int) -> int:
    """Return how many pieces this machine can hear at once: one a core, as far as memory goes."""
    cores, memory_bytes = usable_cores(), usable_memory_bytes()
    if memory_bytes is None:
        return cores
    left_bytes = memory_bytes - _BESIDES_BYTES - 2 * model_bytes
    return max(1, min(cores, left_bytes // (_HEARING_BYTES + model_bytes)))


def _in_this_loop(function: Callable[..., None]) -> Callable[..., None]:
    """Return what has a function called in the event loop, for any thread."""
    loop = asyncio.get_running_loop()

    def call(*args: object) -> None:
        loop.call_soon_threadsafe(function, *args)

    return call
