"""What the tests ask the workers that hear."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from batch_transcriber.cluster import worker
from batch_transcriber.server import hearing_worker

if TYPE_CHECKING:
    from batch_transcriber.cluster import Link


def models_loaded(_: Link) -> tuple[int, list[int]]:
    """Return the process, and which objects are its models."""
    return os.getpid(), sorted(map(id, hearing_worker._listeners.values()))


def others_under_way(_: Link) -> int:
    """Return how many calls the process has besides this one."""
    return len(worker._stops) - 1
