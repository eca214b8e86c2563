"""Sources as people type them, read lazily: files, folders, patterns and web addresses."""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.model import Origin, Stage
from batch_transcriber.plan.folders import read_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_transcriber.plan.folders import FolderEntry

# What a folder is searched for: the formats that the service documents (its list is not exhaustive).
# `.ts` and `.mp2` are among its video formats; TypeScript users name their files one by one.
MEDIA_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in """
    3ga 8svx aac ac3 aif aiff alac amr ape au dss flac flv m4a m4b m4p m4r mp3 mpga
    ogg oga mogg opus qcp tta voc wav wma wv
    webm mts m2ts ts mov mp2 mp4 m4v mxf
    """.split()  # noqa: SIM905 - a table of words
)


@dataclass(frozen=True, slots=True)
class Found:
    """One recording.

    Attributes:
        source: Its path as reached from what was typed, or its URL.
        place: Where its text belongs below the output folder, with the recording's own name; the parts of
            this path are parted by slashes everywhere.
        size_bytes: None for a URL.
        mtime_ns: Time of the last change, nanoseconds; None for a URL.
        is_named: The place is the very name of its files, without their suffix.
    """

    source: str
    place: str
    size_bytes: int | None = None
    mtime_ns: int | None = None
    is_named: bool = False

    @property
    def origin(self) -> Origin:
        """The recording as it was found."""
        return Origin.of(self.source, self.size_bytes, self.mtime_ns)


Finding: TypeAlias = Found | Failed | Skipped | Notice


def read_source(source: str, out: os.stat_result | None = None) -> Iterator[Finding]:
    """Yield what a source holds: recordings in sorted order, and a word on what is none.

    Args:
        source: A file (taken whatever its name), a folder (searched for media files, hidden ones and
            linked folders left out), a pattern such as `talks/**/*.mp3`, or an http(s) URL.
        out: The output folder, left out where it lies inside a searched folder.
    """
    if "://" in source:
        yield _read_url(source)
    elif os.path.isdir(source):  # noqa: PTH112 - Path("") would be the current folder
        found = 0
        for finding in _walk(source, "", out):
            found += isinstance(finding, Found)
            yield finding
        if not found:
            yield Notice(
                f"{source}: no recordings in this folder; a file of another kind is taken if you name it"
            )
    elif os.path.lexists(source):
        yield _read_file(source, os.path.basename(source))  # noqa: PTH119
    elif glob.has_magic(source):
        yield from _read_pattern(source, out)
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


def _read_url(url: str) -> Finding:
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
    return Found(url, name.replace("\0", "_"))


def _read_file(path: str, place: str) -> Finding:
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
    return Found(path, place, status.st_size, status.st_mtime_ns)


def _walk(folder: str, place: str, out: os.stat_result | None) -> Iterator[Finding]:
    """Yield what is in a folder and in those below it; not recursive, for trees can be deep."""
    open_folders = [_entries_to_walk(folder, place)]
    while open_folders:
        found = next(open_folders[-1], None)
        if found is None:
            open_folders.pop()
        elif isinstance(found, Failed):
            yield found
        else:
            path, place, is_folder = found
            if not is_folder:
                yield _read_file(path, place)
            elif not _is_output(path, out):
                open_folders.append(_entries_to_walk(path, place))


def _entries_to_walk(folder: str, place: str) -> Iterator[tuple[str, str, bool] | Failed]:
    """Yield a folder's recordings and folders, or the reason why it cannot be read.

    Each with its path, its place, and whether it is a folder.
    """
    above, place_above = os.path.join(folder, ""), place and f"{place}/"  # noqa: PTH118
    try:
        for entry in read_folder(folder, _is_to_walk):
            if entry.is_folder or not entry.leads_to_folder(folder):
                yield above + entry.name, place_above + entry.name, entry.is_folder
    except OSError as error:
        yield Failed(
            folder, Stage.PLAN, f"the folder cannot be read ({error.strerror}); allow it, and run again"
        )


def _is_to_walk(entry: FolderEntry) -> bool:
    return entry.is_folder or os.path.splitext(entry.name)[1].lower() in MEDIA_SUFFIXES  # noqa: PTH122


def _is_output(folder: str, out: os.stat_result | None) -> bool:
    try:
        return out is not None and os.path.samestat(os.lstat(folder), out)
    except OSError:  # gone since the folder above was read
        return False


def _read_pattern(pattern: str, out: os.stat_result | None) -> Iterator[Finding]:
    parts = PurePosixPath(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    base = os.path.join(*parts[:fixed]) if fixed else ""  # noqa: PTH118
    matched = False
    for path in _match(base, parts[fixed:], out):
        matched = True
        place = PurePath(os.path.relpath(path, base or ".")).as_posix()
        if os.path.isdir(path):  # noqa: PTH112
            yield from _walk(path, place, out)
        else:
            yield _read_file(path, place)
    if not matched:
        yield Failed(pattern, Stage.PLAN, "no file matches this pattern; check it")


def _match(folder: str, parts: tuple[str, ...], out: os.stat_result | None) -> Iterator[str]:
    """Yield the paths below `folder` that match the parts of a pattern, sorted level by level.

    Not `glob.iglob`: its order is the directory's, and sorting its result would need all of it.
    """
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _match_at_any_depth(folder, rest, out)
        return
    for entry in _readable_entries(folder, lambda entry: fnmatch.fnmatchcase(entry.name, part)):
        path = os.path.join(folder, entry.name)  # noqa: PTH118
        if not rest:
            yield path
        elif entry.leads_to_folder(folder):
            yield from _match(path, rest, out)


def _match_at_any_depth(folder: str, rest: tuple[str, ...], out: os.stat_result | None) -> Iterator[str]:
    """Do what `**` asks for: it enters what a searched folder's tree has, so no linked folders."""
    if rest:
        yield from _match(folder, rest, out)
    for entry in _readable_entries(folder, lambda entry: entry.is_folder or not rest):
        path = os.path.join(folder, entry.name)  # noqa: PTH118
        if entry.is_folder:
            if not _is_output(path, out):
                yield from _match_at_any_depth(path, rest, out)
        elif not entry.leads_to_folder(folder):
            yield path


def _readable_entries(folder: str, is_wanted: Callable[[FolderEntry], bool]) -> Iterator[FolderEntry]:
    with suppress(OSError):  # as in a shell, a folder that cannot be read matches nothing
        yield from read_folder(folder or ".", is_wanted)
