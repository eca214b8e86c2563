"""What an hour of audio costs, from a table with its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

AS_OF = date(2026, 10, 7)  # of the models; what comes on top is as bills of June 2026 had it
SOURCE = "https://www.assemblyai.com/pricing"  # pay as you go, in US dollars, before taxes and discounts

# By the hour of audio, silence included; a transcript that failed is free.
MODELS_USD: Mapping[str, Decimal] = {
    "universal-2": Decimal("0.15"),
    "universal-3-pro": Decimal("0.21"),
    "universal-3-5-pro": Decimal("0.21"),
}
# Parameters that come on top, each by the hour of audio.
ADDITIONS_USD: Mapping[str, Decimal] = {
    "auto_chapters": Decimal("0.08"),
    "auto_highlights": Decimal("0.01"),
    "entity_detection": Decimal("0.08"),
    "sentiment_analysis": Decimal("0.02"),
    "speaker_labels": Decimal("0.02"),
    "summarization": Decimal("0.03"),
}
# May come on top or not: neither the documentation nor a bill that we know tells.
UNPRICED = frozenset(
    {
        "content_safety",
        "domain",
        "dual_channel",
        "iab_categories",
        "keyterms_prompt",
        "multichannel",
        "prompt",
        "redact_pii",
        "redact_pii_audio",
        "speech_understanding",
    }
)


@dataclass(frozen=True, slots=True)
class Price:
    """What a request costs by the hour of audio.

    Attributes:
        usd_per_hour: Of the dearest of its models, for the service chooses among them, and of what comes
            on top: an upper bound. None where `unknown` names anything.
        unknown: Models and parameters without a known price, in the API's words.
        parts: The dearest model and what comes on top, each with its own price; empty where one is unknown.
    """

    usd_per_hour: Decimal | None
    unknown: tuple[str, ...] = ()
    parts: tuple[tuple[str, Decimal], ...] = ()


def price_of(parameters: Mapping[str, JsonValue]) -> Price:
    """Return the price of a request with these parameters, as `Parameters.values` holds them."""
    models = parameters.get("speech_models")
    names = [str(model) for model in models] if isinstance(models, list) and models else ["speech_models"]
    asked = [name for name, value in parameters.items() if value not in (None, False, "", [], {})]
    unknown = [name for name in names if name not in MODELS_USD] + [
        name for name in asked if name in UNPRICED
    ]
    if unknown:
        return Price(None, tuple(dict.fromkeys(unknown)))
    dearest = max(names, key=lambda name: MODELS_USD[name])
    additions = ((name, ADDITIONS_USD[name]) for name in asked if name in ADDITIONS_USD)
    parts = ((dearest, MODELS_USD[dearest]), *additions)
    return Price(sum((usd for _, usd in parts), Decimal(0)), parts=parts)


def price_per_hour_usd(
    parameters: Mapping[str, JsonValue], override: Decimal | None = None
) -> Decimal | None:
    """Return the price by the hour, or the user's own; None where nobody knows it."""
    return price_of(parameters).usd_per_hour if override is None else override
