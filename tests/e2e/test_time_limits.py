"""`--until` and `--max-duration`: at the time nothing new begins; what is being sent is still submitted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.faults import ALWAYS, UPLOAD
from tests.support.points import Point

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

TIME_IS_UP = "the time is up: nothing new is begun, running uploads end"


async def until_line(process: asyncio.subprocess.Process, line: str) -> str:
    """Return what a command says up to a line."""
    assert process.stderr is not None
    said = ""
    while line not in said:
        heard = await process.stderr.readline()
        assert heard, said
        said += heard.decode()
    return said


async def test_at_the_time_running_uploads_end_and_are_submitted_and_the_rest_is_left(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for number in range(12):
        world.record(f"{number:02}.mp3")
    point = Point()
    world.faults.add(UPLOAD, point.carried_out, times=ALWAYS)
    process = await cli.start("run", "recordings", "--uploads", "2", "--max-duration", "2s")
    await point.reached.wait()
    async with asyncio.timeout(8):
        said = await until_line(process, TIME_IS_UP)
    point.let_go.set()
    _, stderr = await process.communicate()
    assert process.returncode == ExitCode.LIMIT
    assert "nothing new is begun after " in said
    assert "(--max-duration)" in said
    assert world.faults.count(UPLOAD) == 2
    assert world.service.books.transcripts == 2
    last = stderr.decode()
    assert "stopped at the time that you set\n" in last
    assert " to go; the same command goes on:\n  batch-transcriber run recordings --uploads 2" in last
    assert (await cli("run", "recordings")).code == ExitCode.OK
    assert len(world.texts()) == 12
    assert ledger.paid_twice == 0


async def test_a_run_that_is_done_before_its_time_is_a_run_that_is_done(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    at = datetime.now(UTC) + timedelta(hours=1)
    ended = await cli("run", "recordings", "--until", f"{at:%H:%M}")
    assert ended.code == ExitCode.OK
    assert f"nothing new is begun after {at:%Y-%m-%d %H:%M}:00 (--until)\n" in ended.stderr


async def test_it_never_waits_for_what_the_service_still_hears(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    world.recogniser.gate.clear()
    ended = await cli("run", "recordings", "--max-duration", "1")
    assert ended.code == ExitCode.LIMIT
    assert world.service.books.transcripts == 1
    assert "1 recording to go; the same command goes on:" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--until", "25:00"), "--until must be a time of day such as 06:00, or a date and time"),
        (("--until", "2001-01-01T00:00"), "--until is past already"),
        (("--max-duration", "7 parsecs"), "--max-duration must be a time such as 90s"),
        (("--max-duration", "-5s"), "--max-duration must be a time such as 90s"),
        (("--max-duration", "99999999d"), "--max-duration must be a time such as 90s"),
        (("--max-duration", "0"), "--max-duration must be more than 0"),
        (("--give-up-after", "soon"), "--give-up-after must be a time such as 90s"),
    ],
)
async def test_what_is_no_time_is_wrong_usage_in_one_line(
    world: World, cli: Cli, arguments: tuple[str, str], line: str
) -> None:
    world.record("a.mp3")
    ended = await cli("run", "recordings", *arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.startswith(f"batch-transcriber: {line}")
    assert len(ended.stderr.splitlines()) == 2  # the other one says where help is
    assert world.faults.arrivals == []


async def test_a_signal_does_not_wait_for_the_uploads_that_the_time_lets_end(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    point = Point()
    world.faults.add(UPLOAD, point.carried_out)
    process = await cli.start("run", "recordings", "--max-duration", "1s")
    async with asyncio.timeout(8):
        await until_line(process, TIME_IS_UP)
    process.terminate()
    async with asyncio.timeout(5):
        await process.communicate()
    assert process.returncode == ExitCode.TERMINATED
    point.let_go.set()
