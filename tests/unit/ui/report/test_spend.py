"""What the texts cost."""

from __future__ import annotations

from decimal import Decimal

from batch_transcriber.journal.listing import Kind
from batch_transcriber.plan.prices import ADDITIONS_USD, MODELS_USD
from batch_transcriber.ui.report.spend import add_up

SERVICE = "https://api.example"


def test_the_model_that_was_used_is_paid_for_with_what_came_on_top() -> None:
    asked = {"speech_models": ["universal-3-5-pro", "universal-2"], "speaker_labels": True}
    spend = add_up([Kind("universal-2", SERVICE, asked, 2, 7200.0, 0)], None)
    assert spend.usd == 2 * (MODELS_USD["universal-2"] + ADDITIONS_USD["speaker_labels"])
    assert spend.charges[0].what == "universal-2, with speaker_labels"
    assert spend.unpriced == 0


def test_where_the_model_was_not_told_the_dearest_asked_for_counts() -> None:
    asked = {"speech_models": ["universal-2", "universal-3-5-pro"]}
    assert add_up([Kind(None, SERVICE, asked, 1, 3600.0, 0)], None).usd == MODELS_USD["universal-3-5-pro"]


def test_what_has_no_known_price_is_counted_and_not_guessed() -> None:
    kinds = [
        Kind("universal-9", SERVICE, {}, 3, 3600.0, 0),
        Kind("universal-2", SERVICE, {"prompt": True}, 2, 3600.0, 0),
        Kind("universal-2", SERVICE, None, 5, 3600.0, 1),
        Kind(None, SERVICE, None, 1, 3600.0, 0),
    ]
    spend = add_up(kinds, None)
    assert spend.usd == MODELS_USD["universal-2"]
    assert spend.unpriced == 3 + 2 + 1 + 1


def test_this_machine_is_free_and_the_users_own_price_holds_for_all_else() -> None:
    kinds = [
        Kind("whisper", "http://127.0.0.1:8000", {}, 1, 3600.0, 0),
        Kind("universal-9", SERVICE, {"prompt": True}, 1, 7200.0, 0),
    ]
    assert add_up(kinds, Decimal("0.5")).usd == Decimal(1)
    assert add_up(kinds[:1], None).usd == 0
    assert add_up(kinds[:1], None).unpriced == 0
