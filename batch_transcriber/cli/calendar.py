"""When a timer of systemd is to elapse."""

from __future__ import annotations

import re
import shutil
import subprocess

CHECKED_WITHIN_S = 10.0
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_NUMBERS = r"(?:\*|\d+(?:\.\.\d+)?(?:/\d+)?(?:,\d+(?:\.\.\d+)?(?:/\d+)?)*)(?:/\d+)?"
_HOUR = r"(?:\*|(?:[01]?\d|2[0-3])(?:(?:,|\.\.)(?:[01]?\d|2[0-3]))*)(?:/\d+)?"
_MINUTE = r"(?:\*|[0-5]?\d(?:(?:,|\.\.)[0-5]?\d)*)(?:/\d+)?"
# The forms that people use, for machines without systemd; it knows some more.
_USUAL = re.compile(
    r"(?:minutely|hourly|daily|weekly|monthly|quarterly|semiannually|yearly|annually"
    rf"|(?:{_DAY}(?:(?:,|\.\.){_DAY})* )?(?:(?:{_NUMBERS}-)?{_NUMBERS}-{_NUMBERS} )?"
    rf"{_HOUR}:{_MINUTE}(?::{_MINUTE})?"
    r")(?: [A-Za-z]+(?:/[A-Za-z_]+)*)?",
    re.IGNORECASE | re.ASCII,
)


def is_calendar(text: str) -> bool:
    """Tell whether systemd would take it, by asking it where it is there, and by the usual forms else."""
    if not text.strip() or not text.isprintable() or "%" in text:
        return False
    if (analyze := shutil.which("systemd-analyze")) is None:
        return is_usual(text)
    command = [analyze, "calendar", "--", text]
    try:
        ended = subprocess.run(command, check=False, capture_output=True, timeout=CHECKED_WITHIN_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return is_usual(text)
    return ended.returncode == 0


def is_usual(text: str) -> bool:
    """Tell whether it has one of the usual forms."""
    return _USUAL.fullmatch(text.strip()) is not None
