"""One thread that writes outputs, and journals them: what comes while it is busy is written together.

A wait for the disk and one for the journal are shared by all that is written together, and a file costs
no thread of its own; the more there is to do, the more is done at once.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
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


class Pen:
    """Write outputs of one run; within one event loop.

    Args:
        journal: Open until `close` was called and all is written.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._waiting: list[tuple[Make, asyncio.Future[None]]] = []
        self._is_busy = False

    def write(self, make: Make) -> asyncio.Future[None]:
        """Have the outputs of one job written; safe to repeat.

        Args:
            make: Gives them; called in the thread.

        Returns:
            Done once they are on disk; or else it holds the FatalError (the disk is full, or cannot be
            written to) or PermanentError (one of these paths cannot be written) of one of them. To cancel it
            stops nothing.
        """
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((make, written))
        if not self._is_busy:
            self._begin()
        return written

    def close(self) -> None:
        """Let the thread go; what it writes is written."""
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        self._is_busy = True
        together, self._waiting = self._waiting, []
        makes = [make for make, _ in together]
        writing = asyncio.get_running_loop().run_in_executor(
            self._thread, write_outputs, self._journal, makes
        )
        writing.add_done_callback(lambda writing: self._end([written for _, written in together], writing))

    def _end(
        self, together: list[asyncio.Future[None]], writing: asyncio.Future[list[Trouble | None]]
    ) -> None:
        self._is_busy = False
        bug = writing.exception()
        troubles = [bug] * len(together) if bug else writing.result()
        for written, trouble in zip(together, troubles, strict=True):
            if written.cancelled():
                continue
            if trouble is None:
                written.set_result(None)
            else:
                written.set_exception(trouble)
        if self._waiting:
            self._begin()


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
