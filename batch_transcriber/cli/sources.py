"""What a command names: typed one by one, in a list of names, in a job list."""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING

import typer

from batch_transcriber.formats import FORMATS
from batch_transcriber.model import Parameters, Request
from batch_transcriber.plan.files_from import STDIN, FilesFrom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from batch_transcriber.cli.parameters import Layers


class Sources:
    """All sources of a command, in the order typed, then those of the lists; can be read again and again.

    Args:
        parts: Sources, each of these in its order.
    """

    def __init__(self, parts: Iterable[Iterable[str | Request]]) -> None:
        self._parts = list(parts)

    def __iter__(self) -> Iterator[str | Request]:
        return chain.from_iterable(self._parts)


def open_sources(
    stack: ExitStack, typed: list[str], files_from: str | None, *, is_nul_separated: bool
) -> list[Iterable[str]]:
    """Return the sources that are names; the stack closes what they are read from.

    Raises:
        FatalError: a list cannot be read.
        typer.BadParameter: stdin would be read twice.
    """
    lists = [name for name in (*typed, files_from) if name == STDIN]
    if len(lists) > 1:
        raise typer.BadParameter("- stands for stdin, which can be read only once")

    def opened(path: str) -> FilesFrom:
        return stack.enter_context(FilesFrom(path, is_nul_separated=is_nul_separated))

    parts: list[Iterable[str]] = [opened(name) if name == STDIN else [name] for name in typed]
    return parts if files_from is None else [*parts, opened(files_from)]


def list_requests(
    path: Path,
    out: Path,
    layers: Layers,
    *,
    typed_formats: tuple[str, ...],
    other_formats: tuple[str, ...],
    allow_unknown_options: bool,
    allow_outside: bool,
) -> list[Request]:
    """Return what a job list asks for, all of it checked.

    Args:
        path: Of the list.
        out: The output folder.
        layers: Parameters above and below those of its defaults.
        typed_formats: Those that hold whatever its defaults say, if any.
        other_formats: Those that hold where nothing is said.
        allow_unknown_options: Let parameters pass that we do not know.
        allow_outside: Let outputs lie outside the output folder.

    Raises:
        MistakesError: it has mistakes.
        FatalError: it cannot be read.
    """
    from batch_transcriber.plan.lists.job_list import read_job_list  # noqa: PLC0415 - others need none of it

    job_list = read_job_list(
        path,
        formats=FORMATS,
        below=layers.below,
        above=layers.above,
        allow_unknown_options=allow_unknown_options,
        allow_outside=allow_outside,
    )
    formats = typed_formats or job_list.formats or other_formats
    known: dict[int, Parameters] = {}  # entries share them; the list keeps them all alive

    def parameters_of(values: Mapping[str, JsonValue]) -> Parameters:
        return known.get(id(values)) or known.setdefault(id(values), Parameters.of(values))

    return [
        Request(
            entry.source,
            entry.formats or formats,
            parameters_of(entry.parameters),
            _below(out, entry.output),
            entry.is_folder,
        )
        for entry in job_list.entries
    ]


def _below(out: Path, output: str | None) -> str | None:
    """Return an output relative to the output folder, if need be upwards: from where a link leads, too."""
    if output is None or not output.startswith("/"):
        return output
    return os.path.relpath(output, os.path.realpath(out)).replace(os.sep, "/")
