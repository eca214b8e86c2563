"""`serve`: the service as a command, for programs that know nothing of it but its address."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shlex
import signal
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.integration.server.conftest import Caller
from tests.support.machine import with_small_disk, without_override
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.conftest import Cli

pytest.importorskip("faster_whisper")
pytestmark = pytest.mark.timeout(90)  # each start loads the model, some tests start it twice

SPEECH = Path(__file__).parents[1] / "data" / "speech"
DEADLINE_S = 25.0
MB = 1_000_000
EXPORTS = re.compile(r"export ASSEMBLYAI_BASE_URL=(\S+)\nexport ASSEMBLYAI_API_KEY=(.+)\n")


class Served:
    """The command at work.

    Attributes:
        base_url: Where it is, as it said.
        key: What it said to use as a key, as the shell takes it.
        stderr: What it said beside, once it has ended.
    """

    def __init__(self, process: asyncio.subprocess.Process, base_url: str, key: str) -> None:
        self.process = process
        self.base_url = base_url
        self.key = key
        self.stderr = ""

    @asynccontextmanager
    async def calls(self, key: str = "any") -> AsyncIterator[Caller]:
        async with aiohttp.ClientSession(self.base_url, headers={"Authorization": key}) as session:
            yield Caller(session)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            _, stderr = await self.process.communicate()
        self.stderr = (stderr or b"").decode()
        assert "Traceback" not in self.stderr
        assert self.process.returncode is not None
        return self.process.returncode


async def start(cli: Cli, *options: str | Path, through: tuple[str, ...] = ()) -> Served:
    process = await cli.start("serve", "--port", "0", "--data", "data", *options, through=through)
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        said = (await process.stdout.readline() + await process.stdout.readline()).decode()
    found = EXPORTS.fullmatch(said)
    assert found, said + (await process.communicate())[1].decode()
    return Served(process, *found.groups())


async def test_it_says_what_clients_need_and_hears_what_they_send(cli: Cli) -> None:
    served = await start(cli)
    async with served.calls(served.key) as api:
        done = await api.transcribe((SPEECH / "meeting-note.wav").read_bytes())
    assert done["status"] == "completed"
    assert len(done["words"]) > 10
    assert await served.end(signal.SIGTERM) == ExitCode.TERMINATED
    lines = served.stderr.splitlines()
    assert lines[0].startswith("whisper-tiny.en, English only, ")
    assert f"listening on {served.base_url}, for this machine alone; any key will do" in lines
    assert f"queued: {done['id']}" in lines
    assert any(re.fullmatch(rf"heard: {done['id']}, \d+:\d\d of audio in \d+:\d\d", line) for line in lines)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGHUP, ExitCode.HANGUP),
    ],
)
async def test_a_signal_ends_it_within_five_seconds_however_busy_it_is(
    cli: Cli, number: signal.Signals, code: ExitCode
) -> None:
    served = await start(cli)
    async with served.calls() as api:
        recording = (SPEECH / "lecture-rivers.m4a").read_bytes()
        made = [await api.submit(await api.upload(recording)) for _ in range(6)]
        await api.until(made[0]["id"], {"processing"})
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    assert await served.end(number) == code
    assert now_s() - began_s < 5
    assert "stopping; the rest is heard after the next start" in served.stderr


async def test_a_key_is_read_from_its_file_and_never_shown(cli: Cli) -> None:
    key, file = "a-very-secret-key", cli.folder / "key of mine"
    file.write_text(f"{key}\n")
    served = await start(cli, "--key-file", "key of mine", "-v")
    assert shlex.split(served.key) == [f"$(cat {shlex.quote(str(file))})"]
    async with served.calls("wrong") as api:
        assert (await api.call("GET", "/v2/transcript"))[0] == 401
    async with served.calls(key) as api:
        assert (await api.call("GET", "/v2/transcript"))[0] == 200
    await served.end(signal.SIGTERM)
    assert re.search(r"^\d\d:\d\d:\d\d GET /v2/transcript: 200 in 0\.\d+ s$", served.stderr, re.MULTILINE)
    assert key not in served.stderr


async def test_quiet_says_nothing_but_what_fails(cli: Cli) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cli.environ["BATCH_TRANSCRIBER_SERVE_QUIET"] = "1"
    process = await cli.start("serve", "--port", str(port), "--data", "data")
    served = Served(process, f"http://127.0.0.1:{port}", "any")
    async with served.calls() as api:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await api.get("/health")
                    break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
        failed = await api.transcribe(b"no audio at all " * 100)
    assert failed["status"] == "error"
    await served.end(signal.SIGTERM)
    assert served.stderr.splitlines() == [f"failed: {failed['id']}: {failed['error']}"]


async def test_a_second_one_in_the_same_folder_ends_with_7(cli: Cli) -> None:
    await start(cli)
    ended = await cli("serve", "--port", "0", "--data", "data")
    assert ended.code == ExitCode.LOCKED
    assert ended.stderr == (
        "batch-transcriber: another service is at work in data; stop it, or name another folder with --data\n"
    )


async def test_a_variable_that_nothing_reads_is_said(cli: Cli) -> None:
    cli.environ["BATCH_TRANSCRIBER_SERVE_PROT"] = "9000"
    served = await start(cli)
    await served.end(signal.SIGTERM)
    assert served.stderr.splitlines()[0] == (
        "BATCH_TRANSCRIBER_SERVE_PROT is set, but nothing reads it; "
        "did you mean BATCH_TRANSCRIBER_SERVE_PORT?"
    )


async def test_a_taken_port_is_said_in_a_line(cli: Cli) -> None:
    served = await start(cli)
    port = served.base_url.rpartition(":")[2]
    ended = await cli("serve", "--port", port, "--data", "other")
    assert ended.code == ExitCode.LOCAL
    assert ended.stderr == (
        f"batch-transcriber: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
    )


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (
            ["--host", "0.0.0.0"],
            ExitCode.USAGE,
            "--host 0.0.0.0 lets other machines in, so clients need a key",
        ),
        (["--host", "::"], ExitCode.USAGE, "--host :: lets other machines in, so clients need a key"),
        (["--fast", "--accurate"], ExitCode.USAGE, "--fast cannot be used with --accurate"),
        (["-q", "-v"], ExitCode.USAGE, "--quiet cannot be used with --verbose"),
        (["--port", "70000"], ExitCode.USAGE, "--port must be 65535 or less (it is 70000)"),
        (["--port", "x"], ExitCode.USAGE, "--port must be a whole number (it is 'x')"),
        (["--workers", "0"], ExitCode.USAGE, "--workers must be 1 or more (it is 0)"),
        (["recordings"], ExitCode.USAGE, "serve takes no arguments"),
        (["--key-file", "gone"], ExitCode.AUTH, "gone: the key file cannot be read (No such file"),
        (["--host", "nowhere.invalid"], ExitCode.LOCAL, "cannot listen on nowhere.invalid port 0: "),
        (["--data", "no/such"], ExitCode.LOCAL, "no/such: the data folder cannot be used (No such file"),
    ],
)
async def test_what_cannot_be_is_said_in_a_line(
    cli: Cli, options: list[str], code: ExitCode, line: str
) -> None:
    ended = await cli("serve", "--port", "0", *options)
    assert ended.code == code
    assert ended.stderr.splitlines()[0].startswith(f"batch-transcriber: {line}")
    assert ended.stdout == ""


async def test_a_folder_that_may_not_be_written_is_said(cli: Cli) -> None:
    (cli.folder / "data").mkdir(0o500)
    ended = await cli("serve", "--port", "0", "--data", "data", through=without_override())
    assert ended.code == ExitCode.LOCAL
    assert ended.stderr.startswith(
        "batch-transcriber: data: the data folder cannot be used (Permission denied)"
    )


async def test_a_full_disk_refuses_uploads_and_goes_on_with_what_it_has(cli: Cli) -> None:
    data = cli.folder / "data"
    data.mkdir()
    through = with_small_disk(data, 20 * 1024, 'exec "$@"')
    served = await start(cli, through=through)
    async with served.calls() as api:
        made = await api.submit(await api.upload((SPEECH / "meeting-note.wav").read_bytes()))
        status, body = await api.call("POST", "/v2/upload", data=io.BytesIO(b"x" * 30 * MB))
        assert (status, body) == (500, {"error": "Internal Server Error: No space left on device"})
        assert (await api.until_ended(made["id"]))["status"] == "completed"
        again = await api.transcribe((SPEECH / "meeting-note.wav").read_bytes())
        assert again["status"] == "completed"
    await served.end(signal.SIGTERM)
    assert "POST /v2/upload failed (OSError: [Errno 28] No space left on device" in served.stderr


async def test_a_disk_that_is_full_at_the_start_is_said_in_a_line(cli: Cli) -> None:
    data = cli.folder / "data"
    data.mkdir()
    fill = 'head -c 1m /dev/zero > "$0/lock"; "$@"'
    ended = await cli("serve", "--port", "0", "--data", "data", through=with_small_disk(data, 256, fill))
    assert ended.code == ExitCode.LOCAL
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("batch-transcriber: data")]
    assert re.search(r"\((No space left on device|database or disk is full|disk I/O error)\)", line)


async def test_it_takes_more_connections_than_the_shell_allows_files(cli: Cli) -> None:
    served = await start(cli, through=("sh", "-c", 'ulimit -Sn 100; exec "$@"', "sh"))
    host, port = served.base_url.removeprefix("http://").split(":")
    writers = [(await asyncio.open_connection(host, int(port)))[1] for _ in range(200)]
    async with served.calls() as api:
        await api.get("/v2/transcript")
    for writer in writers:
        writer.transport.abort()
    await served.end(signal.SIGTERM)


async def test_the_usual_folder_is_that_of_the_users_state(cli: Cli) -> None:
    cli.environ["XDG_STATE_HOME"] = str(cli.folder / "state")
    process = await cli.start("serve", "--port", "0")
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        await process.stdout.readline()
    assert (cli.folder / "state" / "batch-transcriber" / "serve" / "transcripts.db").exists()
    process.kill()


async def test_on_a_narrow_terminal_each_line_ends_at_a_word(cli: Cli) -> None:
    environ = cli.environ | {"NO_COLOR": "1"}
    command = (COMMAND, "serve", "--port", "0", "--data", "data")
    async with run_in_terminal(*command, environ=environ, cwd=cli.folder, columns=60) as terminal:
        lines = await terminal.until(lambda lines: any("API_KEY" in line for line in lines))
        assert "export ASSEMBLYAI_API_KEY=local" in lines
        assert all(len(line) <= 60 for line in lines)
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED
        assert b"\x1b[3" not in terminal.raw


async def test_a_reader_that_goes_away_does_not_end_it(cli: Cli) -> None:
    reader, writer = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "serve", "--port", "0", "--data", "data", "-v"),
        cwd=cli.folder,
        env=cli.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=writer,
    )
    os.close(writer)
    assert process.stdout is not None
    found = EXPORTS.fullmatch((await process.stdout.readline() + await process.stdout.readline()).decode())
    os.close(reader)
    assert found
    served = Served(process, *found.groups())
    async with served.calls() as api:
        for _ in range(3):
            await api.get("/v2/transcript")
    assert await served.end(signal.SIGTERM) == ExitCode.TERMINATED


async def test_a_run_goes_on_where_the_service_was_killed_and_came_back(cli: Cli) -> None:
    served = await start(cli)
    port = served.base_url.rpartition(":")[2]
    cli.environ |= {"AAI_API_KEY": served.key, "ASSEMBLYAI_BASE_URL": served.base_url}
    names = ["meeting-note.wav", "lecture-rivers.m4a", "bakery interview.mp3"]
    run = await cli.start("run", *(SPEECH / name for name in names), "-q")
    before: set[str] = set()
    async with served.calls() as api, asyncio.timeout(DEADLINE_S):
        while len(before) < len(names):
            before = {row["id"] for row in (await api.get("/v2/transcript"))["transcripts"]}
    assert await served.end(signal.SIGKILL) == -signal.SIGKILL
    served = await start(cli, "--port", port)
    stdout, stderr = await run.communicate()
    assert (run.returncode, stdout) == (ExitCode.OK, b""), stderr
    async with served.calls() as api:
        rows = (await api.get("/v2/transcript"))["transcripts"]
    await served.end(signal.SIGTERM)
    assert re.search(r"^transcripts from before that go on: [123]$", served.stderr, re.MULTILINE)
    assert {row["id"] for row in rows} == before
    assert {row["status"] for row in rows} == {"completed"}
    for name in names:
        assert (cli.folder / "transcripts" / name).with_suffix(".txt").stat().st_size > 0
