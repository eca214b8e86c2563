"""Output names: the input's tree mirrored, two inputs never in one file."""

from __future__ import annotations

import os
import unicodedata
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path, PurePosixPath

    from batch_transcriber.model import Origin
    from batch_transcriber.plan.sources import Found

NAME_MAX_BYTES = 255  # of one path component, on every common file system


class OutputNames:
    """Give every input of a run an output path that no other has, first come, first served.

    A name stays with the recording that it was first given to, from run to run. Names that differ by
    case or by Unicode form alone count as one, for they are one file on some systems. Memory: two
    strings for each input.

    Args:
        out: The output folder.
        suffix: Of all outputs, with its dot.
        origin_of: Tells what an output was written from by an earlier run.
        output_of: Tells which output an earlier run wrote from a source.
    """

    def __init__(
        self,
        out: Path,
        suffix: str,
        origin_of: Callable[[Path], Origin | None],
        output_of: Callable[[str], Path | None] = lambda _: None,
    ) -> None:
        self._out = out
        self._suffix = suffix
        self._origin_of = origin_of
        self._output_of = output_of
        self._taken: set[str] = set()
        self._sources: set[str] = set()
        self._numbers: dict[str, int] = {}  # the next to try for a name that came thrice

    def claim(self, found: Found) -> Path | None:
        """Return the output of a recording, or None where it already has one in this run.

        `call.mp3` becomes `call.txt`, `call.mp3.txt` where that is taken, then `call.mp3-2.txt`.
        """
        origin = found.origin
        if origin.source in self._sources:
            return None
        self._sources.add(origin.source)
        before = self._output_of(origin.source)
        if before is not None and self._take(before):
            return before
        for name in self._candidates(found.place):
            path = self._out / found.place.parent / name
            if self._is_of_another(origin, path) or self._is_folder_beside(origin, name):
                continue
            if self._take(path):
                return path
        raise AssertionError("the candidates never end")

    def _take(self, path: Path) -> bool:
        key = unicodedata.normalize("NFC", str(path)).casefold()
        is_free = key not in self._taken
        self._taken.add(key)
        return is_free

    def _is_folder_beside(self, origin: Origin, name: str) -> bool:
        """Tell whether the mirrored tree needs this name for a folder."""
        return origin.size_bytes is not None and os.path.isdir(  # noqa: PTH112
            os.path.join(os.path.dirname(origin.source), name)  # noqa: PTH118, PTH120
        )

    def _is_of_another(self, origin: Origin, output: Path) -> bool:
        owner = self._origin_of(output)
        if owner is None or owner.source == origin.source:
            return False
        return not (owner.is_same_recording(origin) and _is_gone_or_same(owner.source, origin.source))

    def _candidates(self, place: PurePosixPath) -> Iterator[str]:
        name = place.name
        yield self._fit(os.path.splitext(name)[0])  # noqa: PTH122 - Path.stem makes ".mp3" of ".mp3"
        yield self._fit(name)
        for number in count(self._numbers.get(str(place), 2)):
            # Remembered, or a thousand inputs of one name would try half a million.
            self._numbers[str(place)] = number + 1
            yield self._fit(name, f"-{number}")

    def _fit(self, stem: str, tail: str = "") -> str:
        tail += self._suffix
        room_bytes = NAME_MAX_BYTES - len(tail.encode())
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
