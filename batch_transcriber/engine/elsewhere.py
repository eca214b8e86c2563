"""Uploads by the workers of a Dask cluster, and by this machine while there is none."""

from __future__ import annotations

import asyncio
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.client.carrier import check_worker
from batch_transcriber.client.errand import Terms
from batch_transcriber.cluster import Cluster, ClusterLostError, Preparation
from batch_transcriber.engine.rounds import Rounds
from batch_transcriber.engine.slots import UploadSlots
from batch_transcriber.errors import ExitCode, FatalError, NotSeenError
from batch_transcriber.events import Notice, UploadsAdapted
from batch_transcriber.model import DaskLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AsyncExitStack

    from batch_transcriber.client import Look, TranscriptionClient
    from batch_transcriber.client.look import Stamp
    from batch_transcriber.events import Event
    from batch_transcriber.model import Request
    from batch_transcriber.settings import Settings

MOST = 64  # uploads at a time, as by --uploads
QUEUED = 256  # that are ready to be sent, so that small ones make full rounds
HERE = 16  # at a time from this machine, while the cluster is lost
PLACES_MAX = 16  # of the sources that every worker must see
UNSEEN_MAX = 10  # recordings, before it is taken for a folder that is not mounted anywhere
SOURCES_MAX = 1_000  # that are looked at for these
URL_SIGN = "://"


async def open_cluster(
    stack: AsyncExitStack,
    client: TranscriptionClient,
    settings: Settings,
    asked: Iterable[Request],
    tell: Callable[[Event], None],
    *,
    stop: asyncio.Event,
) -> ClusterUploads | None:
    """Return what uploads on the cluster of these settings; None where there is none, or nothing to upload.

    None, too, once somebody stops the run.

    Args:
        stack: Lets go of the cluster.
        client: Open; it sets the pace.
        settings: Of the run.
        asked: What workers must see the first of.
        tell: Gets every event.
        stop: Ends the wait for the workers when it is set.

    Raises:
        FatalError: nobody is there, or no worker can upload for this run.
    """
    if settings.dask is None or not await asyncio.to_thread(_has_files, asked):
        return None
    places = await asyncio.to_thread(_places, asked)
    cluster = Cluster(
        settings.dask,
        Preparation("uploads", check_worker, (Terms.of(settings, places),)),
        patience_s=settings.dask_wait_s,
        say=lambda line: tell(Notice(line)),
    )
    opening = asyncio.create_task(stack.enter_async_context(cluster), name="open the cluster")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        opening.cancel()  # where it has not ended
    try:
        await opening
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        return None
    except FatalError as error:
        for line in error.details:
            tell(Notice(line))
        raise
    uploads = ClusterUploads(client, cluster, settings, tell)
    stack.push_async_callback(uploads.close)
    return uploads


class ClusterUploads:
    """Have recordings sent by the workers of a cluster; a lost cluster ends the run, or this machine goes on.

    Args:
        client: Open; it sets the pace, and uploads while the cluster is lost.
        cluster: Open, and owned by the caller, as is the client.
        settings: What is done when the cluster is lost.
        tell: Gets every event.

    Attributes:
        slots: The limit of uploads at a time: as many as the workers have threads, unless the settings say.
    """

    def __init__(
        self,
        client: TranscriptionClient,
        cluster: Cluster,
        settings: Settings,
        tell: Callable[[Event], None],
    ) -> None:
        self._client = client
        self._cluster = cluster
        self._lost = settings.dask_lost
        self._tell = tell
        self._is_lost = False
        self._has_seen = False  # a worker has sent a recording
        self._unseen = 0
        self.slots = UploadSlots(
            settings.uploads,
            lambda *now: tell(UploadsAdapted(*now)),
            lambda: min(cluster.places or HERE, MOST),
        )
        self._rounds = Rounds(cluster, self.slots)

    def drop_waiting(self) -> None:
        """Begin no upload that waits for its turn."""
        self._rounds.drop_waiting()

    async def close(self) -> None:
        """End what is under way."""
        await self._rounds.close()

    async def upload(
        self,
        path: Path | str,
        on_progress: Callable[[int, int, int], None] | None = None,
        on_digest: Callable[[bytes, Stamp], None] | None = None,
        look: Look | None = None,
    ) -> str:
        """Have a recording sent, and return its `upload_url`.

        Raises:
            FatalError: the cluster is lost, and the run was to stop then; or no worker sees any recording.
            NotSeenError: the workers do not see this one, and it was not to be sent from here.
            FileNotFoundError: the file is gone.
        """
        if self._cluster.places:
            self._is_lost = False
        if not self._is_lost and URL_SIGN not in str(path):  # what lies in a bucket is read here
            try:
                upload_url = await self._client.upload_by(
                    self._rounds.send, path, on_progress, on_digest, look
                )
            except ClusterLostError as error:
                self._note_lost(str(error))
            except NotSeenError as error:
                self._note_unseen(error)
            else:
                self._has_seen = True
                return upload_url
        async with self.slots:
            return await self._client.upload(path, on_progress, on_digest, look)

    def _note_lost(self, words: str) -> None:
        if self._lost is DaskLost.STOP:
            raise FatalError(f"{words} (--dask-lost stop); the same command goes on", ExitCode.UNREACHABLE)
        if not self._is_lost:
            self._is_lost = True
            self._tell(Notice(f"{words}; uploads go on from this machine until the cluster is back"))

    def _note_unseen(self, error: NotSeenError) -> None:
        self._unseen += 1
        if not self._has_seen and self._unseen >= UNSEEN_MAX:
            raise FatalError(
                f"{error}, nor did a worker see any of the {self._unseen - 1} before; {error.advice}",
                ExitCode.USAGE,
            ) from None
        if self._lost is DaskLost.STOP:
            raise error
        if self._unseen == 1:
            self._tell(Notice(f"{error}; {error.advice} Such recordings are sent from this machine"))


def _has_files(asked: Iterable[Request]) -> bool:
    return any(URL_SIGN not in request.source for request in asked)


def _places(asked: Iterable[Request]) -> tuple[str, ...]:
    """Return where the first sources are: themselves, or the folder above one that is not there."""
    places: dict[str, None] = {}
    for request in islice(asked, SOURCES_MAX):
        if URL_SIGN in request.source:
            continue
        path = Path(request.source).absolute()
        there = (place for place in (path, *path.parents) if os.path.exists(place))  # noqa: PTH110 - never raises
        places[str(next(there))] = None
        if len(places) == PLACES_MAX:
            break
    return tuple(places)
