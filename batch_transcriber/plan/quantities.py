"""Spans of time, sizes and dates as people type them; each error goes on after the option's name."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

LONGEST_SPAN = timedelta(days=365_000)  # so long from now, the calendar of Python still goes on
SHOWN_MAX_CHARS = 40  # of a value, so that its line stays one
_SPAN = re.compile(
    r"(?:(?P<weeks>\d+(?:\.\d+)?)w)?(?:(?P<days>\d+(?:\.\d+)?)d)?(?:(?P<hours>\d+(?:\.\d+)?)h)?"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)m(?:in)?)?(?:(?P<seconds>\d+(?:\.\d+)?)s)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
# What is left to pydantic's ByteSize would read `1,5MB` as one byte.
_SIZE = re.compile(r"(?:\d{1,18}(?:\.\d*)?|\.\d+) ?(?:[kmgtp](?:i?b)?|b)?", re.ASCII | re.IGNORECASE)


def parse_span_s(text: str) -> float:
    """Return the seconds of `90s`, `2m`, `1h30m`, `7d` or `2w`; a bare number is seconds.

    Raises:
        ValueError: it is none of these, or more than `LONGEST_SPAN`.
    """
    typed = text.strip()
    match = _SPAN.fullmatch(typed)
    span = None
    try:
        if typed and match:
            parts = {unit: float(number) for unit, number in match.groupdict().items() if number}
            span = timedelta(**parts)
        elif _SECONDS.fullmatch(typed):
            span = timedelta(seconds=float(typed))
    except OverflowError:  # of a million years
        pass
    if span is not None and span <= LONGEST_SPAN:
        return span.total_seconds()
    raise ValueError(f"must be a time such as 90s, 2m, 1h30m or 7d (it is {_shown(text)})")


def parse_size_bytes(text: str) -> int:
    """Return the bytes of `500k`, `10MB` (10,000,000), `1GiB` (1,073,741,824); a bare number is bytes.

    Raises:
        ValueError: it is none of these.
    """
    from pydantic import ByteSize, TypeAdapter  # noqa: PLC0415 - only for who types a size

    if not _SIZE.fullmatch(text.strip()):
        raise ValueError(f"must be a size such as 500k, 10MB or 1GiB (it is {_shown(text)})")
    return TypeAdapter(ByteSize).validate_python(text.strip())


def parse_moment(text: str, now: datetime) -> datetime:
    """Return a moment in the past: `7d` ago, or a date, with a time or without, in ISO 8601.

    Args:
        text: As typed; without a zone it is the local time of this machine.
        now: With its zone.

    Raises:
        ValueError: it is no moment, or it is still to come.
    """
    typed = text.strip()
    try:
        moment = datetime.fromisoformat(typed).astimezone(now.tzinfo)
    except (ValueError, OverflowError, OSError):
        # 2026 alone would be half an hour ago.
        if _SECONDS.fullmatch(typed):
            raise ValueError(_no_moment(text)) from None
        try:
            moment = now - timedelta(seconds=parse_span_s(typed))
        except (ValueError, OverflowError):
            raise ValueError(_no_moment(text)) from None
    if moment > now:
        raise ValueError(f"is still to come, so that no file can be newer (it is {_shown(text)})")
    return moment


def parse_deadline(text: str, now: datetime) -> datetime:
    """Return a moment to come: the next time that the clock shows `06:00`, or a date and time in ISO 8601.

    Args:
        text: As typed; without a zone it is the local time of this machine.
        now: With its zone.

    Raises:
        ValueError: it is no moment, or past.
    """
    typed = text.strip()
    try:
        if found := _CLOCK.fullmatch(typed):
            hour, minute, second = (int(part or 0) for part in found.groups())
            clock = time(hour, minute, second)
            deadline = datetime.combine(now.date(), clock).astimezone()  # by the rules of summer time
            if deadline <= now:
                deadline = datetime.combine(now.date() + timedelta(days=1), clock).astimezone()
            return deadline
        deadline = datetime.fromisoformat("" if _SECONDS.fullmatch(typed) else typed).astimezone()
    except (ValueError, OverflowError, OSError):  # figures alone are refused, for 0600 would be a year
        raise ValueError(
            f"must be a time of day such as 06:00, or a date and time such as 2026-11-23T06:00 "
            f"(it is {_shown(text)})"
        ) from None
    if deadline <= now:
        raise ValueError(f"is past already (it is {_shown(text)})")
    return deadline


def _no_moment(text: str) -> str:
    return f"must be a date such as 2026-11-01, 2026-11-01T18:30, or a span such as 7d (it is {_shown(text)})"


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_MAX_CHARS else text[: SHOWN_MAX_CHARS - 1] + "…")
