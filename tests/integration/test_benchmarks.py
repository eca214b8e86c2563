"""Each scenario of `make bench` in a size that takes seconds: counts hold, times are not looked at."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import bucket, many
from tests.benchmarks.chart import draw
from tests.benchmarks.peers import BARE, CURL, EACH_SECOND, OURS, is_here
from tests.benchmarks.plan_sheets import Far
from tests.benchmarks.race import run_once
from tests.benchmarks.readme import CHART, PAGE, PLAN, README, kept_report, with_parts
from tests.benchmarks.recordings import Recordings
from tests.benchmarks.report import Report
from tests.benchmarks.runs import Result, Run
from tests.benchmarks.scenarios import BY_NAME, SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT_A_TIME = 4
POLLS_A_FILE_MAX = 0.5
CALLS_A_FILE = 3


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Run]]:
    """Start all scenarios, a few at a time, and return what gives the run of one of them."""
    with ThreadPoolExecutor(AT_A_TIME) as hands:
        runs = {
            scenario.name: hands.submit(run, scenario.small(), OURS, tmp_path_factory.mktemp(scenario.name))
            for scenario in SCENARIOS
        }
        yield lambda name: runs[name].result()


def run(scenario: Scenario, peer: str, folder: Path) -> Run:
    scenario.recordings.make(folder)
    return run_once(scenario, peer, folder)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", BY_NAME)
def test_every_scenario_ends_with_all_texts_paid_for_once(name: str, ours: Callable[[str], Run]) -> None:
    done = ours(name)
    assert done.exit_code == 0
    assert (done.texts, done.paid_for, done.paid_twice) == (done.files, done.files, 0)
    assert done.requests >= CALLS_A_FILE * done.files + done.polls
    assert done.lateness_s is not None
    assert done.lateness_s > 0


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", ["slower", "bursts", "lagging", "foreign"])
def test_a_service_that_is_not_as_planned_is_not_asked_more_often(
    name: str, ours: Callable[[str], Run]
) -> None:
    assert ours(name).polls_a_file <= POLLS_A_FILE_MAX


@pytest.mark.timeout(90)
def test_an_unknown_limit_is_met_and_its_waits_are_kept(ours: Callable[[str], Run]) -> None:
    done = ours("limit")
    assert done.refused
    assert done.early == 0
    assert done.limit_share is not None
    assert 0 < done.limit_share <= 1


@pytest.mark.timeout(90)
def test_no_more_goes_over_a_slow_link_than_it_carries(ours: Callable[[str], Run]) -> None:
    share = ours("slow").link_share
    assert share is not None
    assert 0 < share <= 1.1  # it lends some milliseconds


@pytest.mark.parametrize(("peer", "name"), {BARE: "foreign", EACH_SECOND: "few", CURL: "large"}.items())
def test_those_that_we_are_compared_with_do_the_same_work(peer: str, name: str, tmp_path: Path) -> None:
    """And a colleague's requests, where there are some, are not counted as theirs."""
    if not is_here(peer):
        pytest.skip(f"what {peer} needs is not installed")
    done = run(BY_NAME[name].small(), peer, tmp_path)
    assert done.exit_code == 0
    assert (done.texts, done.paid_for, done.paid_twice) == (done.files, done.files, 0)
    assert done.requests == CALLS_A_FILE * done.files + done.polls


def test_recordings_that_say_how_long_they_are_say_it_to_us_too(tmp_path: Path) -> None:
    from batch_transcriber.plan.lengths import audio_duration_s
    from tests.benchmarks.recordings import AUDIO_S_PER_S

    Recordings(2, hearing_s=(0.5, 3.0)).make(tmp_path)
    lengths = [audio_duration_s(path) for path in sorted(tmp_path.iterdir())]
    assert lengths == [0.5 * AUDIO_S_PER_S, 3.0 * AUDIO_S_PER_S]


def made_up() -> Report:
    """Return a report of two rounds of two scenarios, in one of which a target is missed."""
    us = Run(1000, 11.0, 2.0, 60.0, 0, 1000, 1000, 0, 3020, 20, 0.5, 0.9)
    them = Run(1000, 10.0, 1.0, 40.0, 0, 1000, 1000, 0, 3050, 50, 0.5, 0.9)
    lost = Run(300, 2.0, 1.0, 40.0, 1, 0, 290, 0, 900, 0, None, None)
    return Report(
        {"Measured": "2026-01-01"},
        [
            Result("small", {OURS: [us, us], BARE: [them, them]}),
            Result("few", {OURS: [us], EACH_SECOND: [them]}),
            Result("trouble", {OURS: [us], BARE: [lost]}),
        ],
    )


def test_a_report_says_what_was_met_what_was_missed_and_what_was_not_measured() -> None:
    report = made_up()
    verdicts = {(row[0], row[1]): (row[3], row[4]) for row in report.targets().rows}
    assert verdicts["small", "wall, to the bare loop's"] == ("1.10", "ok")
    assert verdicts["small", "wall, to the SDK group's"] == ("-", "not measured")
    assert report.missed() == ["few: wall, to a GET every second"]


def test_figures_come_back_from_their_file_and_look_the_same() -> None:
    report = made_up()
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again.markdown() == report.markdown()
    assert draw(again) == draw(report)


def test_the_chart_is_a_picture_with_a_bar_for_each_figure() -> None:
    root = ET.fromstring(draw(made_up()))  # noqa: S314 - our own
    bars = [one for one in root.iter() if one.tag.endswith("rect")]
    groups = [one for one in root.iter() if one.get("class") == "head"]
    assert len(groups) == 4  # three of small, one of few
    assert len(bars) == 1 + 2 * len(groups)


def test_the_figures_of_both_texts_and_the_chart_are_those_that_are_kept() -> None:
    report = kept_report()
    assert CHART.read_text(encoding="utf-8") == draw(report)
    shown = [text.read_text(encoding="utf-8") for text in (README, PAGE)]
    assert [text.count("<!-- figures: ") for text in shown] == [2, 3]
    assert [with_parts(text, report, Far.read(PLAN)) for text in shown] == shown


def test_a_run_over_a_bucket_is_followed_until_all_of_it_is_listed() -> None:
    pytest.importorskip("s3fs")
    measured = bucket.run_once(1500, answers_in_s=0)  # which are two pages; that all are counted, it asserts
    assert min(measured) > 0


def test_runs_that_share_a_limit_or_know_nothing_of_each_other_write_all_and_pay_once() -> None:
    for apart in (False, True):
        done = many.measure(2, 60, "150/2", apart=apart)
        assert (done.texts, done.books.transcripts, done.books.paid_twice) == (60, 60, 0)
        assert sum(done.refusals) == sum(int(window["refused"]) for window in done.books.windows)
