"""Where recordings may lie: folders searched to their depths, and patterns."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.events import Failed, Skipped, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.plan.filters import NO_FILTERS, Filters
from batch_transcriber.plan.folders import read_folder
from batch_transcriber.plan.patterns import IGNORE_FILE, Ignores, read_ignore_file

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

Candidate: TypeAlias = tuple[str, str]  # a path, and its place below what was named


class Search:
    """One search, from the folder that was named, or from the fixed part of a pattern.

    Hidden entries and the output folder are left out, linked folders are not entered, and neither is a
    folder that the filters exclude or that a .batchignore on the way to it names.

    Args:
        out: The output folder.
        filters: Of its patterns, those that keep a folder from being entered.

    Attributes:
        pruned: Folders that were not entered because somebody asked for that.
    """

    def __init__(self, out: os.stat_result | None = None, filters: Filters = NO_FILTERS) -> None:
        self._out = out
        self._filters = filters
        self.pruned = 0

    def folder(self, folder: str) -> Iterator[Candidate | Failed | Skipped]:
        """Yield the media files of a folder and of those below it, sorted level by level."""
        yield from self._walk(folder, "", None)

    def pattern(self, pattern: str) -> Iterator[Candidate | Failed | Skipped]:
        """Yield what a pattern matches, sorted level by level; of a folder that it matches, the media files.

        Not `glob.iglob`: its order is the directory's, and sorting its result would need all of it.
        """
        parts = PurePath(pattern).parts
        fixed = next((i for i, part in enumerate(parts) if _literal(part) is None), len(parts) - 1)
        base = os.path.join(*(_literal(part) or part for part in parts[:fixed])) if fixed else ""  # noqa: PTH118
        sought: list[str] = []
        for part in parts[fixed:]:
            if part != "**" or sought[-1:] != ["**"]:  # a second one would find everything again
                sought.append(part)
        yield from self._match(base, "", tuple(sought), None)

    def _walk(
        self, folder: str, place: str, ignores: Ignores | None
    ) -> Iterator[Candidate | Failed | Skipped]:
        """Not recursive, for trees can be deep."""
        open_folders = [self._entries(folder, place, ignores)]
        while open_folders:
            found = next(open_folders[-1], None)
            if found is None:
                open_folders.pop()
            elif isinstance(found, Failed):
                yield found
            else:
                path, place, is_folder, ignores = found
                if not is_folder:
                    yield _judged(path, place, ignores)
                elif self._is_entered(path, place, ignores):
                    open_folders.append(self._entries(path, place, ignores))

    def _entries(
        self, folder: str, place: str, ignores: Ignores | None
    ) -> Iterator[tuple[str, str, bool, Ignores | None] | Failed]:
        """Yield a folder's recordings and folders, or the reason why it cannot be read.

        Each with its path, its place, whether it is a folder, and what says whether it is ignored.
        """
        above, place_above = os.path.join(folder, ""), place and f"{place}/"  # noqa: PTH118
        try:
            ignores = ignores_in(folder, place_above, ignores)
            for entry in read_folder(folder, _is_to_walk):
                if entry.is_folder or not entry.leads_to_folder(folder):
                    yield above + entry.name, place_above + entry.name, entry.is_folder, ignores
        except OSError as error:
            yield Failed(
                folder, Stage.PLAN, f"the folder cannot be read ({error.strerror}); allow it, and run again"
            )
        except BadIgnoreFileError as error:
            yield error.failed

    def _match(
        self, folder: str, place: str, parts: tuple[str, ...], ignores: Ignores | None
    ) -> Iterator[Candidate | Failed | Skipped]:
        """Yield what lies below a folder and matches these parts of a pattern."""
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self._match_at_any_depth(folder, place, rest, ignores)
            return
        for found in _matchable(folder, place, ignores, lambda entry: fnmatch.fnmatchcase(entry.name, part)):
            if isinstance(found, Failed):
                yield found
                continue
            entry, path, below, within = found
            if not entry.leads_to_folder(folder):
                if not rest:
                    yield _judged(path, below, within)
            elif self._is_wanted(below, within):
                if rest:
                    yield from self._match(path, below, rest, within)
                else:
                    yield from self._walk(path, below, within)

    def _match_at_any_depth(
        self, folder: str, place: str, rest: tuple[str, ...], ignores: Ignores | None
    ) -> Iterator[Candidate | Failed | Skipped]:
        """Do what `**` asks for: it enters what a searched folder's tree has, so no linked folders."""
        if rest:
            yield from self._match(folder, place, rest, ignores)
        for found in _matchable(folder, place, ignores, lambda entry: entry.is_folder or not rest):
            if isinstance(found, Failed):
                if not rest:  # or it was told already
                    yield found
                continue
            entry, path, below, within = found
            if entry.is_folder:
                if self._is_entered(path, below, within):
                    yield from self._match_at_any_depth(path, below, rest, within)
            elif not entry.leads_to_folder(folder):
                yield _judged(path, below, within)

    def _is_entered(self, path: str, place: str, ignores: Ignores | None) -> bool:
        return not is_output(path, self._out) and self._is_wanted(place, ignores)

    def _is_wanted(self, place: str, ignores: Ignores | None) -> bool:
        is_wanted = not (
            self._filters.excludes_folder(place) or (ignores is not None and ignores.names(f"{place}/"))
        )
        self.pruned += not is_wanted
        return is_wanted


