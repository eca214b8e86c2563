"""`make soak` in a size that takes seconds: its promises hold, and it would say so where they did not."""

from __future__ import annotations

import signal
from dataclasses import replace
from random import Random

import pytest

from tests.benchmarks.evidence import Recordings
from tests.benchmarks.lives import Life
from tests.benchmarks.measure import Service
from tests.benchmarks.soak import PARTS, Verdict, endure, figures

FILES, COPIES, RESTARTS = 150, 5, 2
# A submit that may have been carried out, and was not, is looked for through half a minute; with this seed
# all submits that are hit are carried out.
TROUBLE = ("--trouble=0.04", "--seed=19", "--cut-replies")
PACE = ("--seconds=0.3", "--concurrency=20")
# A few at a time, so that work is left when a run is ended.
FEW_AT_A_TIME = ("--in-flight", "20", "--uploads", "4", "--poll-interval", "0.2")


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    folder = tmp_path_factory.mktemp("soak")
    lots = Random(1)  # noqa: S311 - chance that can be repeated
    recordings = Recordings.make(folder / "recordings", FILES, COPIES, lots, piece_bytes=64)
    with Service(*TROUBLE, *PACE) as service:
        return endure(
            service, recordings, folder / "out", restarts=RESTARTS, lots=lots, options=FEW_AT_A_TIME
        )


@pytest.mark.timeout(120)
def test_nothing_is_lost_or_paid_for_twice_and_every_input_has_one_outcome(verdict: Verdict) -> None:
    assert verdict.faults() == []
    assert (verdict.ending.lost, verdict.ending.books.paid_twice) == (0, 0)
    assert verdict.ending.books.transcripts == FILES - COPIES
    assert verdict.ending.sentence("2 restarts").endswith("145 transcripts, 0 paid for twice, 0 lost")


@pytest.mark.timeout(120)
def test_there_were_restarts_and_trouble_and_memory_was_watched_through_all_of_it(verdict: Verdict) -> None:
    assert [restart.signal for restart in verdict.restarts] == [signal.SIGTERM, signal.SIGKILL]
    assert all(0 < (restart.life.texts_at_signal or 0) < FILES for restart in verdict.restarts)
    assert len(verdict.lives) == RESTARTS + 1
    assert {"error", "reply cut", "submit's reply lost"} <= verdict.ending.books.troubles.keys()
    assert 0 < verdict.peak_mib(PARTS[0]) <= verdict.peak_mib()
    assert len(figures(verdict, "in a small size", 1.0).rows) > RESTARTS


@pytest.mark.timeout(120)
def test_each_broken_promise_is_named(verdict: Verdict) -> None:
    """As if the run to the end had forgotten one input, told another twice, and ended with an error."""
    *others, last = verdict.lives
    forgotten, twice, *_ = last.outcomes
    outcomes = last.outcomes.copy()
    del outcomes[forgotten]
    outcomes[twice] += 1
    left = replace(verdict.ending.left, missing=frozenset(list(verdict.ending.recordings.texts)[:1]))
    stopped, killed = verdict.restarts
    broken = Verdict(
        [replace(stopped, signal=signal.SIGINT), killed],
        [*others, replace(last, outcomes=outcomes, errors=["a text: no space"])],
        replace(verdict.ending, left=left, exit_codes=[1, 0], requests_more=3),
    )
    assert broken.faults() == [
        "a run that SIGINT was to end ended with 143",
        f"{twice} has 2 outcomes in one run",
        f"{forgotten} has no outcome",
        "a text: no space",
        "runs that were not killed ended with [1, 0]",
        "3 requests for what was written",
    ]
    assert broken.ending.lost == 1
    assert not broken.ending.is_cheap_and_whole
    assert not broken.holds


def test_memory_that_grows_or_was_not_watched_breaks_a_promise(verdict: Verdict) -> None:
    life, ending = Life(verdict.lives[-1].outcomes), verdict.ending

    def watched(*memory: tuple[int, float]) -> Verdict:
        return Verdict((), [replace(life, memory=list(memory))], ending)

    assert watched((0, 50.0), (29, 60.0), (75, 90.0), (120, 60.0), (150, 66.0)).growth == pytest.approx(1.1)
    assert watched((0, 60.0), (75, 90.0), (150, 66.0)).holds
    assert not watched((0, 60.0), (150, 72.0)).holds
    assert watched((0, 60.0)).faults() == ["memory was not watched through all of it"]
