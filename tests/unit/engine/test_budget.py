"""The budget: whatever the order of things, no more is spent than was allowed."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from batch_transcriber.engine.budget import Budget, Refusal, Reservation

PRICE = Decimal("0.21")
HOUR_S = 3600.0
prices = st.decimals(0, 2, places=3)
lengths_s = st.floats(0, 50_000)


def granted(outcome: Reservation | Refusal) -> Reservation:
    assert isinstance(outcome, Reservation)
    return outcome


def test_without_limits_all_is_allowed_and_what_is_known_is_counted() -> None:
    budget = Budget()
    granted(budget.reserve(None, None)).settle(1800.0)
    granted(budget.reserve(HOUR_S, None)).settle()
    granted(budget.reserve(HOUR_S, PRICE)).settle()
    granted(budget.reserve(None, PRICE)).settle(HOUR_S)
    assert (budget.spent_usd, budget.spent_audio_s) == (2 * PRICE, 3.5 * HOUR_S)
    assert budget.reserved_usd == budget.reserved_audio_s == budget.refused == 0


def test_a_limit_is_reached_exactly_and_not_passed() -> None:
    budget = Budget(max_cost_usd=3 * PRICE)
    for _ in range(3):
        granted(budget.reserve(HOUR_S, PRICE))
    assert budget.reserve(0.001, PRICE) is Refusal.COST_REACHED
    assert (budget.reserved_usd, budget.refused) == (3 * PRICE, 1)


def test_hours_are_a_limit_of_their_own() -> None:
    budget = Budget(max_audio_s=2 * HOUR_S)
    granted(budget.reserve(2 * HOUR_S, None))
    assert budget.reserve(1.0, Decimal(0)) is Refusal.AUDIO_REACHED


def test_a_smaller_job_may_still_fit() -> None:
    budget = Budget(max_audio_s=100)
    assert budget.reserve(101, PRICE) is Refusal.AUDIO_REACHED
    granted(budget.reserve(100, PRICE))


def test_what_is_released_can_be_had_again_and_what_is_spent_cannot() -> None:
    budget = Budget(max_audio_s=100)
    first = granted(budget.reserve(100, PRICE))
    assert isinstance(budget.reserve(1, PRICE), Refusal)
    first.release()
    granted(budget.reserve(100, PRICE)).settle()
    assert isinstance(budget.reserve(1, PRICE), Refusal)


def test_a_recording_that_was_shorter_leaves_room() -> None:
    budget = Budget(max_cost_usd=PRICE)
    granted(budget.reserve(HOUR_S, PRICE)).settle(HOUR_S / 2)
    assert budget.spent_usd == PRICE / 2
    granted(budget.reserve(HOUR_S / 2, PRICE))


def test_a_recording_that_was_longer_is_counted_in_full_and_stops_the_others() -> None:
    budget = Budget(max_cost_usd=PRICE)
    granted(budget.reserve(HOUR_S / 2, PRICE)).settle(2 * HOUR_S)
    assert budget.spent_usd == 2 * PRICE
    assert budget.reserve(0.0, PRICE) is Refusal.COST_REACHED


def test_a_reservation_ends_once() -> None:
    budget = Budget(max_audio_s=100)
    one = granted(budget.reserve(60, PRICE))
    one.settle(50)
    one.settle(60)
    one.release()
    assert (budget.spent_audio_s, budget.reserved_audio_s) == (50, 0)


@pytest.mark.parametrize(
    ("budget", "audio_s", "price", "refusal"),
    [
        (Budget(max_audio_s=10), None, PRICE, Refusal.LENGTH_UNKNOWN),
        (Budget(max_cost_usd=PRICE), None, PRICE, Refusal.LENGTH_UNKNOWN),
        (Budget(max_cost_usd=PRICE), 1.0, None, Refusal.PRICE_UNKNOWN),
        (Budget(max_cost_usd=PRICE), None, None, Refusal.PRICE_UNKNOWN),
        (Budget(max_cost_usd=PRICE), None, Decimal(0), None),
        (Budget(max_audio_s=10), 1.0, None, None),
    ],
)
def test_what_cannot_be_counted_is_refused_where_it_would_count(
    budget: Budget, audio_s: float | None, price: Decimal | None, refusal: Refusal | None
) -> None:
    outcome = budget.reserve(audio_s, price)
    assert outcome is refusal if refusal else isinstance(outcome, Reservation)


def test_a_hundred_thousand_small_sums_do_not_drift() -> None:
    budget = Budget(max_cost_usd=Decimal("0.21"))
    for _ in range(100_000):
        granted(budget.reserve(0.036, PRICE)).settle(0.036)
    assert budget.spent_usd == PRICE
    assert budget.reserve(0.001, PRICE) is Refusal.COST_REACHED


@given(prices, st.floats(0, 50_000), st.lists(st.tuples(lengths_s, prices), max_size=30), st.randoms())
def test_jobs_side_by_side_never_spend_more_than_is_allowed(
    max_cost_usd: Decimal, max_audio_s: float, jobs: list[tuple[float, Decimal]], chance: random.Random
) -> None:
    budget = Budget(max_cost_usd, max_audio_s)

    def check() -> None:
        assert budget.reserved_usd + budget.spent_usd <= max_cost_usd
        assert budget.reserved_audio_s + budget.spent_audio_s <= max_audio_s

    async def job(audio_s: float, price: Decimal) -> None:
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        share = budget.reserve(audio_s, price)
        check()
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        if isinstance(share, Reservation):
            if chance.random() < 0.3:
                share.release()
            else:
                share.settle(chance.choice((None, audio_s, audio_s / 2)))
        check()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for audio_s, price in jobs:
                group.create_task(job(audio_s, price))

    asyncio.run(main())
    assert budget.reserved_usd == budget.reserved_audio_s == 0


class AnyOrder(RuleBasedStateMachine):
    """Reservations in any order beside a count by hand, over-long recordings among them."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget(Decimal(10), 100_000)
        self.open: dict[Reservation, tuple[float, Decimal]] = {}
        self.excess_usd = Decimal(0)
        self.excess_s = 0.0

    shares: Bundle[Reservation] = Bundle("shares")

    @rule(target=shares, audio_s=st.integers(0, 60_000), price=prices)
    def reserve(self, audio_s: int, price: Decimal) -> Reservation | MultipleResults[Reservation]:
        share = self.budget.reserve(audio_s, price)
        if isinstance(share, Refusal):
            return multiple()
        self.open[share] = (audio_s, price)
        return share

    @rule(share=consumes(shares), more_s=st.integers(-60_000, 600))
    def settle(self, share: Reservation, more_s: int) -> None:
        audio_s, price = self.open.pop(share)
        share.settle(max(0, audio_s + more_s))
        self.excess_s += max(0, more_s)
        self.excess_usd += max(0, more_s) * price / 3600

    @rule(share=consumes(shares))
    def release(self, share: Reservation) -> None:
        self.open.pop(share)
        share.release()

    @invariant()
    def no_more_than_allowed_and_what_turned_out_longer(self) -> None:
        tiny = Decimal("1e-20")  # of the division above
        assert self.budget.reserved_usd + self.budget.spent_usd <= 10 + self.excess_usd + tiny
        assert self.budget.reserved_audio_s + self.budget.spent_audio_s <= 100_000 + self.excess_s

    @invariant()
    def what_is_open_is_reserved(self) -> None:
        assert self.budget.reserved_audio_s == sum(audio_s for audio_s, _ in self.open.values())


TestAnyOrder = AnyOrder.TestCase
