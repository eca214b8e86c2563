"""What a person sees in a terminal: frames read back from a real one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support import faults
from tests.support.faults import SUBMIT, UPLOAD
from tests.support.scripted import transcript_error
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World

WINDOWS = [(80, 24), (200, 50)]
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


RUN = (COMMAND, "run", "recordings")


def uploads_in(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("↑")]


@pytest.mark.parametrize(("columns", "height"), WINDOWS)
async def test_a_frame_shows_the_batch_its_steps_its_failures_and_each_running_upload(
    world: World, cli: Cli, columns: int, height: int
) -> None:
    long_name = "an interview with " + "a very " * 24 + "long name.mp3"
    world.record(long_name, size_bytes=9_000_000)
    world.record("b.mp3")
    world.record("no audio.mp3", "no audio")
    world.record("empty.mp3", "")
    world.recogniser.errors["no audio"].append(transcript_error("Transcoding failed."))
    world.faults.add(UPLOAD, faults.stall, smallest_bytes=1_000_000)
    async with run_in_terminal(
        *RUN, environ=cli.environ, cwd=cli.folder, columns=columns, lines=height
    ) as terminal:
        lines = await terminal.until(lambda lines: "3 of 4" in lines[0] and bool(uploads_in(lines)))
        assert re.fullmatch(r"━+─+ 3 of 4 · \d+ s( · about \d+ .* left)?", lines[0])
        assert "of 9.0 MB read" in lines[1]
        assert lines[2] == "2 failed · 1 uploading"
        assert [line.split(":")[0] for line in lines[3:5]] == ["failed", "failed"]
        (upload,) = uploads_in(lines)
        assert "…" in upload
        assert "long name.mp3" in upload
        assert "of 9.0 MB" in upload
        assert all(len(line) < columns for line in lines)
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED
        lines = await terminal.until(lambda lines: "batch-transcriber run" in lines[-1])
    assert lines[0].startswith("stopping;")
    assert lines[1].startswith("1 text written to")
    assert not any("━" in line or "─" in line for line in lines)
    assert (
        terminal.raw.endswith(SHOW_CURSOR) or SHOW_CURSOR in terminal.raw[terminal.raw.rindex(HIDE_CURSOR) :]
    )
    assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize(("columns", "height"), [(60, 10), *WINDOWS])
async def test_with_many_uploads_the_display_stays_inside_the_window_and_counts_the_rest(
    world: World, cli: Cli, columns: int, height: int
) -> None:
    for number in range(64):
        world.record(f"{number:02}.mp3", size_bytes=5_000_000)
    world.faults.add(UPLOAD, faults.stall, times=64)
    async with run_in_terminal(
        *RUN, "--uploads", "64", environ=cli.environ, cwd=cli.folder, columns=columns, lines=height
    ) as terminal:
        lines = await terminal.until(lambda lines: "more uploads" in "".join(lines))
        assert "0 of 64" in lines[0]
        assert len(lines) == height - 1
        more = re.fullmatch(r"↑ (\d+) more uploads", lines[-1])
        assert more is not None
        assert len(uploads_in(lines)) - 1 + int(more[1]) <= 64


@pytest.mark.parametrize(("columns", "height"), [(40, 10), *WINDOWS])
async def test_what_is_heard_has_a_line_that_grows_where_the_service_tells_how_far_it_is(
    world: World, cli: Cli, columns: int, height: int
) -> None:
    for number in range(30):
        world.record(f"{number:02}.mp3")
    world.recogniser.heard_first = 0.437
    world.recogniser.gate.clear()
    async with run_in_terminal(
        *RUN, environ=cli.environ, cwd=cli.folder, columns=columns, lines=height
    ) as terminal:
        shown = min(height - 1, 3 + 30)
        lines = await terminal.until(lambda lines: "30 processing" in lines and len(lines) == shown)
        assert "0 of 30" in lines[0]
        assert all(len(line) < columns for line in lines)
        assert re.fullmatch(r"♪ recordings/00\.mp3 +━━━─────(  43 %)?", lines[3])
        if height < 3 + 30:
            assert lines[-1] == f"♪ {30 - (len(lines) - 4)} more being heard"
        world.recogniser.gate.set()
        assert await terminal.end() == ExitCode.OK
        lines = await terminal.until(lambda lines: " read, " in lines[-1])
    assert not any("♪" in line for line in lines)


async def test_the_display_follows_a_resize(world: World, cli: Cli) -> None:
    for number in range(30):
        world.record(f"{number:02}.mp3", size_bytes=5_000_000)
    world.faults.add(UPLOAD, faults.stall, times=30)
    async with run_in_terminal(
        *RUN, "--uploads", "30", environ=cli.environ, cwd=cli.folder, columns=120, lines=40
    ) as terminal:
        await terminal.until(lambda lines: len(uploads_in(lines)) == 30)
        terminal.resize(70, 12)
        lines = await terminal.until(lambda lines: "more uploads" in lines[-1])
        assert len(lines) <= 12
        terminal.resize(160, 45)
        await terminal.until(
            lambda lines: len(uploads_in(lines)) == 30 and any(len(line) > 130 for line in lines)
        )


async def test_what_the_run_waits_for_is_counted_down(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.reply(429, headers={"Retry-After": "30"}))
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        first = await terminal.until(lambda lines: any(line.startswith("waiting") for line in lines))
        (line,) = [line for line in first if line.startswith("waiting")]
        assert re.fullmatch(r"waiting (30|29) s: the service answered 429", line)
        await terminal.until(lambda lines: any(re.match("waiting 2[0-8] s", line) for line in lines))
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED


async def test_it_is_redrawn_at_most_ten_times_a_second_and_in_one_place(world: World, cli: Cli) -> None:
    for number in range(400):
        world.record(f"{number:03}.mp3")
    world.recogniser.seconds = 0.1
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        assert await terminal.end() == ExitCode.OK
        lines = await terminal.until(lambda lines: " read, " in lines[-1])
    assert len(lines) == 2
    elapsed = re.search(r"(\d+) s$", lines[-1])
    assert elapsed is not None
    frames = len(re.findall(rb"\d+ of \d+ \xc2\xb7 \d+ s", terminal.raw))
    assert 1 <= frames <= 10 * (int(elapsed[1]) + 1)


async def test_every_transition_passes_above_the_bars_where_it_is_asked_for(world: World, cli: Cli) -> None:
    world.record("a [red]b.mp3")
    world.record("c.mp3")
    async with run_in_terminal(*RUN, "-v", environ=cli.environ, cwd=cli.folder) as terminal:
        assert await terminal.end() == ExitCode.OK
        lines = await terminal.until(lambda lines: " read, " in lines[-1])
    steps = [line.split(":")[0] for line in lines if "a [red]b.mp3" in line]
    assert [step for step in steps if step != "processing"] == [
        "found",
        "uploading",
        "uploaded",
        "submitted",
        "completed",
        "written",
    ]
    assert not any("━" in line for line in lines)


async def test_no_color_is_honoured(world: World, cli: Cli) -> None:
    (world.recordings / "empty.mp3").touch()
    world.record("b.mp3")
    cli.environ["NO_COLOR"] = "1"
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        assert await terminal.end() == ExitCode.SOME_FAILED
        await terminal.until(lambda lines: any("the file is empty" in line for line in lines))
    assert re.findall(rb"\x1b\[[\d;]*3[0-7][\d;]*m", terminal.raw) == []


@pytest.mark.parametrize("name", ["[red]a.mp3", "\x1b[2J\x1b[31m\u202e.mp3", "a\r\nb.mp3"])
async def test_a_name_does_no_harm(world: World, cli: Cli, name: str) -> None:
    (world.recordings / name).touch()
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        assert await terminal.end() == ExitCode.SOME_FAILED
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
        await terminal.until(lambda lines: shown in "".join(lines))
    assert b"\x1b[2J" not in terminal.raw


async def test_a_terminal_that_cannot_draw_gets_plain_lines(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("empty.mp3", "")
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder, term="dumb") as terminal:
        assert await terminal.end() == ExitCode.SOME_FAILED
        await terminal.until(lambda lines: any("the file is empty" in line for line in lines))
    assert b"\x1b" not in terminal.raw


async def test_a_second_ctrl_c_ends_at_once_says_so_and_leaves_a_clean_screen(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.faults.add(SUBMIT, faults.stall)  # for which a stop waits a little
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: "1 submitting" in lines)
        terminal.type(b"\x03")
        await terminal.until(lambda lines: lines[0].startswith("stopping;"))
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED
        lines = await terminal.until(lambda lines: lines[-1].startswith("ended at once; the same command"))
    assert not any("─" in line for line in lines)
    assert b"Traceback" not in terminal.raw


async def test_a_run_behind_a_stopped_terminal_still_ends_when_it_is_told_to(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    async with run_in_terminal(*RUN, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: "1 processing" in lines)
        terminal.type(b"\x13")  # Ctrl-S: from now on every write waits
        terminal.process.terminate()
        assert await terminal.end() == ExitCode.TERMINATED


async def test_a_run_without_stdin_is_a_run(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    script = f"{COMMAND} run recordings <&-; echo ended with $?"
    async with run_in_terminal("bash", "-c", script, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: any("ended with 0" in line for line in lines))


async def test_a_run_in_the_background_is_not_stopped_and_draws_nothing(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.record("b.mp3")
    script = f"set -m; {COMMAND} run recordings & wait $!; echo ended with $?"
    async with run_in_terminal("bash", "-c", script, environ=cli.environ, cwd=cli.folder) as terminal:
        await terminal.until(lambda lines: any("ended with 0" in line for line in lines))
    assert HIDE_CURSOR not in terminal.raw
