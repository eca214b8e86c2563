"""A job list in YAML: all its mistakes at once, or its entries, before anything is sent."""

from __future__ import annotations

import glob
import os
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from batch_transcriber.model import is_address
from batch_transcriber.plan.lists import VERSION
from batch_transcriber.plan.lists.entries import SHORTHANDS, Entry, EntryReader, Merger, Said
from batch_transcriber.plan.lists.file import read_list_file
from batch_transcriber.plan.lists.yaml_pieces import Piece, read_pieces
from batch_transcriber.plan.lists.yaml_values import Place, YamlError, kind_of, plain_value
from batch_transcriber.plan.mistakes import MISTAKES_MAX, Mistake, MistakesError, nearest, path_text, show
from batch_transcriber.plan.parameters.check import SECRETS, Wrong
from batch_transcriber.plan.parameters.layers import lay_over, spell_out

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from batch_transcriber.plan.mistakes import Steps

KEYS = ("version", "defaults", "jobs")


@dataclass(frozen=True, slots=True)
class JobList:
    """A list without mistakes.

    Attributes:
        entries: In the list's order; one at least.
        formats: What the defaults name, if they do: for entries that name none.
    """

    entries: Sequence[Entry]
    formats: tuple[str, ...] | None


def read_job_list(
    path: Path,
    *,
    formats: Collection[str],
    below: Mapping[str, JsonValue] | None = None,
    above: Mapping[str, JsonValue] | None = None,
    allow_unknown_options: bool = False,
    allow_outside: bool = False,
) -> JobList:
    """Read a list and check it; the only thing it looks up elsewhere is what a shared output is made from.

    Args:
        path: Of the list; its sources are relative to its folder.
        formats: Names that it may use.
        below: Parameters that hold where the list's defaults do not say otherwise.
        above: Parameters that hold whatever its defaults say, but not what a job says itself.
        allow_unknown_options: Let parameters pass, and words in their values, that we do not know.
        allow_outside: Let outputs lie outside the output folder.

    Raises:
        MistakesError: It has mistakes; all are named.
        FatalError: It cannot be read.
    """
    data = read_list_file(path)
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - links stay what they are
    entries = EntryReader(
        folder, formats, allow_unknown_options=allow_unknown_options, allow_outside=allow_outside
    )
    reading = _Reading(os.fspath(path), entries, below or {}, above or {})
    try:
        for piece in read_pieces(data, split="jobs"):
            reading.take(piece)
    except YamlError as error:
        reading.add(error.place, (), str(error))
        reading.refuse()
    return reading.finish()


