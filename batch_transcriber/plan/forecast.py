"""What would become of every input, and all of it together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.plan.estimate import Estimate, cost_usd

if TYPE_CHECKING:
    from batch_transcriber.model import Job
    from batch_transcriber.plan.prices import Price


@dataclass(frozen=True, slots=True)
class Expected:
    """A job that a run would take.

    Attributes:
        is_paid: An earlier run paid for its transcript, which needs only to be fetched.
        audio_s: Its length, seconds; None where it is not known, or does not matter.
        price: Of its request; None where it is paid for.
        refusal: Why a limit of the user's would keep it from being sent; None where none would.
    """

    job: Job
    is_paid: bool = False
    audio_s: float | None = None
    price: Price | None = None
    refusal: SkipReason | None = None

    @property
    def cost_usd(self) -> Decimal | None:
        """What it costs at most; None where that is not known."""
        if self.price is None or self.price.usd_per_hour == 0:
            return Decimal(0)
        if self.price.usd_per_hour is None or self.audio_s is None:
            return None
        return cost_usd(self.audio_s, self.price.usd_per_hour)


Prospect: TypeAlias = Expected | Failed | Skipped | Notice


@dataclass(slots=True)
class PricePart:
    """What one model, or one thing that comes on top, costs.

    Attributes:
        audio_s: Of all recordings whose length is known and that are asked for with it, seconds.
    """

    usd_per_hour: Decimal
    audio_s: float = 0.0

    @property
    def cost_usd(self) -> Decimal:
        """For that much audio."""
        return cost_usd(self.audio_s, self.usd_per_hour)


@dataclass(slots=True)
class Forecast:
    """All prospects of a run added up; memory grows with the models and reasons, not with the inputs.

    Attributes:
        estimate: Of what would be sent.
        parts: Its price, by the names of models and parameters.
        unpriced: By name of a model or parameter without a known price, how many would be sent with it.
        paid: How many are paid for already, and are only fetched.
        refused: How many a limit would keep from being sent.
        skipped: How many are left alone for another reason.
        failed: How many would fail; of the others nobody knows.
    """

    estimate: Estimate = field(default_factory=Estimate)
    parts: dict[str, PricePart] = field(default_factory=dict)
    unpriced: Counter[str] = field(default_factory=Counter)
    paid: int = 0
    refused: Counter[SkipReason] = field(default_factory=Counter)
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    failed: int = 0

    def note(self, prospect: Prospect) -> None:
        """Count an input."""
        match prospect:
            case Failed():
                self.failed += 1
            case Skipped():
                self.skipped[prospect.reason] += 1
            case Expected(refusal=SkipReason() as reason):
                self.refused[reason] += 1
            case Expected(price=None):
                self.paid += 1
            case Expected(price=price) if price is not None:
                self._note_sent(prospect, price)
            case _:
                pass

    def _note_sent(self, expected: Expected, price: Price) -> None:
        job = expected.job
        size_bytes = None if job.is_fetched else job.size_bytes
        self.estimate.add(size_bytes, expected.audio_s, price.usd_per_hour)
        self.unpriced.update(price.unknown)
        for name, usd_per_hour in price.parts:
            part = self.parts.setdefault(name, PricePart(usd_per_hour))
            part.audio_s += expected.audio_s or 0.0
