"""One limit for several runs on one machine: kept to, used up, learned together, and given back."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.client.learned import LearnedLimit
from batch_transcriber.client.pace import Pace
from batch_transcriber.client.shared import Book, SharedLimit, shared_limit
from batch_transcriber.client.starts import Starts
from batch_transcriber.settings import Settings
from tests.support.clock import in_no_time

if TYPE_CHECKING:
    from pathlib import Path

KEY = "a-key-for-tests"
LATENCY_S = 0.05
WORKERS = 40


def now() -> float:
    return asyncio.get_running_loop().time()


class Account:
    """So many requests in each window, whoever sends them.

    Attributes:
        taken: When, and whose, each request was that it took.
        refused: Likewise.
    """

    def __init__(self, most: int, window_s: float) -> None:
        self.taken: list[tuple[float, str]] = []
        self.refused: list[tuple[float, str]] = []
        self._most = most
        self._window_s = window_s
        self._window, self._count = -1, 0

    def ask(self, name: str) -> float | None:
        window = math.floor(now() / self._window_s)
        if window != self._window:
            self._window, self._count = window, 0
        if self._count == self._most:
            self.refused.append((now(), name))
            return math.ceil((window + 1) * self._window_s - now())
        self._count += 1
        self.taken.append((now(), name))
        return None

    def rate_per_s(self, name: str, since: float, until: float) -> float:
        count = sum(whose == name and since <= at < until for at, whose in self.taken)
        return count / (until - since)


async def run(account: Account, name: str, shared: SharedLimit | None, span_s: float) -> None:
    """Send as much as the pace lets through, from many sides."""
    pace = Pace(1_000_000, 300.0, shared=shared)
    end = now() + span_s

    async def worker() -> None:
        while now() < end:
            await pace.turn()
            await asyncio.sleep(LATENCY_S / 2)
            retry_after_s = account.ask(name)
            await asyncio.sleep(LATENCY_S / 2)
            if retry_after_s is not None:
                pace.learn(retry_after_s)
                pace.pause("busy", retry_after_s)

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(worker())
    pace.close()


def together(*runs: tuple[Account, str, SharedLimit | None, float, float]) -> None:
    """Let runs go at the same time, each after its own delay in seconds, by a clock that jumps."""

    async def later(
        account: Account, name: str, shared: SharedLimit | None, delay_s: float, span_s: float
    ) -> None:
        await asyncio.sleep(delay_s)
        await run(account, name, shared, span_s)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for one in runs:
                group.create_task(later(*one))

    in_no_time(main())


@pytest.mark.parametrize("names", ["a", "ab", "abcde"])
def test_runs_together_never_start_more_than_the_limit_and_use_it_up(names: str, tmp_path: Path) -> None:
    account = Account(1_000_000, 300.0)
    most, window_s, span_s = 600, 30.0, 300.0
    together(
        *((account, name, SharedLimit(tmp_path / "pace.json", most, window_s), 0, span_s) for name in names)
    )
    times = [at for at, _ in account.taken]
    assert all(beyond - first >= window_s - 1e-6 for first, beyond in zip(times, times[most:], strict=False))
    assert len(times) >= 0.97 * most * span_s / window_s
    shares = Counter(name for _, name in account.taken)
    assert min(shares.values()) >= 0.7 * len(times) / len(names)


def test_a_run_that_comes_later_gets_its_share_without_a_refusal(tmp_path: Path) -> None:
    account = Account(670, 30.0)
    limits = {name: SharedLimit(tmp_path / "pace.json", 600, 30.0) for name in "ab"}
    began_at = 1000.0
    together((account, "a", limits["a"], 0, 300.0), (account, "b", limits["b"], 100, 100.0))
    assert account.refused == []
    assert account.rate_per_s("b", began_at + 140, began_at + 200) == pytest.approx(10, rel=0.3)
    assert account.rate_per_s("a", began_at + 240, began_at + 300) >= 0.9 * 20  # it has all of it again


def test_what_a_dead_run_had_taken_comes_back_with_the_window(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    dead, alive = SharedLimit(file, 100, 10.0), SharedLimit(file, 100, 10.0)
    started = 0
    while dead.wait_s(5.0 + started / 1000) <= 0:
        dead.started(5.0 + started / 1000)
        started += 1
    assert 95 < started <= 100
    for _ in range(100 - started):
        assert alive.wait_s(6.0) <= 0
        alive.started(6.0)
    assert alive.wait_s(6.0) > 0
    assert alive.wait_s(15.2) <= 0


def test_a_limit_that_nobody_told_is_learned_once_for_all(tmp_path: Path) -> None:
    account = Account(300, 10.0)
    runs = [(account, name, SharedLimit(tmp_path / "pace.json", 18_000, 300.0), 0, 200.0) for name in "abc"]
    together(*runs)
    first_at = account.refused[0][0]
    first = [at for at, _ in account.refused if at < first_at + 2 * LATENCY_S]
    assert len(first) <= 3 * WORKERS
    assert len(account.refused) - len(first) <= 0.01 * len(account.taken)
    shares = Counter(name for _, name in account.taken)
    assert shares.total() >= 0.85 * 300 * 200 / 10
    assert min(shares.values()) >= 0.7 * shares.total() / 3


def test_the_learned_limit_is_whole_again_for_the_run_that_stays(tmp_path: Path) -> None:
    account = Account(300, 10.0)
    limits = {name: SharedLimit(tmp_path / "pace.json", 18_000, 300.0) for name in "ab"}
    together((account, "a", limits["a"], 0, 200.0), (account, "b", limits["b"], 0, 100.0))
    assert account.rate_per_s("a", 1120, 1200) >= 0.85 * 30


@pytest.mark.parametrize("late_s", [0.0, 60.0])
def test_runs_that_cannot_see_each_other_share_all_the_same_and_recover(late_s: float) -> None:
    """As from two machines: only refusals tell of the other."""
    account = Account(300, 10.0)
    together((account, "a", None, 0, 900.0), (account, "b", None, late_s, 300.0))
    both = [account.rate_per_s(name, 1100 + late_s, 1300) for name in "ab"]
    assert sum(both) >= 0.9 * 30
    assert min(both) >= 0.3 * sum(both)
    assert account.rate_per_s("a", 1700, 1900) >= 0.9 * 30
    assert len(account.refused) <= 0.01 * len(account.taken)


def test_a_book_of_an_earlier_boot_or_a_broken_one_is_none(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    before = SharedLimit(file, 1, 10.0)
    assert before.wait_s(500.0) <= 0
    before.started(500.0)
    assert SharedLimit(file, 1, 10.0).wait_s(501.0) > 0
    assert SharedLimit(file, 1, 10.0).wait_s(30.0) <= 0  # the clock began anew
    file.write_text('{"starts": [')
    assert SharedLimit(file, 1, 10.0).wait_s(31.0) <= 0
    assert SharedLimit(file, 1, 10.0).wait_s(31.5) > 0  # whole again


NOBODY = Book(used_at=30.0)


@pytest.mark.parametrize(
    "book",
    [
        replace(NOBODY, starts=Starts(deque(), 100)),
        replace(NOBODY, starts=Starts(deque([(29.0, 105), (29.0, -5)]), 100)),
        replace(NOBODY, starts=Starts(deque([(1e9, 100)]), 100)),
        replace(NOBODY, starts=Starts(deque([(math.inf, 100)]), 100)),
        replace(NOBODY, learned=LearnedLimit(closed_at=29.0, opens_at=1e9)),
        replace(NOBODY, learned=LearnedLimit(limit=0, window_s=10.0)),
        replace(NOBODY, learned=LearnedLimit(1, 1e9, Starts(deque([(29.0, 1)]), 1))),
        replace(NOBODY, used_at=math.nan, starts=Starts(deque([(29.0, 100)]), 100)),
    ],
)
def test_a_book_that_no_run_can_have_written_is_none(tmp_path: Path, book: Book) -> None:
    file = tmp_path / "pace.json"
    file.write_text(json.dumps(asdict(book), default=list))
    assert SharedLimit(file, 100, 10.0).wait_s(31.0) <= 0


def test_what_a_run_took_and_learned_stays_where_it_can_read_but_not_write(tmp_path: Path) -> None:
    """As on a full disk, where an earlier run left its book."""
    file = tmp_path / "pace.json"
    before = SharedLimit(file, 100, 10.0)
    before.close(0.5)
    file.with_suffix(".part").mkdir()
    alone = SharedLimit(file, 100, 10.0)
    started = 0
    while alone.wait_s(5.0) <= 0 and started <= 100:
        alone.started(5.0)
        started += 1
    assert 95 < started <= 100
    alone.refused(6.0, 9.0)
    assert alone.wait_s(14.5) > 0


def test_a_run_that_cannot_write_goes_on_by_itself(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("in the way")
    account = Account(1_000_000, 300.0)
    shared = SharedLimit(tmp_path / "no-folder" / "pace.json", 600, 30.0)
    together((account, "a", shared, 0, 120.0))
    assert 0.97 * 600 * 4 <= len(account.taken) <= 600 * 4 + WORKERS  # who waits at the end asks once more


def test_what_is_shared_goes_by_key_and_service_and_tells_neither(tmp_path: Path) -> None:
    def file_of(key: str, base_url: str) -> set[str]:
        settings = Settings.model_validate(
            {"api_key": key, "base_url": base_url, "share_pace_in": tmp_path / "pace"}
        )
        shared = shared_limit(settings)
        assert shared is not None
        before = set(tmp_path.glob("pace/*.json"))
        assert shared.wait_s(1.0) <= 0
        shared.started(1.0)
        shared.close(1.1)
        return {path.name for path in set(tmp_path.glob("pace/*.json")) - before}

    assert len(file_of(KEY, "https://one.example")) == 1
    assert len(file_of(KEY, "https://one.example/")) == 0
    assert len(file_of(KEY, "https://two.example")) == 1
    assert len(file_of("another-key", "https://one.example")) == 1
    for path in tmp_path.glob("pace/*"):
        assert KEY not in path.name + path.read_text()
        assert "example" not in path.name + path.read_text()
