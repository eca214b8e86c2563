"""Values of options as they are typed; each error goes on after the option's name."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import typer

from batch_transcriber.cli.typos import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from enum import StrEnum

Word = TypeVar("Word", bound="StrEnum")
USUAL_PLACE = "1"  # of a report: in the output folder
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


def money(text: str) -> Decimal:
    """Parse an amount, exactly.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        value = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise typer.BadParameter(f"must be an amount such as 12.50 (it is {shorten(text)!r})")
    return value


def parsed_by(name: str) -> Callable[[str], Any]:
    """Return a parser out of `plan.quantities`, which is loaded when it is used."""

    def parse(text: str) -> Any:
        from batch_transcriber.plan import quantities  # noqa: PLC0415 - `--help` needs none of it

        try:
            return getattr(quantities, name)(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return parse


def moment(text: str) -> datetime:
    """Parse a moment of the past: how long ago it was, or a date, in this machine's time zone.

    Raises:
        typer.BadParameter: it is none.
    """
    from batch_transcriber.plan.quantities import parse_moment  # noqa: PLC0415 - `--help` needs none of it

    try:
        return parse_moment(text, datetime.now(UTC).astimezone())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def page_place(text: str) -> str:
    """Return where a report goes: a path, `USUAL_PLACE`, or nothing where there is to be none."""
    if text.strip().lower() in {"", "0", "false", "no", "off"}:
        return ""
    return USUAL_PLACE if text.strip().lower() in {"1", "true", "yes", "on"} else text


def with_place(args: Sequence[str]) -> list[str]:
    """Return words with a value for a `--report` that has none, so that it takes no SOURCE for its file.

    Only a name of a page is one, as no recording has it; any other is told by `--report=FILE`.
    """
    words: list[str] = []
    for number, word in enumerate(args):
        if word == "--":
            return [*words, *args[number:]]
        following = args[number + 1] if number + 1 < len(args) else ""
        is_alone = word == "--report" and not following.lower().endswith((".html", ".htm"))
        words.append(f"--report={USUAL_PLACE}" if is_alone else word)
    return words


def shell_command(text: str) -> str:
    """Parse a command for the shell, which finds out itself what it is worth.

    Raises:
        typer.BadParameter: it is empty.
    """
    if not text.strip() or "\0" in text:
        raise typer.BadParameter("must be a command (it is empty)")
    return text


def web_address(text: str) -> str:
    """Parse an http(s) address; what is refused is not shown, for such an address may hold a secret.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        parts = urlsplit(text.strip())
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port, or of brackets
        is_usable = False
    if not is_usable or not text.isascii() or not text.isprintable() or " " in text.strip():
        raise typer.BadParameter("must look like https://host/path")
    return text.strip()


def deadline(text: str) -> datetime:
    """Parse a moment to come: a time of day, or a date and time, in this machine's time zone.

    Raises:
        typer.BadParameter: it is none.
    """
    from batch_transcriber.plan.quantities import parse_deadline  # noqa: PLC0415 - `--help` needs none of it

    try:
        return parse_deadline(text, datetime.now(UTC).astimezone())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


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


def several_of(words: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of words with commas between them, which names the nearest one for any other."""

    def parse(text: str) -> tuple[str, ...]:
        # A comma too many is no mistake worth a line, and a variable is cut at its blanks.
        typed = [word for part in text.split(",") if (word := part.strip().lower())]
        for word in typed or [text]:
            if word not in words:
                raise typer.BadParameter(
                    f"takes {', '.join(words)} (it is {word!r}){did_you_mean(word, words)}"
                )
        return tuple(typed)

    return parse


def complete_several(words: Collection[str]) -> Callable[[str], list[str]]:
    """Return what completes the last of such words."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{word}" for word in words if word.startswith(last)]

    return complete
