"""One connection to a scheduler: who works for it, and calls on these through its executor."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4
from weakref import WeakSet

from batch_transcriber.cluster import worker
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_transcriber.cluster.worker import Preparation

    T = TypeVar("T")

NO_CERTIFICATE = (
    "{} (--dask) needs certificates, and Dask's configuration names none; set "
    "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ..__CLIENT__CERT and ..__CLIENT__KEY"
)
CLOSE_S = 2.0  # that a scheduler may take to say good-bye
PIECE_BYTES = "100 MB"  # Dask warns of arguments above a tenth of that; a piece of audio has it


class GoneError(Exception):
    """The worker of a call, or the scheduler, went away before the call ended."""


class Connection:
    """A Dask client, used from one event loop; its blocking methods are called in threads.

    Args:
        client: Open; owned from now on.
        killed_error: What Dask raises of a task whose workers died.
        preparation: What is done on a worker before it gets calls.
    """

    def __init__(self, client: Any, killed_error: type[Exception], preparation: Preparation) -> None:
        self._client = client
        self._preparation = preparation
        self._executor = client.get_executor(pure=False, allow_other_workers=False)
        self._topic = f"batch-transcriber-{uuid4().hex}"
        self._killed_error = killed_error
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="dask")
        self._ends: WeakSet[concurrent.futures.Future[None]] = WeakSet()
        self._is_closed = False
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
        import dask  # noqa: PLC0415 - an extra, and a second of imports
        from distributed import Client, KilledWorker  # noqa: PLC0415
        from distributed.versions import VersionMismatchWarning  # noqa: PLC0415

        for name in ("distributed", *logging.root.manager.loggerDict):
            if name.partition(".")[0] == "distributed":  # we say ourselves what is lost
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.simplefilter("ignore", VersionMismatchWarning)  # a table; we refuse in words what matters
        dask.config.set({"distributed.admin.large-graph-warning-threshold": PIECE_BYTES})
        _check(address)  # a client that fails of it says so itself, at length and late
        await _knock(address, timeout_s)
        begin = partial(Client, address, timeout=timeout_s, set_as_default=False, asynchronous=False)
        return cls(await asyncio.to_thread(begin), KilledWorker, preparation)

    @property
    def is_open(self) -> bool:
        """Whether the scheduler is there, as far as is known."""
        return bool(self._client.status == "running")

    async def workers(self) -> dict[str, str]:
        """Return the addresses of all workers, by what tells one from the next at the same address.

        Raises:
            GoneError: The scheduler is away.
        """
        if not self.is_open:
            raise GoneError
        try:
            info = await self._in_thread(self._client.scheduler_info)
        except (OSError, TimeoutError, AttributeError) as error:  # closed meanwhile: it has no connection
            raise GoneError from error
        workers: Mapping[str, Mapping[str, Any]] = info["workers"]
        return {
            f"{address} {facts.get('local_directory')}": address
            for address, facts in workers.items()
            if facts.get("status") in {None, "running"}
        }

    async def prepare(self, addresses: Sequence[str]) -> dict[str, int | str]:
        """Make workers ready; return for each how many calls it takes at a time, or why it takes none."""
        answers: dict[str, Any] = await self._in_thread(
            self._client.run,
            worker.prepare,
            self._preparation,
            self._preparation.versions(),
            workers=list(addresses),
            on_error="return",
        )
        return {address: _in_words(answer) for address, answer in answers.items()}

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
        runner = worker.run_async if inspect.iscoroutinefunction(function) else worker.run
        if on_message is not None:
            self._takers[call_id] = on_message
        try:
            running = self._submit(runner, function, args, call_id, address)
            try:
                await self._ended(running, gone)
            finally:
                if not running.done() and not self._is_closed:
                    end = partial(self._end_call, running, call_id, None if gone.is_set() else address)
                    self._ends.add(self._threads.submit(end))
        finally:
            self._takers.pop(call_id, None)
        if not running.done() or running.cancelled():
            raise GoneError
        try:
            return running.result()
        except self._killed_error as error:  # a scheduler may be told to give up sooner than we do
            raise GoneError from error

    def _submit(
        self,
        runner: Callable[..., Any],
        function: Callable[..., Any],
        args: tuple[object, ...],
        call_id: str,
        address: str,
    ) -> concurrent.futures.Future[Any]:
        try:
            running: concurrent.futures.Future[Any] = self._executor.submit(
                runner,
                function,
                args,
                self._topic,
                call_id,
                key=f"{function.__name__}-{call_id}",
                workers=[address],
                resources={self._preparation.resource: 1},
            )
        except Exception as error:
            if self.is_open:
                raise
            raise GoneError from error
        return running

    async def _ended(self, running: concurrent.futures.Future[Any], gone: asyncio.Event) -> None:
        """Return when a call has ended, or its worker went away."""
        ended = asyncio.Event()
        running.add_done_callback(lambda _: self._in_loop(ended.set))
        waits = [asyncio.ensure_future(event.wait()) for event in (ended, gone)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def close(self) -> None:
        """End what runs, here and at the workers; takes a few seconds at most."""
        self._is_closed = True
        await asyncio.to_thread(concurrent.futures.wait, self._ends, CLOSE_S)
        with suppress(Exception):
            await asyncio.to_thread(self._client.close, CLOSE_S)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _end_call(self, running: concurrent.futures.Future[Any], call_id: str, address: str | None) -> None:
        with suppress(Exception):  # whoever went away has ended it
            running.cancel()
            if address is not None:
                self._client.run(worker.stop, [call_id], workers=[address], on_error="ignore")

    def _note_event(self, event: tuple[float, Any]) -> None:
        _, (call_id, message) = event
        self._in_loop(self._take, call_id, message)

    def _take(self, call_id: str, message: Any) -> None:
        if taker := self._takers.get(call_id):
            taker(message)

    def _in_loop(self, function: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(function, *args)

    async def _in_thread(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        return await self._loop.run_in_executor(self._threads, partial(function, *args, **kwargs))


def _check(address: str) -> None:
    from distributed import Security  # noqa: PLC0415 - an extra
    from distributed.comm.addressing import parse_address, parse_host_port  # noqa: PLC0415
    from distributed.comm.registry import get_backend  # noqa: PLC0415

    scheme, place = parse_address(address)
    get_backend(scheme)
    parse_host_port(place)
    security: Any = Security
    if scheme == "tls" and security().get_connection_args("client").get("ssl_context") is None:
        raise FatalError(NO_CERTIFICATE.format(address), ExitCode.USAGE)


async def _knock(address: str, timeout_s: float) -> None:
    """Raise OSError or TimeoutError where no scheduler answers.

    A client cannot be cancelled while it looks for one, and waits for ever for the greeting of who is none.
    """
    from distributed import Security  # noqa: PLC0415 - an extra
    from distributed.comm.core import connect  # noqa: PLC0415

    security, knock = cast("Any", Security), cast("Any", connect)
    arguments = security().get_connection_args("client")
    try:
        async with asyncio.timeout(timeout_s):
            comm = await knock(address, timeout=timeout_s, **arguments)
    except OSError:  # a TimeoutError among them
        raise
    except Exception as error:  # what it said was not Dask's
        raise OSError(f"not a scheduler at {address}") from error
    comm.abort()


def _in_words(answer: Any) -> int | str:
    if isinstance(answer, BaseException) and ModuleNotFoundError.__name__ in repr(answer):  # or about one
        return f"batch-transcriber, as it is here, is not installed there ({answer})"
    if isinstance(answer, BaseException):
        return f"{type(answer).__name__}: {answer}".partition("\n")[0]
    return answer if isinstance(answer, int) else str(answer)
