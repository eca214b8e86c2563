"""Spans of time, sizes and dates as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.plan.quantities import parse_deadline, parse_moment, parse_size_bytes, parse_span_s

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "span_s"),
    [
        ("90s", 90),
        ("2m", 120),
        ("2min", 120),
        ("1h30m", 5400),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1w2d3h4m5s", 788_645),
        ("1.5h", 5400),
        ("0s", 0),
        ("120", 120),
        ("0.5", 0.5),
        (" 2M ", 120),
    ],
)
def test_a_span_is_a_number_of_seconds(text: str, span_s: float) -> None:
    assert parse_span_s(text) == span_s


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "m",
        "2 m",
        "-2m",
        "2m1h",
        "2x",
        "1h30",
        "1,5h",
        "nan",
        "inf",
        "1e3",
        "٣m",
        "9" * 400,
        "9999999999w",
        "365001d",
    ],
)
def test_what_is_no_span_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^must be a time such as 90s, 2m, 1h30m or 7d \(it is '.{0,40}'\)$"
    ):
        parse_span_s(text)


@given(st.integers(0, 9), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_the_parts_of_a_span_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}d{hours}h{minutes}m{seconds}s"
    assert parse_span_s(text) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("0", 0),
        ("10", 10),
        ("10b", 10),
        ("500k", 500_000),
        ("500 KB", 500_000),
        ("10MB", 10_000_000),
        ("1.5G", 1_500_000_000),
        (".5m", 500_000),
        ("1KiB", 1024),
        ("1GiB", 1_073_741_824),
        (" 2TB ", 2_000_000_000_000),
    ],
)
def test_a_size_is_a_number_of_bytes(text: str, size_bytes: int) -> None:
    assert parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "MB",
        "-1",
        "1,5MB",
        "10 MB or so",
        "10Mbit",
        "10X",
        "nan",
        "1e3",
        "1_000",
        "٣MB",
        ".",
        "9" * 400,
    ],
)
def test_what_is_no_size_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a size such as 500k, 10MB or 1GiB \(it is '.{0,40}'\)$"):
        parse_size_bytes(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("1h30m", NOW - timedelta(hours=1, minutes=30)),
        ("2026-11-01T18:30Z", datetime(2026, 11, 1, 18, 30, tzinfo=UTC)),
        ("2026-11-01T18:30:10.5+02:00", datetime(2026, 11, 1, 16, 30, 10, 500_000, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1).astimezone()),
        ("2026-11-01 18:30", datetime(2026, 11, 1, 18, 30).astimezone()),
        ("20261101", datetime(2026, 11, 1).astimezone()),
    ],
)
def test_a_moment_is_a_date_or_so_long_ago(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment
    assert parse_moment(text, NOW).tzinfo is not None


@pytest.mark.parametrize(
    "text", ["", "2026", "5", "yesterday", "2026-13-01", "01.11.2026", "-7d", "9999999d", "1w 2d"]
)
def test_what_is_no_moment_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a date such as 2026-11-01.*\(it is '.*'\)$"):
        parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["2026-11-24", "9999-12-31T23:59:59+00:00", "2026-11-22T12:00:01Z"])
def test_a_moment_to_come_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="still to come"):
        parse_moment(text, NOW)


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("18:30", (2026, 11, 22, 18, 30)),
        ("6:00", (2026, 11, 23, 6, 0)),
        ("06:00:30", (2026, 11, 23, 6, 0, 30)),
        ("12:00", (2026, 11, 23, 12, 0)),  # this very moment is past
        ("2026-11-24T06:00", (2026, 11, 24, 6, 0)),
        ("2026-11-24 06:00", (2026, 11, 24, 6, 0)),
    ],
)
def test_a_deadline_is_the_next_such_time_of_the_clock_or_a_date(
    text: str, deadline: tuple[int, ...]
) -> None:
    local = NOW.replace(tzinfo=None).astimezone()
    assert parse_deadline(text, local).timetuple()[: len(deadline)] == deadline


@pytest.mark.parametrize(
    "text", ["", "25:00", "12:60", "-06:00", "0600", "6", "noon", "06:00Z", "2026-13-01"]
)
def test_what_is_no_deadline_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a time of day such as 06:00.*\(it is '.*'\)$"):
        parse_deadline(text, NOW)


def test_a_deadline_that_is_past_is_an_error() -> None:
    with pytest.raises(ValueError, match="is past already"):
        parse_deadline("2026-11-22T11:59:59Z", NOW)


@given(st.text(max_size=20))
def test_no_text_is_an_error_of_another_kind(text: str) -> None:
    for parse in (
        parse_span_s,
        parse_size_bytes,
        lambda typed: parse_moment(typed, NOW),
        lambda typed: parse_deadline(typed, NOW),
    ):
        try:
            parse(text)
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most texts are errors


@given(st.datetimes(), st.integers(-23, 23))
def test_a_date_of_any_year_is_a_moment_or_an_error(when: datetime, hours: int) -> None:
    zoned = when.replace(tzinfo=timezone(timedelta(hours=hours)))
    for text in (when.isoformat(), zoned.isoformat()):
        try:
            assert parse_moment(text, NOW) <= NOW
        except ValueError as error:
            assert "(it is " in str(error)  # noqa: PT017 - as above
