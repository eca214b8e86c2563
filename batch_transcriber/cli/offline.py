"""`--offline`: the same API with a real recogniser, inside this process, for as long as the run lasts."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import SecretStr

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from batch_transcriber.cli.recogniser import Chosen
    from batch_transcriber.model import Request
    from batch_transcriber.settings import Settings

# What waits for the recogniser lies on disk a second time, so only a few are uploaded ahead.
AHEAD_PER_HEARING = 4
LINES_MAX = 20  # that are printed of what a list asks for in vain
POLL_INTERVAL_S = 0.25  # this machine minds no requests
POLL_INTERVAL_MAX_S = 1.0  # of what is heard for long, people watch how far it is
CANNOT = "it cannot tell speakers apart, redact, summarize, or judge what is said"
IN_ENGLISH = "where no language is named, English is expected; --language auto finds out"
_LANGUAGE_PARAMETERS = ("language_code", "language_codes", "language_detection")


@asynccontextmanager
async def serve_offline(
    chosen: Chosen,
    out: Path,
    settings: Settings,
    say: Callable[[str], None],
    on_lost: Callable[[FatalError], None] = lambda _: None,
) -> AsyncIterator[Settings]:
    """Serve the API on a loopback port with a random key, and yield the settings that lead to it.

    Args:
        chosen: What hears; if the settings name a Dask scheduler, its workers do.
        out: Where the texts go.
        settings: Of the run.
        say: Prints a line, also while the service is used.
        on_lost: Called once where nothing is heard any more.

    Raises:
        FatalError: the recogniser is not installed, or its model cannot be had or is not the one we know; or
            the cluster cannot be used.
    """
    from batch_transcriber.server import LocalService  # noqa: PLC0415 - only offline runs need it

    key = secrets.token_urlsafe(32)
    if settings.dask is None:
        leaves = "only the texts leave" if is_in_bucket(out) else "nothing leaves"
        say(f"offline, {leaves} this machine: {chosen.words}")
    else:
        from batch_transcriber.server.cluster_ears import Help  # noqa: PLC0415 - few have a cluster

        chosen.recogniser.hear_on(Help(settings.dask, settings.dask_wait_s, settings.dask_lost, say, on_lost))
        say(f"offline, recordings go to the workers of {settings.dask} and nowhere else: {chosen.words}")
    say(CANNOT)
    if len(chosen.recogniser.languages) > 1 and not any(map(settings.options.get, _LANGUAGE_PARAMETERS)):
        say(IN_ENGLISH)
    async with (
        chosen.recogniser as recogniser,
        LocalService(recogniser, key=key, concurrency=recogniser.concurrency) as service,
    ):
        yield settings.model_copy(
            update={
                "api_key": SecretStr(key),
                "base_url": service.base_url,
                "in_flight": min(settings.in_flight, AHEAD_PER_HEARING * recogniser.concurrency),
                "poll_interval_s": POLL_INTERVAL_S,
                "poll_interval_max_s": POLL_INTERVAL_MAX_S,
                "price_per_hour_usd": Decimal(0),
                "dask": None,  # which hears, and has no uploads to do
            }
        )


def check_list(path: Path, requests: Iterable[Request], chosen: Chosen) -> None:
    """Make sure that the recogniser can do what a job list asks for, before it is loaded.

    Raises:
        FatalError: it cannot; each way of asking is named with the first source that asks in it.
    """
    refused: dict[bytes, str] = {}
    known: set[bytes] = set()
    for request in requests:
        if request.parameters.digest in known:
            continue
        known.add(request.parameters.digest)
        if reason := chosen.refusal(request.parameters.values):
            refused[request.parameters.digest] = f"{path}: {request.source}: {reason}"
    if refused:
        lines = tuple(refused.values())
        more = (f"and {len(lines) - LINES_MAX:,} more",) if len(lines) > LINES_MAX else ()
        raise FatalError(
            f"{path} asks for what --offline cannot do; nothing was done",
            ExitCode.USAGE,
            (*lines[:LINES_MAX], *more),
        )
