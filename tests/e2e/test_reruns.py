"""Recordings that change, move and multiply between two runs: each content is paid for once, and no more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.ledger import digest_of

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World


async def run(cli: Cli) -> None:
    ended = await cli("run", "recordings", "--poll-interval", "0.1")
    assert (ended.code, ended.failed) == (ExitCode.OK, {})


@pytest.mark.parametrize("size_bytes", [0, 5000])
async def test_a_recording_whose_bytes_changed_is_transcribed_anew(
    world: World, cli: Cli, ledger: Ledger, size_bytes: int
) -> None:
    for name in ("a", "b"):
        world.record(f"{name}.mp3", f"{name} as it was", size_bytes)
    before = {digest_of(path.read_bytes()) for path in world.recordings.iterdir()}
    await run(cli)
    changed = world.record("a.mp3", "a as it is", size_bytes)
    os.utime(changed, (1_000_000, 1_000_000))  # whatever the clock of the file system can tell apart
    await run(cli)
    assert world.texts() == {"a.txt": "a as it is\n", "b.txt": "b as it was\n"}
    assert ledger.transcripts == dict.fromkeys(before | {digest_of(changed.read_bytes())}, 1)


async def test_a_run_over_what_is_written_sends_nothing(world: World, cli: Cli, ledger: Ledger) -> None:
    for name in ("a", "deep/b", "deep/er/c"):
        world.record(f"{name}.mp3")
    await run(cli)
    requests = len(world.faults.arrivals)
    await run(cli)
    assert len(world.faults.arrivals) == requests
    assert ledger.paid_twice == 0


async def test_a_recording_that_is_only_touched_is_not_paid_for_again(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    touched = world.record("a.mp3")
    await run(cli)
    os.utime(touched, (1_000_000, 1_000_000))
    await run(cli)
    assert world.texts() == {"a.txt": "words of a.mp3\n"}
    assert ledger.transcripts.total() == 1


async def test_a_recording_that_was_moved_has_its_text_at_the_new_place_unpaid(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    moved = world.record("a.mp3", "the same words")
    await run(cli)
    (world.recordings / "monday").mkdir()
    moved.rename(world.recordings / "monday" / "b.mp3")
    await run(cli)
    assert world.texts()["monday/b.txt"] == "the same words\n"
    assert ledger.transcripts.total() == 1


async def test_a_recording_that_was_copied_has_its_text_in_both_places_paid_once(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    original = world.record("a.mp3", "the same words")
    await run(cli)
    copy = world.recordings / "monday" / "b.mp3"
    copy.parent.mkdir()
    copy.write_bytes(original.read_bytes())
    await run(cli)
    assert world.texts() == dict.fromkeys(("a.txt", "monday/b.txt"), "the same words\n")
    assert ledger.transcripts.total() == 1


@pytest.mark.parametrize("size_bytes", [0, 500_000])
async def test_copies_in_one_run_are_paid_for_once(
    world: World, cli: Cli, ledger: Ledger, size_bytes: int
) -> None:
    names = [f"{day}/{number}" for day in ("monday", "tuesday") for number in range(5)]
    for name in names:
        world.record(f"{name}.mp3", f"the words of {name[-1]}", size_bytes)
    await run(cli)
    assert world.texts() == {f"{name}.txt": f"the words of {name[-1]}\n" for name in names}
    assert (ledger.transcripts.total(), ledger.paid_twice) == (5, 0)


async def test_a_text_that_was_deleted_is_exported_again_unpaid(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for name in ("a", "b"):
        world.record(f"{name}.mp3")
    await run(cli)
    texts = world.texts()
    (world.out / "a.txt").unlink()
    await run(cli)
    assert world.texts() == texts
    assert (ledger.transcripts.total(), ledger.uploads.total()) == (2, 2)


async def test_a_recording_that_is_as_it_was_before_is_not_paid_for_again(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for text in ("before", "after", "before"):
        world.record("a.mp3", text)
        await run(cli)
        assert world.texts() == {"a.txt": f"{text}\n"}
    assert ledger.transcripts.total() == 2


async def kill_while_heard(world: World, cli: Cli, ledger: Ledger, recordings: int) -> None:
    world.recogniser.gate.clear()
    process = await cli.start("run", "recordings")
    await world.until(lambda: ledger.transcripts.total() == recordings)
    process.kill()
    await process.communicate()
    world.recogniser.gate.set()


async def test_recordings_that_change_and_are_copied_while_they_are_heard_are_paid_for_by_content(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    copied, changed = world.record("a.mp3", "the same words"), world.record("b.mp3", "as it was")
    await kill_while_heard(world, cli, ledger, 2)
    copied.with_name("c.mp3").write_bytes(copied.read_bytes())
    changed.write_text("as it is now")
    await run(cli)
    assert world.texts() == {
        "a.txt": "the same words\n",
        "b.txt": "as it is now\n",
        "c.txt": "the same words\n",
    }
    assert (ledger.transcripts.total(), ledger.paid_twice) == (3, 0)


async def test_a_recording_that_moved_while_it_was_heard_is_paid_for_once(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    recording = world.record("a.mp3", "the same words")
    await kill_while_heard(world, cli, ledger, 1)
    recording.rename(recording.with_name("b.mp3"))
    await run(cli)
    assert world.texts() == {"b.txt": "the same words\n"}
    assert ledger.transcripts.total() == 1
