"""What a service that runs for weeks does beside: uploads that nobody had transcribed go."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from batch_transcriber.server.store import Store
    from batch_transcriber.server.uploads import Uploads

UPLOAD_MAX_AGE_S = 24 * 3600.0

logger = logging.getLogger(__name__)


class Upkeep:
    """Removes old uploads at once and from time to time; those still to be heard stay.

    Args:
        store: Knows what is still to be heard.
        uploads: Where they are.
        max_age_s: Older ones go.
        every_s: Pause between two looks.
    """

    def __init__(
        self, store: Store, uploads: Uploads, *, max_age_s: float = UPLOAD_MAX_AGE_S, every_s: float = 600.0
    ) -> None:
        self._store = store
        self._uploads = uploads
        self._max_age_s = max_age_s
        self._every_s = every_s
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._task = self._group.create_task(self._run(), name="upkeep")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await self._group.__aexit__(None, None, None)

    async def _run(self) -> None:
        while True:
            try:
                for name in self._uploads.older_than(self._max_age_s):
                    if not self._store.is_awaited(name):
                        self._uploads.remove(name)
            except OSError as error:
                logger.warning("old uploads cannot be removed (%s)", error.strerror)
            await asyncio.sleep(self._every_s)
