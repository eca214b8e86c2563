"""One connection to a scheduler: who works for it, and calls on these through its executor."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from batch_transcriber.cluster import worker
from batch_transcriber.cluster.opening import CLOSE_S, close_client, open_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from batch_transcriber.cluster.worker import Preparation

    T = TypeVar("T")

ANSWER_S = 30.0  # that a scheduler may take to say who is there, as Dask gives a connection


class GoneError(Exception):
    """The worker of a call, or the scheduler, went away before the call ended."""


class Connection:
    """A Dask client in the event loop that opened it.

    Args:
        client: Open, and asynchronous; owned from now on.
        killed_error: What Dask raises of a task whose workers died.
        preparation: What is done on a worker before it gets calls.
    """

    def __init__(self, client: Any, killed_error: type[Exception], preparation: Preparation) -> None:
        self._client = client
        self._preparation = preparation
        self._topic: str = client.id  # what is said of it the scheduler forgets with the client
        self._lost_errors = (killed_error, concurrent.futures.CancelledError)
        self._ends: set[asyncio.Task[None]] = set()
        self._scheduler_id: str | None = None
        self._takers: dict[str, Callable[[Any], None]] = {}  # of messages, by call
        client.subscribe_topic(self._topic, self._note_event)

    @classmethod
    async def open(cls, address: str, preparation: Preparation, timeout_s: float) -> Connection:
        """Connect.

        Raises:
            OSError: No scheduler answers there in time.
            TimeoutError: Something else took the connection, such as a web server.
            ValueError: It is no address.
            FatalError: It is one for TLS, and Dask knows no certificate.
        """
        client = await open_client(address, timeout_s)
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        return cls(client, KilledWorker, preparation)

    @property
    def is_open(self) -> bool:
        """Whether the scheduler is there, as far as is known."""
        return bool(self._client.status == "running")

    async def workers(self) -> dict[str, str]:
        """Return the addresses of all workers, by what tells one from the next at the same address.

        Raises:
            GoneError: The scheduler is away, does not answer, or is another one than before.
        """
        # Not `scheduler_info`, which Dask itself renews now and then, without workers.
        info = await self._ask(lambda: self._client.scheduler.identity(n_workers=-1), ANSWER_S)
        self._scheduler_id = self._scheduler_id or info["id"]
        if info["id"] != self._scheduler_id:  # Dask connected anew, and nobody subscribed
            raise GoneError
        workers: Mapping[str, Mapping[str, Any]] = info["workers"]
        return {
            f"{address} {facts.get('local_directory')}": address
            for address, facts in workers.items()
            if facts.get("status") in {None, "running"}
        }

    async def refusal(self) -> str | None:
        """Return why the scheduler cannot pass calls on: it has to know what they are made of.

        Raises:
            GoneError: It went away.
        """
        versions = self._preparation.versions()
        try:
            return await self._ask(
                lambda: self._client.run_on_scheduler(worker.compare, self._preparation, versions)
            )
        except (ModuleNotFoundError, AttributeError) as error:  # of none, or an early one
            return _in_words(error)

    async def prepare(self, addresses: Sequence[str]) -> dict[str, int | str]:
        """Make workers ready; return for each how many calls it takes at a time, or why it takes none.

        Raises:
            GoneError: The scheduler went away.
        """
        versions = self._preparation.versions()
        answers: dict[str, Any] = await self._ask(
            lambda: self._client.run(
                worker.prepare, self._preparation, versions, workers=list(addresses), on_error="return"
            )
        )
        return {
            address: answer if isinstance(answer, int) else _in_words(answer)
            for address, answer in answers.items()
        }

    async def call(
        self,
        address: str,
        function: Callable[..., Any],
        args: tuple[object, ...],
        on_message: Callable[[Any], None] | None,
        gone: asyncio.Event,
    ) -> Any:
        """Run a function on a worker and return what it returns; cancelled, it ends there, too.

        Args:
            address: Of the worker.
            function: Called with `args` and a `Link`; a coroutine function runs in the worker's event loop.
            args: What Dask can pickle.
            on_message: Gets the link's messages.
            gone: Set when the worker went away.

        Raises:
            GoneError: The worker or the scheduler went away.
        """
        call_id = uuid4().hex
        if on_message is not None:
            self._takers[call_id] = on_message
        try:
            running = self._submit(function, args, call_id, address)
            result = asyncio.ensure_future(running.result())
            lost = asyncio.ensure_future(gone.wait())
            try:
                await asyncio.wait((result, lost), return_when=asyncio.FIRST_COMPLETED)
            finally:
                lost.cancel()
                if not result.done():
                    result.cancel()
                    self._end_later(running, call_id, None if gone.is_set() else address)
        finally:
            self._takers.pop(call_id, None)
        if not result.done():
            raise GoneError
        try:
            return result.result()
        except self._lost_errors as error:  # a scheduler may be told to give up sooner than we do
            raise GoneError from error

    def _submit(
        self, function: Callable[..., Any], args: tuple[object, ...], call_id: str, address: str
    ) -> Any:
        runner = worker.run_async if inspect.iscoroutinefunction(function) else worker.run
        try:
            return self._client.submit(
                runner,
                function,
                args,
                self._topic,
                call_id,
                key=f"{function.__name__}-{call_id}",
                pure=False,
                workers=[address],
                resources={self._preparation.resource: 1},
            )
        except Exception as error:
            if self.is_open:
                raise
            raise GoneError from error

    async def close(self) -> None:
        """End what runs at the workers; takes a second at most."""
        if self._ends:
            await asyncio.wait(self._ends, timeout=CLOSE_S)
        for end in self._ends:
            end.cancel()
        with suppress(Exception):
            self._client.unsubscribe_topic(self._topic)
        await close_client(self._client)

    def _end_later(self, running: Any, call_id: str, address: str | None) -> None:
        async def end() -> None:
            with suppress(Exception):  # whoever went away has ended it
                await running.cancel()
                if address is not None:
                    await self._client.run(worker.stop, [call_id], workers=[address], on_error="ignore")

        ending = asyncio.create_task(end(), name="end a call")
        self._ends.add(ending)
        ending.add_done_callback(self._ends.discard)

    def _note_event(self, event: tuple[float, Any]) -> None:
        match event:
            case (_, [str() as call_id, message]) if taker := self._takers.get(call_id):
                taker(message)

    async def _ask(self, question: Callable[[], Awaitable[T]], timeout_s: float | None = None) -> T:
        """Return what the scheduler says.

        Raises:
            GoneError: It is away, or does not answer in time.
        """
        if not self.is_open:
            raise GoneError
        try:
            async with asyncio.timeout(timeout_s):
                return await question()
        except (OSError, TimeoutError) as error:
            raise GoneError from error
        except AttributeError as error:  # closed meanwhile: it has no connection
            if self.is_open:
                raise
            raise GoneError from error


def _in_words(answer: object) -> str:
    is_missing = isinstance(answer, BaseException) and ModuleNotFoundError.__name__ in repr(answer)
    if is_missing or isinstance(answer, AttributeError):
        return f"batch-transcriber, as it is here, is not installed there ({answer})"
    if isinstance(answer, BaseException):
        return f"{type(answer).__name__}: {answer}".partition("\n")[0]
    return str(answer)
