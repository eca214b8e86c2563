"""What a run needs before anything is sent: a place for the texts, and a journal that no other run has."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.buckets.store import let_go
from batch_transcriber.engine.write import prepare_folder
from batch_transcriber.events import Notice
from batch_transcriber.journal import NAME, Database, Journal, RunLock, home_of, is_on_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from pathlib import Path

    from batch_transcriber.events import Event
    from batch_transcriber.settings import Settings


async def prepare_place(folder: Path, stop: asyncio.Event) -> None:
    """Make the output folder, and prove that it can be written to, unless somebody stops that.

    Raises:
        FatalError: it cannot.
    """
    if not is_in_bucket(folder):
        prepare_folder(folder)
        return
    from batch_transcriber.engine.put import prepare_bucket  # noqa: PLC0415 - few runs need it

    preparing = asyncio.ensure_future(asyncio.to_thread(prepare_bucket, folder))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not preparing.done():
        let_go()
        await asyncio.wait([preparing])
    else:
        await preparing


def open_journal(
    stack: AsyncExitStack, folder: Path, settings: Settings, tell: Callable[[Event], None]
) -> Journal:
    """Return the journal of an output folder, which no other run has; the stack closes it.

    Raises:
        FatalError: another run has it, or it cannot be used.
    """
    home = home_of(folder)
    if is_in_bucket(folder):  # in the user's own folder, where nobody else has a part in it
        with suppress(OSError):  # which the lock tells
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.journal or home / NAME
    stack.enter_context(RunLock(home, folder))
    if settings.journal is not None:  # two output folders must not come to share one
        stack.enter_context(RunLock(path.parent, path, prefix=f"{path.name}-"))
    is_slow = is_on_network(path.parent)
    if is_slow:
        place = settings.journal or folder
        tell(Notice(f"{place} is on a network drive; the journal takes its slower form"))
    database = Database(path, write_ahead=not is_slow)
    journal = stack.enter_context(Journal(database, folder, service=settings.base_url))
    if settings.journal is not None:
        journal.check_folder()
    return journal
