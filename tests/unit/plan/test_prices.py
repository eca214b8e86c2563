"""Prices by the hour of audio: known, the user's own, or unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.plan.prices import (
    ADDITIONS_USD,
    AS_OF,
    MODELS_USD,
    UNPRICED,
    Price,
    price_of,
    price_per_hour_usd,
)
from batch_transcriber.settings import Settings

if TYPE_CHECKING:
    from pydantic import JsonValue


@pytest.mark.parametrize(
    ("models", "usd"),
    [
        (["universal-2"], "0.15"),
        (["universal-3-pro"], "0.21"),
        (["universal-3-5-pro", "universal-2"], "0.21"),
        (["universal-2", "universal-3-5-pro"], "0.21"),
    ],
)
def test_the_dearest_model_that_may_be_chosen_is_the_price(models: list[JsonValue], usd: str) -> None:
    assert price_of({"speech_models": models}).usd_per_hour == Decimal(usd)


def test_the_parameters_of_a_run_without_options_have_a_price() -> None:
    assert price_of(Settings.model_validate({"api_key": "k"}).parameters().values).usd_per_hour == Decimal(
        "0.21"
    )


def test_what_comes_on_top_is_added() -> None:
    parameters: dict[str, JsonValue] = {
        "speech_models": ["universal-2"],
        "speaker_labels": True,
        "entity_detection": True,
        "sentiment_analysis": False,
        "auto_chapters": None,
        "speakers_expected": 3,
        "language_code": "de",
        "redact_pii": False,
        "keyterms_prompt": [],
    }
    assert price_of(parameters).usd_per_hour == Decimal("0.25")


@pytest.mark.parametrize(
    ("parameters", "unknown"),
    [
        ({"speech_models": ["universal-9"]}, ("universal-9",)),
        ({"speech_models": ["universal-2", "universal-9"]}, ("universal-9",)),
        ({"speech_models": ["universal-2"], "redact_pii": True}, ("redact_pii",)),
        ({"speech_models": ["x"], "prompt": "names", "multichannel": True}, ("x", "prompt", "multichannel")),
        ({"speech_models": []}, ("speech_models",)),
        ({"speech_models": "universal-2"}, ("speech_models",)),
        ({"speech_models": [3]}, ("3",)),
        ({}, ("speech_models",)),
    ],
)
def test_what_nobody_knows_the_price_of_is_named(
    parameters: dict[str, JsonValue], unknown: tuple[str, ...]
) -> None:
    assert price_of(parameters) == Price(None, unknown)
    assert price_per_hour_usd(parameters) is None


@pytest.mark.parametrize("price", [Decimal(0), Decimal("0.37")])
def test_the_users_own_price_goes_before_all(price: Decimal) -> None:
    assert price_per_hour_usd({"speech_models": ["universal-2"], "speaker_labels": True}, price) == price
    assert price_per_hour_usd({}, price) == price


def test_the_table_has_a_date_and_no_parameter_twice() -> None:
    assert date(2026, 1, 1) < AS_OF
    assert not UNPRICED & ADDITIONS_USD.keys()
    assert all(0 < price < 1 for price in (*MODELS_USD.values(), *ADDITIONS_USD.values()))
