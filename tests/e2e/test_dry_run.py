"""`run --dry-run` and `estimate`: what would be done, and nothing is."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from batch_transcriber.errors import ExitCode
from batch_transcriber.ui.json_objects import schema
from tests.e2e.conftest import COMMAND
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.world import World

WAYS = [["run", "--dry-run"], ["run", "-n"], ["estimate"]]


def listing(folder: Path) -> list[tuple[str, int, int]]:
    paths = sorted(folder.rglob("*"))
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


@pytest.fixture
def keyless(world: World, cli: Cli) -> World:
    """Take the key away; the address stays, so that a request would arrive."""
    del cli.environ["AAI_API_KEY"]
    return world


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
async def test_it_says_what_would_be_done_and_does_none_of_it(
    keyless: World, cli: Cli, way: list[str]
) -> None:
    keyless.record_wav("a.wav", 1800)
    (keyless.recordings / "empty.wav").touch()
    before = listing(cli.folder)
    ended = await cli(*way, "recordings", "nosuch.wav", "--exclude", "b*", "-f", "txt,srt")
    assert ended.code == ExitCode.OK
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[:3] == [
        "transcribe: recordings/a.wav to transcripts/a.txt, transcripts/a.srt (30 min, $0.11)",
        "fail: recordings/empty.wav: the file is empty; record or copy it again",
        "fail: nosuch.wav: no such file or folder; check the name",
    ]
    assert lines[3] == "1 recording to transcribe, 30 min of audio, 180 kB"
    assert re.match(r"\$0\.11 at most, at prices of 20\d\d-\d\d-\d\d, before taxes \(https://", lines[4])
    assert "  universal-3-5-pro: 30 min at $0.21 an hour, $0.11" in lines
    assert "2 would fail" in lines
    assert lines[-1] == "an estimate: nothing was sent, and nothing was written"
    assert listing(cli.folder) == before
    assert keyless.faults.arrivals == []


async def test_its_objects_are_valid_by_the_schema(keyless: World, cli: Cli) -> None:
    keyless.record_wav("a.wav", 1800)
    keyless.record_wav("b.wav", 3600)
    (cli.folder / "nothing here").mkdir()
    sources = ("recordings", "recordings/a.wav", "nosuch.wav", "nothing here")
    ended = await cli("estimate", *sources, "--json", "--max-hours", "1", "--price", "0.5")
    assert ended.code == ExitCode.OK
    things = [json.loads(line) for line in ended.stdout.splitlines()]
    validator = Draft202012Validator(schema())
    for thing in things:
        validator.validate(thing)
    kinds = [thing["type"] for thing in things]
    assert kinds == ["expected", "expected", "skipped", "failed", "notice", "estimate"]
    assert (things[0]["audio_duration_s"], things[0]["cost_usd"]) == (1800.0, 0.25)
    assert "--max-hours" in things[1]["limit"]
    totals = things[-1]
    assert (totals["to_transcribe"], totals["over_limit"], totals["failed"], totals["skipped"]) == (
        1,
        1,
        1,
        1,
    )
    assert (totals["cost_usd"], totals["prices_as_of"]) == (0.25, None)


async def test_what_nobody_knows_is_said(keyless: World, cli: Cli) -> None:
    keyless.record_wav("a.wav", 1800)
    keyless.record("raw.aac", "no header tells how long this is")
    ended = await cli("estimate", "recordings", "https://example.org/a.mp3", "--model", "universal-9")
    assert (
        "transcribe: recordings/raw.aac to transcripts/raw.txt (length unknown, price unknown)"
        in ended.stdout
    )
    assert "among them are 2 of unknown length: neither hours nor costs have them" in ended.stdout
    assert "cost unknown" in ended.stdout
    assert (
        "universal-9 has no known price, so 3 recordings are not in it; give one with --price" in ended.stdout
    )


async def test_quiet_leaves_failures_and_totals(keyless: World, cli: Cli) -> None:
    keyless.record_wav("a.wav", 1800)
    ended = await cli("estimate", "recordings", "nosuch.wav", "-q")
    assert ended.stdout.splitlines()[:2] == [
        "fail: nosuch.wav: no such file or folder; check the name",
        "1 recording to transcribe, 30 min of audio, 180 kB",
    ]


async def test_offline_costs_nothing(keyless: World, cli: Cli) -> None:
    keyless.record_wav("a.wav", 1800)
    ended = await cli("estimate", "--offline", "recordings")
    assert ended.code == ExitCode.OK
    assert "$0: this machine hears them" in ended.stdout.splitlines()


async def test_after_a_run_only_what_is_left_costs_anything(world: World, cli: Cli) -> None:
    world.record_wav("a.wav", 100)
    assert (await cli("run", "recordings")).code == ExitCode.OK
    world.record_wav("b.wav", 100)
    (world.out / "c.txt").write_text("no run wrote this")
    world.record_wav("c.wav", 100)
    before, requests = listing(world.out), len(world.faults.arrivals)
    lines = (await cli("estimate", "recordings")).stdout.splitlines()
    assert lines[0] == "skip: recordings/a.wav: already written (transcripts/a.txt)"
    assert lines[1].startswith("transcribe: recordings/b.wav to transcripts/b.txt (1 min 40 s, $")
    assert lines[2].startswith("fail: recordings/c.wav: a text of its name is there already")
    assert listing(world.out) == before
    (world.out / "a.txt").unlink()
    lines = (await cli("estimate", "recordings")).stdout.splitlines()
    assert lines[0] == "fetch: recordings/a.wav to transcripts/a.txt (paid for already)"
    assert "1 transcript paid for already: fetched for nothing" in lines
    assert len(world.faults.arrivals) == requests


async def test_a_list_with_mistakes_is_wrong_usage_here_too(keyless: World, cli: Cli) -> None:
    (cli.folder / "jobs.yaml").write_text("version: 1\njobs:\n  - source: recordings\n    laguage: de\n")
    for way in WAYS:
        ended = await cli(*way, "-j", "jobs.yaml")
        assert ended.code == ExitCode.USAGE
        assert "jobs.yaml:4:5" in ended.stderr
        assert ended.stdout == ""
    assert keyless.faults.arrivals == []


async def test_estimate_alone_names_its_own_help(cli: Cli) -> None:
    ended = await cli("estimate")
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.splitlines()[-1] == "see batch-transcriber estimate --help"


async def test_its_help_is_short_and_leads_to_that_of_run(cli: Cli) -> None:
    text = (await cli("estimate", "--help")).stdout
    assert "--max-cost" in text
    assert "--poll-by" not in text
    assert "batch-transcriber run --help" in text
    assert max(map(len, text.splitlines())) <= 80


async def test_a_reader_that_goes_away_is_no_trouble(keyless: World, cli: Cli) -> None:
    for number in range(50):
        keyless.record_wav(f"{number}.wav", 10)
    shell = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {COMMAND} estimate recordings | head -n 1",
        cwd=cli.folder,
        env=cli.environ,
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await shell.communicate()
    assert (shell.returncode, len(stdout.splitlines()), stderr) == (0, 1, b"")


async def test_a_full_disk_is_said_in_one_line(keyless: World, cli: Cli) -> None:
    keyless.record_wav("a.wav", 10)
    shell = await asyncio.create_subprocess_shell(
        f"{COMMAND} estimate recordings > /dev/full",
        cwd=cli.folder,
        env=cli.environ,
        stderr=asyncio.subprocess.PIPE,
    )
    (line,) = (await shell.communicate())[1].decode().splitlines()
    assert shell.returncode == ExitCode.LOCAL
    assert "No space left" in line


@pytest.mark.parametrize("no_colour", [False, True])
async def test_a_terminal_gets_lines_that_are_broken_at_words(
    keyless: World, cli: Cli, *, no_colour: bool
) -> None:
    keyless.record_wav(f"a day with many words/{'and a long name ' * 4}.wav", 10)
    (keyless.recordings / "empty.wav").touch()
    environ = cli.environ | ({"NO_COLOR": "1"} if no_colour else {})
    async with run_in_terminal(
        COMMAND, "estimate", "recordings", environ=environ, cwd=cli.folder
    ) as terminal:
        assert await terminal.end() == ExitCode.OK
        lines = await terminal.until(lambda lines: lines[-1].startswith("an estimate:"))
    assert lines[0].startswith("transcribe: ")
    assert all(len(line) <= 80 for line in lines)
    assert (re.search(rb"\x1b\[[\d;]*3\d", bytes(terminal.raw)) is None) is no_colour
