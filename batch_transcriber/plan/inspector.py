"""What is in the places of an input's files: whether they may be written, or are already."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.plan.there import There

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from batch_transcriber.model import Parameters, Record
    from batch_transcriber.plan.outputs import Claim, Records

# Without the output's path, which follows from the source: a thousand of them are one trouble.
FILE_ABOVE = "a file stands where the folder of its text would be; move it, or choose another folder with -o"
CLOSED = "the folder of its text cannot be written to; allow it, or choose another folder with -o"
FOLDER_IN_THE_WAY = "a folder has the name of its text; move it, or choose another output folder with -o"
FILE_IN_THE_WAY = "a text of its name is there already, and no run wrote it; move it, or use --force"
EDITED = "it has changed, and its text was edited by hand; move the text, or use --force"


class Inspector:
    """Look at what is in the places of an input's files. To be entered."""

    def __init__(self, out: Path, records: Records, *, force: bool) -> None:
        self._above = os.path.join(out, "")  # noqa: PTH118
        self._there = There(out) if is_in_bucket(out) else None
        self._records = records
        self._force = force

    def __enter__(self) -> Self:
        if self._there is not None:
            self._there.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._there is not None:
            self._there.__exit__(kind, error, trace)

    def __call__(
        self, claim: Claim, outputs: Mapping[str, str], parameters: Parameters
    ) -> tuple[set[str], str]:
        """Return the formats that need not be written, and why nothing must be; empty where it may."""
        kept: set[str] = set()
        for name, output in outputs.items():
            path = self._above + output
            is_there, error = _look_at(path) if self._there is None else (self._there.has(output), "")
            if error:
                return kept, error
            if not is_there:
                continue
            if not self._force:
                written = self._as_written(output, claim.records)
                if written is None:
                    return kept, FILE_IN_THE_WAY
                record = claim.records[written]
                if record.origin.is_same_recording(claim.origin) and record.options in {
                    None,
                    parameters.digest,
                }:
                    kept.add(name)
                    continue
                if self._records.is_edited(written):
                    return kept, EDITED
            if self._there is None and not _can_be_made(path):
                return kept, CLOSED
        return kept, ""

    def _as_written(self, output: str, records: Mapping[str, Record]) -> str | None:
        """Return the path under which a run wrote the file that is at this one; None where no run did."""
        if output in records:
            return output
        if self._there is not None:
            return None
        # Some systems find it under another spelling, as when a folder's name has changed its case.
        for path in records:
            with suppress(OSError):  # it is gone
                if os.path.samefile(self._above + path, self._above + output):  # noqa: PTH121
                    return path
        return None


def _look_at(path: str) -> tuple[bool, str]:
    """Return whether a file is there, and why none can be; empty where one can."""
    try:
        there = os.stat(path)  # noqa: PTH116 - a million times, and twice as fast
    except NotADirectoryError:
        return False, FILE_ABOVE
    except OSError:
        return False, "" if _can_be_made(path) else CLOSED
    if stat.S_ISDIR(there.st_mode):
        return True, FOLDER_IN_THE_WAY
    return True, ""


def _can_be_made(path: str) -> bool:
    """Tell whether the folder that is there already lets a text, or a folder on its way, be made."""
    folder = os.path.dirname(path)  # noqa: PTH120 - as above
    while not os.access(folder, os.F_OK) and folder != (above := os.path.dirname(folder)):  # noqa: PTH120
        folder = above
    return os.access(folder or ".", os.W_OK | os.X_OK)
