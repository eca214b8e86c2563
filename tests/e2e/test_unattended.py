"""Runs that nobody looks at: what they leave behind, whom they tell, and that neither changes the run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support.faults import UPLOAD, error
from tests.support.hook import SECRET, Inbox, hook
from tests.support.machine import with_small_disk
from tests.support.world import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World


def log_of(cli: Cli) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (cli.folder / "run.log").read_text().splitlines()]


async def test_the_log_tells_the_way_of_every_recording_and_no_secret(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name, f"unmistakable words of {name}")
    world.record("empty.mp3", "")
    world.faults.add(UPLOAD, error(503, "busy"))
    ended = await cli("run", "recordings", "--log-file", "run.log", "-vv")
    assert ended.code == ExitCode.SOME_FAILED
    lines = log_of(cli)
    assert len({line["run"] for line in lines}) == 1
    ways = {
        name: [line["event"] for line in lines if line["source"] == f"recordings/{name}"]
        for name in ("b.mp3", "empty.mp3")
    }
    assert [event for event in ways["b.mp3"] if event not in {"processing", "uploading"}] == [
        "found",
        "uploaded",
        "submitted",
        "completed",
        "written",
    ]
    assert ways["empty.mp3"] == ["found", "failed"]
    assert lines[-1]["event"] == "summary"
    assert (lines[-1]["written"], lines[-1]["failed"], lines[-1]["exit_code"]) == (2, 1, 1)
    assert any(line["event"] == "request" and line["status"] == 503 for line in lines)
    text = (cli.folder / "run.log").read_text()
    assert KEY not in text
    assert "unmistakable" not in text
    secrets = {part for url in ledger.upload_urls for part in url.split("/")[-2:]}
    assert len(secrets) >= 3
    assert not [secret for secret in secrets if secret in text]


async def test_a_log_that_cannot_be_opened_ends_the_run_before_anything_is_sent(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    for option in ("--log-file", "--metrics-file"):
        told = ("--on-finish", "echo $BATCH_TRANSCRIBER_RUN_EXIT_CODE >> told")
        ended = await cli("run", "recordings", option, "missing/file", *told)
        assert ended.code == ExitCode.LOCAL
        (line,) = ended.stderr.splitlines()
        assert line.startswith("batch-transcriber: missing/file: the ")
        assert option in line
    assert (cli.folder / "told").read_text() == "3\n3\n"
    assert world.faults.arrivals == []


async def test_a_disk_that_fills_up_under_log_and_metrics_changes_nothing_but_a_line_for_each(
    world: World, cli: Cli
) -> None:
    for number in range(30):
        world.record(f"{number}.mp3")
    disk = cli.folder / "small"
    disk.mkdir()
    script = 'head -c 8k /dev/zero > "$0/pad"; yes "{}" | head -c 28k > "$0/run.log"; "$@"'
    ended = await cli(
        *("run", "recordings", "--log-file", disk / "run.log", "--metrics-file", disk / "run.prom"),
        through=with_small_disk(disk, 48, script),
    )
    assert ended.code == ExitCode.OK
    assert len(world.texts()) == 30
    for what in ("the log", "the metrics"):
        lines = [line for line in ended.stderr.splitlines() if f"{what} cannot be written" in line]
        assert len(lines) == 1, ended.stderr
        assert "No space left on device" in lines[0]


async def test_a_key_that_is_missing_stands_in_the_log_and_is_told(cli: Cli) -> None:
    inbox = Inbox()
    async with hook(inbox.take) as address:
        ended = await cli("run", "recordings", "--log-file", "run.log", "--notify", address)
    assert ended.code == ExitCode.AUTH
    (line,) = log_of(cli)
    assert (line["level"], line["event"], line["exit_code"]) == ("critical", "ended", ExitCode.AUTH)
    (body,) = inbox.bodies
    assert (body["status"], body["exit_code"]) == ("failed", ExitCode.AUTH)
    assert body["text"].startswith("transcripts: no API key; ")


async def test_the_end_is_told_with_its_figures_and_the_address_is_shown_nowhere(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    world.record("empty.mp3", "")
    inbox = Inbox()
    async with hook(inbox.take) as address:
        ended = await cli(
            *("run", "recordings", "--notify", address, "--log-file", "run.log", "-vv"),
            *("--on-finish", "echo $BATCH_TRANSCRIBER_RUN_STATUS $BATCH_TRANSCRIBER_RUN_EXIT_CODE > told"),
        )
    assert ended.code == ExitCode.SOME_FAILED
    (body,) = inbox.bodies
    assert (body["status"], body["written"], body["failed"]) == ("some_failed", 1, 1)
    assert re.fullmatch(r"transcripts: 1 written, 1 failed, in \d+ s", body["text"])
    assert (cli.folder / "told").read_text() == "some_failed 1\n"
    assert ended.stdout == ""
    for place in (ended.stderr, (cli.folder / "run.log").read_text()):
        assert SECRET not in place


async def test_one_who_refuses_is_a_line_with_the_host_and_nothing_else(world: World, cli: Cli) -> None:
    world.record("a.mp3")

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=500)

    async with hook(refuse) as address:
        ended = await cli("run", "-q", "recordings", "--notify", address, "--on-finish", "exit 7")
        assert ended.code == ExitCode.OK
        assert sorted(ended.stderr.splitlines()) == [
            "no word got to 127.0.0.1 (--notify): it answered 500",
            "the command of --on-finish: it ended with 7",
        ]
        ended = await cli("run", "recordings/missing", "--notify", address)
    assert SECRET not in ended.stderr
    assert "--notify=..." not in ended.stderr
    assert "batch-transcriber retry transcripts --notify ..." in ended.stderr


async def test_one_who_hangs_holds_up_the_end_for_a_few_seconds_only(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    arrived: list[float] = []

    async def hang(_: web.Request) -> web.StreamResponse:
        arrived.append(monotonic())
        await asyncio.Event().wait()
        raise AssertionError

    async with hook(hang) as address:
        ended = await cli("run", "recordings", "--notify", address)
        assert monotonic() - arrived[0] < 7
    assert ended.code == ExitCode.OK
    assert "not done in time" in ended.stderr or "no answer in time" in ended.stderr


async def test_a_run_that_is_stopped_tells_so_and_is_gone_in_time(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    inbox = Inbox()
    async with hook(inbox.take) as address:
        process = await cli.start("run", "recordings", "--notify", address, "--on-finish", "echo > told")
        await world.until(lambda: world.service.books.transcripts == 1)
        process.terminate()
        async with asyncio.timeout(5):
            await process.communicate()
    assert process.returncode == ExitCode.TERMINATED
    (body,) = inbox.bodies
    assert (body["status"], body["to_go"], body["exit_code"]) == ("stopped", 1, ExitCode.TERMINATED)
    assert (cli.folder / "told").exists()


async def test_a_stall_is_told_once_and_the_run_goes_on(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    inbox = Inbox()
    async with hook(inbox.take) as address:
        process = await cli.start("run", "recordings", "--notify", address, "--stalled-after", "0.3s")
        await world.until(lambda: bool(inbox.bodies))
        world.recogniser.gate.set()
        _, stderr = await process.communicate()
    assert process.returncode == ExitCode.OK
    stalled, finished = inbox.bodies
    assert (stalled["status"], stalled["to_go"], stalled["exit_code"]) == ("stalled", 1, None)
    assert finished["status"] == "finished"
    assert stderr.decode().count("nothing has moved for ") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--notify", f"ftp://{SECRET}"], "--notify must look like https://host/path"),
        (["--notify", f"https://h/{SECRET}\n"], "--notify must look like https://host/path"),
        (["--notify", SECRET], "--notify must look like https://host/path"),
        (["--on-finish", " "], "--on-finish must be a command (it is empty)"),
        (["--stats-every", "0.01"], "--stats-every must be 0, or 0.1 or more (it is 0.01)"),
        (["--stats-every", "-1"], "--stats-every must be 0, or 0.1 or more (it is -1)"),
        (["--stalled-after", "soon"], "--stalled-after must be a time such as"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
async def test_what_cannot_be_is_refused_in_a_line_before_anything_is_sent(
    world: World, cli: Cli, arguments: list[str], words: str
) -> None:
    world.record("a.mp3")
    ended = await cli("run", "recordings", *arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.startswith(f"batch-transcriber: {words}")
    assert SECRET not in ended.stderr
    assert world.faults.arrivals == []


async def test_an_address_is_not_shown_by_config_show(cli: Cli) -> None:
    (cli.folder / "config.toml").write_text(f'notify = "https://hooks.example/{SECRET}"\n')
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = str(cli.folder / "config.toml")
    configured = await cli("config", "show")
    cli.environ["BATCH_TRANSCRIBER_NOTIFY"] = f"https://hooks.example/{SECRET}"
    varied = await cli("config", "show")
    for ended in (configured, varied):
        assert 'notify = ["https://hooks.example/..."]' in ended.stdout
        assert SECRET not in ended.stdout


async def test_a_pipe_gets_its_summary_lines_as_often_as_is_asked_for(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    process = await cli.start("run", "recordings", "--stats-every", "0.1")
    assert process.stderr is not None
    seen = b""
    while seen.count(b"0 of 1 done") < 3:
        seen += await process.stderr.readline()
    world.recogniser.gate.set()
    await process.communicate()
    assert (await cli("run", "recordings", "--stats-every", "0")).code == ExitCode.OK


async def test_systemd_hears_of_the_run_and_its_journal_gets_levels(
    world: World, cli: Cli, tmp_path: Path
) -> None:
    world.record("a.mp3")
    world.record("empty.mp3", "")
    stderr = tmp_path / "stderr"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, stderr.open("wb") as file:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        status = os.fstat(file.fileno())
        cli.environ |= {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "300000",
            "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}",
        }
        world.recogniser.gate.clear()
        process = await asyncio.create_subprocess_exec(
            *(COMMAND, "run", "recordings"), cwd=cli.folder, env=cli.environ, stderr=file
        )
        heard = [await asyncio.to_thread(manager.recv, 4096) for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        await process.wait()
        manager.setblocking(False)
        while b"STOPPING=1" not in heard[-1]:
            heard.append(manager.recv(4096))
    assert heard[0].startswith(b"READY=1\n")
    assert all(b"WATCHDOG=1" in message for message in heard[:3])
    assert heard[2].endswith(b"STATUS=1 of 2 done, 1 failed")
    lines = stderr.read_text().splitlines()
    assert all(re.match("<[3-6]>", line) for line in lines), lines
    assert "<3>failed: recordings/empty.mp3: the file is empty; record or copy it again" in lines


async def test_a_fatal_end_has_its_level_in_the_journal(cli: Cli, tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as file:
        status = os.fstat(file.fileno())
        cli.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        process = await asyncio.create_subprocess_exec(
            *(COMMAND, "run", "recordings"), cwd=cli.folder, env=cli.environ, stderr=file
        )
        assert await process.wait() == ExitCode.AUTH
    assert (tmp_path / "stderr").read_text().startswith("<3>batch-transcriber: no API key; ")


async def test_a_dry_run_writes_no_log_and_tells_nobody(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    inbox = Inbox()
    async with hook(inbox.take) as address:
        ended = await cli("estimate", "recordings", "--log-file", "run.log", "--notify", address)
    assert ended.code == ExitCode.OK
    assert inbox.bodies == []
    assert not (cli.folder / "run.log").exists()
    assert world.faults.arrivals == []
