"""Lists of names through the command: from files, pipes and stdin, whatever stands in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli, Ended
    from tests.support.world import World

FIND = "find recordings -name '*.mp3'"


async def shell(cli: Cli, script: str, *arguments: str) -> Ended:
    """Run a script in which `"$@"` is the command; its pipes are real ones."""
    return await cli("run", *arguments, "--poll-interval", "0.1", through=("bash", "-c", script, "bash"))


def record(world: World, *names: str) -> dict[str, str]:
    """Make recordings, and return the texts that they should have in one folder."""
    for name in names:
        world.record(name, f"words of {name!r}")
    return {f"{name.rpartition('/')[2].removesuffix('.mp3')}.txt": f"words of {name!r}\n" for name in names}


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        (f'{FIND} | "$@"', ["-"]),
        (f'"$@" --files-from <({FIND})', []),
        (
            f'(printf "\\xef\\xbb\\xbf"; {FIND} | sed "s/$/\\r/"; echo) > names; "$@"',
            ["--files-from", "names"],
        ),
        (f'{FIND} -name "a*" > names; {FIND} -not -name "a*" | "$@"', ["-", "--files-from", "names"]),
    ],
    ids=["pipe", "substitution", "Windows", "both"],
)
async def test_names_come_from_anywhere(world: World, cli: Cli, script: str, arguments: list[str]) -> None:
    texts = record(world, "a.mp3", "deep/ b #.mp3", "[c]*.mp3")
    ended = await shell(cli, script, *arguments)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts() == texts


async def test_names_that_end_with_a_nul_may_hold_anything(world: World, cli: Cli) -> None:
    odd = os.fsdecode(b"caf\xe9.mp3")
    texts = record(world, "line\nbreak.mp3", odd, "\r.mp3")
    ended = await shell(cli, f'{FIND} -print0 | "$@"', "--files-from", "-", "-0")
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts() == texts


async def test_names_are_bytes_and_one_that_is_gone_is_a_line(world: World, cli: Cli) -> None:
    texts = record(world, os.fsdecode(b"caf\xe9.mp3"))
    (cli.folder / "names").write_bytes(b"gone\xff.mp3\nrecordings/caf\xe9.mp3\n")
    ended = await shell(cli, '"$@"', "--files-from", "names")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {r"gone\udcff.mp3": "no such file or folder; check the name"}
    assert world.texts() == texts


@pytest.mark.parametrize(
    ("script", "arguments", "line"),
    [
        ('"$@"', ["--files-from", "gone"], "gone: this list cannot be read (No such file or directory)"),
        ('"$@"', ["--files-from", "recordings"], "recordings: this list cannot be read (Is a directory)"),
        ('"$@" <&-', ["-"], "stdin: this list cannot be read (it is closed)"),
        ('echo a | "$@"', ["-", "--files-from", "-"], "- stands for stdin, which can be read only once"),
        # Without an end, so that the command is what ends it.
        ("tr '\\0' x < /dev/zero | \"$@\"", ["-"], "stdin: this list cannot be read (it holds no names)"),
    ],
    ids=["missing", "folder", "closed", "twice", "endless"],
)
async def test_a_list_that_is_none_is_one_line_and_nothing_is_sent(
    world: World, cli: Cli, script: str, arguments: list[str], line: str
) -> None:
    ended = await shell(cli, script, *arguments)
    assert ended.code == ExitCode.USAGE
    lines = [said for said in ended.stderr.splitlines() if not said.startswith("see batch-transcriber")]
    assert len(lines) == 1
    assert lines[0].partition(": ")[2].startswith(line)
    assert world.faults.arrivals == []


async def test_a_list_without_names_is_no_error(world: World, cli: Cli) -> None:
    ended = await shell(cli, 'echo | "$@"', "-")
    assert ended.code == ExitCode.OK
    assert "nothing to transcribe" in ended.stderr
    assert world.texts() == {}
