"""Jobs from sources, one by one: a large tree is never read before the first of them is out."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeAlias

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.filters import NO_FILTERS
from batch_transcriber.plan.found import Finding, Found
from batch_transcriber.plan.outputs import NameTakenError, OutputNames
from batch_transcriber.plan.request import read_request
from batch_transcriber.plan.there import There

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from batch_transcriber.model import Parameters, Record, Request
    from batch_transcriber.plan.filters import Filters
    from batch_transcriber.plan.outputs import Claim, Records

Planned: TypeAlias = Job | Failed | Skipped | Notice

# Without the output's path, which follows from the source: a thousand of them are one trouble.
FILE_ABOVE = "a file stands where the folder of its text would be; move it, or choose another folder with -o"
CLOSED = "the folder of its text cannot be written to; allow it, or choose another folder with -o"
FOLDER_IN_THE_WAY = "a folder has the name of its text; move it, or choose another output folder with -o"
FILE_IN_THE_WAY = "a text of its name is there already, and no run wrote it; move it, or use --force"
MORE_THAN_LIMIT = "there are more recordings than --limit lets through; they are left for another run"
NAME_TAKEN = "another recording of this run has the output {} already; give it another name"
EDITED = "it has changed, and its text was edited by hand; move the text, or use --force"


def find_jobs(
    requests: Iterable[Request],
    out: Path,
    *,
    records: Records,
    suffixes: Mapping[str, str],
    filters: Filters = NO_FILTERS,
    force: bool = False,
    is_through: bool = False,
) -> Iterator[Planned]:
    """Yield a job for every input that needs one, and a word on every other; blocking, so run it in a thread.

    Args:
        requests: What is asked for, in the order of work.
        out: The output folder.
        records: What earlier runs wrote.
        suffixes: Of all files that any run may write, by the name of their format.
        filters: What the user wants of what the requests hold.
        force: Also take inputs whose files are written, and names that other files have.
        is_through: Objects in buckets are read and uploaded by this machine.

    Raises:
        FatalError: the journal cannot be read, or there is no room for what is to be remembered.
    """
    with Planning(out, records=records, suffixes=suffixes, force=force, is_through=is_through) as planning:
        yield from planning.jobs(_read_all(requests, out, filters))


class Planning:
    """Make jobs of what is found, in one round or many; no two recordings get one name. To be entered.

    Args:
        out: The output folder.
        records: What earlier runs wrote.
        suffixes: Of all files that any run may write, by the name of their format.
        force: Also take inputs whose files are written, and names that other files have.
        may_come_again: A recording that was found before has changed since, and keeps its name; or else it
            was named twice.
        is_through: Objects in buckets are read and uploaded by this machine.
    """

    def __init__(
        self,
        out: Path,
        *,
        records: Records,
        suffixes: Mapping[str, str],
        force: bool = False,
        may_come_again: bool = False,
        is_through: bool = False,
    ) -> None:
        self._out = out
        self._is_through = is_through
        self._suffixes = suffixes
        self._inspect = _Inspector(out, records, force=force)
        self._names = OutputNames(suffixes.values(), records, may_come_again=may_come_again)
        self._number = 0

    def __enter__(self) -> Self:
        """Make ready.

        Raises:
            FatalError: there is no room for what is to be remembered.
        """
        self._names.__enter__()
        self._inspect.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inspect.__exit__(kind, error, trace)
        self._names.__exit__(kind, error, trace)

    def jobs(self, findings: Iterable[tuple[Request, Finding]]) -> Iterator[Planned]:
        """Yield a job for every input that needs one, and a word on every other; blocking.

        Raises:
            FatalError: the journal cannot be read, or there is no room for what is to be remembered.
        """
        for request, finding in findings:
            if isinstance(finding, Found):
                yield self._plan(request, finding)
            elif isinstance(finding, Failed):
                yield replace(finding, request=_alone(request, finding.source))
            else:
                yield finding

    def _plan(self, request: Request, found: Found) -> Planned:
        is_sent = self._is_through or not found.origin.is_object
        size_bytes = found.size_bytes if is_sent else None  # what would pass through this machine
        try:
            claim = self._names.claim(found, request.parameters.digest)
        except NameTakenError as taken:
            # Asked for alone, it would get that name, and overwrite the text of the other.
            return _refused(found.source, NAME_TAKEN.format(taken), size_bytes, None)
        if claim is None:
            return Skipped(found.source, SkipReason.NAMED_TWICE, size_bytes=size_bytes)
        outputs = {name: claim.stem + self._suffixes[name] for name in request.formats}
        kept, error = self._inspect(claim, outputs, request.parameters)
        paths = {name: self._out / output for name, output in outputs.items()}
        if error:
            alone = replace(request, source=found.source, output=claim.stem, is_folder=False)
            return _refused(found.source, error, size_bytes, alone)
        if len(kept) == len(outputs):
            written = tuple(paths.values())
            return Skipped(found.source, SkipReason.ALREADY_WRITTEN, written, size_bytes=size_bytes)
        self._number += 1
        return Job(
            self._number,
            found.source,
            paths,
            found.size_bytes,
            found.mtime_ns,
            request.parameters,
            frozenset(kept),
            is_through=self._is_through,
        )


def _alone(request: Request, source: str) -> Request:
    """Return what asks for a part of a searched folder in the same way; of a pattern, for all of it."""
    if source == request.source or not os.path.isdir(request.source):  # noqa: PTH112
        return request
    below = os.path.relpath(source, request.source)
    folder = below if os.path.isdir(source) else os.path.dirname(below)  # noqa: PTH112, PTH120
    output = "/".join(filter(None, (request.output, folder.replace(os.sep, "/"))))
    return replace(request, source=source, output=output or None, is_folder=True)


def _refused(source: str, error: str, size_bytes: int | None, request: Request | None) -> Failed:
    return Failed(source, Stage.PLAN, error, size_bytes=size_bytes, request=request)


class _Inspector:
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


def find_recordings(requests: Iterable[Request], out: Path, filters: Filters = NO_FILTERS) -> Iterator[Found]:
    """Yield what the requests hold, one name after the other, to count it; blocking like `find_jobs`.

    Raises:
        FatalError: there is no room to sort what is in a folder.
    """
    return (finding for _, finding in _read_all(requests, out, filters) if isinstance(finding, Found))


def _read_all(requests: Iterable[Request], out: Path, filters: Filters) -> Iterator[tuple[Request, Finding]]:
    out_status = out.stat() if out.is_dir() else None
    found = 0
    for request in requests:
        for finding in read_request(request, out_status, filters):
            if isinstance(finding, Found):
                if found == filters.limit:
                    yield request, Notice(MORE_THAN_LIMIT)
                    return
                found += 1
            yield request, finding
