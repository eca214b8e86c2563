"""Who is measured: our command, and what else a folder of recordings can be transcribed with.

The vendor's own command line is not here: it knows the addresses of the vendor's own services only, and
cannot be pointed at one on this machine.
"""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measure import COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "batch-transcriber"
FEWER = "batch-transcriber, a tenth"  # over the first tenth of the recordings
BARE = "bare loop"
EACH_SECOND = "a GET every second"
SDK_GROUP = "SDK, as a group"
SDK_ASYNCIO = "SDK, asyncio"
CURL = "curl, four at a time"

SDK = [sys.executable, "-m", "tests.benchmarks.sdk"]
FLOOR = [sys.executable, "-m", "tests.benchmarks.bare"]
CURLS = [str(Path(__file__).with_name("curls.sh"))]
# By name: the command for a folder of recordings and an existing folder for the texts.
PEERS: dict[str, Callable[[str, str], list[str]]] = {
    OURS: lambda recordings, out: [COMMAND, "run", recordings, "-o", out],
    FEWER: lambda recordings, out: [COMMAND, "run", recordings, "-o", out],
    BARE: lambda recordings, out: [*FLOOR, "list", recordings, out],
    EACH_SECOND: lambda recordings, out: [*FLOOR, "id", recordings, out],
    SDK_GROUP: lambda recordings, out: [*SDK, "group", recordings, out],
    SDK_ASYNCIO: lambda recordings, out: [*SDK, "asyncio", recordings, out],
    CURL: lambda recordings, out: [*CURLS, recordings, out],
}


def is_ours(peer: str) -> bool:
    return PEERS[peer]("", "")[0] == COMMAND


def is_here(peer: str) -> bool:
    """Tell whether what a peer needs is installed."""
    if peer in (SDK_GROUP, SDK_ASYNCIO):
        return find_spec("assemblyai") is not None and find_spec("httpx") is not None
    return peer != CURL or shutil.which("curl") is not None
