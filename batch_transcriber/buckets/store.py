"""A kind of store, with all that a run wants of it; fsspec and its packages are imported here.

The packages work in an event loop of their own, in a thread that fsspec owns. What is asked for is a
coroutine of that loop: `wait` blocks for its answer, `answer` awaits it in the caller's loop.

A run ends at once though threads of it wait for a store that does not answer: what they wait for is of the
run in whose context they were started (`waits_of_run`), and `let_go` ends these waits and no others.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from batch_transcriber.buckets.address import PACKAGES, Address
from batch_transcriber.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from concurrent.futures import Future
    from typing import Any

    from batch_transcriber.buckets.objects import Stored

T = TypeVar("T")
CANNOT_SIGN = "this store cannot sign addresses; add --through to send it through this machine"


class _Waits:
    """What the threads of one run wait for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._futures: set[Future[Any]] = set()
        self._are_over = False

    def add(self, future: Future[Any]) -> None:
        with self._lock:
            if not self._are_over:
                self._futures.add(future)
                future.add_done_callback(self._futures.discard)
                return
        future.cancel()  # a thread that was between two waits when they ended

    def end(self) -> None:
        with self._lock:
            self._are_over = True
        for future in list(self._futures):
            future.cancel()


_waits: ContextVar[_Waits | None] = ContextVar("waits", default=None)


class Store(ABC):
    """One kind of store. Its coroutines raise what `trouble.translated` does."""

    @abstractmethod
    def objects(self, address: Address) -> Iterator[Stored]:
        """Yield the objects whose keys begin with that of an address, sorted by them; blocking.

        They are read page by page, as they are asked for.
        """

    @abstractmethod
    async def look(self, address: Address) -> Stored:
        """Return an object as it is now."""

    @abstractmethod
    async def sign(self, address: Address, valid_s: int) -> str:
        """Return an https address that opens an object to everybody for so long: it is a secret."""

    @abstractmethod
    async def read(self, address: Address, start: int, end: int) -> bytes:
        """Return the bytes of an object from one offset up to another."""

    @abstractmethod
    async def put(self, address: Address, content: bytes) -> None:
        """Write an object, whole or not at all."""


@cache
def _make_store(scheme: str) -> Store:
    package, wanted = PACKAGES[scheme]
    try:
        if package == "s3fs":
            from batch_transcriber.buckets.s3 import S3Store  # noqa: PLC0415 - only where it is named

            return S3Store()
        from batch_transcriber.buckets.others import OtherStore  # noqa: PLC0415 - likewise

        return OtherStore(scheme)
    except ImportError as error:
        where = "in the project's folder: " if wanted.startswith(".") else ""  # an extra of ours
        raise PermanentError(
            f"{scheme}:// needs the package {package}, which is not installed; {where}pip install '{wanted}'"
        ) from error


def store_of(address: Address) -> Store:
    """Return the store of an address, one for all of its kind.

    Raises:
        PermanentError: what it needs is not installed.
    """
    return _make_store(address.scheme)


def forget_stores() -> None:
    """Make new stores from now on, with the credentials and the endpoint that hold then."""
    _make_store.cache_clear()


@contextmanager
def waits_of_run() -> Iterator[None]:
    """Have `let_go` end what is asked for in here, and in the threads that are started from here."""
    token = _waits.set(_Waits())
    try:
        yield
    finally:
        _waits.reset(token)


def let_go() -> None:
    """Let no thread of this run wait any longer, now or later: what they ask for is cancelled.

    They get a `concurrent.futures.CancelledError`. Outside of a run, nothing happens.
    """
    if (waits := _waits.get()) is not None:
        waits.end()


def begin(asked: Coroutine[Any, Any, T]) -> Future[T]:
    """Begin what is asked of a store; the future is to be waited for by a thread, until `let_go`."""
    future = _begin(asked)
    if (waits := _waits.get()) is not None:
        waits.add(future)
    return future


def wait(asked: Coroutine[Any, Any, T]) -> T:
    """Return the answer of a store; blocking, until `let_go`."""
    return begin(asked).result()


async def answer(asked: Coroutine[Any, Any, T]) -> T:
    """Return the answer of a store; cancelled, it stops asking."""
    return await asyncio.wrap_future(_begin(asked))


def _begin(asked: Coroutine[Any, Any, T]) -> Future[T]:
    from fsspec.asyn import get_loop  # noqa: PLC0415 - only where a bucket is named

    return asyncio.run_coroutine_threadsafe(asked, get_loop())
