"""What failed, as a job list that can be run as it is."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TextIO

from batch_transcriber.plan.lists import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from pydantic import JsonValue

    from batch_transcriber.events import Failed
    from batch_transcriber.model import Parameters

NAME = "failed.yaml"
NOT_IN_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")  # though JSON has them as they are
MARK = "# What failed in the last run; batch-transcriber writes this file."


class FailedList:
    """The job list of all inputs that failed in a run, written as they come; memory does not grow.

    It takes its place once the run has come to its end, and takes the place of the last run's list alone: a
    file of somebody else with its name stays. To be entered as a context, within which nothing here raises,
    for the list is a help and no more.

    Args:
        out: The output folder.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / NAME
        self._new = out / f".{NAME}.part"
        self._file: TextIO | None = None
        self._requests: set[tuple[str, str | None, bytes]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Throw away what did not take its place."""
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
                self._new.unlink(missing_ok=True)

    def note(self, failed: Failed) -> None:
        """List an input."""
        entry = self._entry(failed)
        if entry is None:
            return
        with suppress(OSError):
            if self._file is None:
                self._file = self._new.open("w", encoding="utf-8")
                self._file.write(f"{MARK}\nversion: {VERSION}\njobs:\n")
            self._file.write(f"  # {_one_line(failed.error)}\n")
            try:
                self._file.write("".join(_lines(entry)))
            except UnicodeEncodeError:
                self._file.write(f"  # its name is no text, so it cannot stand here: {failed.source!r}\n")

    def publish(self) -> Path | None:
        """Put the list in its place, and return that; where nothing failed, the last list goes away."""
        with suppress(OSError):
            if self._path.exists() and not self._is_ours():
                return None
            if self._file is None:
                self._path.unlink(missing_ok=True)
                return None
            self._file.close()
            self._file = None
            self._new.replace(self._path)
            return self._path
        return None

    def _is_ours(self) -> bool:
        with self._path.open("rb") as file:
            return file.readline().rstrip() == MARK.encode()

    def _entry(self, failed: Failed) -> dict[str, JsonValue] | None:
        if failed.job is not None:
            job = failed.job
            path = job.output.relative_to(self._out).as_posix()
            return _said(job.source, path, tuple(job.outputs), job.parameters)
        request = failed.request
        if request is None:
            return None
        key = (request.source, request.output, request.parameters.digest)
        if key in self._requests:  # listed once, whatever in it could not become a job
            return None
        self._requests.add(key)
        place = request.output
        if place is not None:
            place = f"{place}/" if request.is_folder else f"{place}.{request.formats[0]}"
        return _said(request.source, place, request.formats, request.parameters)


def _said(
    source: str, output: str | None, formats: tuple[str, ...], parameters: Parameters
) -> dict[str, JsonValue]:
    """Return an entry: its source found from any folder, all else as it was asked for."""
    options = {name: value for name, value in parameters.values.items() if name != "speech_models"}
    entry: dict[str, JsonValue] = {
        "source": source if "://" in source else os.path.abspath(source),  # noqa: PTH100 - links stay
        "output": output,
        "formats": list(formats),
        "model": parameters.values.get("speech_models"),
        "options": options,
    }
    return {name: value for name, value in entry.items() if value}


def _lines(entry: Mapping[str, JsonValue]) -> list[str]:
    """Return an entry as YAML, of which JSON is a part."""
    lines = [
        f"{name}: {NOT_IN_YAML.sub(_escaped, json.dumps(value, ensure_ascii=False))}\n"
        for name, value in entry.items()
    ]
    return [f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])]


def _escaped(letter: re.Match[str]) -> str:
    return f"\\u{ord(letter[0]):04x}"


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())
