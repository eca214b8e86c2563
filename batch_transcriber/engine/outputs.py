"""Outputs of several jobs, written and journaled together: they share the waits for the journal."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from batch_transcriber.engine.write import Draft
from batch_transcriber.errors import FatalError, PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import TypeAlias

    from batch_transcriber.journal import Entry, Journal
    from batch_transcriber.model import Origin


@dataclass(frozen=True, slots=True)
class Output:
    """A file to be written.

    Attributes:
        path: Below the output folder.
        text: What it will hold.
        origin: The recording as it was sent.
        entry: Its transcript.
    """

    path: Path
    text: str
    origin: Origin
    entry: Entry


if TYPE_CHECKING:
    Make: TypeAlias = Callable[[], Iterable[Output]]
    Trouble: TypeAlias = FatalError | PermanentError


def write_outputs(journal: Journal, makes: Sequence[Make]) -> list[Trouble | None]:
    """Write the outputs of several jobs and record their origins; blocking, and safe to call again.

    At no moment does the journal take an older file for a text: the record comes before the file,
    and where a file is replaced it says so until that is done.

    Returns:
        For each job its first trouble, None where all of it is written.
    """
    troubles: list[Trouble | None] = [None] * len(makes)
    drafts: list[tuple[int, Output, Draft, bool, Future[None]]] = []
    replaced: list[tuple[int, Future[None]]] = []
    with ExitStack() as stack:
        for number, make in enumerate(makes):
            try:
                for output in make():
                    draft = stack.enter_context(Draft(output.path, output.text))
                    replaces = os.path.lexists(output.path)
                    drafts.append(
                        (number, output, draft, replaces, _note(journal, output, is_to_come=replaces))
                    )
            except (FatalError, PermanentError) as error:
                troubles[number] = error
        for number, output, draft, replaces, noted in drafts:
            try:
                noted.result()
                draft.publish()
                if replaces:
                    replaced.append((number, _note(journal, output, is_to_come=False)))
            except (FatalError, PermanentError) as error:
                troubles[number] = troubles[number] or error
    for number, noted in replaced:
        try:
            noted.result()
        except FatalError as error:
            troubles[number] = troubles[number] or error
    return troubles


def _note(journal: Journal, output: Output, *, is_to_come: bool) -> Future[None]:
    """Have the journal know what a file holds; until it is certain, which it came from is not told."""
    if is_to_come:
        return journal.outputs.note(output.path, output.origin.unsettled(), None, output.entry)
    digest = sha256(output.text.encode("utf-8", "replace")).digest()
    return journal.outputs.note(output.path, output.origin, digest, output.entry)
