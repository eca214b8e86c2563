"""One entry of a job list: what it asks for, checked, with the list's defaults below it."""

from __future__ import annotations

import glob
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from batch_transcriber.model import is_address
from batch_transcriber.plan.found import NOT_FETCHED, can_be_fetched
from batch_transcriber.plan.lists.form import Defaults, ListedJob
from batch_transcriber.plan.mistakes import did_you_mean, show
from batch_transcriber.plan.parameters.check import Wrong, check_form, check_together
from batch_transcriber.plan.parameters.layers import lay_over, spell_out

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import JsonValue

SHORTHANDS = ("language", "speakers", "model")
OUTSIDE = "leads out of the output folder; name a place below it, or allow it with --allow-outside"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says of a source.

    Attributes:
        source: A file, a folder or a pattern, joined to the list's folder, or a URL.
        output: Below the output folder, with / between its parts: a folder, or a file without the suffix of
            its format. A folder in any case where the source turns out to be one, or a pattern.
        is_folder: The output certainly is a folder.
        formats: Names of formats, if the entry names its own.
        parameters: Of the API, those of the layers below it included. Shared with other entries.
    """

    source: str
    output: str | None
    is_folder: bool
    formats: tuple[str, ...] | None
    parameters: Mapping[str, JsonValue]


class Said(NamedTuple):
    """What an entry or the defaults say.

    Attributes:
        formats: None where they say nothing of it.
        parameters: Those said there, shorthands spelt out; may hold nulls.
        wrongs: What is wrong, with paths from the top of the entry.
        wrong_names: Parameters that are not as they should be.
    """

    formats: tuple[str, ...] | None
    parameters: dict[str, JsonValue]
    wrongs: list[Wrong]
    wrong_names: Collection[str]


class EntryReader:
    """Read the entries of one list.

    Args:
        folder: Of the list, absolute.
        formats: Names that there are.
        allow_unknown_options: Let parameters and words pass that we do not know.
        allow_outside: Let outputs lie outside the output folder.
    """

    def __init__(
        self, folder: str, formats: Collection[str], *, allow_unknown_options: bool, allow_outside: bool
    ) -> None:
        self._folder = folder
        self._formats = formats
        self._allow_unknown = allow_unknown_options
        self._allow_outside = allow_outside
        self._formats_said: dict[tuple[str, ...], tuple[str, ...]] = {}

    def read_defaults(self, value: Any) -> Said:
        """Return what the defaults say."""
        return self._read(Defaults, value)

    def read_job(self, value: Any) -> tuple[Said, str, tuple[str | None, bool]]:
        """Return what an entry says, its source, and its output with whether that is a folder."""
        job = {"source": value} if isinstance(value, str) else value
        if not isinstance(job, dict):
            wrong = Wrong((), f"must be a source, or a mapping with one; it is {show(job)}", wants_text=True)
            return Said(None, {}, [wrong], ()), "", (None, False)
        said = self._read(ListedJob, job)
        source: Any = job.get("source")
        output: Any = job.get("output")
        wrongs = said.wrongs
        place: tuple[str | None, bool] = (None, False)
        path = () if isinstance(value, str) else ("source",)
        if isinstance(value, str) and wrongs:
            wrongs[:] = [Wrong((), wrong.message) for wrong in wrongs]
        if isinstance(source, str) and source:
            if error := _why_no_source(source):
                wrongs.append(Wrong(path, error))
            source = self._joined(source)
        if isinstance(output, str) and output:
            place = self._read_output(output, wrongs)
        return said, source, place

    def _read(self, form: Any, value: Any) -> Said:
        wrongs = check_form(form, value, allow_unknown=self._allow_unknown)
        if not isinstance(value, dict):
            return Said(None, {}, wrongs if value is not None else [], ())
        bad = {wrong.path[0] for wrong in wrongs if wrong.path}
        options = value.get("options")
        parameters: dict[str, JsonValue] = dict(options) if isinstance(options, dict) else {}
        for name in SHORTHANDS:
            if name in value and name not in bad:
                self._spell_out(name, value[name], parameters, wrongs)
        names = value.get("formats")
        formats = None if "formats" in bad or not names else self._read_formats(names, wrongs)
        wrong_names = [str(wrong.path[1]) for wrong in wrongs if len(wrong.path) > 1]
        for shorthand in bad.intersection(SHORTHANDS):
            wrong_names += spell_out(str(shorthand), None)
        return Said(formats, parameters, wrongs, wrong_names)

    @staticmethod
    def _spell_out(
        name: str, value: JsonValue, parameters: dict[str, JsonValue], wrongs: list[Wrong]
    ) -> None:
        for parameter, spelt in spell_out(name, value).items():
            if parameters.get(parameter) is None:
                parameters[parameter] = spelt
            elif spelt is not None and parameters[parameter] != spelt:
                wrongs.append(
                    Wrong((name,), f"options.{parameter} says something else; leave one of them out")
                )

    def _read_formats(self, names: list[str], wrongs: list[Wrong]) -> tuple[str, ...]:
        said = tuple(dict.fromkeys(names))
        if said not in self._formats_said:
            self._formats_said[said] = said
        for number, name in enumerate(names):
            if name not in self._formats:
                hint = did_you_mean(name, self._formats)
                message = f"{show(name)} is no format; there are {', '.join(self._formats)}{hint}"
                wrongs.append(Wrong(("formats", number), message))
        return self._formats_said[said]

    def _joined(self, source: str) -> str:
        if is_address(source):
            return source
        path = os.path.join(self._folder, source)  # noqa: PTH118 - a trailing / stays
        is_pattern = glob.has_magic(source) and not os.path.lexists(path)
        return os.path.join(glob.escape(self._folder), source) if is_pattern else path  # noqa: PTH118

    def _read_output(self, output: str, wrongs: list[Wrong]) -> tuple[str | None, bool]:
        place, is_folder = posixpath.normpath(output), output.endswith("/")
        if "\0" in output or output.isspace():
            wrong = "cannot be the name of a file"
        elif place.startswith(("/", "../")) or place == "..":
            wrong = "" if self._allow_outside else OUTSIDE
        elif place == "." and not is_folder:
            wrong = "is a folder; end it with a /"
        else:
            wrong = ""
        if wrong:
            wrongs.append(Wrong(("output",), f"{show(output)} {wrong}"))
            return None, False
        stem, _, suffix = place.rpartition(".")
        if not is_folder and suffix in self._formats and stem and not stem.endswith("/"):
            place = stem
        return place, is_folder


def _why_no_source(source: str) -> str:
    if "\0" in source or not source.strip():
        return f"{show(source)} cannot be the name of a file"
    if not can_be_fetched(source):
        return f"{show(source)}: {NOT_FETCHED}"
    return ""


class Merger:
    """Lay what entries say over what holds for all, once for all that say the same.

    Args:
        base: What holds for all.

    Attributes:
        base_wrongs: What is wrong with that, whatever an entry adds.
    """

    def __init__(self, base: Mapping[str, JsonValue]) -> None:
        self._base = base
        self._merged: dict[str, tuple[Mapping[str, JsonValue], list[Wrong]]] = {}
        self.base_wrongs = check_together(base)

    def merge(self, said: Said) -> tuple[Mapping[str, JsonValue], list[Wrong]]:
        """Return the parameters of an entry, and what is wrong with them together."""
        if not said.parameters:
            return self._base, self.base_wrongs
        if said.wrong_names:
            merged = lay_over(said.parameters, self._base)
            return merged, check_together(merged, said.wrong_names)
        key = repr(said.parameters)
        if key not in self._merged:
            merged = lay_over(said.parameters, self._base)
            self._merged[key] = merged, check_together(merged)
        return self._merged[key]
