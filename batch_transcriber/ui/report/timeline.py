"""A run as a picture: the way of every recording, and how many texts were written when.

Both lie on one axis of time. Few recordings have a line each; of many, one takes the line of another that
has ended. All parts of one kind are one path, so that ten thousand recordings take half a megabyte and are
drawn at once.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.journal.overview import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batch_transcriber.journal.listing import Listed

WIDTH = 1000  # of the drawing, in its own units
LEAST_WIDTH = 0.6  # of a part that would be too short to be seen
LINES_OF_THEIR_OWN = 60
BARS_MAX = 90
TICKS_MAX = 7
PARTS = ("uploading", "queued", "processing", "writing", "failed")
_EVERY_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 4 * 3600, 8 * 3600, 86_400)

ENDED = {Step.WRITTEN, Step.FAILED, Step.SKIPPED}
Span: TypeAlias = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis; `left` in percent of its length."""

    left: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture.

    Attributes:
        files: Recordings in it.
        lines: That they are drawn in.
        paths: SVG path data by the kind of part; `failed` is a mark where that happened.
        bars: Likewise, of the texts written in each span; `WIDTH` wide, `bar_most` high.
        bar_most: Texts of the highest bar.
        bar_s: How long the span of a bar is.
    """

    files: int
    lines: int
    paths: Mapping[str, str]
    bars: str
    bar_most: int
    bar_s: float
    ticks: tuple[Tick, ...]


def draw(inputs: Iterable[Listed], since: float, now: float | None = None) -> Timeline | None:
    """Return the picture of what happened after a moment; None where nothing did.

    Args:
        inputs: Copies share a line.
        since: Seconds since 1970.
        now: Likewise, while a run is at work: so far goes what is under way. None otherwise.
    """
    listed = {one.transcript: one for one in inputs if one.transcript is not None}
    ways = [
        way for one in listed.values() if (way := _way(one.times, since, None if one.step in ENDED else now))
    ]
    if not ways:
        return None
    ways.sort(key=lambda way: way[0][1])
    began_at = ways[0][0][1]
    span_s = max(max(end for way in ways for _, _, end in way) - began_at, 1.0)
    scale = WIDTH / span_s
    rows, lines = _rows(ways)
    pieces: dict[str, list[str]] = {name: [] for name in PARTS}
    for row, way in zip(rows, ways, strict=True):
        for name, begin, end in way:
            pieces[name].append(_line(row, (begin - began_at) * scale, (end - began_at) * scale))
    written = [at - began_at for one in listed.values() if (at := one.times.get("written", 0.0)) >= began_at]
    bars, most, bar_s = _bars(written, span_s)
    paths = {name: "".join(some) for name, some in pieces.items() if some}
    return Timeline(len(ways), lines, paths, bars, most, bar_s, _ticks(began_at, span_s))


def _way(times: Mapping[str, float], since: float, now: float | None) -> list[Span]:
    """Return the parts of a recording's way in their order, without what a later try overtook."""
    get = times.get
    submitted_at, failed_at = get("submitted"), get("failed")
    last = now or failed_at  # of a part that nothing else ended
    heard_at = get("processing")
    if submitted_at is not None and (heard_at is None or heard_at < submitted_at):
        # Not seen, or of an earlier try: at once, unless it waits still.
        heard_at = submitted_at if now is None or "completed" in times else now
    moves = (
        ("uploading", get("uploading"), get("uploaded") or last),
        ("queued", submitted_at, heard_at),
        ("processing", heard_at, get("completed") or last),
        ("writing", get("completed"), get("written") or last),
    )
    spans = [
        (name, max(begin, since), end)
        for name, begin, end in moves
        if begin is not None and end is not None and end > max(begin, since)
    ]
    if now is None and failed_at and failed_at > max(since, get("written", 0.0)):
        spans.append(("failed", failed_at, failed_at))
    return spans


def _rows(ways: Sequence[Sequence[Span]]) -> tuple[list[int], int]:
    """Return the line of each recording, in the order in which they begin, and how many lines there are."""
    if len(ways) <= LINES_OF_THEIR_OWN:
        return list(range(len(ways))), len(ways)
    rows: list[int] = []
    running: list[tuple[float, int]] = []  # by when they end
    free: list[int] = []
    lines = 0
    for way in ways:
        while running and running[0][0] <= way[0][1]:
            heapq.heappush(free, heapq.heappop(running)[1])
        if not free:
            free.append(lines)
            lines += 1
        rows.append(heapq.heappop(free))
        heapq.heappush(running, (max(end for _, _, end in way), rows[-1]))
    return rows, lines


def _line(row: int, left: float, right: float) -> str:
    width = max(right - left, LEAST_WIDTH)
    return f"M{min(left, WIDTH - width):.4g} {row}.5h{width:.3g}"


def _bars(written: Iterable[float], span_s: float) -> tuple[str, int, float]:
    """Return bars of the texts by when they were written, seconds after the beginning."""
    bar_s = next((every_s for every_s in _EVERY_S if span_s / every_s <= BARS_MAX), span_s / BARS_MAX)
    counts = [0] * ceil(span_s / bar_s)
    for at in written:
        counts[min(int(at / bar_s), len(counts) - 1)] += 1
    most, step = max(counts), bar_s / span_s * WIDTH
    bars = "".join(
        f"M{number * step:.4g} {most}v-{count}h{step - 1:.3g}v{count}z"
        for number, count in enumerate(counts)
        if count
    )
    return bars, most, bar_s


def _ticks(began_at: float, span_s: float) -> tuple[Tick, ...]:
    every_s = next((every_s for every_s in _EVERY_S if span_s / every_s <= TICKS_MAX), span_s / TICKS_MAX)
    zone_s = (datetime.fromtimestamp(began_at, UTC).astimezone().utcoffset() or timedelta()).total_seconds()
    form = "%Y-%m-%d" if every_s >= 86_400 else "%H:%M" if every_s >= 60 else "%H:%M:%S"
    first = ceil((began_at + zone_s) / every_s) * every_s - zone_s
    times = (first + number * every_s for number in range(TICKS_MAX + 1))
    return tuple(
        Tick(
            round((at - began_at) / span_s * 100, 2),
            datetime.fromtimestamp(at, UTC).astimezone().strftime(form),
        )
        for at in times
        if at <= began_at + span_s
    )
