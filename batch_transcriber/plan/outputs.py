"""Output names: the input's tree mirrored, two inputs never in one file."""

from __future__ import annotations

import os
import unicodedata
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path, PurePosixPath

    from batch_transcriber.model import Origin
    from batch_transcriber.plan.sources import Found

NAME_MAX_BYTES = 255  # of one path component, on every common file system


class OutputNames:
    """Give every input of a run a stem that no other has, first come, first served.

    A recording's files are its stem with the suffix of each format. The stem stays with the recording
    that it was first given to, from run to run and whatever the formats of a run are. Names that differ
    by case or by Unicode form alone count as one, for they are one file on some systems. Memory: two
    strings for each input.

    Args:
        out: The output folder.
        suffixes: Of all files that any run may write, each with the one dot that it has.
        origin_of: Tells what an output was written from by an earlier run.
        output_of: Tells an output that an earlier run wrote from a source.
    """

    def __init__(
        self,
        out: Path,
        suffixes: Collection[str],
        origin_of: Callable[[Path], Origin | None],
        output_of: Callable[[str], Path | None] = lambda _: None,
    ) -> None:
        self._out = out
        self._suffixes = suffixes
        self._room_bytes = NAME_MAX_BYTES - max(len(suffix.encode()) for suffix in suffixes)
        self._origin_of = origin_of
        self._output_of = output_of
        self._taken: set[str] = set()
        self._sources: set[str] = set()
        self._numbers: dict[str, int] = {}  # the next to try for a name that came thrice

    def claim(self, found: Found) -> Path | None:
        """Return the stem of a recording's files, or None where it already has one in this run.

        `call.mp3` becomes `call`, `call.mp3` where that is taken, then `call.mp3-2`.
        """
        origin = found.origin
        if origin.source in self._sources:
            return None
        self._sources.add(origin.source)
        before = self._output_of(origin.source)
        if before is not None:
            stem = before.with_name(os.path.splitext(before.name)[0])  # noqa: PTH122 - as below
            if self._fits(stem.name) and self._take(stem):
                return stem
        for name in self._candidates(found.place):
            stem = self._out / found.place.parent / name
            if self._is_of_another(origin, stem) or self._is_folder_beside(origin, name):
                continue
            if self._take(stem):
                return stem
        raise AssertionError("the candidates never end")

    def _fits(self, stem: str) -> bool:
        return len(stem.encode("utf-8", "surrogateescape")) <= self._room_bytes

    def _take(self, stem: Path) -> bool:
        key = unicodedata.normalize("NFC", str(stem)).casefold()
        is_free = key not in self._taken
        self._taken.add(key)
        return is_free

    def _is_folder_beside(self, origin: Origin, name: str) -> bool:
        """Tell whether the mirrored tree needs the name of one of the files for a folder."""
        if origin.size_bytes is None:
            return False
        beside = os.path.join(os.path.dirname(origin.source), name)  # noqa: PTH118, PTH120
        return any(os.path.isdir(beside + suffix) for suffix in self._suffixes)  # noqa: PTH112

    def _is_of_another(self, origin: Origin, stem: Path) -> bool:
        for suffix in self._suffixes:
            owner = self._origin_of(stem.with_name(stem.name + suffix))
            if owner is None or owner.source == origin.source:
                continue
            if not (owner.is_same_recording(origin) and _is_gone_or_same(owner.source, origin.source)):
                return True
        return False

    def _candidates(self, place: PurePosixPath) -> Iterator[str]:
        name = place.name
        yield self._fit(os.path.splitext(name)[0])  # noqa: PTH122 - Path.stem makes ".mp3" of ".mp3"
        yield self._fit(name)
        for number in count(self._numbers.get(str(place), 2)):
            # Remembered, or a thousand inputs of one name would try half a million.
            self._numbers[str(place)] = number + 1
            yield self._fit(name, f"-{number}")

    def _fit(self, stem: str, tail: str = "") -> str:
        room_bytes = self._room_bytes - len(tail.encode())
        encoded = stem.encode("utf-8", "surrogateescape")
        if len(encoded) > room_bytes:
            stem = encoded[:room_bytes].decode("utf-8", "ignore")
        return stem + tail


def _is_gone_or_same(before: str, now: str) -> bool:
    """Tell whether a recording was moved from one path to the other, or is reached by both."""
    try:
        return os.path.samefile(before, now)  # noqa: PTH121
    except FileNotFoundError:
        return True
    except OSError:
        return False
