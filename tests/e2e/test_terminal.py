"""What a person sees in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support import faults
from tests.support.faults import UPLOAD
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World


async def test_bars_show_the_batch_and_each_running_upload_and_give_way_to_the_summary(
    world: World, cli: Cli
) -> None:
    world.record(
        "an interview with a very long name that does not fit into any line.mp3", size_bytes=9_000_000
    )
    world.record("b.mp3")
    world.faults.add(UPLOAD, faults.stall, times=1, smallest_bytes=1_000_000)
    recordings = str(world.recordings)
    command = (COMMAND, "run", recordings, "-o", str(world.out))
    async with run_in_terminal(*command, environ=cli.environ) as terminal:
        lines = await terminal.until(lambda lines: any("1/2" in line for line in lines))
        assert any(line.startswith("Transcribing") and "━" in line for line in lines)
        (upload,) = [line for line in lines if line.startswith("↑")]
        assert "…" in upload
        assert "of 9.0 MB" in upload
        assert all(len(line) <= 80 for line in lines)
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED
        lines = await terminal.until(lambda lines: "run the same command again" in lines[-1])
    assert not any("━" in line for line in lines)
    assert lines[0].startswith("1 text written to")
    assert b"Traceback" not in terminal.raw


async def test_with_many_uploads_the_bars_stay_inside_a_small_window(world: World, cli: Cli) -> None:
    for number in range(40):
        world.record(f"{number:02}.mp3", size_bytes=5_000_000)
    world.faults.add(UPLOAD, faults.stall, times=40)
    command = (COMMAND, "run", str(world.recordings), "-o", str(world.out), "--uploads", "30")
    async with run_in_terminal(*command, environ=cli.environ, columns=60, lines=10) as terminal:
        lines = await terminal.until(lambda lines: sum(line.startswith("↑") for line in lines) >= 5)
        assert lines[0].startswith("Transcribing")
        assert len(lines) <= 10


async def test_no_color_is_honoured(world: World, cli: Cli) -> None:
    (world.recordings / "empty.mp3").touch()
    cli.environ["NO_COLOR"] = "1"
    command = (COMMAND, "run", str(world.recordings), "-o", str(world.out))
    async with run_in_terminal(*command, environ=cli.environ) as terminal:
        assert await terminal.end() == ExitCode.SOME_FAILED
        await terminal.until(lambda lines: "the file is empty" in lines[-1])
    assert b"\x1b[31m" not in terminal.raw
    assert b";31" not in terminal.raw


async def test_a_run_in_the_background_of_a_terminal_is_not_stopped(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    script = f"set -m; {COMMAND} run {world.recordings} -o {world.out} & wait $!; echo ended with $?"
    async with run_in_terminal("bash", "-c", script, environ=cli.environ) as terminal:
        await terminal.until(lambda lines: any("ended with 0" in line for line in lines))
