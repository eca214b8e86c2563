"""A Dask client: how it is opened without a word of its own, and closed in time."""

from __future__ import annotations

import asyncio
import importlib
import logging
import warnings
from contextlib import suppress
from typing import Any

from batch_transcriber.errors import ExitCode, FatalError

NO_CERTIFICATE = (
    "{} (--dask) needs certificates, and Dask's configuration names none; set "
    "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ..__CLIENT__CERT and ..__CLIENT__KEY"
)
CLOSE_S = 0.5  # each, for calls to end at the workers and for the scheduler's good-bye: a stop waits for both
PIECE_BYTES = "100 MB"  # Dask warns of arguments above a tenth of that; a piece of audio has it


async def open_client(address: str, timeout_s: float) -> Any:
    """Return a client that works in this event loop.

    Raises:
        OSError: No scheduler answers there in time.
        ValueError: It is no address.
        FatalError: It is one for TLS, and Dask knows no certificate.
    """
    await asyncio.to_thread(importlib.import_module, "distributed")  # an extra, and a second of imports
    import dask  # noqa: PLC0415
    from distributed import Client  # noqa: PLC0415
    from distributed.versions import VersionMismatchWarning  # noqa: PLC0415

    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":  # we say ourselves what is lost
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)  # and what must be the same
    dask.config.set({"distributed.admin.large-graph-warning-threshold": PIECE_BYTES})
    _check(address)  # a client that fails of it says so itself, at length and late
    opening: Any = Client
    client = opening(address, timeout=timeout_s, set_as_default=False, asynchronous=True)
    try:
        async with asyncio.timeout(timeout_s):  # Dask gives each of its steps so long
            await client
    except BaseException as error:
        await close_client(client)
        if isinstance(error, Exception) and not isinstance(error, OSError):  # what it said was not Dask's
            raise OSError(f"something else answers at {address}") from error
        raise
    return client


async def close_client(client: Any) -> None:
    """Close it, whatever the scheduler says to that."""
    with suppress(Exception):
        await client.close(CLOSE_S)


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
