"""What failed, as a job list that can be run as it is."""

from __future__ import annotations

import glob
import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TextIO

from batch_transcriber.model import Request, is_address
from batch_transcriber.plan.found import can_be_fetched
from batch_transcriber.plan.lists import VERSION

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from pydantic import JsonValue

    from batch_transcriber.events import Failed

NAME = "failed.yaml"
NOT_IN_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")  # though JSON has them as they are
MARK = "# What failed in the last run; batch-transcriber writes this file."


def is_ours(path: Path) -> bool:
    """Tell whether a run wrote this list.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.readline(len(MARK) + 2).rstrip() == MARK.encode()


class FailedList:
    """The job list of all inputs that failed in a run, written as they come; memory does not grow.

    It takes its place once the run has come to its end, and takes the place of the last run's list alone: a
    file of somebody else with its name stays. To be entered as a context, within which nothing here raises,
    for the list is a help and no more.

    Args:
        out: The output folder.
        folder: Where the list goes; None for the output folder.
    """

    def __init__(self, out: Path, folder: Path | None = None) -> None:
        self._out = out
        self._path = (folder or out) / NAME
        self._new = (folder or out) / f".{NAME}.part"
        self._file: TextIO | None = None
        self._listed = 0
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
        """List an input; one that no list can hold is named in a comment."""
        reason = f"  # {_one_line(failed.error)}\n"
        request = self._request(failed)
        if request is not None and not self._is_new(failed, request):
            return
        text = "" if request is None or not can_be_fetched(request.source) else _text(request)
        if text:
            self._listed += 1
        else:
            text = f"  # not listed: {failed.source!r}\n"
        with suppress(OSError):
            if self._file is None:
                self._file = self._new.open("w", encoding="utf-8")
                self._file.write(f"{MARK}\nversion: {VERSION}\njobs:\n")
            self._file.write(reason + text)

    def publish(self) -> Path | None:
        """Put the list in its place, and return that; where it has no entry, the last list goes away."""
        with suppress(OSError):
            if self._path.exists() and not is_ours(self._path):
                return None
            if self._file is None or not self._listed:
                self._path.unlink(missing_ok=True)
                return None
            self._file.close()
            self._file = None
            self._new.replace(self._path)
            return self._path
        return None

    def _request(self, failed: Failed) -> Request | None:
        """Return what asks for an input again, with the very names of its files."""
        job = failed.job
        if job is None:
            return failed.request
        stem = job.output.relative_to(self._out).as_posix().rpartition(".")[0]
        return Request(job.source, tuple(job.outputs), job.parameters, stem)

    def _is_new(self, failed: Failed, request: Request) -> bool:
        """Tell whether a request is not listed yet, as one of a pattern is that failed in several places."""
        if failed.source == request.source or failed.job is not None:
            return True
        key = (request.source, request.output, request.parameters.digest)
        is_new = key not in self._requests
        self._requests.add(key)
        return is_new


def _text(request: Request) -> str:
    """Return a request as an entry in YAML, of which JSON is a part; empty where its names are no text."""
    output = request.output
    if output is not None:
        output = f"{output}/" if request.is_folder else f"{output}.{request.formats[0]}"
    parameters = dict(request.parameters.values)
    models = parameters.pop("speech_models", None)
    entry: dict[str, JsonValue] = {
        "source": _from_anywhere(request.source),
        "output": output,
        "formats": list(request.formats),
        "options": parameters,
        "model": models,  # null says that there are none
    }
    lines = [
        f"{name}: {NOT_IN_YAML.sub(_escaped, json.dumps(value, ensure_ascii=False))}\n"
        for name, value in entry.items()
        if value or name == "model"
    ]
    text = f"  - {lines[0]}" + "".join(f"    {line}" for line in lines[1:])
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return text


def _from_anywhere(source: str) -> str:
    if is_address(source):
        return source
    path = os.path.abspath(source)  # noqa: PTH100 - links stay
    if not glob.has_magic(path) or os.path.lexists(path):
        return path
    return os.path.join(glob.escape(os.getcwd()), source)  # noqa: PTH109, PTH118 - a pattern may be absolute


def _escaped(letter: re.Match[str]) -> str:
    return f"\\u{ord(letter[0]):04x}"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
