"""Where a run keeps what it knows of its output folder."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import is_in_bucket

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".batch-transcriber"
_DIGITS = 8


def home_of(out: Path) -> Path:
    """Return the folder of the journal and the lock: within the output folder, if that is one.

    A journal cannot be kept in a bucket; there, it is in the user's own folder for such things, one for each
    place in a bucket.
    """
    if not is_in_bucket(out):
        return out / FOLDER
    from platformdirs import user_state_path  # noqa: PLC0415 - few runs need it

    name = re.sub(r"[^A-Za-z0-9.]+", "-", str(out)).strip("-")[-60:]
    digest = sha256(os.fsencode(str(out))).hexdigest()[:_DIGITS]
    return user_state_path("batch-transcriber", appauthor=False) / f"{name}-{digest}"


def lists_of(out: Path) -> Path:
    """Return the folder of what is written for people besides the texts: failures, and a report."""
    return home_of(out) if is_in_bucket(out) else out
