"""`status`: where a run stands, while it is at work and later; and nothing is touched by it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER, NAME
from batch_transcriber.ui.status_objects import schema
from tests.e2e.conftest import COMMAND
from tests.support.faults import UPLOAD
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

SOON = ("--poll-interval", "0.1")


def listing(folder: Path) -> dict[str, bytes]:
    """Return all files, but for the index of a log that is in use: its readers mark there where they are."""
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


async def objects(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    """Return the objects of a command, each valid by the schema."""
    ended = await cli("status", *arguments, "--json")
    assert (ended.code, ended.stderr) == (ExitCode.OK, "")
    things = [json.loads(line) for line in ended.stdout.splitlines()]
    for thing in things:
        Draft202012Validator(schema()).validate(thing)
    return things


async def held(world: World, cli: Cli, ledger: Ledger, count: int = 3) -> asyncio.subprocess.Process:
    """Start a run, and return once all its recordings are at the service, where they wait."""
    for number in range(count):
        world.record(f"{number}.mp3")
    world.record("empty.mp3", "")
    world.recogniser.gate.clear()
    process = await cli.start("run", "recordings", *SOON)
    await world.until(lambda: ledger.transcripts.total() == count)
    return process


async def until_status(cli: Cli, **steps: int) -> dict[str, Any]:
    """Return the object of a status as soon as so many are at each of these steps."""
    async with asyncio.timeout(20):
        while True:
            (thing,) = await objects(cli)
            if all(thing["steps"][step] == count for step, count in steps.items()):
                return thing


async def test_a_run_at_work_is_told_and_goes_on_untouched(world: World, cli: Cli, ledger: Ledger) -> None:
    run = await held(world, cli, ledger)
    thing = await until_status(cli, processing=3, failed=1)
    assert thing["holder"]["pid"] == run.pid
    assert thing["holder"]["host"] == socket.gethostname()
    assert thing["run"]["ended_at"] is None
    assert thing["last_failures"][0]["source"] == str(world.recordings / "empty.mp3")
    async with asyncio.timeout(20):
        while (thing["run"]["inputs"], thing["run"]["done"]) != (4, 1):  # within a second or so
            (thing,) = await objects(cli)
    lines = (await cli("status")).stdout.splitlines()
    assert lines[0].startswith(f"transcripts: process {run.pid} on {socket.gethostname()} since ")
    assert lines[1] == "1 of 4 recordings done (25 %)"
    assert [line.split() for line in lines[2:4]] == [["failed", "1"], ["processing", "3"]]
    assert "the file is empty" in lines[-1]
    world.recogniser.gate.set()
    _, stderr = await run.communicate()
    assert run.returncode == ExitCode.SOME_FAILED, stderr
    (thing,) = await objects(cli)
    assert (thing["holder"], thing["run"]["ending"]) == (None, "done")
    assert (thing["steps"]["written"], thing["steps"]["failed"]) == (3, 1)
    assert thing["audio_duration_s"] > 0


async def test_after_a_kill_nothing_is_changed_and_the_run_goes_on_as_if_nobody_had_looked(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    run = await held(world, cli, ledger)
    await until_status(cli, failed=1)
    run.kill()
    await run.communicate()
    before = listing(world.out)
    for more in ((), ("--failed",), ("--file", "recordings/1.mp3"), ("--watch",)):
        ended = await cli("status", *more)
        assert (ended.code, ended.stderr) == (ExitCode.OK, ""), more
    assert "was killed or cut off; the same command goes on" in ended.stdout
    assert listing(world.out) == before
    world.recogniser.gate.set()
    assert (await cli("run", "recordings", *SOON)).code == ExitCode.SOME_FAILED
    assert ledger.transcripts.total() == 3


async def test_a_stopped_run_and_a_fatal_one_say_so(world: World, cli: Cli, ledger: Ledger) -> None:
    run = await held(world, cli, ledger)
    run.send_signal(signal.SIGTERM)
    await run.communicate()
    assert "transcripts: the last run was stopped at " in (await cli("status")).stdout
    world.record("new.mp3")
    cli.environ["AAI_API_KEY"] = "another-key"
    assert (await cli("run", "recordings", *SOON)).code == ExitCode.AUTH
    first = (await cli("status")).stdout.splitlines()[0]
    assert first.startswith("transcripts: the last run ended early at ")
    assert "key" in first
    assert "another-key" not in first


async def test_failures_are_a_line_each_and_fit_a_pipe(world: World, cli: Cli) -> None:
    world.record("good.mp3")
    for name in ("a.mp3", "b\nnew line.mp3"):
        world.record(name, "")
    await cli("run", "recordings", "missing.mp3")
    ended = await cli("status", "--failed")
    found = dict(line.split("\t") for line in ended.stdout.splitlines())
    assert {name.rpartition("/")[2] for name in found} == {"a.mp3", r"b\nnew line.mp3", "missing.mp3"}
    assert found[str(cli.folder / "missing.mp3")] == "no such file or folder; check the name"
    things = await objects(cli, "--failed")
    assert {thing["source"] for thing in things} == {
        str(world.recordings / "a.mp3"),
        str(world.recordings / "b\nnew line.mp3"),
        str(cli.folder / "missing.mp3"),
    }
    shell = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {COMMAND} status --failed | head -n 1",
        cwd=cli.folder,
        env=cli.environ,
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await shell.communicate()
    assert (shell.returncode, len(stdout.splitlines()), stderr) == (0, 1, b"")


async def test_one_input_is_explained_with_what_comes_next(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("b.mp3", "")
    world.record("left.mp3")
    await cli("run", "recordings", "-f", "txt,srt", "--exclude", "left*")
    (thing,) = await objects(cli, "--file", "recordings/a.mp3")
    assert (thing["step"], thing["reason"], thing["next"]) == ("written", None, "leaves it alone")
    assert thing["transcript_id"]
    assert len(thing["content_sha256"]) == len(thing["options_sha256"]) == 64
    assert set(thing["moves"]) >= {"planned", "uploading", "uploaded", "submitted", "completed", "written"}
    assert [(part["format"], part["state"]) for part in thing["outputs"]] == [
        ("srt", "there"),
        ("txt", "there"),
    ]
    lines = (await cli("status", "--file", "transcripts/a.txt")).stdout.splitlines()
    assert lines[0] == f"{world.recordings / 'a.mp3'}: written"
    assert lines[1] == "  next: the same command leaves it alone"
    assert "  txt: a.txt (there, as it was written)" in lines

    (world.out / "a.srt").unlink()
    (world.out / "a.txt").write_text("mended by hand")
    (thing,) = await objects(cli, "--file", "recordings/a.mp3")
    assert thing["next"] == "fetches what is missing, for nothing"
    assert [part["state"] for part in thing["outputs"]] == ["missing", "edited"]
    world.record("a.mp3", "other words")
    (thing,) = await objects(cli, "--file", "recordings/a.mp3")
    assert "it has changed since" in thing["next"]

    (thing,) = await objects(cli, "--file", "recordings/b.mp3")
    assert thing["step"] == "failed"
    assert "the file is empty" in thing["reason"]
    (thing,) = await objects(cli, "--file", "recordings/left.mp3")
    assert (thing["step"], thing["reason"]) == ("skipped", "left out by --exclude")
    ended = await cli("status", "--file", "nobody.mp3")
    assert (ended.code, ended.stdout) == (ExitCode.USAGE, "")
    assert len(ended.stderr.splitlines()) == 1


async def test_a_journal_that_is_not_there_is_said_and_none_is_made(cli: Cli) -> None:
    (cli.folder / "empty").mkdir()
    for arguments, word in (
        (["none"], "none: no such folder; name the output folder of a run"),
        (["empty"], "empty: no run has left a journal here"),
        (["--journal", "j.db"], "j.db: no such journal"),
        ([], "transcripts: no such folder"),
    ):
        ended = await cli("status", *arguments)
        assert (ended.code, ended.stdout) == (ExitCode.USAGE, "")
        (line,) = ended.stderr.splitlines()
        assert word in line
    assert [path.name for path in cli.folder.rglob("*")] == ["empty"]


@pytest.mark.parametrize("how", ["damaged", "newer", "cut"])
async def test_a_journal_that_cannot_be_read_is_one_line_and_stays(world: World, cli: Cli, how: str) -> None:
    world.record("a.mp3")
    await cli("run", "recordings")
    path = world.out / FOLDER / NAME
    if how == "newer":
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")
    else:
        data = path.read_bytes()
        path.write_bytes(b"no journal" * 1000 if how == "damaged" else data[: len(data) // 2])
    before = path.read_bytes()
    for command in ("status", "report"):
        ended = await cli(command)
        assert (ended.code, ended.stdout) == (ExitCode.LOCAL, "")
        (line,) = ended.stderr.splitlines()
        assert str(path.relative_to(cli.folder)) in line
        assert ("newer" if how == "newer" else "damaged") in line
    assert path.read_bytes() == before


async def test_a_journal_elsewhere_is_found_by_its_name_by_its_variable_and_by_the_configuration(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    await cli("run", "recordings", "-o", "texts", "--journal", "known.db")
    (thing,) = await objects(cli, "--journal", "known.db")
    assert (thing["out"], thing["steps"]["written"]) == (str(cli.folder / "texts"), 1)
    cli.environ["BATCH_TRANSCRIBER_JOURNAL"] = "known.db"
    assert (await objects(cli))[0]["steps"]["written"] == 1
    del cli.environ["BATCH_TRANSCRIBER_JOURNAL"]
    (cli.folder / "config.toml").write_text('journal = "known.db"\nout = "texts"\njson = true\n')
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = "config.toml"
    assert (await cli("status")).stdout.startswith("texts: the last run ended at ")
    ended = await cli("status", "elsewhere")
    assert ended.code == ExitCode.USAGE
    assert "is the journal of" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [["a", "b"], ["a", "-o", "b"], ["--failed", "--watch"], ["--file", "a", "--failed"]]
)
async def test_what_cannot_be_meant_is_refused(cli: Cli, arguments: list[str]) -> None:
    ended = await cli("status", *arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.splitlines()[-1] == "see batch-transcriber status --help"


async def test_a_terminal_is_redrawn_until_the_run_ends(world: World, cli: Cli, ledger: Ledger) -> None:
    run = await held(world, cli, ledger)
    command = (COMMAND, "status", "--watch")
    async with run_in_terminal(*command, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: any(line.split() == ["processing", "3"] for line in lines))
        world.recogniser.gate.set()
        await run.communicate()
        lines = await terminal.until(
            lambda lines: any(line.split()[:2] == ["written", "3"] for line in lines)
        )
        assert await terminal.end() == ExitCode.OK
    assert "the last run ended at" in lines[0]
    assert sum("written" in line for line in lines) == 1


async def test_ctrl_c_leaves_a_clean_terminal(world: World, cli: Cli, ledger: Ledger) -> None:
    run = await held(world, cli, ledger)
    command = (COMMAND, "status", "--watch")
    async with run_in_terminal(*command, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: any("at work" in line for line in lines))
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.OK
        assert "^C" not in "\n".join(terminal.lines())
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
    assert run.returncode is None


async def test_a_pipe_gets_a_block_each_time(world: World, cli: Cli, ledger: Ledger) -> None:
    run = await held(world, cli, ledger)
    watch = await cli.start("status", "--watch")
    assert watch.stdout is not None
    first = (await watch.stdout.readline()).decode()
    assert first.startswith(f"transcripts: process {run.pid} ")
    world.recogniser.gate.set()
    await run.communicate()
    stdout, stderr = await watch.communicate()
    blocks = stdout.decode().split("\n\n")
    assert (watch.returncode, stderr) == (ExitCode.OK, b"")
    assert blocks[-1].startswith("transcripts: the last run ended at ")
    assert "\x1b" not in stdout.decode()


async def test_a_reader_that_goes_away_ends_a_watch(world: World, cli: Cli, ledger: Ledger) -> None:
    await held(world, cli, ledger)
    shell = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {COMMAND} status --watch | head -n 1",
        cwd=cli.folder,
        env=cli.environ,
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(15):
        assert (await shell.communicate())[1] == b""
    assert shell.returncode == ExitCode.OK


async def test_names_that_are_no_text_do_no_harm(world: World, cli: Cli) -> None:
    name = os.fsdecode(b"caf\xe9\x1b[31m.mp3")
    try:
        (world.recordings / name).touch()
    except OSError:
        pytest.skip("names are text on this file system")
    await cli("run", "recordings")
    for more in ((), ("--failed",), ("--file", f"recordings/{name}")):
        ended = await cli("status", *more)
        assert ended.code == ExitCode.OK
        assert "\x1b" not in ended.stdout
        assert r"caf\udce9\x1b[31m.mp3" in ended.stdout
    (thing,) = await objects(cli, "--failed")
    assert thing["source"] == str(world.recordings / name)


async def test_a_run_that_cannot_go_on_is_seen_where_it_is(world: World, cli: Cli) -> None:
    async with asyncio.timeout(20):
        gate = asyncio.Event()

        async def hold(request: Any, handler: Any) -> Any:
            await gate.wait()
            return await handler(request)

        world.record("a.mp3")
        world.faults.add(UPLOAD, hold)
        run = await cli.start("run", "recordings", *SOON)
        await world.until((world.out / FOLDER / NAME).exists)
        thing = await until_status(cli, uploading=1)
        assert thing["to_go_s"] is None
        gate.set()
        await run.communicate()
    assert (await objects(cli))[0]["steps"]["written"] == 1
