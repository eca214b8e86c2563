"""Jobs from sources, one by one: a large tree is never read before the first of them is out."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.outputs import OutputNames
from batch_transcriber.plan.sources import Finding, Found, read_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from batch_transcriber.model import Parameters, Record
    from batch_transcriber.plan.outputs import Claim, Records

Planned: TypeAlias = Job | Failed | Skipped | Notice

# Without the output's path, which follows from the source: a thousand of them are one trouble.
FILE_ABOVE = "a file stands where the folder of its text would be; move it, or choose another folder with -o"
CLOSED = "the folder of its text cannot be written to; allow it, or choose another folder with -o"
FOLDER_IN_THE_WAY = "a folder has the name of its text; move it, or choose another output folder with -o"
FILE_IN_THE_WAY = "a text of its name is there already, and no run wrote it; move it, or use --force"
EDITED = "it has changed, and its text was edited by hand; move the text, or use --force"


def find_jobs(
    sources: Iterable[str],
    out: Path,
    *,
    records: Records,
    suffixes: Mapping[str, str],
    all_suffixes: Collection[str],
    parameters: Parameters,
    force: bool = False,
) -> Iterator[Planned]:
    """Yield a job for every input that needs one, and a word on every other; blocking, so run it in a thread.

    Args:
        sources: What `read_source` takes, in the order of work.
        out: The output folder.
        records: What earlier runs wrote.
        suffixes: Of the files that every recording gets in this run, by the name of their format.
        all_suffixes: Of the files that any run may write, so that all formats of a recording share a stem.
        parameters: What their transcripts are asked for with.
        force: Also take inputs whose files are written, and names that other files have.

    Raises:
        FatalError: the journal cannot be read, or there is no room for what is to be remembered.
    """
    number = 0
    inspect = _Inspector(out, records, force=force)
    with OutputNames(all_suffixes, records) as names:
        for finding in _read_all(sources, out):
            if not isinstance(finding, Found):
                yield finding
                continue
            claim = names.claim(finding)
            if claim is None:
                yield Skipped(finding.source, SkipReason.NAMED_TWICE, size_bytes=finding.size_bytes)
                continue
            outputs = {name: claim.stem + suffix for name, suffix in suffixes.items()}
            kept, error = inspect(claim, outputs, parameters)
            paths = {name: out / output for name, output in outputs.items()}
            if error:
                yield Failed(finding.source, Stage.PLAN, error, size_bytes=finding.size_bytes)
            elif len(kept) == len(outputs):
                written = tuple(paths.values())
                yield Skipped(
                    finding.source, SkipReason.ALREADY_WRITTEN, written, size_bytes=finding.size_bytes
                )
            else:
                number += 1
                yield Job(
                    number,
                    finding.source,
                    paths,
                    finding.size_bytes,
                    finding.mtime_ns,
                    parameters,
                    frozenset(kept),
                )


class _Inspector:
    """Look at what is in the places of an input's files."""

    def __init__(self, out: Path, records: Records, *, force: bool) -> None:
        self._above = os.path.join(out, "")  # noqa: PTH118
        self._records = records
        self._force = force

    def __call__(
        self, claim: Claim, outputs: Mapping[str, str], parameters: Parameters
    ) -> tuple[set[str], str]:
        """Return the formats that need not be written, and why nothing must be; empty where it may."""
        kept: set[str] = set()
        for name, output in outputs.items():
            path = self._above + output
            is_there, error = _look_at(path)
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
            if not _can_be_made(path):
                return kept, CLOSED
        return kept, ""

    def _as_written(self, output: str, records: Mapping[str, Record]) -> str | None:
        """Return the path under which a run wrote the file that is at this one; None where no run did."""
        if output in records:
            return output
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


def find_recordings(sources: Iterable[str], out: Path) -> Iterator[Found]:
    """Yield what the sources hold, one name after the other, to count it; blocking like `find_jobs`.

    Raises:
        FatalError: there is no room to sort what is in a folder.
    """
    return (finding for finding in _read_all(sources, out) if isinstance(finding, Found))


def _read_all(sources: Iterable[str], out: Path) -> Iterator[Finding]:
    out_status = out.stat() if out.is_dir() else None
    return chain.from_iterable(read_source(source, out_status) for source in sources)
