"""Filters through the command: what they leave out, why, and that the rest is not forgotten."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from typing import Any

    from tests.e2e.conftest import Cli, Ended
    from tests.support.ledger import Ledger
    from tests.support.world import World

OLD = 1_600_000_000  # in September 2020


async def run(cli: Cli, *arguments: str) -> Ended:
    ended = await cli("run", *arguments, "--poll-interval", "0.1")
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    return ended


def record(world: World, *names: str, size_bytes: int = 100, changed_at: int = OLD) -> None:
    for name in names:
        os.utime(world.record(name, size_bytes=size_bytes), (changed_at, changed_at))


def objects_of(ended: Ended, kind: str) -> list[dict[str, Any]]:
    return [thing for line in ended.stdout.splitlines() if (thing := json.loads(line))["type"] == kind]


async def test_every_filter_says_what_it_left_out_and_a_run_without_them_takes_the_rest(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    record(world, "good.mp3", "deep/good.wav", "drafts/never-read.mp3")
    record(world, "other.ogg", "skip-me.mp3", "ignored/a.mp3", "ignored/b.mp3")
    (world.recordings / "ignored" / ".batchignore").write_text("# not yet\n*.mp3\n!b.mp3\n")
    record(world, "small.mp3", size_bytes=99)
    record(world, "large.mp3", size_bytes=1001)
    record(world, "old.mp3", changed_at=OLD - 1_000_000)
    world.record("young.mp3", size_bytes=100)
    filters = ["--include", "*.mp3", "--include", "*.wav", "--exclude", "skip*", "--exclude", "drafts/"]
    filters += ["--min-size", "100", "--max-size", "1kB", "--min-age", "1h", "--newer-than", "2020-09-10"]
    ended = await run(cli, "recordings", "--json", *filters)
    assert {thing["source"]: thing["reason"] for thing in objects_of(ended, "skipped")} == {
        "recordings/other.ogg": "not matched by --include",
        "recordings/skip-me.mp3": "left out by --exclude",
        "recordings/ignored/a.mp3": "left out by .batchignore",
        "recordings/small.mp3": "smaller than --min-size",
        "recordings/large.mp3": "larger than --max-size",
        "recordings/old.mp3": "not newer than --newer-than",
        "recordings/young.mp3": "changed less than --min-age ago",
    }
    assert set(world.texts()) == {"good.txt", "deep/good.txt", "ignored/b.txt"}
    (plan,), (summary,) = objects_of(ended, "plan"), objects_of(ended, "summary")
    assert (plan["inputs"], plan["size_bytes"]) == (3, 300)
    assert (summary["written"], summary["skipped"], summary["to_go"]) == (3, 0, 0)
    again = await run(cli, "recordings", *filters)
    assert "3 recordings found, 300 B" in again.stderr
    assert "3 texts written before, and left alone" in again.stderr
    assert "7 recordings left out by filters" in again.stderr
    without = await run(cli, "recordings")
    assert "1 recording left out by filters" in without.stderr
    assert set(world.texts()) == {
        *("good.txt", "deep/good.txt", "drafts/never-read.txt", "other.txt", "skip-me.txt"),
        *("ignored/b.txt", "small.txt", "large.txt", "old.txt", "young.txt"),
    }
    assert (ledger.transcripts.total(), ledger.paid_twice) == (10, 0)


async def test_files_that_are_named_are_filtered_too_but_not_by_a_batchignore(world: World, cli: Cli) -> None:
    record(world, "a.mp3", "b.mp3", "deep/c.mp3")
    (world.recordings / ".batchignore").write_text("*\n")
    named = ["recordings/a.mp3", "recordings/b.mp3"]
    ended = await run(cli, *named, "-v", "--exclude", "b.*")
    assert "skipped: recordings/b.mp3: left out by --exclude" in ended.stderr
    assert set(world.texts()) == {"a.txt"}
    ended = await run(cli, "recordings", "--json")
    assert Counter(thing["reason"] for thing in objects_of(ended, "skipped")) == {
        "left out by .batchignore": 2
    }
    # What lies above the named folder has no say.
    await run(cli, "recordings/deep")
    assert set(world.texts()) == {"a.txt", "c.txt"}


async def test_a_limit_takes_the_first_that_pass_and_what_is_planned_is_no_more(
    world: World, cli: Cli
) -> None:
    record(world, "abcd.mp3", "e.mp3", "f.mp3", "g.mp3")
    limited = ["recordings", "--limit", "2", "--exclude", "e.mp3", "--json"]
    for written, already_written in ((2, 0), (0, 2)):
        ended = await run(cli, *limited)
        (plan,), (summary,) = objects_of(ended, "plan"), objects_of(ended, "summary")
        assert plan["inputs"] == 2
        counts = (summary["written"], summary["already_written"], summary["to_go"])
        assert counts == (written, already_written, 0)
        assert set(world.texts()) == {"abcd.txt", "f.txt"}


async def test_filters_hold_for_job_lists_and_for_addresses_by_their_names(world: World, cli: Cli) -> None:
    record(world, "a.mp3", "b.mp3")
    (cli.folder / "jobs.yaml").write_text(
        "version: 1\njobs: [recordings, {source: recordings/b.mp3, output: x/}, https://h.invalid/talk.mp3]\n"
    )
    ended = await run(cli, "-j", "jobs.yaml", "--exclude", "[bt]*.mp3", "--max-size", "1k")
    assert "3 recordings left out by filters" in ended.stderr
    assert set(world.texts()) == {"a.txt"}


async def test_what_a_limit_leaves_is_said_and_what_filters_leave_is_counted(world: World, cli: Cli) -> None:
    for name in ("a.mp3", "b.mp3", "c.ogg"):
        world.record(name)
    limited = await cli("run", "recordings", "--limit", "2")
    assert "there are more recordings than --limit lets through" in limited.stderr
    ended = await cli("run", "recordings", "--exclude", "*.ogg", "--json")
    summary = json.loads(ended.stdout.splitlines()[-1])
    assert (summary["filtered"], summary["over_limit"], summary["to_go"]) == (1, 0, 0)
