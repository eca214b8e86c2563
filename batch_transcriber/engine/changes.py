"""What the system tells of changes in folders, where it does; without `watchfiles`, nothing."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATHS_MAX = 10_000  # more at a time, and all is looked through instead
MISSING = (
    "without watchfiles (in the project's folder: pip install '.[watch]') folders are looked through now and "
    "then, the larger they are the more seldom"
)
UNTOLD = "the system does not tell of changes ({}); folders are looked through now and then instead"


class Changes:
    """Paths that changed, as the system tells; it need not tell all, or any.

    Args:
        folders: To be watched with all that is below them.
        say: Gets a line where the system cannot tell.

    Attributes:
        are_too_many: More than can be kept: all is to be looked through.
    """

    def __init__(self, folders: Sequence[str], say: Callable[[str], None]) -> None:
        self._folders = folders
        self._say = say
        self._paths: set[str] = set()
        self._told = asyncio.Event()
        self._restart = asyncio.Event()
        self.are_too_many = False

    async def follow(self) -> None:
        """Take in what the system tells, until cancelled."""
        try:
            from watchfiles import Change, awatch  # noqa: PLC0415 - heavy, and an extra
        except ImportError:
            self._say(MISSING)
            return
        while True:
            self._restart.clear()
            there = [folder for folder in self._folders if os.path.isdir(folder)]  # noqa: ASYNC240, PTH112
            if not there:
                await self._restart.wait()
                continue
            try:
                async for changes in awatch(
                    *there,
                    watch_filter=lambda change, _: change is not Change.deleted,
                    stop_event=self._restart,
                    raise_interrupt=False,
                ):
                    self._note({path for _, path in changes})
            except (OSError, RuntimeError) as error:  # too many folders for the system, or one that went away
                self._say(UNTOLD.format(error))
                await self._restart.wait()

    def follow_anew(self) -> None:
        """Begin again, for a folder went away or is back."""
        self._restart.set()

    async def wait(self, at_most_s: float) -> set[str]:
        """Return what changed since the last call, as soon as there is anything; nothing after so long."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._told.wait()
        except TimeoutError:
            pass
        self._told.clear()
        paths, self._paths = self._paths, set()
        return paths

    def _note(self, paths: set[str]) -> None:
        self._paths |= paths
        if len(self._paths) > PATHS_MAX:
            self.are_too_many = True
            self._paths.clear()
        self._told.set()
