"""What the tests have the workers of a cluster do."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.errors import PermanentError

if TYPE_CHECKING:
    from batch_transcriber.cluster import Link

DEADLINE_S = 20


def prepared(threads: int, folder: str) -> int:
    """Take what the file `places` says; as many calls as there are threads where there is none."""
    with Path(folder, "prepared").open("a") as file:
        file.write(f"{os.getpid()}\n")
    places = Path(folder, "places")
    if not places.exists():
        return threads
    if not (text := places.read_text()).isdigit():
        raise PermanentError(text)
    return int(text)


def prepared_late(threads: int, folder: str) -> int:
    """Say that it has begun, and wait until the file `go` is there."""
    Path(folder, "begun").touch()
    deadline = time.monotonic() + DEADLINE_S
    while not Path(folder, "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return threads


def process_id(link: Link) -> int:
    del link
    return os.getpid()


def length(data: bytes, link: Link) -> int:
    for number in range(3):
        link.send([number, "of three"])
    return len(data)


async def length_later(data: bytes, link: Link) -> int:
    link.send("async")
    await asyncio.sleep(0)
    return len(data)


def fail(link: Link) -> None:
    del link
    raise PermanentError("no good", http_status=400)


def die(link: Link) -> None:
    del link
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_file(path: str, link: Link) -> int:
    """Say who waits, and wait until the file is there or nobody wants to know any more."""
    link.send(os.getpid())
    while not Path(path).exists():
        if link.stopped.wait(0.05):
            Path(f"{path}.stopped").touch()
            break
    return os.getpid()


async def wait_for_ever(path: str, link: Link) -> None:
    link.send(os.getpid())
    try:
        await asyncio.sleep(DEADLINE_S)
    finally:
        Path(f"{path}.stopped").touch()  # noqa: ASYNC240 - nothing else is to be done
