"""The sheets of how far one run goes, and the parts of the texts that are made of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from tests.benchmarks.plan_runs import FIFTHS, Rows
from tests.benchmarks.reach import (
    CHEAPEST,
    DAY_S,
    HOUR_S,
    KINDS,
    MANY_CORES,
    MOST_HOURS,
    OFFLINE_CORES,
    RAISED_TO,
    SIZES_HOURS,
    THICK_BIT_PER_S,
    THIN_BIT_PER_S,
    Reach,
    Taken,
    offline_days,
)
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MEASURED, COMPUTED = "measured", "computed"
REQUESTS = ("uploads", "submits", "polls", "texts")
EACH = "measured for each, times all"


@dataclass(frozen=True)
class Far:
    """All that was measured, at several times perhaps.

    Attributes:
        about: Date, machine and command of each measurement, in words, by its name.
        rows: By how many there were to be.
        kinds: By name of the kind.
    """

    about: Mapping[str, str]
    rows: Mapping[int, Rows]
    kinds: Mapping[str, Taken]

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            kept["about"],
            {int(wanted): Rows.from_json(one) for wanted, one in kept["rows"].items()},
            {name: Taken(**one) for name, one in kept["kinds"].items()},
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))

    def renewed(self, by: Self) -> Self:
        """Return this with what another has, which goes first."""
        return type(self)({**self.about, **by.about}, {**self.rows, **by.rows}, {**self.kinds, **by.kinds})

    def to_json(self) -> dict[str, Any]:
        return {
            "about": dict(self.about),
            "rows": {str(wanted): asdict(rows) for wanted, rows in sorted(self.rows.items())},
            "kinds": {name: asdict(taken) for name, taken in self.kinds.items()},
        }

    @property
    def names(self) -> list[str]:
        """Of the kinds that were measured, in order."""
        return [name for name in KINDS if name in self.kinds]

    @property
    def most_rows(self) -> Rows:
        """The longest run of all."""
        return max(self.rows.values(), key=lambda rows: rows.rows)

    def reach(self, hours: int, name: str, bit_per_s: int = 0, **more: Any) -> Reach:
        """Return what so many hours of a kind come to."""
        return Reach(
            hours, KINDS[name], self.kinds[name], self.most_rows.journal_row_bytes, bit_per_s, **more
        )


def sheets(far: Far) -> dict[str, list[Sheet]]:
    """Return all of them, by the name of the place that they stand in."""
    return {"reach": [cost(far), first(far)], "far": [rows(far), each(far), raised(far)]}


def rows(far: Far) -> Sheet:
    """Return what runs over addresses took."""
    some = [far.rows[wanted] for wanted in sorted(far.rows)]
    sheet = Sheet("Addresses, answered at once (measured)", tuple(f"{one.wanted:,}" for one in some))
    sheet.add("texts written", *(one.rows for one in some))
    sheet.add("wall, s", *(one.run.wall_s for one in some), digits=0)
    sheet.add("CPU, ms a recording", *(one.run.cpu_s / one.rows * 1000 for one in some))
    for fifth, word in ((0, "first"), (FIFTHS // 2, "third"), (FIFTHS - 1, "last")):
        sheet.add(f"memory in the {word} fifth, MiB", *(one.fifths_mib[fifth] for one in some), digits=0)
    sheet.add("journal, bytes a recording", *(one.journal_row_bytes for one in some), digits=0)
    sheet.add("journal, MB", *(one.journal_bytes / 1e6 for one in some), digits=0)
    sheet.add("the same again, s", *(one.rerun.wall_s for one in some), digits=1)
    sheet.add("its requests", *(one.rerun_requests for one in some))
    sheet.add("its memory, MiB", *(one.rerun.peak_memory_mib for one in some), digits=0)
    sheet.add("`status`, s", *(one.status.wall_s for one in some), digits=1)
    sheet.add("its memory, MiB", *(one.status.peak_memory_mib for one in some), digits=0)
    sheet.add("`report`, s", *(one.report.wall_s for one in some), digits=1)
    sheet.add("its memory, MiB", *(one.report.peak_memory_mib for one in some), digits=0)
    sheet.add("its page, MB", *(one.page_bytes / 1e6 for one in some), digits=1)
    return sheet


def each(far: Far) -> Sheet:
    """Return what recordings of each kind took, at the pace of the service."""
    kinds = [KINDS[name] for name in far.names]
    sheet = Sheet("Files, at the pace of the service (measured)", tuple(kind.name for kind in kinds))
    some = [far.kinds[name] for name in far.names]
    sheet.add("recordings", *(one.recordings for one in some))
    for name in REQUESTS:
        sheet.add(f"{name} a recording", *(getattr(one, name) for one in some))
    audio_hours = [kind.audio_s / HOUR_S for kind in kinds]
    sheet.add("CPU, ms a recording", *(one.cpu_s * 1000 for one in some), digits=0)
    sheet.add("CPU, s an hour of audio", *_divided([one.cpu_s for one in some], audio_hours))
    sheet.add("peak memory, MiB", *(one.peak_memory_mib for one in some), digits=0)
    sheet.add(
        "text, kB an hour of audio", *_divided([one.text_bytes / 1000 for one in some], audio_hours), digits=0
    )
    return sheet


def _divided(values: list[float], by: list[float]) -> list[float]:
    return [value / one for value, one in zip(values, by, strict=True)]


def cost(far: Far) -> Sheet:
    """Return what the most hours cost, by kind."""
    uploaded = [far.reach(MOST_HOURS, name, THIN_BIT_PER_S) for name in far.names]
    fetched_s = {name: far.reach(MOST_HOURS, name).least_s for name in far.names}
    headings = (f"{one.recordings:,} {one.kind.name}" for one in uploaded)
    sheet = Sheet(f"{MOST_HOURS:,} hours of audio", (*headings, "which is"))

    def add(name: str, which: str, shown: Iterable[str]) -> None:
        sheet.rows.append((name, *shown, which))

    add(
        f"money; with {CHEAPEST} alone",
        COMPUTED,
        (f"${one.cost_usd:,.0f}; ${one.cheapest_usd:,.0f}" for one in uploaded),
    )
    add(
        "days at least, uploaded; from a bucket",
        COMPUTED,
        (
            f"{one.least_s / DAY_S:.1f}; {least_s / DAY_S:.1f}"
            for one, least_s in zip(uploaded, fetched_s.values(), strict=True)
        ),
    )
    offline = "; ".join(f"{offline_days(MOST_HOURS, cores):,.0f}" for cores in (OFFLINE_CORES, MANY_CORES))
    add(f"days with `--offline`, {OFFLINE_CORES} cores; {MANY_CORES}", COMPUTED, [offline] * len(uploaded))
    add(
        "requests, millions; polls among them",
        EACH,
        (f"{one.requests / 1e6:.1f}; {one.recordings * one.taken.polls / 1e6:.1f}" for one in uploaded),
    )
    add("CPU of the run, hours", EACH, (f"{one.times_s()['processor'] / HOUR_S:,.0f}" for one in uploaded))
    add("its memory at most, MiB", MEASURED, (f"{one.taken.peak_memory_mib:,.0f}" for one in uploaded))
    add(
        "disk, GB: journal; texts",
        EACH,
        (
            f"{one.recordings * one.journal_bytes / 1e9:.1f}; {one.texts_disk_bytes / 1e9:.0f}"
            for one in uploaded
        ),
    )
    return sheet


def first(far: Far) -> Sheet:
    """Return what sets the time at each size."""
    thin, thick = f"link, {THIN_BIT_PER_S // 1000} kbit/s", f"{THICK_BIT_PER_S // 1000} kbit/s"
    headings = ("money", "service", "requests", thin, thick, "first", "from a bucket")
    sheet = Sheet("The least time that each limit leaves (computed)", headings)
    for hours in SIZES_HOURS:
        for name in far.names:
            uploaded, fetched = far.reach(hours, name, THIN_BIT_PER_S), far.reach(hours, name)
            times_s = uploaded.times_s()
            thick_s = far.reach(hours, name, THICK_BIT_PER_S).times_s()["link"]
            told = (times_s["service"], times_s["requests"], times_s["link"], thick_s)
            sheet.rows.append(
                (
                    f"{hours:,} h, {KINDS[name].name}",
                    f"${uploaded.cost_usd:,.0f}",
                    *(lasting(seconds) for seconds in told),
                    uploaded.first,
                    fetched.first,
                )
            )
    return sheet


def raised(far: Far) -> Sheet:
    """Return the same for an account for which the service hears more at once."""
    sheet = Sheet(
        f"{MOST_HOURS:,} hours where {RAISED_TO:,} are heard at once (computed)",
        ("service", "requests", "link", "processor", "first"),
    )
    for name in far.names:
        one = far.reach(MOST_HOURS, name, THIN_BIT_PER_S, at_once=RAISED_TO)
        sheet.rows.append((KINDS[name].name, *map(lasting, one.times_s().values()), one.first))
    return sheet


def lasting(seconds: float) -> str:
    """Return a duration in the unit that suits it: `41 s`, `1.5 min`, `2.4 days`."""
    for unit_s, name, most in ((1, "s", 90), (60, "min", 90), (HOUR_S, "h", 48)):
        if seconds < most * unit_s:
            return f"{_short(seconds / unit_s)} {name}" if seconds >= 1 else "-"
    return f"{seconds / DAY_S:,.1f} days"


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def parts(far: Far) -> dict[str, str]:
    """Return what stands between the marks of the texts, by their names."""
    told = "".join(f"- {name}: {value}\n" for name, value in sorted(far.about.items()))
    made = {name: "\n".join(sheet.markdown() for sheet in some) for name, some in sheets(far).items()}
    longest = far.most_rows
    first_mib, last_mib = longest.fifths_mib[0], longest.fifths_mib[-1]
    how_far = (
        f"The longest run behind this wrote {longest.rows:,} texts, with {first_mib:.0f} MiB at most in its\n"
        f"first fifth and {last_mib:.0f} MiB in its last; what lies beyond is reckoned.\n"
    )
    return {"reach": f"{made['reach']}\n{how_far}", "far": f"{told}\n{made['far']}"}
