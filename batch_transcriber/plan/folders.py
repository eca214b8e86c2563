"""A folder's entries in sorted order, however many it has."""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from batch_transcriber.plan.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SORTED_IN_MEMORY_MAX = 10_000  # about 2 MB


class FolderEntry(NamedTuple):
    """One entry.

    Attributes:
        name: Without the folder's.
        is_folder: What a link leads to does not count.
        is_link: Whether it is one, wherever it leads.
    """

    name: str
    is_folder: bool
    is_link: bool

    def leads_to_folder(self, folder: str) -> bool:
        """Tell whether it is a folder, or a link to one; `folder` is where it lies."""
        return self.is_folder or (self.is_link and os.path.isdir(os.path.join(folder, self.name)))  # noqa: PTH112, PTH118


def read_folder(folder: str, is_wanted: Callable[[FolderEntry], bool]) -> Iterator[FolderEntry]:
    """Yield the wanted ones of the entries that are not hidden, sorted by the bytes of their names.

    Raises:
        FatalError: there is no room to sort them.
        OSError: the folder cannot be read; nothing was yielded then.
    """
    with os.scandir(folder) as entries:
        wanted = filter(is_wanted, map(_looked_at, (e for e in entries if not e.name.startswith("."))))
        first = list(islice(wanted, SORTED_IN_MEMORY_MAX))
        if len(first) == SORTED_IN_MEMORY_MAX:
            yield from _sorted_on_disk(chain(first, wanted))
            return
    yield from sorted(first, key=lambda entry: os.fsencode(entry.name))


def _looked_at(entry: os.DirEntry[str]) -> FolderEntry:
    try:
        is_folder = entry.is_dir(follow_symlinks=False)
    except OSError:  # gone since its folder was read
        is_folder = False
    return FolderEntry(entry.name, is_folder, entry.is_symlink())


def _sorted_on_disk(entries: Iterator[FolderEntry]) -> Iterator[FolderEntry]:
    with Scratch("CREATE TABLE entries (name BLOB, is_folder INTEGER, is_link INTEGER);") as scratch:
        scratch.write_all(
            "INSERT INTO entries VALUES (?, ?, ?)",
            ((os.fsencode(entry.name), entry.is_folder, entry.is_link) for entry in entries),
        )
        for name, is_folder, is_link in scratch.read("SELECT * FROM entries ORDER BY name"):
            yield FolderEntry(os.fsdecode(name), bool(is_folder), bool(is_link))
