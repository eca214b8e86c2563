"""A folder's entries: sorted and told apart, however many there are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.plan.folders import SORTED_IN_MEMORY_MAX, FolderEntry, read_folder

if TYPE_CHECKING:
    from pathlib import Path

ODD = [os.fsdecode(b"latin \xe9"), "smile 😀", "\uffee", "A", "a", "é", "line\nbreak"]


def fill(folder: Path) -> list[FolderEntry]:
    """Make one entry of each kind, and return them in their order."""
    for name in [*ODD, ".hidden"]:
        (folder / name).touch()
    (folder / "b folder").mkdir()
    (folder / "b link").symlink_to(folder / "b folder")
    (folder / "b nowhere").symlink_to("gone")
    entries = [FolderEntry(name, is_folder=False, is_link=False) for name in ODD]
    entries += [
        FolderEntry("b folder", is_folder=True, is_link=False),
        FolderEntry("b link", is_folder=False, is_link=True),
        FolderEntry("b nowhere", is_folder=False, is_link=True),
    ]
    return sorted(entries, key=lambda entry: os.fsencode(entry.name))


@pytest.mark.parametrize("more", [0, SORTED_IN_MEMORY_MAX])
def test_the_order_is_the_same_for_few_and_for_many(tmp_path: Path, more: int) -> None:
    expected = fill(tmp_path)
    for number in reversed(range(more)):
        (tmp_path / f"zz {number:06}").touch()
    found = list(read_folder(str(tmp_path), lambda _: True))
    special = [entry for entry in found if not entry.name.startswith("zz")]
    assert special == expected
    assert found == sorted(found, key=lambda entry: os.fsencode(entry.name))
    assert len(found) == len(expected) + more


def test_what_is_not_wanted_is_left_out(tmp_path: Path) -> None:
    fill(tmp_path)
    assert [entry.name for entry in read_folder(str(tmp_path), lambda entry: entry.is_folder)] == ["b folder"]


def test_a_link_leads_where_it_leads(tmp_path: Path) -> None:
    fill(tmp_path)
    leading = [e.name for e in read_folder(str(tmp_path), lambda _: True) if e.leads_to_folder(str(tmp_path))]
    assert leading == ["b folder", "b link"]


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read_folder(str(tmp_path / "gone"), lambda _: True))
