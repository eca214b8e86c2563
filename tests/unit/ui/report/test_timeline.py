"""The picture of a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.journal.listing import Listed
from batch_transcriber.journal.overview import Step
from batch_transcriber.ui.report.timeline import LINES_OF_THEIR_OWN, WIDTH, draw

if TYPE_CHECKING:
    from collections.abc import Mapping

WAY = {
    "planned": 0.0,
    "uploading": 10.0,
    "uploaded": 20.0,
    "submitted": 30.0,
    "processing": 50.0,
    "completed": 90.0,
    "written": 110.0,
}
PART = re.compile(r"M([\d.e+]+) (\d+)\.5h([\d.e+]+)")


def listed(number: int, times: Mapping[str, float], step: Step = Step.WRITTEN) -> Listed:
    return Listed(f"/{number}", number, step, None, None, None, (), times, ())


def parts(path: str) -> list[tuple[float, int, float]]:
    return [(float(left), int(row), float(width)) for left, row, width in PART.findall(path)]


def test_each_part_of_a_way_lies_where_it_was() -> None:
    picture = draw([listed(1, WAY)], 0.0)
    assert picture is not None
    assert {name: parts(path) for name, path in picture.paths.items()} == {
        "uploading": [(0.0, 0, 100.0)],
        "queued": [(200.0, 0, 200.0)],
        "processing": [(400.0, 0, 400.0)],
        "writing": [(800.0, 0, 200.0)],
    }


def test_what_was_not_seen_to_begin_counts_as_heard_and_a_failure_has_its_mark() -> None:
    way = {"submitted": 10.0, "failed": 20.0}
    picture = draw([listed(1, way)], 0.0)
    assert picture is not None
    assert parts(picture.paths["processing"]) == [(0.0, 0, 1000.0)]
    ((left, _, width),) = parts(picture.paths["failed"])
    assert left + width == WIDTH


def test_only_what_happened_since_is_in_it() -> None:
    assert draw([listed(1, WAY)], 200.0) is None
    assert draw([], 0.0) is None
    picture = draw([listed(1, WAY), listed(2, {name: at + 60.0 for name, at in WAY.items()})], 115.0)
    assert picture is not None
    assert picture.files == 1
    assert min(left for path in picture.paths.values() for left, _, _ in parts(path)) == 0.0


def test_what_is_under_way_goes_on_till_now_as_long_as_a_run_is_at_work() -> None:
    ways = [
        listed(1, {"uploading": 0.0}, Step.UPLOADING),
        listed(2, {"uploading": 0.0, "uploaded": 50.0, "submitted": 50.0}, Step.QUEUED),
        listed(3, {"uploading": 0.0, "uploaded": 25.0}, Step.SKIPPED),
    ]
    picture = draw(ways, 0.0, 100.0)
    assert picture is not None
    assert [width for _, _, width in parts(picture.paths["uploading"])] == [1000.0, 500.0, 250.0]
    assert parts(picture.paths["queued"]) == [(500.0, 1, 500.0)]
    ended = draw(ways, 0.0)
    assert ended is not None
    assert [row for _, row, _ in parts(ended.paths["uploading"])] == [0, 1]


def test_copies_share_a_line() -> None:
    picture = draw([listed(1, WAY), listed(1, WAY)], 0.0)
    assert picture is not None
    assert (picture.files, picture.lines) == (1, 1)


@given(
    st.lists(
        st.tuples(st.floats(1.0, 1e5), st.lists(st.floats(0.1, 500.0), min_size=6, max_size=6)),
        min_size=LINES_OF_THEIR_OWN + 1,
        max_size=LINES_OF_THEIR_OWN + 60,
    )
)
def test_of_many_no_two_are_on_one_line_at_one_time(ways: list[tuple[float, list[float]]]) -> None:
    inputs = []
    for number, (begin, steps) in enumerate(ways):
        at, times = begin, {"uploading": begin}
        for name, step in zip(
            ("uploaded", "submitted", "processing", "completed", "written"), steps, strict=False
        ):
            at += step
            times[name] = at
        inputs.append(listed(number, times))
    picture = draw(inputs, 0.0)
    assert picture is not None
    assert picture.files == len(ways)
    most = max(
        sum(one.times["uploading"] <= other.times["uploading"] < one.times["written"] for one in inputs)
        for other in inputs
    )
    assert picture.lines == most, "as many lines as are needed"
    assert sum(map(int, re.findall(r"v-(\d+)", picture.bars))) == len(ways)
    assert all(0 <= tick.left <= 100 for tick in picture.ticks)