class _Reading:
    def __init__(
        self, file: str, reader: EntryReader, below: Mapping[str, JsonValue], above: Mapping[str, JsonValue]
    ) -> None:
        self._file = file
        self._reader = reader
        self._below, self._above = below, above
        self._defaults: Said | None = None
        self._defaults_place = Place(1, 1)
        self._merger: Merger | None = None
        self._inherits = False
        self._seen: set[Steps] = set()
        self._mistakes: list[Mistake] = []
        self._entries: list[Entry] = []
        self._outputs: dict[str, int] = {}

    def take(self, piece: Piece) -> None:
        """Check a piece of the list."""
        for path, place, message in piece.flaws():
            self.add(place, (*piece.path, *path), message)
        self._seen.add(piece.path[:1])
        match piece.path:
            case _ if not piece.is_named:
                pass
            case ():
                self._refuse_root(piece)
            case ("version",):
                self._take_version(piece)
            case ("defaults",):
                self._take_defaults(piece)
            case ("jobs",):
                self._refuse_jobs(piece)
            case ("jobs", int(number)):
                self._take_job(piece, number)
            case (str(name),):
                meant = nearest(name, KEYS)
                hint = f"; did you mean {meant!r}?" if meant else f"; a list has {', '.join(KEYS)}"
                self.add(piece.find_itself().name, piece.path, f"no such key{hint}")

    def add(self, place: Place, path: Steps, message: str) -> None:
        """Add a mistake."""
        self._mistakes.append(Mistake(self._file, *place, path_text(path), message))
        if len(self._mistakes) >= MISTAKES_MAX:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise the mistakes."""
        raise MistakesError(self._mistakes)

    def finish(self) -> JobList:
        """Return what was read, or raise what is wrong with it."""
        if not self._seen:
            self.add(Place(1, 1), (), "the list is empty; it needs version: 1 and jobs:")
            self.refuse()
        if () not in self._seen:
            if ("version",) not in self._seen:
                self.add(Place(1, 1), (), f"version is missing; begin the list with version: {VERSION}")
            if ("jobs",) not in self._seen:
                self.add(Place(1, 1), (), "jobs is missing; it holds a list of sources")
        if self._merger and self._inherits:
            for wrong in self._merger.base_wrongs:
                path = ("defaults",) if self._defaults else ()
                self.add(self._defaults_place, path, f"{wrong.path[0]} {wrong.message}")
        if self._mistakes:
            self.refuse()
        return JobList(self._entries, self._defaults.formats if self._defaults else None)

    def _refuse_root(self, piece: Piece) -> None:
        where = "above it" if isinstance(piece.value, list) else "and its sources below that"
        message = f"no job list: {show(piece.value)} stands here; write version: {VERSION} and jobs: {where}"
        self.add(piece.find_itself().value, (), message)

    def _take_version(self, piece: Piece) -> None:
        if type(piece.value) is not int or piece.value != VERSION:
            message = f"must be {VERSION}, the only form of a list so far; it is {show(piece.value)}"
            self.add(piece.find_itself().value, piece.path, message)

    def _take_defaults(self, piece: Piece) -> None:
        self._defaults_place = piece.find_itself().name
        if self._merger:
            self.add(self._defaults_place, piece.path, "must stand before jobs; move it up")
        self._defaults = self._reader.read_defaults(piece.value)
        self._add_all(piece, self._defaults.wrongs)

    def _refuse_jobs(self, piece: Piece) -> None:
        if piece.value in ([], None):
            message = "there are none; name a source at least"
        else:
            message = f"must be a list, each with a - before it; it is {show(piece.value)}"
        self.add(piece.find_itself().value, piece.path, message)

    def _take_job(self, piece: Piece, number: int) -> None:
        if self._merger is None:
            said = self._defaults.parameters if self._defaults else {}
            wrong_names = self._defaults.wrong_names if self._defaults else ()
            right = {name: value for name, value in said.items() if name not in wrong_names}
            self._merger = Merger(lay_over(self._above, lay_over(right, self._below)))
        said_here, source, (output, is_folder) = self._reader.read_job(piece.value)
        parameters, together = self._merger.merge(said_here)
        if said_here.wrongs or together:
            inherited = [wrong for wrong in together if wrong in self._merger.base_wrongs]
            own = [_where_said(wrong, piece.value) for wrong in together if wrong not in inherited]
            self._inherits = self._inherits or bool(inherited)
            self._add_all(piece, said_here.wrongs + own)
        entry = Entry(source, output, is_folder, said_here.formats, parameters)
        self._entries.append(entry)
        if output is not None and not is_folder:
            self._claim(piece, output, number)

    def _claim(self, piece: Piece, output: str, number: int) -> None:
        """Refuse a file that an earlier entry has too, unless either may turn out to be a folder."""
        key = unicodedata.normalize("NFC", output).casefold()
        first = self._outputs.setdefault(key, number)
        if first != number and not any(
            _holds_many(one.source) for one in (self._entries[number], self._entries[first])
        ):
            message = f"{show(output)} is the file of jobs[{first}] too; give it another name"
            self.add(next(piece.find([("output",)])).value, (*piece.path, "output"), message)

    def _add_all(self, piece: Piece, wrongs: Sequence[Wrong]) -> None:
        for wrong, spot in zip(wrongs, piece.find(wrong.path for wrong in wrongs), strict=True):
            message = wrong.message
            if wrong.wants_text and spot.plain is not None and not SECRETS.intersection(wrong.path):
                message = _quote_it(spot.plain) or message
            self.add(spot.name if wrong.is_about_name else spot.value, (*piece.path, *wrong.path), message)


def _where_said(wrong: Wrong, job: Any) -> Wrong:
    """Return what is wrong with parameters together, at the first of them that the job says itself."""
    options = job.get("options") or {}
    for name in wrong.names:
        reason = wrong.message if name == wrong.names[0] else f"{wrong.names[0]}: {wrong.message}"
        for shorthand in SHORTHANDS:
            if shorthand in job and name in spell_out(shorthand, job[shorthand]):
                return Wrong((shorthand,), reason)
        if name in options:
            return Wrong(("options", name), reason)
    return Wrong((), f"{wrong.names[0]}: {wrong.message}")


def _quote_it(plain: str) -> str:
    value = plain_value(plain)
    if isinstance(value, str):
        return ""
    if not plain:
        return "must be text; nothing stands here"
    return f"YAML reads {plain} as {kind_of(value)}; quote it: '{plain}'"


def _holds_many(source: str) -> bool:
    return not is_address(source) and (os.path.isdir(source) or glob.has_magic(source))  # noqa: PTH112
