"""A journal that is damaged, cut short or gone: the run stops with a line, and nothing is paid for again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER, NAME
from tests.support.faults import ALWAYS, PARAGRAPHS
from tests.support.ledger import digest_of
from tests.support.points import Point

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

RECORDINGS = 12
TEXTS = 4  # written when the run is killed; the others are heard by then
PAGE_BYTES = 4096
SOON = ("--poll-interval", "0.1")
pytestmark = pytest.mark.timeout(90)


def rows(journal: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a journal without leaving a trace in it, as another connection would at its end."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


async def kill_half_way(world: World, cli: Cli, ledger: Ledger) -> Path:
    """Kill a run that has written some texts and paid for all, and knows it; return its journal."""
    for number in range(RECORDINGS):
        world.record(f"{number:02}.mp3", size_bytes=1000)
    journal, point = world.out / FOLDER / NAME, Point()
    world.faults.add(PARAGRAPHS, point.arrived, times=ALWAYS, after=TEXTS)
    process = await cli.start("run", "recordings", *SOON)
    await point.reached.wait()
    known = "SELECT state FROM transcripts WHERE state IN ('completed', 'written')"
    await world.until(lambda: len(world.texts()) == TEXTS and len(rows(journal, known)) == RECORDINGS)
    process.kill()
    await process.communicate()
    world.faults.script.clear()
    point.let_go.set()
    assert ledger.transcripts.total() == RECORDINGS
    return journal


def log_of(path: Path) -> Path:
    return path.with_name(f"{NAME}-wal")


def spread(path: Path) -> None:
    """Bring into the file what the log has: with the whole log, SQLite mends any damage to the file."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_all(path: Path) -> None:
    spread(path)
    cut(path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lose_log(path: Path) -> None:
    log_of(path).unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def renew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def flip(path: Path, table: str) -> None:
    """Flip all bits in the first page of a table or an index."""
    spread(path)
    with closing(sqlite3.connect(path)) as db:
        ((page,),) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
    content = bytearray(path.read_bytes())
    for number in range((page - 1) * PAGE_BYTES, page * PAGE_BYTES):
        content[number] ^= 0xFF
    path.write_bytes(content)


DAMAGED = "put a good copy back, or move it away (what has no text yet is then paid for again)"
NOT_WHOLE = DAMAGED.replace("move it away", "move the journal away")
DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut": (cut_all, f"(database disk image is malformed); it is damaged: {DAMAGED}"),
    "flipped outputs": (lambda path: flip(path, "outputs"), f"; it is damaged: {DAMAGED}"),
    "flipped inputs": (lambda path: flip(path, "inputs"), f"; it is damaged: {DAMAGED}"),
    "empty": (empty, f"the journal is empty; {NOT_WHOLE}"),
    "log lost": (
        lose_log,
        f"or its latest part, {NAME}-wal, is missing; put that back, or remove {NAME}-mark",
    ),
    "log cut": (lambda path: cut(log_of(path)), f"{NAME}-wal, is cut short; {NOT_WHOLE}"),
    "newer": (renew, "was written by a newer batch-transcriber; use that one"),
    "folder": (make_folder, "is a folder, not a journal; move it away, or name a file with --journal"),
}


async def assert_the_same_command_ends_it(world: World, cli: Cli, ledger: Ledger) -> None:
    ended = await cli("run", "recordings", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    recordings = list(world.recordings.iterdir())
    assert world.texts() == {f"{path.stem}.txt": f"words of {path.name}\n" for path in recordings}
    assert ledger.transcripts == {digest_of(path.read_bytes()): 1 for path in recordings}


async def test_whatever_became_of_the_journal_nothing_is_sent_and_with_a_good_copy_nothing_was_lost(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    journal = await kill_half_way(world, cli, ledger)
    good = cli.folder / "good"
    journal.parent.rename(good)
    texts, requests = world.texts(), len(world.faults.arrivals)
    for name, (damage, said) in DAMAGES.items():
        shutil.copytree(good, journal.parent)
        damage(journal)
        ended = await cli("run", "recordings", "-q", *SOON)
        assert ended.code == ExitCode.LOCAL, name
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"transcripts/{FOLDER}/{NAME}: "), name
        assert said in line, name
        assert len(world.faults.arrivals) == requests, name
        assert world.texts() == texts, name
        shutil.rmtree(journal.parent)
    good.rename(journal.parent)
    await assert_the_same_command_ends_it(world, cli, ledger)


async def test_damage_that_shows_in_the_middle_of_a_run_stops_it_and_it_goes_on_once_that_is_mended(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    journal = await kill_half_way(world, cli, ledger)
    flip(journal, "transcripts_by_state")
    ended = await cli("run", "recordings", *SOON)
    assert ended.code == ExitCode.LOCAL
    (line,) = [line for line in ended.stderr.splitlines() if str(journal.name) in line]
    assert DAMAGED in line
    assert world.faults.count(PARAGRAPHS) > TEXTS + 1  # it had begun
    flip(journal, "transcripts_by_state")
    await assert_the_same_command_ends_it(world, cli, ledger)


async def test_without_its_journal_a_run_leaves_the_texts_alone_and_pays_for_the_others_only(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    journal = await kill_half_way(world, cli, ledger)
    texts = world.texts()
    journal.rename(cli.folder / "away")  # as it was told to, and the log stays
    ended = await cli("run", "recordings", *SOON)
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {
        f"recordings/{name.removesuffix('.txt')}.mp3": (
            "a text of its name is there already, and no run wrote it; move it, or use --force"
        )
        for name in texts
    }
    assert texts.items() <= world.texts().items()
    assert len(world.texts()) == RECORDINGS
    assert ledger.paid_twice == RECORDINGS - TEXTS
