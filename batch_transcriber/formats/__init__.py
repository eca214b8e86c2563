"""A transcript as a file, in the formats that people and programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.formats import json, md, srt, tsv, txt, vtt
from batch_transcriber.formats.parts import Format, Part, Parts, Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALL: tuple[Format, ...] = (
    txt,
    md,
    srt,
    vtt,
    json,
    tsv,
)
FORMATS: Mapping[str, Format] = {
    one.NAME: one for one in _ALL
}  # by what people type, in the order of the help

__all__ = ["FORMATS", "Format", "Part", "Parts", "Passage", "find_formats"]


def find_formats(names: Iterable[str]) -> list[Format]:
    """Return the formats of these names, each once.

    Raises:
        FatalError: there is none of this name.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in FORMATS:
            raise FatalError(f"no such format: {name}; there are {', '.join(FORMATS)}", ExitCode.USAGE)
    return [FORMATS[name] for name in wanted]
