"""The forecast: every prospect counted once, in the place where it belongs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Job, Stage
from batch_transcriber.plan.forecast import Expected, Forecast
from batch_transcriber.plan.prices import Price, price_of

JOB = Job(1, "a.mp3", {"txt": Path("a.txt")}, 1000)
PRICE = price_of({"speech_models": ["universal-2", "universal-3-5-pro"], "speaker_labels": True})


def test_every_prospect_is_counted_where_it_belongs() -> None:
    forecast = Forecast()
    for prospect in (
        Expected(JOB, audio_s=3600.0, price=PRICE),
        Expected(JOB, audio_s=None, price=PRICE),
        Expected(JOB, audio_s=60.0, price=Price(None, ("universal-9", "redact_pii"))),
        Expected(JOB, is_paid=True),
        Expected(JOB, audio_s=60.0, price=PRICE, refusal=SkipReason.OVER_COST),
        Skipped("b.mp3", SkipReason.ALREADY_WRITTEN),
        Failed("c.mp3", Stage.PLAN, "no such file"),
        Notice("a word"),
    ):
        forecast.note(prospect)
    assert (forecast.estimate.inputs, forecast.estimate.unknown_lengths) == (3, 1)
    assert forecast.estimate.unknown_costs == 2
    assert forecast.estimate.cost_usd == Decimal("0.23")
    assert {name: part.cost_usd for name, part in forecast.parts.items()} == {
        "universal-3-5-pro": Decimal("0.21"),
        "speaker_labels": Decimal("0.02"),
    }
    assert forecast.unpriced == {"universal-9": 1, "redact_pii": 1}
    assert (forecast.paid, forecast.failed) == (1, 1)
    assert forecast.refused == {SkipReason.OVER_COST: 1}
    assert forecast.skipped == {SkipReason.ALREADY_WRITTEN: 1}


@pytest.mark.parametrize(
    ("expected", "cost_usd"),
    [
        (Expected(JOB, is_paid=True), Decimal(0)),
        (Expected(JOB, audio_s=None, price=Price(Decimal(0))), Decimal(0)),
        (Expected(JOB, audio_s=1800.0, price=Price(Decimal("0.5"))), Decimal("0.25")),
        (Expected(JOB, audio_s=None, price=Price(Decimal("0.5"))), None),
        (Expected(JOB, audio_s=1800.0, price=Price(None, ("universal-9",))), None),
    ],
)
def test_a_cost_is_known_or_it_is_not(expected: Expected, cost_usd: Decimal | None) -> None:
    assert expected.cost_usd == cost_usd
