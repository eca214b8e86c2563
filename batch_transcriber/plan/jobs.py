"""Jobs from sources, one by one: a large tree is never read before the first of them is out."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeAlias

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.filters import NO_FILTERS
from batch_transcriber.plan.found import Finding, Found
from batch_transcriber.plan.inspector import Inspector
from batch_transcriber.plan.outputs import NameTakenError, OutputNames
from batch_transcriber.plan.request import read_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from batch_transcriber.buckets.address import Address
    from batch_transcriber.model import Request
    from batch_transcriber.plan.filters import Filters
    from batch_transcriber.plan.outputs import Records

Planned: TypeAlias = Job | Failed | Skipped | Notice

MORE_THAN_LIMIT = "there are more recordings than --limit lets through; they are left for another run"
NAME_TAKEN = "another recording of this run has the output {} already; give it another name"


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
        self._inspect = Inspector(out, records, force=force)
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


def find_recordings(requests: Iterable[Request], out: Path, filters: Filters = NO_FILTERS) -> Iterator[Found]:
    """Yield what the requests hold, one name after the other, to count it; blocking like `find_jobs`.

    Raises:
        FatalError: there is no room to sort what is in a folder.
    """
    return (finding for _, finding in _read_all(requests, out, filters) if isinstance(finding, Found))


def _left_out(out: Path) -> os.stat_result | Address | None:
    if is_in_bucket(out):
        return out.address
    return out.stat() if out.is_dir() else None


def _read_all(requests: Iterable[Request], out: Path, filters: Filters) -> Iterator[tuple[Request, Finding]]:
    left_out = _left_out(out)
    found = 0
    for request in requests:
        for finding in read_request(request, left_out, filters):
            if isinstance(finding, Found):
                if found == filters.limit:
                    yield request, Notice(MORE_THAN_LIMIT)
                    return
                found += 1
            yield request, finding
