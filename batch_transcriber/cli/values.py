"""Values of options as they are typed; each error goes on after the option's name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import typer

from batch_transcriber.cli.typos import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

Word = TypeVar("Word", bound="StrEnum")
SHOWN_MAX_CHARS = 40  # of a value, so that its line stays one


def shorten(text: str) -> str:
    """Return what a line shows of a value."""
    return text if len(text) <= SHOWN_MAX_CHARS else text[: SHOWN_MAX_CHARS - 1] + "…"


def whole_number(text: str) -> int:
    """Parse a whole number; its bounds are the settings' business.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"must be a whole number (it is {shorten(text)!r})") from None


def number(text: str) -> float:
    """Parse a number that can be counted to.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"must be a number (it is {shorten(text)!r})")
    return value


def one_of(words: type[Word]) -> Callable[[str], Word]:
    """Return a parser that takes only these words, and names the nearest one for any other."""

    def parse(text: str) -> Word:
        known = [word.value for word in words]
        if text not in known:
            raise typer.BadParameter(
                f"must be {' or '.join(known)} (it is {shorten(text)!r}){did_you_mean(text, known)}"
            )
        return words(text)

    return parse
