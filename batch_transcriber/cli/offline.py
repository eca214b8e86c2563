"""`--offline`: the same API with a real recogniser, inside this process, for as long as the run lasts."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from batch_transcriber.settings import Settings

# What waits for the recogniser lies on disk a second time, so only a few are uploaded ahead.
AHEAD_PER_HEARING = 4
POLL_INTERVAL_S = 0.25  # this machine minds no requests


@asynccontextmanager
async def serve_offline(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Settings]:
    """Serve the API on a loopback port with a random key, and yield the settings that lead to it.

    Raises:
        FatalError: the recogniser is not installed, or its model is not the one we know.
    """
    from batch_transcriber.server import LocalService  # noqa: PLC0415 - only offline runs need it
    from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: PLC0415

    key = secrets.token_urlsafe(32)
    async with (
        WhisperRecogniser() as recogniser,
        LocalService(recogniser, key=key, concurrency=recogniser.concurrency) as service,
    ):
        at_a_time = recogniser.concurrency
        say(f"offline, nothing leaves this machine: {recogniser.name}, English only, {at_a_time} at a time")
        yield settings.model_copy(
            update={
                "api_key": SecretStr(key),
                "base_url": service.base_url,
                "in_flight": min(settings.in_flight, AHEAD_PER_HEARING * recogniser.concurrency),
                "poll_interval_s": POLL_INTERVAL_S,
                "price_per_hour_usd": Decimal(0),
            }
        )
