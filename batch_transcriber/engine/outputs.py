"""Outputs of several jobs, written and journaled together: they share the waits for the journal."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.engine.write import Draft
from batch_transcriber.errors import FatalError, PermanentError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import TypeAlias

    from batch_transcriber.engine.put import Put
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


class _Drafted(NamedTuple):
    """An output on its way.

    Attributes:
        number: Of its job.
        draft: Its text.
        noted: Done once the journal is ready for it.
        note_replaced: Tells the journal that it took the place of another; None where there was none.
    """

    number: int
    draft: Draft | Put
    noted: Future[None]
    note_replaced: Note | None


if TYPE_CHECKING:
    Make: TypeAlias = Callable[[], Iterable[Output]]
    Note: TypeAlias = Callable[[], Future[None]]
    Trouble: TypeAlias = FatalError | PermanentError | RetryableError


def write_outputs(journal: Journal, makes: Sequence[Make]) -> list[Trouble | None]:
    """Write the outputs of several jobs and record their origins; blocking, and safe to call again.

    At no moment does the journal take an older file for a text: the record comes before the file,
    and where a file is replaced it says so until that is done.

    Returns:
        For each job its first trouble, None where all of it is written.
    """
    troubles: list[Trouble | None] = [None] * len(makes)
    drafted: list[_Drafted] = []  # and none of their texts
    with ExitStack() as stack:
        for number, make in enumerate(makes):
            try:
                for output in make():
                    draft = _draft_of(output)
                    stack.enter_context(draft)
                    note = _note_of(journal, output)
                    # What is in a bucket would have to be asked for, which takes longer.
                    if is_in_bucket(output.path) or os.path.lexists(output.path):
                        # Until it is certain what the file holds, it is not told what it came from.
                        unsettled = output.origin.unsettled()
                        noted = journal.outputs.note(output.path, unsettled, None, output.entry)
                        drafted.append(_Drafted(number, draft, noted, note))
                    else:
                        drafted.append(_Drafted(number, draft, note(), None))
            except (FatalError, PermanentError) as error:
                troubles[number] = error
        _publish(drafted, troubles)
    return troubles


def _publish(drafted: Iterable[_Drafted], troubles: list[Trouble | None]) -> None:
    """Put the drafts in their places, and note what is told only then."""
    begun: list[_Drafted] = []
    replaced: list[tuple[int, Future[None]]] = []
    for one in drafted:
        with _kept(troubles, one.number):
            one.noted.result()
            one.draft.begin()
            begun.append(one)
    for one in begun:
        with _kept(troubles, one.number):
            one.draft.publish()
            if one.note_replaced is not None:
                replaced.append((one.number, one.note_replaced()))
    for number, noted in replaced:
        with _kept(troubles, number):
            noted.result()


@contextmanager
def _kept(troubles: list[Trouble | None], number: int) -> Iterator[None]:
    """Keep the first trouble of a job."""
    try:
        yield
    except (FatalError, PermanentError, RetryableError) as error:
        troubles[number] = troubles[number] or error


def _draft_of(output: Output) -> Draft | Put:
    if not is_in_bucket(output.path):
        return Draft(output.path, output.text)
    from batch_transcriber.engine.put import Put  # noqa: PLC0415 - few runs need it

    return Put(output.path, output.text)


def _note_of(journal: Journal, output: Output) -> Note:
    """Return what has the journal know what a file holds."""
    digest = sha256(output.text.encode("utf-8", "replace")).digest()
    return partial(journal.outputs.note, output.path, output.origin, digest, output.entry)
