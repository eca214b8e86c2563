"""The workers of one scheduler, as they come and go, and calls that outlive them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.cluster.connection import Connection, GoneError
from batch_transcriber.errors import ExitCode, FatalError, TranscriberError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.cluster.worker import Preparation

NOT_INSTALLED = "Dask is not installed; in the project's folder: pip install '.[dask]'"
NO_ADDRESS = "{!r} (--dask) is no address of a Dask scheduler; it looks like tcp://host:8786"
CONNECT_S = 10.0
RECONNECT_S = 2.0
LOOK_S = 1.0  # how often it is looked who is there
DEATHS_MAX = 3  # of workers during one call: no accident any more


class ClusterLostError(TranscriberError):
    """The scheduler, or all workers, stayed away for longer than was to be waited."""


class WorkerDiedError(TranscriberError):
    """Worker after worker died of a call."""


@dataclass(eq=False, slots=True)
class _Member:
    """A worker that is ready.

    Attributes:
        worker_id: Of the process: an address may be taken by the next one.
        address: Where Dask finds it.
        places: Calls that it takes at a time.
        used: Those that it has.
        gone: Set when it went away.
    """

    worker_id: str
    address: str
    places: int
    used: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Cluster:
    """Calls on the workers of a Dask scheduler; an async context manager, within one event loop.

    On entering, every worker is prepared; so is each that joins later. A scheduler that went away is looked
    for as long as the cluster is open, also after calls were told that it is lost.

    Args:
        address: Of the scheduler, such as `tcp://127.0.0.1:8786`.
        preparation: What is done on a worker before it gets calls.
        patience_s: How long calls wait while there is no scheduler, or no worker.
        say: Gets a line when workers or the scheduler come, go, or can't be used.
    """

    def __init__(
        self,
        address: str,
        preparation: Preparation,
        *,
        patience_s: float = 60.0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.address = address
        self._preparation = preparation
        self._patience_s = patience_s
        self._say = say
        self._connection: Connection | None = None
        self._members: dict[str, _Member] = {}  # ready ones, by their id
        self._known: set[str] = set()  # ids of all workers, also of those that were left out
        self._changed = asyncio.Condition()
        self._admissions: set[asyncio.Task[None]] = set()
        self._away_since: float | None = None  # loop clock

    async def __aenter__(self) -> Self:
        """Connect, and prepare the workers.

        Raises:
            FatalError: Dask is not installed, no scheduler answers, or it or all workers cannot be used.
        """
        try:
            self._connection = await Connection.open(self.address, self._preparation, CONNECT_S)
        except ImportError as error:
            raise FatalError(NOT_INSTALLED, ExitCode.LOCAL) from error
        except ValueError as error:
            raise FatalError(NO_ADDRESS.format(self.address), ExitCode.USAGE) from error
        except (OSError, TimeoutError) as error:
            raise FatalError(
                f"no Dask scheduler answers at {self.address} (--dask); one is started by: dask scheduler",
                ExitCode.USAGE,
            ) from error
        try:
            await self._begin(self._connection)
        except BaseException:
            await self._connection.close()
            raise
        self._watching = asyncio.create_task(self._watch(), name="watch the cluster")
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [self._watching, *self._admissions]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if self._connection is not None:
            await self._connection.close()

    @property
    def places(self) -> int:
        """How many calls can run at a time, over all workers that are ready now."""
        return sum(member.places for member in self._members.values())

    async def call(
        self,
        function: Callable[..., Any],
        *args: object,
        on_message: Callable[[Any], None] | None = None,
    ) -> Any:
        """Run a function on a worker that has a free place, and return what it returns.

        If its worker goes away, another one begins anew. Cancelled, the call ends at the worker, too.

        Args:
            function: Of a module. It gets `args` and then a `Link`, in a thread of the worker; a coroutine
                function in the worker's event loop.
            args: What can be pickled; sent once a try.
            on_message: Gets the link's messages, in this event loop.

        Raises:
            ClusterLostError: There was no scheduler, or no worker, for `patience_s`.
            WorkerDiedError: Three workers went away while they had this call.
            Exception: What the function raised.
        """
        deaths = 0
        while True:
            member, connection = await self._take_place()
            try:
                return await connection.call(member.address, function, args, on_message, member.gone)
            except GoneError as error:
                # Ready no longer until the next look says otherwise.
                self._forget(member)
                deaths += connection.is_open
                if deaths >= DEATHS_MAX:
                    raise WorkerDiedError(
                        f"{deaths} workers died one after the other while they had it"
                    ) from error
            finally:
                member.used -= 1
                await self._tell_all()

    @property
    def _waited_for(self) -> str:
        return f" is waited for, {self._patience_s:.0f} s"

    async def _begin(self, connection: Connection) -> None:
        try:
            if reason := await connection.refusal():
                raise FatalError(
                    f"the Dask scheduler at {self.address} cannot be used: {reason}", ExitCode.USAGE
                )
            new = await self._look(connection)
            refusals = await self._admit(connection, new)
        except GoneError as error:
            raise FatalError(f"the Dask scheduler at {self.address} went away", ExitCode.USAGE) from error
        if not self._members:
            if new:
                line = f"no worker of the Dask scheduler at {self.address} can be used"
            else:
                line = f"the Dask scheduler at {self.address} has no workers; start some with: "
                line += f"dask worker {self.address}"
            raise FatalError(line, ExitCode.USAGE, refusals)
        for line in refusals:
            self._say(line)
        workers = "1 worker" if len(self._members) == 1 else f"{len(self._members)} workers"
        self._say(f"the Dask scheduler at {self.address} has {workers} for this, {self.places} at a time")

    async def _watch(self) -> None:
        """Keep to who is there, and look for a scheduler that went away."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if self._connection is None:
                    self._connection = await Connection.open(self.address, self._preparation, RECONNECT_S)
                    self._say(f"the Dask scheduler at {self.address} is back")
                connection = self._connection
                if new := await self._look(connection):
                    admission = asyncio.create_task(self._admit_later(connection, new))
                    self._admissions.add(admission)
                    admission.add_done_callback(self._admissions.discard)
            except (OSError, TimeoutError, ImportError, ValueError):
                pass  # not back yet, or not as it was
            except GoneError:
                await self._lose_connection()
            self._away_for_s()
            await self._tell_all()

    async def _look(self, connection: Connection) -> dict[str, str]:
        """Forget who went away, and return the addresses of who is new, by their ids."""
        there = await connection.workers()
        for worker_id in self._members.keys() - there.keys():
            self._say(f"worker {self._members[worker_id].address} went away; what it had is begun anew")
            self._forget(self._members[worker_id])
            if not self._members:
                self._say(f"the Dask scheduler at {self.address} has no worker left; one{self._waited_for}")
        new = {worker_id: address for worker_id, address in there.items() if worker_id not in self._known}
        self._known = set(there)
        return new

    async def _admit(self, connection: Connection, new: dict[str, str]) -> tuple[str, ...]:
        """Prepare workers; return a line for each that can't be used."""
        answers = await connection.prepare(list(new.values())) if new else {}
        refusals = []
        for worker_id, address in new.items():
            answer = answers.get(address, "it went away")
            if isinstance(answer, str):
                refusals.append(f"worker {address} is left out: {answer}")
            else:
                self._members[worker_id] = _Member(worker_id, address, answer)
        return tuple(refusals)

    async def _admit_later(self, connection: Connection, new: dict[str, str]) -> None:
        before = self._members.keys() | set()
        try:
            for line in await self._admit(connection, new):
                self._say(line)
        except GoneError:
            self._known -= new.keys()  # if the scheduler is there all the same, they are new at the next look
        for worker_id in new.keys() & (self._members.keys() - before):
            self._say(f"worker {new[worker_id]} joined")
        await self._tell_all()

    async def _lose_connection(self) -> None:
        for admission in self._admissions:
            admission.cancel()
        for member in list(self._members.values()):
            self._forget(member)
        self._known.clear()
        self._say(f"the Dask scheduler at {self.address} went away; it{self._waited_for}")
        if self._connection is not None:
            await self._connection.close()
            self._connection = None  # not before: whoever cancels this closes it again

    def _forget(self, member: _Member) -> None:
        """Give a worker no more calls; where it is still there, the next look finds it anew."""
        member.gone.set()
        self._members.pop(member.worker_id, None)
        self._known.discard(member.worker_id)

    async def _take_place(self) -> tuple[_Member, Connection]:
        """Wait for a free place, on the worker that is the least busy."""
        async with self._changed:
            while True:
                free = [member for member in self._members.values() if member.used < member.places]
                if free and self._connection is not None:
                    member = min(free, key=lambda member: member.used / member.places)
                    member.used += 1
                    return member, self._connection
                self._check_patience()
                await self._changed.wait()

    def _check_patience(self) -> None:
        """Raise ClusterLostError where nobody was there for too long."""
        if self._away_for_s() >= self._patience_s:
            who = "scheduler" if self._connection is None else "workers"
            raise ClusterLostError(
                f"the Dask {who} at {self.address} stayed away for {self._patience_s:.0f} s"
            )

    def _away_for_s(self) -> float:
        """Return for how long no worker has been there; it is to be asked at every look."""
        now = asyncio.get_running_loop().time()
        if self._members:
            self._away_since = None
            return 0.0
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since

    async def _tell_all(self) -> None:
        async with self._changed:
            self._changed.notify_all()
