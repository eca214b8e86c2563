"""Outputs of several jobs, written and journaled together: they share the waits for the journal."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
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
    Note: TypeAlias = Callable[[], Future[None]]
    Trouble: TypeAlias = FatalError | PermanentError


def write_outputs(journal: Journal, makes: Sequence[Make]) -> list[Trouble | None]:
    """Write the outputs of several jobs and record their origins; blocking, and safe to call again.

    At no moment does the journal take an older file for a text: the record comes before the file,
    and where a file is replaced it says so until that is done.

    Returns:
        For each job its first trouble, None where all of it is written.
    """
    troubles: list[Trouble | None] = [None] * len(makes)
    drafts: list[tuple[int, Draft, Future[None], Note | None]] = []  # and none of their texts
    replaced: list[tuple[int, Future[None]]] = []
    with ExitStack() as stack:
        for number, make in enumerate(makes):
            try:
                for output in make():
                    draft = stack.enter_context(Draft(output.path, output.text))
                    note = _note_of(journal, output)
                    if os.path.lexists(output.path):
                        # Until it is certain what the file holds, it is not told what it came from.
                        unsettled = output.origin.unsettled()
                        noted = journal.outputs.note(output.path, unsettled, None, output.entry)
                        drafts.append((number, draft, noted, note))
                    else:
                        drafts.append((number, draft, note(), None))
            except (FatalError, PermanentError) as error:
                troubles[number] = error
        for number, draft, noted, note_replaced in drafts:
            try:
                noted.result()
                draft.publish()
                if note_replaced is not None:
                    replaced.append((number, note_replaced()))
            except (FatalError, PermanentError) as error:
                troubles[number] = troubles[number] or error
    for number, noted in replaced:
        try:
            noted.result()
        except FatalError as error:
            troubles[number] = troubles[number] or error
    return troubles


def _note_of(journal: Journal, output: Output) -> Note:
    """Return what has the journal know what a file holds."""
    digest = sha256(output.text.encode("utf-8", "replace")).digest()
    return partial(journal.outputs.note, output.path, output.origin, digest, output.entry)
