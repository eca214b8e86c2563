"""What a run would do, for people: a line for every input, and what all of it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import ceil
from typing import TYPE_CHECKING

from rich.text import Text

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.plan.estimate import AT_ONCE_PAID, SERVICE_S_PER_AUDIO_S
from batch_transcriber.plan.prices import AS_OF, SOURCE
from batch_transcriber.ui.words import about, count, duration, printable, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.plan.forecast import Expected, Forecast, Prospect

CENT_USD = Decimal("0.01")
SMALLEST_USD = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an estimate is reckoned with.

    Attributes:
        max_requests: Starts in any window.
        window_s: Its length.
        price_per_hour_usd: The user's own price; None for the table's.
        is_offline: This machine hears the recordings, at a speed that nobody knows.
    """

    max_requests: int
    window_s: float
    price_per_hour_usd: Decimal | None = None
    is_offline: bool = False


def prospect_line(prospect: Prospect) -> Text:
    """Return an input's line; what comes from outside is spelt out where it could steer a terminal."""
    match prospect:
        case Failed():
            return Text(printable(f"fail: {prospect.source}: {prospect.error}"), style="red")
        case Skipped():
            to = f" ({', '.join(map(str, prospect.outputs))})" if prospect.outputs else ""
            return Text(printable(f"skip: {prospect.source}: {prospect.reason}{to}"), style="dim")
        case Notice():
            return Text(printable(prospect.message), style="yellow")
    source = prospect.job.source
    if prospect.refusal is not None:
        terms = "" if prospect.refusal is SkipReason.LENGTH_UNKNOWN else f" ({_terms(prospect)})"
        line = f"leave: {source}: {prospect.refusal}{terms}"
        return Text(printable(line), style="yellow")
    to = ", ".join(map(str, prospect.job.missing.values()))
    if prospect.is_paid:
        return Text(printable(f"fetch: {source} to {to} (paid for already)"))
    return Text(printable(f"transcribe: {source} to {to} ({_terms(prospect)})"))


def total_lines(forecast: Forecast, terms: Terms) -> Iterator[Text]:
    """Yield the lines that close an estimate."""
    estimate = forecast.estimate
    if estimate.inputs:
        yield from _amounts(forecast)
        yield from _costs(forecast, terms)
        yield from _time(forecast, terms)
    elif not forecast.paid:
        yield Text("nothing to transcribe", style="bold")
    if forecast.paid:
        yield Text(f"{count(forecast.paid, 'transcript')} paid for already: fetched for nothing")
    for reason, inputs in forecast.refused.items():
        yield Text(f"{count(inputs, 'recording')} would be left: {reason}", style="bold yellow")
    for reason, inputs in forecast.skipped.items():
        yield Text(f"{inputs:,} skipped: {reason}")
    if forecast.failed:
        yield Text(f"{forecast.failed:,} would fail", style="bold red")
    yield Text("an estimate: nothing was sent, and nothing was written", style="dim")


def money(usd: Decimal) -> str:
    """Return an amount rounded up: to a cent, or below ten cents to two digits."""
    step = CENT_USD
    while 0 < usd < step * 10 and step > SMALLEST_USD:
        step /= 10
    whole, _, part = f"{usd.quantize(step, ROUND_CEILING):,f}".partition(".")
    return f"${whole}.{part.rstrip('0'):0<2}" if usd else "$0"


def _terms(expected: Expected) -> str:
    length = "length unknown" if expected.audio_s is None else duration(expected.audio_s)
    if expected.price is not None and expected.price.usd_per_hour is None:
        return f"{length}, price unknown"
    cost = expected.cost_usd
    return length if cost is None else f"{length}, {money(cost)}"


def _amounts(forecast: Forecast) -> Iterator[Text]:
    estimate = forecast.estimate
    words = [f"{count(estimate.inputs, 'recording')} to transcribe"]
    if estimate.audio_s:
        words.append(f"{duration(estimate.audio_s)} of audio")
    if estimate.size_bytes:
        words.append(size(estimate.size_bytes))
    yield Text(", ".join(words), style="bold")
    if unknown := estimate.unknown_lengths:
        are = "is one" if unknown == 1 else f"are {unknown:,}"
        yield Text(f"among them {are} of unknown length: neither hours nor costs have them", style="yellow")


def _costs(forecast: Forecast, terms: Terms) -> Iterator[Text]:
    estimate, own = forecast.estimate, terms.price_per_hour_usd
    if terms.is_offline:
        yield Text("$0: this machine hears them", style="bold")
        return
    by = "at your own price" if own is not None else f"at prices of {AS_OF}, before taxes ({SOURCE})"
    is_known = estimate.unknown_costs < estimate.inputs
    yield Text(f"{f'{money(estimate.cost_usd)} at most' if is_known else 'cost unknown'}, {by}", style="bold")
    for name, part in forecast.parts.items():
        hours = f"{duration(part.audio_s)} at " if part.audio_s else ""
        comes_to = f", {money(part.cost_usd)}" if part.audio_s else ""
        yield Text(printable(f"  {name}: {hours}{money(part.usd_per_hour)} an hour{comes_to}"))
    for name, inputs in forecast.unpriced.items():
        left_out, is_not = count(inputs, "recording"), "is not" if inputs == 1 else "are not"
        yield Text(
            printable(f"  {name} has no known price, so {left_out} {is_not} in it; give one with --price"),
            style="yellow",
        )


def _time(forecast: Forecast, terms: Terms) -> Iterator[Text]:
    estimate = forecast.estimate
    if terms.is_offline:
        yield Text("how long that takes is up to this machine")
        return
    if not estimate.audio_s:
        yield Text("how long that takes is not known")
        return
    least_s = estimate.least_s(terms.max_requests, terms.window_s)
    sending = f", and more if {size(estimate.size_bytes)} take longer to go out"
    yield Text(f"{about(least_s) if least_s > 1 else '1 s'} at least{sending}")
    yield Text(
        f"  where {AT_ONCE_PAID} are heard at a time, {1 / SERVICE_S_PER_AUDIO_S:.0f} times as fast as they "
        f"were spoken, and {terms.max_requests:,} requests sent in {duration(ceil(terms.window_s))}",
        style="dim",
    )
