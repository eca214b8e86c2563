"""Pieces of recordings heard by the workers of a Dask cluster, and by this machine where it has none left."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batch_transcriber.cluster import Cluster, ClusterLostError, Preparation
from batch_transcriber.errors import ExitCode, FatalError, TranscriberError
from batch_transcriber.model import DaskLost
from batch_transcriber.server import hearing_worker
from batch_transcriber.server.ears import OwnEars
from batch_transcriber.server.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_transcriber.model import Word
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.ears import Report, Settle
    from batch_transcriber.server.models import Model
    from batch_transcriber.server.recogniser import Effort, Wanted


@dataclass(frozen=True, slots=True)
class Help:
    """Who hears instead of this machine.

    Attributes:
        address: Of the Dask scheduler.
        patience_s: How long pieces wait while there is no scheduler, or no worker.
        lost: What is done then.
        say: Gets a line when workers or the scheduler come, go, or can't be used.
        on_lost: Called once with why nothing is heard any more; what is being heard is to be cancelled.
    """

    address: str
    patience_s: float
    lost: DaskLost
    say: Callable[[str], None]
    on_lost: Callable[[FatalError], None]


class ClusterEars:
    """The workers of a cluster.

    Args:
        model: The one that each of them loads.
        named: How it was asked for: a folder, which is to be at the same place over there, or a name.
        effort: How much work a transcript is worth.
        help: Who they are.
    """

    def __init__(self, model: Model, named: str | None, effort: Effort, help: Help) -> None:  # noqa: A002
        is_folder = named is not None and Path(named).expanduser().is_dir()
        self._named = str(Path(named).expanduser().resolve()) if named and is_folder else named
        self._effort = effort
        self._help = help
        self._cluster = Cluster(
            help.address,
            Preparation(
                "hearing", hearing_worker.prepare, (self._named, effort), packages=hearing_worker.PACKAGES
            ),
            patience_s=help.patience_s,
            say=help.say,
        )
        self._own = OwnEars(model, effort)
        self._loading = asyncio.Lock()
        self._is_own_loaded = False
        self._is_lost = False  # as was said
        self._is_given_up = False
        self._vocabulary: Vocabulary | None = None
        self._stack = AsyncExitStack()

    @property
    def places(self) -> int:
        """How many pieces are heard at a time, now."""
        return self._own.places if self._is_lost and self._is_own_loaded else self._cluster.places

    async def __aenter__(self) -> Self:
        """Connect, and have all workers load the model.

        Raises:
            FatalError: Dask is not installed, no scheduler answers, or no worker can be used.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._cluster)
            try:
                parts = await self._cluster.call(hearing_worker.vocabulary, self._named, self._effort)
            except TranscriberError as error:
                raise FatalError(str(error), ExitCode.USAGE) from error
            self._vocabulary = await asyncio.to_thread(Vocabulary.of_parts, *parts)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether they can listen for all of these at once; until it is entered, that they can."""
        return self._vocabulary is None or self._vocabulary.takes(key_terms)

    async def hear(self, piece: Piece, wanted: Wanted, *, report: Report, settle: Settle) -> list[Word]:
        """Return what is said in a piece; it is heard anew where a worker goes away.

        Raises:
            WorkerDiedError: Worker after worker died of it.
        """

        def take(message: Any) -> None:
            match message:
                case [hearing_worker.HEARD, int() | float() as heard_s]:
                    report(heard_s)
                case [hearing_worker.SETTLED, str() as language, int() | float() as confidence]:
                    settle((language, confidence))

        try:
            words, found = await self._cluster.call(
                hearing_worker.hear, self._named, self._effort, piece, wanted, on_message=take
            )
        except ClusterLostError as error:
            own = await self._without_cluster(error)
            return await own.hear(piece, wanted, report=report, settle=settle)
        self._is_lost = False
        if found is not None:  # messages may come late
            settle(found)
        report(piece.duration_s)
        return list(words)

    async def _without_cluster(self, error: ClusterLostError) -> OwnEars:
        """Return what hears now; who hears nothing any more waits until it is cancelled."""
        async with self._loading:
            is_news, self._is_lost = not self._is_lost, True
            if self._help.lost is DaskLost.STOP:
                line = f"{error}; what was not heard is heard after the next start"
                self._give_up(FatalError(line, ExitCode.UNREACHABLE))
            else:
                if is_news:
                    self._help.say(f"{error}; recordings are heard on this machine until the cluster is back")
                try:
                    if not self._is_own_loaded:
                        await self._stack.enter_async_context(self._own)
                        self._is_own_loaded = True
                except FatalError as fatal:
                    self._give_up(fatal)
                else:
                    return self._own
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    def _give_up(self, error: FatalError) -> None:
        if not self._is_given_up:
            self._is_given_up = True
            self._help.on_lost(error)
