"""The user's own limits on money and audio, asked before a recording is sent and before it is paid for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_transcriber.engine.budget import Budget, Refusal
from batch_transcriber.events import SkipReason
from batch_transcriber.model import is_address
from batch_transcriber.plan.lengths import audio_duration_s
from batch_transcriber.plan.prices import price_per_hour_usd

if TYPE_CHECKING:
    from decimal import Decimal

    from batch_transcriber.engine.budget import Reservation
    from batch_transcriber.engine.work import Work
    from batch_transcriber.settings import Settings

S_PER_HOUR = 3600
_REASONS = {
    Refusal.COST_REACHED: SkipReason.OVER_COST,
    Refusal.AUDIO_REACHED: SkipReason.OVER_HOURS,
    Refusal.LENGTH_UNKNOWN: SkipReason.LENGTH_UNKNOWN,
    Refusal.PRICE_UNKNOWN: SkipReason.PRICE_UNKNOWN,
}


class Limits:
    """What the jobs of a run may cost together; without limits, nothing is measured and all may go on."""

    def __init__(self, settings: Settings) -> None:
        self._price = settings.price_per_hour_usd
        max_audio_s = None if settings.max_hours is None else settings.max_hours * S_PER_HOUR
        self._are_set = settings.max_cost_usd is not None or max_audio_s is not None
        self._budget = Budget(settings.max_cost_usd, max_audio_s)

    async def refuse(self, work: Work) -> SkipReason | None:
        """Reserve what a job may cost, once; return why it must not go on, or None where it may."""
        if not self._are_set or work.reservation is not None:
            return None
        is_near = not is_address(work.job.source)
        length_s = await asyncio.to_thread(audio_duration_s, work.job.source) if is_near else None
        share = self.reserve(length_s, price_per_hour_usd(work.job.parameters.values, self._price))
        if isinstance(share, SkipReason):
            return share
        work.reservation = share
        return None

    def give_back(self, work: Work) -> None:
        """Take back what was reserved for a job: another one, or an earlier run, has paid for it."""
        if work.reservation is not None:
            work.reservation.release()
            work.reservation = None

    def reserve(self, length_s: float | None, usd_per_hour: Decimal | None) -> Reservation | SkipReason:
        """Return a share for a recording of this length and price, or why it has none."""
        answer = self._budget.reserve(length_s, usd_per_hour)
        return _REASONS[answer] if isinstance(answer, Refusal) else answer
