"""What the texts of a journal cost, by the table of prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batch_transcriber.plan.prices import Price, price_of
from batch_transcriber.ui.words import is_local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_transcriber.journal.listing import Kind

S_PER_HOUR = 3600
THIS_MACHINE, UNNAMED = "this machine", "a model that was not told"


@dataclass(frozen=True, slots=True)
class Charge:
    """What was heard with one model, and asked for alike.

    Attributes:
        what: The model, and what came on top.
        usd_per_hour: None where the price is not known.
        usd: What it came to; None likewise.
    """

    what: str
    transcripts: int
    audio_s: float
    unknown_lengths: int
    usd_per_hour: Decimal | None
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Spend:
    """All of it, before taxes and discounts.

    Attributes:
        charges: The dearest first.
        unpriced: How many transcripts are not in `usd`, for their price or length is not known.
    """

    charges: tuple[Charge, ...]
    usd: Decimal
    unpriced: int


def add_up(kinds: Iterable[Kind], own_usd_per_hour: Decimal | None) -> Spend:
    """Return what transcripts cost; a service on this machine is free.

    Args:
        kinds: The transcripts.
        own_usd_per_hour: The user's own price of all others; None for the table's.
    """
    charges = sorted((_charge(kind, own_usd_per_hour) for kind in kinds), key=lambda one: -(one.usd or 0))
    return Spend(
        tuple(charges),
        sum((charge.usd for charge in charges if charge.usd is not None), Decimal(0)),
        sum(one.transcripts if one.usd is None else one.unknown_lengths for one in charges),
    )


def _charge(kind: Kind, own_usd_per_hour: Decimal | None) -> Charge:
    what, usd_per_hour = kind.model or UNNAMED, own_usd_per_hour
    if is_local(kind.service):
        what, usd_per_hour = f"{kind.model or 'a recogniser'}, on {THIS_MACHINE}", Decimal(0)
    elif own_usd_per_hour is None:
        price = _price(kind)
        usd_per_hour = price.usd_per_hour
        more = [name for name, _ in price.parts[1:]] or list(price.unknown)
        what = ", with ".join([what, *([", ".join(more)] if more else [])])
    usd = None if usd_per_hour is None else usd_per_hour * Decimal(kind.audio_s) / S_PER_HOUR
    return Charge(what, kind.transcripts, kind.audio_s, kind.unknown_lengths, usd_per_hour, usd)


def _price(kind: Kind) -> Price:
    """Return the price of the model that was used; where that was not told, of the dearest asked for."""
    asked = dict(kind.asked or {})
    if kind.model is not None:
        asked["speech_models"] = [kind.model]
    return price_of(asked)
