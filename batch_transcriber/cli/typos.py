"""What was probably meant: the nearest right name of an option, a command, a value or a variable."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

PREFIX = "BATCH_TRANSCRIBER_"


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like a word; None where none is much like it."""
    return next(iter(get_close_matches(word, list(names), n=1)), None)


def nearest_option(option: str, options: Iterable[str]) -> str | None:
    """Return the same for an option; the dashes that all begin with would make any two of them alike."""
    by_word = {name.lstrip("-"): name for name in options}
    meant = nearest(option.lstrip("-"), by_word)
    return meant and by_word[meant]


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a line that names the nearest name; empty where none is near."""
    meant = nearest(word, names)
    return f"; did you mean {meant}?" if meant else ""


def no_such_command(word: str, commands: Iterable[str], options: Iterable[str] = ()) -> str:
    """Return the line for a word where a command belongs; it may well be a recording.

    Args:
        word: As typed.
        commands: All that there are.
        options: Those that go without a command, some of which other programs have as commands.
    """
    quoted = shlex.quote(word)
    known = {option.lstrip("-"): option for option in options} | {command: command for command in commands}
    meant = nearest(word, known)
    guess = f"; did you mean {known[meant]}?" if meant else ""
    if _is_there(word) or (not guess and any(sign in word for sign in "/\\.*?")):
        return f"{quoted} is no command; did you mean: batch-transcriber run {quoted}"
    return f"no such command: {quoted}{guess}"


def unread_variables(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """Yield a line for every variable that looks like one of ours, and that nothing reads."""
    endings = [name.removeprefix(PREFIX) for name in known]
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in known and value.strip():
            # What all of them begin with would make any two of them alike.
            meant = nearest(name.removeprefix(PREFIX), endings)
            yield f"{name} is set, but nothing reads it" + (
                f"; did you mean {PREFIX}{meant}?" if meant else ""
            )


def _is_there(word: str) -> bool:
    try:
        return bool(word) and Path(word).exists()
    except (OSError, ValueError):  # too long for a name, or otherwise none
        return False
