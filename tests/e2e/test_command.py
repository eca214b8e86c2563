"""The installed command, from outside: what it prints where, and what it ends with."""

from __future__ import annotations

import asyncio
import signal
from importlib.metadata import version
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support import faults
from tests.support.faults import UPLOAD
from tests.support.world import KEY

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World


async def test_a_folder_is_transcribed_with_one_word_and_a_path(world: World, cli: Cli) -> None:
    world.record("a.mp3", "hello from a")
    world.record("deep/b.mp3", "hello from b")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.OK
    assert world.texts() == {"a.txt": "hello from a\n", "deep/b.txt": "hello from b\n"}
    assert ended.stdout == ""
    assert "2 texts written to transcripts" in ended.stderr


async def test_the_text_of_a_single_recording_is_also_printed(world: World, cli: Cli) -> None:
    world.record("a.mp3", "hello from a")
    ended = await cli("run", "recordings/a.mp3", "-o", "elsewhere")
    assert ended.stdout == "hello from a\n"
    assert (cli.folder / "elsewhere" / "a.txt").read_text() == "hello from a\n"


async def test_a_pipe_gets_no_escape_sequences(world: World, cli: Cli) -> None:
    for number in range(5):
        world.record(f"{number}.mp3")
    world.record("empty.mp3", "")
    ended = await cli("run", "recordings")
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\r" not in ended.stderr


async def test_quiet_shows_errors_alone(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("empty.mp3", "")
    ended = await cli("run", "-q", "recordings")
    assert ended.stderr == "failed: recordings/empty.mp3: the file is empty; record or copy it again\n"


async def test_the_key_may_come_from_a_file(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    del cli.environ["AAI_API_KEY"]
    (cli.folder / "key").write_text(KEY + "\n")
    assert (await cli("run", "recordings", "--api-key-file", "key")).code == ExitCode.OK


async def test_a_key_on_the_command_line_works_with_a_word_of_warning(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    del cli.environ["AAI_API_KEY"]
    ended = await cli("run", "recordings", "--api-key", KEY)
    assert ended.code == ExitCode.OK
    assert "--api-key-file" in ended.stderr


async def test_options_can_be_set_by_environment_variables(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    cli.environ["BATCH_TRANSCRIBER_OUT"] = "from-the-environment"
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert (cli.folder / "from-the-environment" / "a.txt").exists()


async def test_the_version_is_that_of_the_package(cli: Cli) -> None:
    assert (await cli("--version")).stdout.strip() == version("batch-transcriber")


async def test_terminating_ends_soon_with_its_own_code_and_no_half_file(world: World, cli: Cli) -> None:
    for number in range(20):
        world.record(f"{number}.mp3", size_bytes=100_000)
    world.recogniser.gate.clear()
    process = await asyncio.create_subprocess_exec(
        COMMAND, "run", "recordings", cwd=cli.folder, env=cli.environ, stderr=asyncio.subprocess.PIPE
    )
    await world.until(lambda: world.service.books.transcripts >= 5)
    process.terminate()
    async with asyncio.timeout(5):
        _, stderr = await process.communicate()
    assert process.returncode == ExitCode.TERMINATED
    assert stderr.endswith(b"to go; the same command goes on:\n  batch-transcriber run recordings\n")
    assert b"Traceback" not in stderr
    assert world.texts() == {}


async def test_an_upload_that_hangs_does_not_hold_up_the_others(world: World, cli: Cli) -> None:
    world.record("0-hangs.mp3", size_bytes=20_000_000)
    for number in range(1, 9):
        world.record(f"{number}.mp3")
    world.faults.add(UPLOAD, faults.stall)
    process = await asyncio.create_subprocess_exec(
        COMMAND, "run", "recordings", cwd=cli.folder, env=cli.environ, stderr=asyncio.subprocess.DEVNULL
    )
    await world.until(lambda: len(world.texts()) == 8)
    assert process.returncode is None  # the first is still being sent
    process.kill()
    await process.wait()


async def test_a_reader_that_goes_away_does_not_end_the_run(world: World, cli: Cli) -> None:
    for number in range(30):
        world.record(f"{number:02}.mp3")
    world.record("empty.mp3", "")
    shell = await asyncio.create_subprocess_shell(
        f"{COMMAND} run recordings 2>&1 | head -1",
        cwd=cli.folder,
        env=cli.environ,
        stdout=asyncio.subprocess.PIPE,
    )
    await shell.communicate()
    await world.until(lambda: len(world.texts()) == 30)
    assert world.service.books.transcripts == 30


async def test_what_nohup_ignores_stays_ignored(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    process = await asyncio.create_subprocess_exec(
        "nohup", COMMAND, "run", "recordings", cwd=cli.folder, env=cli.environ, stderr=asyncio.subprocess.PIPE
    )
    await world.until(lambda: world.service.books.transcripts == 1)
    process.send_signal(signal.SIGHUP)
    world.recogniser.gate.set()
    await process.communicate()
    assert process.returncode == ExitCode.OK


async def test_a_single_text_without_a_reader_is_written_all_the_same(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    script = f"set -o pipefail; {COMMAND} run recordings/a.mp3 | true"
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=cli.folder, env=cli.environ, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await shell.communicate()
    assert shell.returncode == ExitCode.OK
    assert b"1 text written" in stderr
    assert world.texts() == {"a.txt": "words of a.mp3\n"}
