"""When a timer of systemd is to elapse."""

from __future__ import annotations

import subprocess

import pytest

from batch_transcriber.cli.calendar import is_calendar, is_usual
from tests.support.tools import tool

RIGHT = [
    "22:00",
    "6:30",
    "22:00:30",
    "daily",
    "Mon..Fri 22:00",
    "Sat,Sun 08:15",
    "*-*-* 22:00:00",
    "Mon *-05~03 22:00",
    "*-*-1,15 03:00",
    "*:0/15",
    "0/2:00",
    "22:00 Europe/Berlin",
    "22:00 UTC",
]
WRONG = [
    "",
    " ",
    "25:00",
    "22:60",
    "22",
    "tonight",
    "22:00\nUser=root",
    "Foo 22:00",
    "22:00 Nowhere/Town at all",
    "%h",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_people_use_is_taken(text: str) -> None:
    assert is_calendar(text)
    assert is_usual(text) or "~" in text, "the form is rare enough to need systemd's own word"


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_is_refused(text: str) -> None:
    assert not is_calendar(text)
    assert not is_usual(text)


@pytest.mark.parametrize("text", RIGHT)
def test_systemd_takes_them_too(text: str) -> None:
    analyze = tool("systemd-analyze", package="systemd")
    ended = subprocess.run([analyze, "calendar", "--", text], check=False, capture_output=True)
    assert ended.returncode == 0
