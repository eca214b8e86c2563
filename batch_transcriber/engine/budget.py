"""A budget of money and of audio that jobs side by side cannot slip past."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import ceil

MS_PER_S = 1000
MS_PER_HOUR = 3_600_000


class Refusal(StrEnum):
    """Why a job may not be submitted."""

    COST_REACHED = "it would cost more than --max-cost leaves"
    AUDIO_REACHED = "it is longer than --max-hours leaves"
    LENGTH_UNKNOWN = "its length is not known before it is paid for, and there is a limit to keep"
    PRICE_UNKNOWN = "its price is not known, and there is a limit to keep; give one with --price"


@dataclass(frozen=True, slots=True)
class _Amount:
    """Audio and money as whole and exact numbers, so that no sum of a million of them drifts.

    Attributes:
        audio_ms: Rounded up.
        price_ms: Price by the hour times milliseconds.
    """

    audio_ms: int = 0
    price_ms: Decimal = Decimal(0)

    def __add__(self, other: _Amount) -> _Amount:
        return _Amount(self.audio_ms + other.audio_ms, self.price_ms + other.price_ms)

    def __sub__(self, other: _Amount) -> _Amount:
        return _Amount(self.audio_ms - other.audio_ms, self.price_ms - other.price_ms)


NOTHING = _Amount()


class Reservation:
    """A job's share of a budget. The first `settle` or `release` ends it; any further one does nothing."""

    def __init__(self, budget: Budget, amount: _Amount, usd_per_hour: Decimal | None) -> None:
        self._budget = budget
        self._amount = amount
        self._usd_per_hour = usd_per_hour
        self._is_open = True

    def settle(self, audio_s: float | None = None) -> None:
        """Turn it into what was spent: the job is paid for.

        Args:
            audio_s: Its length as the service measured it, seconds; None keeps to what was reserved.
        """
        self._end(self._amount if audio_s is None else _amount(audio_s, self._usd_per_hour))

    def release(self) -> None:
        """Give it back: the job was not paid for, and will not be."""
        self._end(NOTHING)

    def _end(self, spent: _Amount) -> None:
        if self._is_open:
            self._is_open = False
            self._budget._move(self._amount, spent)  # noqa: SLF001 - the two are one


class Budget:
    """What a run may spend. Nothing here waits, so that no other job comes between a look and its share.

    What is reserved and what is spent never exceed the limits together, as long as no recording turns out
    longer than what was reserved for it; where one does, no job is let through until there is room again.
    What an earlier run has paid for needs no reservation. To be used in one thread.

    Args:
        max_cost_usd: None for no limit.
        max_audio_s: Seconds; None for no limit.

    Attributes:
        refused: How many reservations were refused.
    """

    def __init__(self, max_cost_usd: Decimal | None = None, max_audio_s: float | None = None) -> None:
        self._max_price_ms = None if max_cost_usd is None else max_cost_usd * MS_PER_HOUR
        self._max_audio_ms = None if max_audio_s is None else int(max_audio_s * MS_PER_S)
        self._reserved = NOTHING
        self._spent = NOTHING
        self.refused = 0

    @property
    def spent_usd(self) -> Decimal:
        """What is paid for, as far as its price is known."""
        return self._spent.price_ms / MS_PER_HOUR

    @property
    def spent_audio_s(self) -> float:
        """Length of what is paid for, seconds, as far as it is known."""
        return self._spent.audio_ms / MS_PER_S

    @property
    def reserved_usd(self) -> Decimal:
        """What open reservations may come to, as far as their price is known."""
        return self._reserved.price_ms / MS_PER_HOUR

    @property
    def reserved_audio_s(self) -> float:
        """Length of what is reserved, seconds, as far as it is known."""
        return self._reserved.audio_ms / MS_PER_S

    def reserve(self, audio_s: float | None, usd_per_hour: Decimal | None) -> Reservation | Refusal:
        """Return a job's share, or why it has none; a refused one may ask again once others were released.

        Args:
            audio_s: Length of the recording, seconds; None if it is not known.
            usd_per_hour: Price of its request; None if it is not known.
        """
        share = NOTHING if audio_s is None else _amount(audio_s, usd_per_hour)
        refusal = self._refuse(share, audio_s, usd_per_hour)
        if refusal is not None:
            self.refused += 1
            return refusal
        self._reserved += share
        return Reservation(self, share, usd_per_hour)

    def _refuse(self, share: _Amount, audio_s: float | None, usd_per_hour: Decimal | None) -> Refusal | None:
        total = self._reserved + self._spent + share
        costs = usd_per_hour != 0
        if self._max_audio_ms is not None:
            if audio_s is None:
                return Refusal.LENGTH_UNKNOWN
            if total.audio_ms > self._max_audio_ms:
                return Refusal.AUDIO_REACHED
        if self._max_price_ms is not None and costs:
            if usd_per_hour is None:
                return Refusal.PRICE_UNKNOWN
            if audio_s is None:
                return Refusal.LENGTH_UNKNOWN
            if total.price_ms > self._max_price_ms:
                return Refusal.COST_REACHED
        return None

    def _move(self, reserved: _Amount, spent: _Amount) -> None:
        self._reserved -= reserved
        self._spent += spent


def _amount(audio_s: float, usd_per_hour: Decimal | None) -> _Amount:
    audio_ms = ceil(audio_s * MS_PER_S)
    return _Amount(audio_ms, audio_ms * (usd_per_hour or Decimal(0)))
