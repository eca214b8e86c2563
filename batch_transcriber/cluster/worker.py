"""What runs on a worker: its preparation, the calls, and the end of a call that nobody waits for any more."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import TranscriberError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

MISSING = "missing"
_OURS = ("batch-transcriber", "distributed")


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done on every worker before it gets calls, also on those that join later.

    Attributes:
        kind: What the calls are, in a word; it names the resource by which Dask counts them.
        function: Of a module. It is called in a thread of the worker with the number of its threads and
            `args`, more than once where several runs have one worker, and returns how many calls the worker
            takes at a time. Its TranscriberError says why the worker takes none.
        packages: Must have the same versions on the worker as here, as Python and this package have.
    """

    kind: str
    function: Callable[..., int]
    args: tuple[object, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """The name of the resource of which a worker has one for each call that it takes at a time."""
        return f"batch-transcriber-{self.kind}"

    def versions(self) -> dict[str, str]:
        """Return what is installed here of all that must be the same."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return {"Python": python} | {name: _version(name) for name in (*_OURS, *self.packages)}


class Link:
    """The way back from a call to whoever made it.

    Attributes:
        address: The worker's own.
        stopped: Set once nobody waits for the call any more.
    """

    def __init__(self, worker: Any, topic: str, call_id: str) -> None:
        self.address: str = worker.address
        self.stopped = threading.Event()
        self._worker = worker
        self._topic = topic
        self._call_id = call_id

    def send(self, message: object) -> None:
        """Send a message; from any thread, in order, a few times a second at most.

        Args:
            message: Numbers, texts, and lists and dictionaries of them.
        """
        self._worker.log_event(self._topic, [self._call_id, message])


_stops: dict[str, Callable[[], object]] = {}  # of the calls under way in this process


async def prepare(preparation: Preparation, versions: Mapping[str, str], *, dask_worker: Any) -> int | str:
    """Make a worker ready; return how many calls it takes at a time, or why it takes none.

    Args:
        preparation: What is to be done.
        versions: What must be the same here.
        dask_worker: The worker; Dask fills it in.
    """
    if difference := compare(preparation, versions):
        return difference
    try:
        places = await asyncio.to_thread(preparation.function, dask_worker.state.nthreads, *preparation.args)
    except TranscriberError as error:
        return str(error)
    # Said again, Dask would forget what is in use.
    if dask_worker.state.total_resources.get(preparation.resource) != places:
        await dask_worker.set_resources(**{preparation.resource: places})
    return places


def compare(preparation: Preparation, versions: Mapping[str, str]) -> str | None:
    """Return what is not the same here, in words; None where all is."""
    here = preparation.versions()
    for name, theirs in versions.items():
        if here[name] == MISSING:
            return f"it has no {name}, this machine {theirs}; install the same packages there"
        if here[name] != theirs:
            return f"it has {name} {here[name]}, this machine {theirs}"
    return None


def run(function: Callable[..., object], args: tuple[object, ...], topic: str, call_id: str) -> object:
    """Call a function with a link as its last argument; in a thread of the worker."""
    link = _link(topic, call_id)
    _stops[call_id] = link.stopped.set
    try:
        return function(*args, link)
    finally:
        del _stops[call_id]


async def run_async(
    function: Callable[..., Awaitable[object]], args: tuple[object, ...], topic: str, call_id: str
) -> object:
    """Call a coroutine function with a link as its last argument; in the worker's event loop."""
    link = _link(topic, call_id)
    task = asyncio.ensure_future(function(*args, link))

    def stop() -> None:
        link.stopped.set()
        task.cancel()

    _stops[call_id] = stop
    try:
        return await task
    except asyncio.CancelledError as error:
        if link.stopped.is_set():  # the call ends, and not what runs the worker's calls
            raise concurrent.futures.CancelledError from error
        raise
    finally:
        del _stops[call_id]


async def stop(call_ids: Iterable[str]) -> None:
    """End those calls that are under way here."""
    for call_id in call_ids:
        if call_id in _stops:
            _stops[call_id]()


def _link(topic: str, call_id: str) -> Link:
    from distributed import get_worker  # noqa: PLC0415 - only workers come here

    return Link(get_worker(), topic, call_id)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING
