"""Sources as people type them, read lazily: files, folders, patterns and web addresses."""

from __future__ import annotations

import errno
import glob
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.model import Origin, Stage
from batch_transcriber.plan.filters import NO_FILTERS, Filters
from batch_transcriber.plan.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_RECORDINGS = "no recordings in this folder; a file of another kind is taken if you name it"
LEFT_OUT = "no recordings outside the folders that --exclude or .batchignore leaves out"


@dataclass(frozen=True, slots=True)
class Found:
    """One recording.

    Attributes:
        source: Its path as reached from what was typed, or its URL.
        place: Where its text belongs below the output folder, with the recording's own name; the parts of
            this path are parted by slashes everywhere.
        size_bytes: None for a URL.
        mtime_ns: Time of the last change, nanoseconds; None for a URL.
        is_placed: The folder of the place was asked for, and no earlier run's will do.
        is_named: The place is the very name of its files, without their suffix.
    """

    source: str
    place: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    is_placed: bool = False
    is_named: bool = False

    @property
    def origin(self) -> Origin:
        """The recording as it was found."""
        return Origin.of(self.source, self.size_bytes, self.mtime_ns)


Finding: TypeAlias = Found | Failed | Skipped | Notice


def read_source(
    source: str, out: os.stat_result | None = None, filters: Filters = NO_FILTERS
) -> Iterator[Finding]:
    """Yield what a source holds: recordings in sorted order, and a word on what is none or is left out.

    Args:
        source: A file (taken whatever its name), a folder (searched for media files, hidden ones and
            linked folders left out), a pattern such as `talks/**/*.mp3`, or an http(s) URL.
        out: The output folder, left out where it lies inside a searched folder.
        filters: What the user wants of all that. A recording that they leave out is `Skipped`, without its
            size; a folder is not entered, and no word is lost on what is in it.
    """
    if "://" in source:
        yield _read_url(source, filters)
    elif os.path.isdir(source):  # noqa: PTH112 - Path("") would be the current folder
        search = Search(out, filters)
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
        search = Search(out, filters)
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
        return Failed(
            url, Stage.PLAN, "only http and https addresses can be fetched; copy it to this machine"
        )
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
