"""Room on the disk: recordings leave some to the database, or nothing could be finished and freed."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RESERVE_BYTES = 16_000_000  # the words of a day of speech, and more


def check_room(folder: Path, wanted_bytes: int, reserve_bytes: int) -> None:
    """Make sure that so much can be written to a folder's disk; nothing is looked at without a reserve.

    Raises:
        OSError: It would leave less than the reserve; as if the disk were full.
    """
    if reserve_bytes and shutil.disk_usage(folder).free < wanted_bytes + reserve_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
