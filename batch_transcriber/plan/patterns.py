"""Patterns as in a .gitignore, for the command line and for the .batchignore files of a tree."""

from __future__ import annotations

import os
import re
import stat
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWN_MAX_CHARS = 80  # of a pattern, in an error
IGNORE_FILE = ".batchignore"
IGNORE_FILE_MAX_BYTES = 1_000_000
_NAMED_CLASS = re.compile(r"\[:\w+:]")  # git knows these; the library would look for their letters
_LAST_IS_ALL = re.compile(r"(?:(?<=/)|^|(?<=^!))\*+(?=/?[ \t]*$)")


class Patterns:
    """Lines of a .gitignore: a later one goes before an earlier one, `!` takes back, `#` is a comment.

    A pattern without a slash, or with one at its end alone, is for names at any depth; any other is for
    the whole path. One with a slash at its end is for folders.

    Raises:
        ValueError: a line is no pattern; the message names it.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules = [
            rule for line in lines if (rule := _compile(line.rstrip("\r"))) is not None
        ]  # the last first
        self._rules.reverse()

    def judge(self, path: str) -> bool | None:
        """Tell whether this very path is meant, or taken back; None where no pattern speaks of it.

        Args:
            path: Relative, with `/` between its parts, and with one at its end if it is a folder.
        """
        return next((is_meant for is_meant, matches in self._rules if matches(path)), None)

    def judge_with_folders(self, path: str) -> bool | None:
        """Do the same, but a pattern that means a folder means all that is in it."""
        paths = [path, *(path[: slash + 1] for slash, sign in enumerate(path[:-1]) if sign == "/")]
        return next((is_meant for is_meant, matches in self._rules if any(map(matches, paths))), None)


def _compile(line: str) -> tuple[bool, Callable[[str], object]] | None:
    """Return whether a line means or takes back, and what it matches; None for one that is no rule.

    The library's own answer for a path has that of its folders in it, which nobody can take apart, so its
    expressions are put to the whole path one by one.
    """
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - a tenth of a second, and most runs have none

    if not line.strip() or line.startswith("#"):
        return None
    # For a last part that is everything, the expression would stop short of the end.
    text = _LAST_IS_ALL.sub(lambda match: "**/?*" if match[0] == "**" else "?*", line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # re's, of sets such as [a--b]
            (pattern,) = GitIgnoreSpec.from_lines([text]).patterns
    except (ValueError, re.error):
        pattern = None
    if pattern is None or pattern.include is None or pattern.regex is None or _NAMED_CLASS.search(line):
        raise ValueError(f"{_shown(line)} is no pattern")
    return pattern.include, pattern.regex.fullmatch


def _shown(line: str) -> str:
    return repr(line if len(line) <= SHOWN_MAX_CHARS else line[: SHOWN_MAX_CHARS - 1] + "…")


@dataclass(frozen=True, slots=True)
class Ignores:
    """What the .batchignore files on the way to a folder say; the nearest of them goes before the others.

    Attributes:
        patterns: Of the nearest.
        base: Its folder, as a path that ends in a slash; empty for the searched one.
        above: Of the folders above.
    """

    patterns: Patterns
    base: str
    above: Ignores | None

    def names(self, path: str) -> bool:
        """Tell whether a path, given from the searched folder on, is to be left out."""
        ignores: Ignores | None = self
        while ignores is not None:
            verdict = ignores.patterns.judge(path.removeprefix(ignores.base))
            if verdict is not None:
                return verdict
            ignores = ignores.above
        return False


def read_ignore_file(path: str) -> Patterns:
    """Return what a .batchignore says. Names in it that are no UTF-8 mean those files all the same.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file of patterns; the message says why.
    """
    # Not to wait for a writer, where it is a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is not a regular file")
        content = file.read(IGNORE_FILE_MAX_BYTES + 1)
    if len(content) > IGNORE_FILE_MAX_BYTES:
        raise ValueError(f"it is larger than {IGNORE_FILE_MAX_BYTES // 1_000_000} MB")
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return Patterns(text.split("\n"))
