"""Folders looked through again and again: recordings that are new or changed, once they are complete."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath
from time import monotonic, thread_time, time_ns
from typing import TYPE_CHECKING

from batch_transcriber.events import Notice, Skipped, SkipReason
from batch_transcriber.plan.filters import NO_FILTERS, Filters
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.scratch import Scratch
from batch_transcriber.plan.search import BadIgnoreFileError, ignores_in, is_media, is_output

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from batch_transcriber.model import Request
    from batch_transcriber.plan.found import Finding
    from batch_transcriber.plan.patterns import Ignores

NS_PER_S = 1_000_000_000
DIGEST_SIZE_BYTES = 16  # two of a million are never equal by chance
GONE = "{}: not there (any more); waiting for it"
BACK = "{}: there again"


@dataclass(slots=True)
class _Unsettled:
    """A file that is not taken yet.

    Attributes:
        state: Size and time of its last change, as they were seen.
        still_since: When they were first seen so, monotonic clock.
    """

    state: tuple[int, int]
    still_since: float


class Watch(Scratch):
    """What is in folders, in rounds; blocking, and to be used by one thread after the other.

    A file is taken once its size and the time of its last change have stood still for a while; at once where
    it is seen for the first time, holds something, and was last changed longer ago than that: it was moved
    there, or lay there before. What was taken is remembered on disk, so memory grows with the folders and
    with the files that arrive, not with those that are there.

    Args:
        requests: A folder each, with what is asked for.
        out: The output folder, never looked into.
        filters: Which recordings to take.
        settle_s: How long a file must stand still, seconds.

    Attributes:
        busy_s: What the last full round took of a processor.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        out: str | os.PathLike[str],
        filters: Filters = NO_FILTERS,
        *,
        settle_s: float,
    ) -> None:
        super().__init__(
            "CREATE TABLE taken (digest BLOB PRIMARY KEY, size INTEGER, mtime INTEGER) WITHOUT ROWID;"
        )
        self._requests = requests
        self._out = out
        self._out_status: os.stat_result | None = None
        self._filters = filters
        self._settle_s = settle_s
        self._signatures: dict[str, int] = {}  # of folders in which all is taken
        self._unsettled: dict[str, _Unsettled] = {}
        self._under_way: set[str] = set()
        self._gone: set[str] = set()
        self._vanished: set[str] = set()
        self.busy_s = 0.0

    def begun(self, source: str) -> None:
        """Note that a recording is under way: should it change, that is for later."""
        self._under_way.add(source)

    def ended(self, source: str) -> None:
        """Note that it is not any more."""
        self._under_way.discard(source)

    def vanished(self, source: str) -> None:
        """Note that a recording was taken, and was not there when its turn came: it may yet come back."""
        self._vanished.add(source)

    def settles_in_s(self) -> float | None:
        """Return when the next file may be taken, seconds from now; None where none is waited for."""
        if not self._unsettled:
            return None
        next_at = min(file.still_since for file in self._unsettled.values()) + self._settle_s
        return max(0.0, next_at - monotonic())

    def unsettled(self) -> list[str]:
        """Return the files that are waited for."""
        return list(self._unsettled)

    def look(self, paths: Collection[str] | None = None) -> Iterator[tuple[Request, Finding]]:
        """Yield what is to be taken now, and a word where a folder has gone or is back.

        Args:
            paths: Of files that may have changed, and of folders that are new; None looks everywhere.
        """
        self._forget_vanished()
        self._out_status = os.stat(self._out) if os.path.isdir(self._out) else None  # noqa: PTH112, PTH116
        if paths is not None:
            for path in paths:
                yield from self._look_at(path)
            return
        self.busy_s = 0.0
        before, self._signatures = self._signatures, {}
        for request in self._requests:
            root = request.source
            if not os.path.isdir(root):  # noqa: PTH112
                if root not in self._gone:
                    self._gone.add(root)
                    yield request, Notice(GONE.format(root))
                self._signatures |= _below(before, root)  # as it will be when it is back
                continue
            if root in self._gone:
                self._gone.remove(root)
                yield request, Notice(BACK.format(root))
            yield from self._walk(request, root, "", None, before)
        for path in self.unsettled():
            if not os.path.exists(path):  # noqa: PTH110
                del self._unsettled[path]

    def _forget_vanished(self) -> None:
        while self._vanished:
            path = self._vanished.pop()
            self.write("DELETE FROM taken WHERE digest = ?", (_digest(path),))
            self._signatures.pop(os.path.dirname(path), None)  # noqa: PTH120

    def _look_at(self, path: str) -> Iterator[tuple[Request, Finding]]:
        for request in self._requests:
            root = request.source
            below = os.path.relpath(os.path.abspath(path), os.path.abspath(root))  # noqa: PTH100
            parts = PurePath(below).parts
            if parts[0] == os.pardir or any(part.startswith(".") for part in parts):
                continue
            folder, place, ignores = root, "", None
            try:
                for part in parts[:-1]:
                    ignores = ignores_in(folder, place and f"{place}/", ignores)
                    folder, place = os.path.join(folder, part), f"{place}/{part}" if place else part  # noqa: PTH118
                    if not self._is_entered(folder, place, ignores):
                        return
                ignores = ignores_in(folder, place and f"{place}/", ignores)
                full = os.path.join(folder, parts[-1])  # noqa: PTH118
                status = os.stat(full)  # noqa: PTH116
            except (OSError, ValueError, BadIgnoreFileError):
                self._unsettled.pop(path, None)  # gone; or the next full round tells
                return
            place = f"{place}/{parts[-1]}" if place else parts[-1]
            if stat.S_ISDIR(status.st_mode):
                if not os.path.islink(full) and self._is_entered(full, place, ignores):  # noqa: PTH114
                    yield from self._walk(request, full, place, ignores, {})
            elif is_media(full) and stat.S_ISREG(status.st_mode):
                finding = self._consider(full, place, (status.st_size, status.st_mtime_ns), ignores)
                if finding is not None:
                    yield request, finding
            return

    def _walk(
        self, request: Request, folder: str, place: str, ignores: Ignores | None, before: dict[str, int]
    ) -> Iterator[tuple[Request, Finding]]:
        """Yield what is to be taken in a folder and below; not recursive, for trees can be deep."""
        folders = [(folder, place, ignores)]
        while folders:
            folder, place, above = folders.pop()
            began_s = thread_time()
            try:
                within = ignores_in(folder, place and f"{place}/", above)
                below, files = _read(folder)
            except (OSError, BadIgnoreFileError) as error:
                if folder not in self._gone:
                    self._gone.add(folder)
                    reason = error.failed.error if isinstance(error, BadIgnoreFileError) else error.strerror
                    yield request, Notice(f"{folder}: cannot be looked into ({reason}); it is tried again")
                continue
            self._gone.discard(folder)
            signature = hash(frozenset(files))
            self.busy_s += thread_time() - began_s
            above_place = place and f"{place}/"
            for name in below:
                path = os.path.join(folder, name)  # noqa: PTH118
                if self._is_entered(path, above_place + name, within):
                    folders.append((path, above_place + name, within))
            if before.get(folder) == signature or (
                yield from self._take(request, folder, above_place, files, within)
            ):
                self._signatures[folder] = signature

    def _take(
        self,
        request: Request,
        folder: str,
        above_place: str,
        files: Sequence[tuple[str, int, int]],
        ignores: Ignores | None,
    ) -> Generator[tuple[Request, Finding], None, bool]:
        """Yield what is to be taken in a folder, and return whether nothing in it is waited for."""
        is_all = True
        for name, size_bytes, mtime_ns in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118
            finding = self._consider(path, above_place + name, (size_bytes, mtime_ns), ignores)
            if finding is not None:
                yield request, finding
            is_all = is_all and path not in self._unsettled
        return is_all

    def _consider(
        self, path: str, place: str, state: tuple[int, int], ignores: Ignores | None
    ) -> Finding | None:
        """Return a recording that is to be taken, or why it is left out; None where it is not its time."""
        digest = _digest(path)
        taken = next(self.read("SELECT size, mtime FROM taken WHERE digest = ?", (digest,)), None)
        if taken == state:
            self._unsettled.pop(path, None)
            return None
        if path in self._under_way:
            self._unsettled[path] = _Unsettled(state, monotonic())
            return None
        if not self._is_still(path, state, is_new=taken is None):
            return None
        self._unsettled.pop(path, None)
        self.write("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", (digest, *state))
        if ignores is not None and ignores.names(place):
            return Skipped(path, SkipReason.IGNORED)
        reason = self._filters.refuse_name(place) or self._filters.refuse_file(*state)
        return Skipped(path, reason) if reason else Found(path, place, *state)

    def _is_still(self, path: str, state: tuple[int, int], *, is_new: bool) -> bool:
        now, known = monotonic(), self._unsettled.get(path)
        if known is None and is_new and state[0] and time_ns() - state[1] >= self._settle_s * NS_PER_S:
            return True
        if known is None or known.state != state:
            self._unsettled[path] = known = _Unsettled(state, now)
        return now - known.still_since >= self._settle_s

    def _is_entered(self, folder: str, place: str, ignores: Ignores | None) -> bool:
        if self._filters.excludes_folder(place) or (ignores is not None and ignores.names(f"{place}/")):
            return False
        return not is_output(folder, self._out_status)


def _digest(path: str) -> bytes:
    return blake2b(os.fsencode(path), digest_size=DIGEST_SIZE_BYTES).digest()


def _read(folder: str) -> tuple[list[str], list[tuple[str, int, int]]]:
    """Return the folders in a folder, and its recordings, each with its size and time of its last change.

    Raises:
        OSError: it cannot be read.
    """
    folders, files = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif is_media(name) and entry.is_file():
                    status = entry.stat()
                    files.append((name, status.st_size, status.st_mtime_ns))
            except OSError:  # gone meanwhile
                continue
    return folders, files


def _below(signatures: dict[str, int], root: str) -> dict[str, int]:
    above = os.path.join(root, "")  # noqa: PTH118
    return {folder: one for folder, one in signatures.items() if folder == root or folder.startswith(above)}
