"""Sign stage: an object in a bucket gets an address that the service can fetch it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.buckets.address import Address
from batch_transcriber.buckets.store import answer, store_of
from batch_transcriber.client import check_size, retried
from batch_transcriber.engine.ledger import Next
from batch_transcriber.events import Skipped, SkipReason
from batch_transcriber.journal import State
from batch_transcriber.model import Origin

if TYPE_CHECKING:
    from batch_transcriber.engine.routes import Routes
    from batch_transcriber.engine.work import Work
    from batch_transcriber.settings import Settings

SIGNERS = 16  # a request to the store each
VALID_S = 24 * 3600  # as long as the service keeps an upload, so that both are taken for old at one age


class SignStage:
    """Have objects signed; each is looked at once more before, for it was listed some time ago.

    Args:
        settings: How often a store that is away is asked again.
        routes: Where jobs go from here.

    Attributes:
        is_closed: Set it, and what has not begun does not begin any more.
    """

    def __init__(self, settings: Settings, routes: Routes) -> None:
        self._settings = settings
        self._routes = routes
        self.is_closed = False

    async def handle(self, work: Work) -> None:
        """Take a job to its submit; its address is in the journal then.

        Raises:
            PermanentError: it cannot be had, or is too large for the service.
            RetryableError: the store is away.
        """
        routes, copies, ledger = self._routes, self._routes.copies, self._routes.ledger
        if self.is_closed:
            return  # as if it had not been found: the next run begins with it
        if not await routes.may_cost(work):
            return
        address = Address.parse(work.job.source)
        store = store_of(address)

        async def look(_number: int) -> Origin:
            stored = await answer(store.look(address))
            check_size(stored.size_bytes, is_fetched=True)
            return Origin.of(work.job.source, stored.size_bytes, stored.stamp_ns)

        async def sign(_number: int) -> str:
            return await answer(store.sign(address, VALID_S))

        try:
            origin = await retried(look, self._settings)
        except FileNotFoundError:
            ledger.skip(work)
            routes.release(work)
            routes.end(work, Skipped(work.job.source, SkipReason.VANISHED, job=work.job))
            return
        where = Next.UPLOAD
        if origin != work.origin:  # it changed since it was found
            work.origin = origin
            where = copies.settle(work, origin.version)
            routes.free(work)  # they have what it was before
        if where is Next.UPLOAD:
            audio_url = await retried(sign, self._settings)
            ledger.plan_again(work)
            work.uploads += 1
            work.audio_url = audio_url
            ledger.move(work, State.UPLOADED, upload_url=audio_url)
            where = Next.SUBMIT
        routes.route(work, where)
