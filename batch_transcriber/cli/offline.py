"""`--offline`: the same API with a real recogniser, inside this process, for as long as the run lasts."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import SecretStr

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from batch_transcriber.model import Request
    from batch_transcriber.settings import Settings

# What waits for the recogniser lies on disk a second time, so only a few are uploaded ahead.
AHEAD_PER_HEARING = 4
LINES_MAX = 20  # that are printed of what a list asks for in vain
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


def check_offline(path: Path, requests: Iterable[Request]) -> None:
    """Make sure that the recogniser can do what a job list asks for, before it is loaded.

    Raises:
        FatalError: it cannot; each way of asking is named with the first source that asks in it.
    """
    from batch_transcriber.server.refusals import RefusedError  # noqa: PLC0415 - only offline runs need it
    from batch_transcriber.server.requests import read_submission  # noqa: PLC0415
    from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: PLC0415

    recogniser = WhisperRecogniser()
    refused: dict[bytes, str] = {}
    known: set[bytes] = set()
    for request in requests:
        if request.parameters.digest in known:
            continue
        known.add(request.parameters.digest)
        try:
            read_submission({"audio_url": "http://127.0.0.1", **request.parameters.values}, recogniser)
        except RefusedError as error:
            refused[request.parameters.digest] = f"{path}: {request.source}: {error}"
    if refused:
        lines = tuple(refused.values())
        more = (f"and {len(lines) - LINES_MAX:,} more",) if len(lines) > LINES_MAX else ()
        raise FatalError(
            f"{path} asks for what --offline cannot do; nothing was done",
            ExitCode.USAGE,
            (*lines[:LINES_MAX], *more),
        )
