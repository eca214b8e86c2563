"""An output folder on a network drive: the journal does without what such a drive cannot give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER
from tests.support.machine import with_network_drive

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World

SLOWER = "transcripts is on a network drive; the journal takes its slower form"


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs"])
async def test_on_a_network_drive_the_journal_takes_its_slower_form_and_the_run_says_so_once(
    world: World, cli: Cli, kind: str
) -> None:
    world.record("a.mp3")
    world.out.mkdir()
    ended = await cli("run", "recordings", through=with_network_drive(world.out, kind))
    assert ended.code == ExitCode.OK
    assert ended.stderr.splitlines().count(SLOWER) == 1
    with closing(sqlite3.connect(world.out / FOLDER / "journal.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_on_a_disk_of_this_machine_nothing_is_said_of_network_drives(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.out.mkdir()
    ended = await cli("run", "recordings", through=with_network_drive(world.out, "xfs"))
    assert ended.code == ExitCode.OK
    assert "network drive" not in ended.stderr
