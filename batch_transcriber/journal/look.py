"""Find the journal of an output folder and look at it, whoever is at work in it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import is_in_bucket, place_of
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.home import home_of
from batch_transcriber.journal.journal import NAME
from batch_transcriber.journal.lock import HOLDER, read_holder
from batch_transcriber.journal.onlooker import Onlooker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.journal.database import Database
    from batch_transcriber.journal.lock import Holder


@dataclass(frozen=True, slots=True)
class Look:
    """A journal that is looked at.

    Attributes:
        out: The output folder, as it was named; of a journal that lies elsewhere, its own.
        path: The journal's file.
        database: Open, and read only.
    """

    out: Path
    path: Path
    database: Database

    def holder(self) -> Holder | None:
        """Return who is at work in the output folder at this moment; None where nobody is."""
        holder = read_holder(home_of(self.out) / HOLDER)
        return None if holder is None or holder.is_gone() else holder


@contextmanager
def look(out: Path | None, path: Path | None) -> Iterator[Look]:
    """Open a journal to look at it; nothing is made, changed or locked.

    Args:
        out: The output folder; None for that of the journal.
        path: The journal's file; None for the one in the output folder.

    Raises:
        FatalError: there is none, it is another folder's, or it cannot be read: damaged, or newer.
    """
    if path is None:
        if out is None:
            raise TypeError("neither a folder nor a journal")
        path = home_of(out) / NAME
        if not is_in_bucket(out) and not os.path.isdir(out):  # noqa: PTH112 - whatever is wrong with the name
            raise _none(f"{out}: no such folder; name the output folder of a run")
        missing = f"{out}: no run has left a journal here; name the output folder of a run, or --journal FILE"
    else:
        missing = f"{path}: no such journal; check the name"
    if not os.path.lexists(path):
        raise _none(missing)
    database = Onlooker(path)
    database.open()
    try:
        rows = database.read("SELECT out FROM about")
        own = place_of(os.fsdecode(rows[0][0])) if rows else None
        if out is None:
            out = own or path.absolute().parent.parent  # as in an output folder
        elif own is not None and own != out.absolute():
            raise FatalError(f"{path}: is the journal of {own}, not of {out}", ExitCode.USAGE)
        yield Look(out, path, database)
    finally:
        database.close()


def _none(message: str) -> FatalError:
    return FatalError(message, ExitCode.USAGE)
