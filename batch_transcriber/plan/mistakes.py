"""Mistakes of a job list: each with its place, what is wrong there, and what was probably meant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Iterable

Steps: TypeAlias = tuple[str | int, ...]  # names and indices, from the top of the list or of the parameters
MISTAKES_MAX = 1000  # after which nothing more is looked for
LINES_MAX = 20  # that are printed; the rest is counted
VALUE_MAX_CHARS = 40  # of a value that a line shows
WORD_MAX_CHARS = 100  # of a word for which a near one is looked for, which takes the square of its length


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend; as a string it is one line, like a compiler's.

    Attributes:
        file: The list, as it was named.
        line: From 1; 0 where it is not known.
        column: From 1, in characters.
        path: Where it is in the list, from its top; empty for the list itself.
        message: The value found, what is wrong with it, and the nearest right one.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class MistakesError(FatalError):
    """A list has mistakes, and nothing of it is done.

    Attributes:
        mistakes: In the order of the list; one at least. All of them, or the first `MISTAKES_MAX`.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column)))
        first = self.mistakes[0]
        many = f"{len(self.mistakes):,} mistakes" if len(self.mistakes) > 1 else "a mistake"
        super().__init__(f"{first.file} has {many}; nothing was sent", ExitCode.USAGE, tuple(self.lines()))

    def lines(self, lines_max: int = LINES_MAX) -> list[str]:
        """Return what is printed: a line for each of the first mistakes, and one that counts the others."""
        lines = [str(mistake) for mistake in self.mistakes[:lines_max]]
        more = len(self.mistakes) - len(lines)
        if len(self.mistakes) >= MISTAKES_MAX:
            return [*lines, f"and {more:,} more at least: the list is read no further"]
        return [*lines, f"and {more:,} more"] if more else lines


def path_text(path: Steps) -> str:
    """Return a path as people write it: `jobs[3].options.language_code`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if step.isidentifier() else show(step)
            text += f".{name}" if text else name
    return text


def show(value: object) -> str:
    """Return a value as one short line that no terminal stumbles over."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= VALUE_MAX_CHARS else f"{text[: VALUE_MAX_CHARS - 1]}…"


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like a word; None where none is much like it."""
    near = get_close_matches(word[:WORD_MAX_CHARS].casefold(), list(names), n=1)
    return near[0] if near else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a line that names the nearest name; empty where none is near."""
    meant = nearest(word, names)
    return f"; did you mean {meant!r}?" if meant else ""