def _literal(part: str) -> str | None:
    """Return the one name that a part of a pattern matches, with nothing escaped; None for any other part."""
    name = re.sub(r"\[([*?[])\]", r"\1", part)
    return name if part == glob.escape(name) else None


class BadIgnoreFileError(Exception):
    """Nobody can know what a folder's .batchignore leaves out; holds the failure to tell."""

    def __init__(self, path: str, reason: str) -> None:
        self.failed = Failed(
            path, Stage.PLAN, f"{reason}; until it is mended, nothing of its folder is transcribed"
        )


def ignores_in(folder: str, base: str, above: Ignores | None) -> Ignores | None:
    """Return what is ignored in a folder and below.

    Raises:
        BadIgnoreFileError: nobody can know.
    """
    path = os.path.join(folder, IGNORE_FILE)  # noqa: PTH118
    if not os.path.lexists(path):
        return above
    try:
        return Ignores(read_ignore_file(path), base, above)
    except OSError as error:
        raise BadIgnoreFileError(path, f"it cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise BadIgnoreFileError(path, str(error)) from error


def _matchable(
    folder: str, place: str, ignores: Ignores | None, is_wanted: Callable[[FolderEntry], bool]
) -> Iterator[tuple[FolderEntry, str, str, Ignores | None] | Failed]:
    """Yield a folder's wanted entries, each with its path, its place, and what says whether it is ignored."""
    place_above = place and f"{place}/"
    try:
        ignores = ignores_in(folder, place_above, ignores)
        for entry in read_folder(folder or ".", is_wanted):
            yield entry, os.path.join(folder, entry.name), place_above + entry.name, ignores  # noqa: PTH118
    except OSError:
        return  # as in a shell, a folder that cannot be read matches nothing
    except BadIgnoreFileError as error:
        yield error.failed


def _judged(path: str, place: str, ignores: Ignores | None) -> Candidate | Skipped:
    if ignores is not None and ignores.names(place):
        return Skipped(path, SkipReason.IGNORED)
    return path, place


def _is_to_walk(entry: FolderEntry) -> bool:
    return entry.is_folder or is_media(entry.name)


def is_media(name: str) -> bool:
    """Tell whether a folder's search takes a file of this name."""
    return os.path.splitext(name)[1].lower() in MEDIA_SUFFIXES  # noqa: PTH122


def is_output(folder: str, out: os.stat_result | None) -> bool:
    """Tell whether a folder is the output folder."""
    try:
        return out is not None and os.path.samestat(os.lstat(folder), out)
    except OSError:  # gone since the folder above was read
        return False
