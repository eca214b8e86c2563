"""The words of an estimate."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from batch_transcriber.events import SkipReason
from batch_transcriber.model import Job
from batch_transcriber.plan.forecast import Expected, Forecast
from batch_transcriber.plan.prices import price_of
from batch_transcriber.ui.forecast import Terms, money, prospect_line, total_lines

JOB = Job(1, "a\x1b[2J.mp3", {"txt": Path("a.txt")}, 1000)
PRICE = price_of({"speech_models": ["universal-2"]})
TERMS = Terms(18_000, 300.0)


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        ("0", "$0"),
        ("0.00001", "$0.0001"),
        ("0.001661", "$0.0017"),
        ("0.02", "$0.02"),
        ("0.0213", "$0.022"),
        ("0.5", "$0.50"),
        ("12.341", "$12.35"),
        ("1234567", "$1,234,567.00"),
    ],
)
def test_money_is_rounded_up_for_it_is_an_upper_bound(usd: str, words: str) -> None:
    assert money(Decimal(usd)) == words


def test_a_name_does_a_terminal_no_harm() -> None:
    assert "\x1b" not in prospect_line(Expected(JOB, audio_s=1.0, price=PRICE)).plain


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        (SkipReason.OVER_COST, "--max-cost leaves (1 h, $0.15)"),
        (SkipReason.OVER_HOURS, "--max-hours leaves (1 h, $0.15)"),
    ],
)
def test_what_does_not_fit_says_how_large_it_is(reason: SkipReason, end: str) -> None:
    expected = Expected(JOB, audio_s=3600.0, price=PRICE, refusal=reason)
    assert prospect_line(expected).plain.startswith("leave: a")
    assert prospect_line(expected).plain.endswith(end)


def totals(*prospects: Expected, terms: Terms = TERMS) -> list[str]:
    forecast = Forecast()
    for prospect in prospects:
        forecast.note(prospect)
    return [line.plain for line in total_lines(forecast, terms)]


def test_nothing_to_do_is_said() -> None:
    assert totals()[0] == "nothing to transcribe"


def test_a_sum_without_one_known_part_is_no_sum_of_nothing() -> None:
    lines = totals(Expected(JOB, price=PRICE))
    assert any(line.startswith("cost unknown") for line in lines)
    assert "how long that takes is not known" in lines
    assert not any("$0 " in line for line in lines)


def test_the_time_names_what_it_rests_on() -> None:
    lines = totals(*[Expected(JOB, audio_s=360_000.0, price=PRICE)] * 10)
    assert any(line.endswith("at least, and more if 10 kB take longer to go out") for line in lines)
    assert any(
        "200 are heard at a time" in line and "18,000 requests sent in 5 min" in line for line in lines
    )
