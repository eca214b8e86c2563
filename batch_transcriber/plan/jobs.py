"""Jobs from sources, one by one: a large tree is never read before the first of them is out."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.outputs import OutputNames
from batch_transcriber.plan.sources import Finding, Found, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from batch_transcriber.model import Origin, Parameters

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
    has_other_options: Callable[[Path], bool] = lambda _: False,
    suffixes: Mapping[str, str],
    all_suffixes: Collection[str],
    parameters: Parameters,
    force: bool = False,
) -> Iterator[Planned]:
    """Yield a job for every input that needs one, and a word on every other; blocking, so run it in a thread.

    Args:
        sources: What `read_source` takes, in the order of work.
        out: The output folder.
        origin_of: Tells what an output was written from, if a run wrote it.
        output_of: Tells an output that a run wrote from a source.
        is_edited: Tells whether such an output was changed by somebody else since.
        has_other_options: Tells whether such an output was asked for in another way.
        suffixes: Of the files that every recording gets in this run, by the name of their format.
        all_suffixes: Of the files that any run may write, so that all formats of a recording share a stem.
        parameters: What their transcripts are asked for with.
        force: Also take inputs whose files are written, and names that other files have.
    """
    names = OutputNames(out, all_suffixes, origin_of, output_of)
    number = 0
    for finding in _read_all(sources, out):
        if not isinstance(finding, Found):
            yield finding
            continue
        stem = names.claim(finding)
        if stem is None:
            yield Skipped(finding.source, SkipReason.NAMED_TWICE, size_bytes=finding.size_bytes)
            continue
        outputs = {name: stem.with_name(stem.name + suffix) for name, suffix in suffixes.items()}
        job = Job(number + 1, finding.source, outputs, finding.size_bytes, finding.mtime_ns, parameters)
        item = _checked(job, origin_of, is_edited, has_other_options, force=force)
        number += isinstance(item, Job)
        yield item


def _checked(
    job: Job,
    origin_of: Callable[[Path], Origin | None],
    is_edited: Callable[[Path], bool],
    has_other_options: Callable[[Path], bool],
    *,
    force: bool,
) -> Job | Failed | Skipped:
    """Return the job with the files that it need not write, or why it need not, or must not, be done."""
    kept = set()
    for name, output in job.outputs.items():
        is_there, error = _look_at(output)
        if error:
            return _refused(job, error)
        if not is_there:
            continue
        if not force:
            written_from = origin_of(output)
            if written_from is None:
                return _refused(job, FILE_IN_THE_WAY)
            if written_from.is_same_recording(job.origin) and not has_other_options(output):
                kept.add(name)
                continue
            if is_edited(output):
                return _refused(job, EDITED)
        if not _can_be_made(output):
            return _refused(job, CLOSED)
    if len(kept) == len(job.outputs):
        outputs = tuple(job.outputs.values())
        return Skipped(job.source, SkipReason.ALREADY_WRITTEN, outputs, size_bytes=job.size_bytes)
    return replace(job, kept=frozenset(kept)) if kept else job


def _look_at(output: Path) -> tuple[bool, str]:
    """Return whether a file is there, and why none can be; empty where one can."""
    try:
        there = os.stat(output)  # noqa: PTH116 - a million times, and twice as fast
    except NotADirectoryError:
        return False, FILE_ABOVE
    except OSError:
        return False, "" if _can_be_made(output) else CLOSED
    if stat.S_ISDIR(there.st_mode):
        return True, FOLDER_IN_THE_WAY
    return True, ""


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
