"""Filters: which of the recordings that were found are wanted."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_transcriber.events import SkipReason
from batch_transcriber.plan.patterns import Patterns

if TYPE_CHECKING:
    from datetime import datetime

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a recording must be to be taken; without arguments, everything is.

    All apply to every recording, files that were named one by one included. A URL has a name, but
    neither size nor time to judge it by.

    Attributes:
        include: Patterns as in a .gitignore; where there are any, a recording must match them.
        exclude: Patterns of recordings, and of folders that are not even entered; they go before `include`.
        min_age_s: Time since the last change, seconds: a younger file may still be written to.
        min_size_bytes: Of a file; this size is taken.
        max_size_bytes: Of a file; this size is taken.
        newer_than: Changed later than this moment, which has its zone.
        limit: So many recordings at most, the first that pass all else.

    Raises:
        ValueError: a pattern is none, or nothing could ever pass; the message goes on after `--include`
            or the like, which it begins with.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_age_s: float = 0.0
    min_size_bytes: int = 0
    max_size_bytes: int | None = None
    newer_than: datetime | None = None
    limit: int | None = None
    _included: Patterns | None = field(init=False, repr=False, compare=False)
    _excluded: Patterns | None = field(init=False, repr=False, compare=False)
    _newer_than_ns: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.include and all(pattern.startswith("!") for pattern in self.include):
            raise ValueError(f"--include {self.include[0]!r} takes nothing in; use --exclude without the !")
        if self.max_size_bytes is not None and self.max_size_bytes < self.min_size_bytes:
            raise ValueError("--max-size is below --min-size, so that no file passes")
        newer_than_ns = None if self.newer_than is None else round(self.newer_than.timestamp() * NS_PER_S)
        for name, value in (
            ("_included", _compile("--include", self.include)),
            ("_excluded", _compile("--exclude", self.exclude)),
            ("_newer_than_ns", newer_than_ns),
        ):
            object.__setattr__(self, name, value)  # the way of a frozen class to complete itself

    def excludes_folder(self, place: str) -> bool:
        """Tell whether a folder is not to be entered.

        Args:
            place: Relative to what was named, with `/` between its parts.
        """
        return self._excluded is not None and self._excluded.judge(f"{place}/") is True

    def refuse_name(self, place: str) -> SkipReason | None:
        """Return why a recording of this name is left out; None if it is not.

        Args:
            place: Relative to the folder that was named, or to the fixed part of a pattern; of a file or
                a URL that was named, its last name.
        """
        if self._excluded is not None and self._excluded.judge(place):
            return SkipReason.EXCLUDED
        if self._included is not None and not self._included.judge_with_folders(place):
            return SkipReason.NOT_INCLUDED
        return None

    def refuse_file(self, size_bytes: int, mtime_ns: int) -> SkipReason | None:
        """Return why a file of this size and time of its last change is left out; None if it is not."""
        if size_bytes < self.min_size_bytes:
            return SkipReason.TOO_SMALL
        if self.max_size_bytes is not None and size_bytes > self.max_size_bytes:
            return SkipReason.TOO_LARGE
        if self._newer_than_ns is not None and mtime_ns <= self._newer_than_ns:
            return SkipReason.TOO_OLD
        if self.min_age_s and time.time_ns() - mtime_ns < self.min_age_s * NS_PER_S:
            return SkipReason.TOO_YOUNG
        return None


def _compile(flag: str, patterns: tuple[str, ...]) -> Patterns | None:
    if not patterns:
        return None
    for pattern in patterns:
        if not pattern.strip() or pattern.startswith("#") or "\n" in pattern:
            raise ValueError(f"{flag}: {pattern!r} is no pattern")
    try:
        return Patterns(patterns)
    except ValueError as error:
        raise ValueError(f"{flag}: {error}") from None


NO_FILTERS = Filters()
