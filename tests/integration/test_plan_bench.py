"""`make bench-plan` in a size that takes seconds, and what it reckons, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.plan.estimate import AT_ONCE_PAID, SERVICE_S_PER_AUDIO_S
from tests.benchmarks.plan_runs import FIFTHS, measure_kind, measure_rows
from tests.benchmarks.plan_sheets import Far, lasting, parts, sheets
from tests.benchmarks.reach import CALLS, HOUR_S, HOURS, OFFLINE_TIMES, Kind, Reach, Taken, offline_days
from tests.benchmarks.readme import PAGE, PLAN, README, ROOT

if TYPE_CHECKING:
    from pathlib import Path

EACH = Taken(600, 1.0, 1.0, 0.5, 1.0, 0.01, 50_000.0, 90.0)


@pytest.mark.timeout(90)
def test_a_run_over_rows_sends_each_once_and_its_rerun_nothing(tmp_path: Path) -> None:
    rows = measure_rows(tmp_path, 300, minutes=1)
    assert (rows.wanted, rows.rows, rows.rerun_requests) == (300, 300, 0)
    assert [usage.exit_code for usage in (rows.run, rows.rerun, rows.status, rows.report)] == [0, 0, 0, 0]
    assert len(rows.fifths_mib) == FIFTHS
    assert 0 < max(rows.fifths_mib) <= rows.run.peak_memory_mib
    assert rows.journal_bytes > 0 < rows.page_bytes
    far = Far({}, {300: rows}, {"hours": EACH, "calls": EACH})
    assert Far.from_json(far.to_json()) == far


@pytest.mark.timeout(90)
def test_a_recording_is_uploaded_submitted_and_fetched_once(tmp_path: Path) -> None:
    taken = measure_kind(tmp_path, Kind("short ones", 30), 20)
    assert (taken.uploads, taken.submits, taken.texts) == (1.0, 1.0, 1.0)
    assert 0 < taken.polls <= 0.5
    assert taken.text_bytes > 0 < taken.cpu_s


def test_what_a_million_hours_take_is_what_the_limits_leave() -> None:
    reach = Reach(1_000_000, HOURS, EACH, 900.0, 64_000)
    times_s = reach.times_s()
    assert times_s["service"] == pytest.approx(1_000_000 * HOUR_S * SERVICE_S_PER_AUDIO_S / AT_ONCE_PAID)
    assert times_s["requests"] == (3_500_000 - 1) // 18_000 * 300
    assert times_s["link"] == 1_000_000 * HOUR_S * 8000 / 125e6
    assert times_s["processor"] == 10_000
    assert (reach.first, reach.least_s) == ("link", times_s["link"])
    assert reach.cost_usd == 210_000
    assert reach.texts_disk_bytes == 1_000_000 * 13 * 4096


def test_what_the_service_fetches_itself_needs_no_upload() -> None:
    reach = Reach(1_000_000, CALLS, EACH, 900.0)
    assert reach.requests == 12_000_000 * 2.5
    assert reach.times_s()["link"] == 0
    assert reach.first == "requests"


def test_few_hours_wait_for_the_longest_recording_alone() -> None:
    times_s = Reach(1, HOURS, EACH, 900.0, 64_000).times_s()
    assert times_s["service"] == pytest.approx(HOUR_S * SERVICE_S_PER_AUDIO_S)
    assert times_s["requests"] == 0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.5, "-"), (92.4, "1.5 min"), (2046, "34 min"), (36_000, "10 h"), (230_400, "2.7 days")],
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds: float, told: str) -> None:
    assert lasting(seconds) == told


def test_the_texts_show_what_was_kept_and_what_is_reckoned_by_it() -> None:
    far = Far.read(PLAN)
    assert set(sheets(far)) == {"reach", "far"}
    assert parts(far)["reach"] in README.read_text(encoding="utf-8")
    assert parts(far)["far"] in PAGE.read_text(encoding="utf-8")


def test_the_offline_recogniser_is_as_fast_as_the_readme_has_it() -> None:
    assert f"{OFFLINE_TIMES} times real time" in README.read_text(encoding="utf-8")
    assert offline_days(OFFLINE_TIMES * 24, 2) == 1
    assert "bench-plan:" in (ROOT / "Makefile").read_text(encoding="utf-8")
