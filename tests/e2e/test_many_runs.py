"""Several runs of one account, on one machine: one limit for all, and each minds its own transcripts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.conditions import RequestLimit
from tests.support.faults import ALWAYS
from tests.support.ledger import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

FILES = 40
MOST, WINDOW_S = 100, 2.0


@pytest.fixture
def limit(world: World) -> RequestLimit:
    limit = RequestLimit(MOST, WINDOW_S)
    world.faults.add(r".*", limit.middleware, times=ALWAYS)
    return limit


def refused(limit: RequestLimit) -> int:
    return sum(window.refused for window in limit.windows)


def record(world: World, name: str, files: int = FILES) -> None:
    for number in range(files):
        world.record(f"{name}/{number}.mp3", f"words of {name} {number}")


def texts(out: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in out.glob("*.txt")}


def all_of(name: str) -> dict[str, str]:
    return {str(number): f"words of {name} {number}\n" for number in range(FILES)}


async def test_two_runs_keep_to_what_a_third_learned_and_none_is_refused(
    world: World, cli: Cli, ledger: Ledger, limit: RequestLimit
) -> None:
    for name in ("first", "a", "b"):
        record(world, name)
    assert (await cli("run", "recordings/first", "-o", "out/first")).code == 0
    taught = refused(limit)
    assert taught > 0
    ended = await asyncio.gather(
        *(cli("run", f"recordings/{name}", "-o", f"out/{name}", "--delete-after") for name in ("a", "b"))
    )
    assert [one.code for one in ended] == [0, 0]
    assert refused(limit) == taught
    for name in ("first", "a", "b"):
        assert texts(cli.folder / "out" / name) == all_of(name)
    assert (ledger.transcripts.total(), ledger.paid_twice) == (3 * FILES, 0)


async def test_a_run_that_is_killed_leaves_its_share_to_the_other(
    world: World, cli: Cli, ledger: Ledger, limit: RequestLimit
) -> None:
    record(world, "a", MOST)
    record(world, "b")
    world.recogniser.gate.clear()  # the first one does not end by itself
    doomed = await cli.start("run", "recordings/a", "-o", "out/a")
    await world.until(lambda: refused(limit) > 0)
    other = asyncio.ensure_future(cli("run", "recordings/b", "-o", "out/b"))
    first_of_b = digest_of(b"words of b 0")
    await world.until(lambda: ledger.transcripts[first_of_b] > 0)
    doomed.kill()
    await doomed.wait()
    world.recogniser.gate.set()
    assert (await other).code == 0
    assert texts(cli.folder / "out/b") == all_of("b")
    assert ledger.paid_twice == 0


async def test_what_is_shared_tells_nothing_of_the_account_and_no_folder_is_needed(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    state = cli.folder / "state"
    cli.environ["XDG_STATE_HOME"] = str(state)
    assert (await cli("run", "recordings", "-o", "out/one")).code == 0
    shared = sorted(path for path in state.rglob("*") if path.is_file())
    assert [path.suffix for path in shared] == [".json", ".lock"]
    told = "".join(path.name + path.read_text() for path in shared)
    assert world.settings().api_key.get_secret_value() not in told
    cli.environ["XDG_STATE_HOME"] = "/dev/null/nowhere"
    ended = await cli("run", "recordings", "-o", "out/two")
    assert (ended.code, texts(cli.folder / "out/two")) == (0, {"a": "words of a.mp3\n"})
