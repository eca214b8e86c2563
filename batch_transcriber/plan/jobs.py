"""Jobs from sources, one by one: a large tree is never read before the first of them is out."""

from __future__ import annotations

import os
import stat
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.outputs import OutputNames
from batch_transcriber.plan.sources import Finding, Found, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from batch_transcriber.model import Origin

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
    origin_of: Callable[[Path], Origin | None],
    output_of: Callable[[str], Path | None] = lambda _: None,
    is_edited: Callable[[Path], bool] = lambda _: False,
    suffix: str = ".txt",
    force: bool = False,
) -> Iterator[Planned]:
    """Yield a job for every input that needs one, and a word on every other; blocking, so run it in a thread.

    Args:
        sources: What `read_source` takes, in the order of work.
        out: The output folder.
        origin_of: Tells what an output was written from, if a run wrote it.
        output_of: Tells which output a run wrote from a source.
        is_edited: Tells whether such an output was changed by somebody else since.
        suffix: Of the outputs, with its dot.
        force: Also take inputs whose text is written, and names that other files have.
    """
    names = OutputNames(out, suffix, origin_of, output_of)
    number = 0
    for finding in _read_all(sources, out):
        if not isinstance(finding, Found):
            yield finding
            continue
        output = names.claim(finding)
        if output is None:
            yield Skipped(finding.source, SkipReason.NAMED_TWICE, size_bytes=finding.size_bytes)
            continue
        job = Job(number + 1, finding.source, output, finding.size_bytes, finding.mtime_ns)
        obstacle = _obstacle(job, origin_of, is_edited, force=force)
        if obstacle is None:
            number += 1
        yield obstacle or job


def _obstacle(
    job: Job,
    origin_of: Callable[[Path], Origin | None],
    is_edited: Callable[[Path], bool],
    *,
    force: bool,
) -> Failed | Skipped | None:
    """Return why this job need not, or must not, be done; None where it is to be done."""
    try:
        there = os.stat(job.output)  # noqa: PTH116 - a million times, and twice as fast
    except NotADirectoryError:
        return _refused(job, FILE_ABOVE)
    except OSError:
        return _closed(job)
    if stat.S_ISDIR(there.st_mode):
        return _refused(job, FOLDER_IN_THE_WAY)
    if force:
        return _closed(job)
    written_from = origin_of(job.output)
    if written_from is None:
        return _refused(job, FILE_IN_THE_WAY)
    if written_from.is_same_recording(job.origin):
        return Skipped(job.source, SkipReason.ALREADY_WRITTEN, job.output, size_bytes=job.size_bytes)
    if is_edited(job.output):
        return _refused(job, EDITED)
    return _closed(job)


def _closed(job: Job) -> Failed | None:
    return None if _can_be_made(job.output) else _refused(job, CLOSED)


def _refused(job: Job, error: str) -> Failed:
    return Failed(job.source, Stage.PLAN, error, size_bytes=job.size_bytes)


def _can_be_made(output: Path) -> bool:
    """Tell whether the folder that is there already lets a text, or a folder on its way, be made."""
    folder = os.path.dirname(output)  # noqa: PTH120 - as above
    while not os.access(folder, os.F_OK) and folder != (above := os.path.dirname(folder)):  # noqa: PTH120
        folder = above
    return os.access(folder or ".", os.W_OK | os.X_OK)


def find_recordings(sources: Iterable[str], out: Path) -> Iterator[Found]:
    """Yield what the sources hold, one name after the other, to count it; blocking like `find_jobs`."""
    return (finding for finding in _read_all(sources, out) if isinstance(finding, Found))


def _read_all(sources: Iterable[str], out: Path) -> Iterator[Finding]:
    out_status = out.stat() if out.is_dir() else None
    return chain.from_iterable(read_source(source, out_status) for source in sources)
