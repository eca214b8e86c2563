"""Sources as people type them, read lazily: files, folders, patterns and web addresses."""

from __future__ import annotations

import errno
import glob
import os
import stat
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from batch_transcriber.buckets.address import Address, is_bucket
from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.model import Stage, is_address
from batch_transcriber.plan.buckets import read_bucket
from batch_transcriber.plan.filters import NO_FILTERS, Filters
from batch_transcriber.plan.found import LEFT_OUT, NO_RECORDINGS, NOT_FETCHED, Finding, Found
from batch_transcriber.plan.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_source(
    source: str, out: os.stat_result | Address | None = None, filters: Filters = NO_FILTERS
) -> Iterator[Finding]:
    """Yield what a source holds: recordings in sorted order, and a word on what is none or is left out.

    Args:
        source: A file (taken whatever its name), a folder (searched for media files, hidden ones and
            linked folders left out), a pattern such as `talks/**/*.mp3`, an http(s) URL, or all that in a
            bucket, such as `s3://bucket/talks/`.
        out: The output folder or its address, left out where it lies inside what is searched.
        filters: What the user wants of all that. A recording that they leave out is `Skipped`, without its
            size; a folder is not entered, and no word is lost on what is in it.
    """
    if is_bucket(source):
        yield from read_bucket(source, filters, out if isinstance(out, Address) else None)
        return
    out_folder = None if isinstance(out, Address) else out
    if is_address(source):
        yield _read_url(source, filters)
    elif os.path.isdir(source):  # noqa: PTH112 - Path("") would be the current folder
        search = Search(out_folder, filters)
        found = 0
        for candidate in search.folder(source):
            finding = candidate if isinstance(candidate, Failed | Skipped) else _read(*candidate, filters)
            found += isinstance(finding, Found | Skipped)
            yield finding
        if not found:
            yield Notice(f"{source}: {LEFT_OUT if search.pruned else NO_RECORDINGS}")
    elif os.path.lexists(source):
        yield _read(source, os.path.basename(source), filters)  # noqa: PTH119
    elif glob.has_magic(source):
        search = Search(out_folder, filters)
        matched = False
        for candidate in search.pattern(source):
            matched = True
            yield candidate if isinstance(candidate, Failed | Skipped) else _read(*candidate, filters)
        if not matched:
            yield (
                Notice(f"{source}: {LEFT_OUT}")
                if search.pruned
                else Failed(source, Stage.PLAN, "no file matches this pattern; check it")
            )
    else:
        yield Failed(source, Stage.PLAN, _why_missing(source))


def _why_missing(source: str) -> str:
    try:
        os.lstat(source)
    except PermissionError as error:
        return f"its folder cannot be entered ({error.strerror}); allow it, and run again"
    except (OSError, ValueError):  # the latter for a name with a NUL
        pass
    return "no such file or folder; check the name"


def _read_url(url: str, filters: Filters) -> Finding:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return Failed(url, Stage.PLAN, f"not a web address: {error}")
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return Failed(url, Stage.PLAN, NOT_FETCHED)
    name = unquote(parts.path).rstrip("/").rpartition("/")[2]
    if not name.strip("."):  # nothing, or a step to a folder
        name = parts.hostname
    place = name.replace("\0", "_")
    reason = filters.refuse_name(place)
    return Skipped(url, reason) if reason else Found(url, place)


def _read(path: str, place: str, filters: Filters) -> Finding:
    reason = filters.refuse_name(place)
    if reason:
        return Skipped(path, reason)
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return Failed(path, Stage.PLAN, "a link that leads nowhere; mend or remove it")
    except OSError as error:
        if error.errno == errno.ELOOP:
            return Failed(path, Stage.PLAN, "a link that leads in circles; mend or remove it")
        return Failed(path, Stage.PLAN, f"cannot be read ({error.strerror}); allow it, and run again")
    if not stat.S_ISREG(status.st_mode):
        return Failed(path, Stage.PLAN, "not a regular file; save it to one first")
    reason = filters.refuse_file(status.st_size, status.st_mtime_ns)
    return Skipped(path, reason) if reason else Found(path, place, status.st_size, status.st_mtime_ns)
