"""One request limit for all runs of an account on one machine, by way of a small file.

Each run takes a slice of the limit, a hundredth of it as a rule, and comes back when the slice is used up or
its time is over; so the file is touched some times a second at most, and no request waits for a lock. The
file holds what was taken, what the service's refusals taught, and nothing of the account: its name is a
hash with the key, too short to try keys with. A run that dies leaves nothing to clean up, for what it took
is forgotten with the window. Where the file cannot be had, a run goes on by itself.

Times in it are of the system's clock since boot, which all processes of a machine share.
"""

from __future__ import annotations

import hmac
import platform
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from batch_transcriber.client.learned import LearnedLimit
from batch_transcriber.client.starts import Starts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batch_transcriber.settings import Settings

ACCOUNT_MAX = 18_000  # of the 20,000 that an account may send in 5 minutes
SLICES = 100  # a limit has so many
SLICE_LEAST = 5  # starts, so that small limits cost little; but a twentieth of the limit at most
HELD_PER_WINDOW = 300  # a slice that is not used is given back after such a part of the window
STALE_S = 3600.0  # what nobody used for so long tells nothing
LOCK_WITHIN_S = 0.1
LOCK_POLL_S = 0.001
CLOCK_MARGIN_S = 1.0  # between reading the clock and taking the lock
NAME_LENGTH = 10


@dataclass
class Book:
    """What all runs know together, as it stands in the file.

    Attributes:
        starts: Of all runs.
        learned: From the refusals that any of them met.
        used_at: When it was last written.
    """

    starts: Starts = field(default_factory=Starts)
    learned: LearnedLimit = field(default_factory=LearnedLimit)
    used_at: float = 0.0

    def take(self, now: float, turns: int, held_s: float) -> float:
        """Take a slice, where there is nothing to wait for; return until when it holds.

        Args:
            now: The time.
            turns: Starts.
            held_s: How long they may be used, seconds; a single one is used at once.
        """
        until = now if turns == 1 else now + held_s
        self.starts.add(until, turns)
        self.learned.started(now, turns, until)
        return until

    def wait_s(self, now: float, turns: int, window_s: float, most: int) -> float:
        """Return how long so many starts have to wait; 0 or less for not at all."""
        self.starts.forget(now - window_s)
        if self.starts.total + turns > most:
            return self.starts.leaves_at(most - turns + 1) + window_s - now
        return self.learned.wait_s(now, turns)

    def settle(self, until: float, turns: int, used: int, used_at: float) -> None:
        """Give back what was taken and not used."""
        self.starts.settle(until, turns, used, used_at)
        self.learned.starts.settle(until, turns, used, used_at)

    def is_sound(self, now: float, window_s: float) -> bool:
        """Tell whether this is of late, of this boot, and can have been written by a run."""
        latest = now + CLOCK_MARGIN_S
        held_until = latest + max(self.learned.window_s, window_s) / HELD_PER_WINDOW
        return (
            self.used_at <= latest
            and now - self.used_at < STALE_S
            and self.starts.is_sound(held_until)
            and self.learned.is_sound(held_until)
        )


_BOOKS = TypeAdapter(Book)


def _slice_of(limit: int) -> int:
    return max(limit // SLICES, min(SLICE_LEAST, limit // 20))


class SharedLimit:
    """The part of one run; it is asked before every start, and has an answer at hand for most.

    Args:
        file: What the runs share; made where it is missing, with its folder.
        most: Starts of all of them in any window.
        window_s: Length of the window, seconds.
    """

    def __init__(self, file: Path, most: int, window_s: float) -> None:
        self._file = file
        self._most = most
        self._window_s = window_s
        self._book = Book()  # as it was last seen
        self._is_written = True
        self._wanted = 1  # what was used of late, and as much again where that was all we had
        self._turns = self._used = 0  # of our slice
        self._until = self._used_at = 0.0
        self._lock = FileLock(
            file.with_suffix(".lock"),
            timeout=LOCK_WITHIN_S,
            poll_interval=LOCK_POLL_S,
            thread_local=False,
            preserve_lock_file=True,
        )

    @property
    def words(self) -> str:
        """What there is to wait for."""
        if self._book.starts.total >= self._most:
            return f"all runs of this account have sent {self._most:,} requests in {self._window_s:.0f} s"
        return self._book.learned.words

    def wait_s(self, now: float) -> float:
        """Return how long the next start has to wait; 0 or less for not at all."""
        if self._used < self._turns and now <= self._until:
            return 0.0
        if self._turns:
            self._wanted = self._used * 2 if self._used == self._turns else self._used
        with self._open(now) as book:
            self._give_back(book)
            limit = book.learned.limit
            window_s = self._window_s if limit is None else book.learned.window_s
            turns = max(1, min(self._wanted, _slice_of(min(limit or self._most, self._most))))
            wait_s = book.wait_s(now, turns, self._window_s, self._most)
            if wait_s <= 0:
                self._turns, self._used = turns, 0
                self._until = book.take(now, turns, window_s / HELD_PER_WINDOW)
        return wait_s

    def started(self, now: float) -> None:
        """Note that a request starts, after there was nothing to wait for."""
        self._used += 1
        self._used_at = now

    def refused(self, now: float, retry_after_s: float) -> None:
        """Note a refusal with the time after which the service takes requests again, seconds."""
        with self._open(now) as book:
            self._give_back(book)
            book.learned.refused(now, retry_after_s)

    def close(self, now: float) -> None:
        """Give back what is left; safe to call again."""
        with self._open(now) as book:
            self._give_back(book)

    def _give_back(self, book: Book) -> None:
        if self._turns:
            book.settle(self._until, self._turns, self._used, self._used_at)
        self._turns = self._used = 0

    @contextmanager
    def _open(self, now: float) -> Iterator[Book]:
        """Give the book to change; where the file cannot be had, what we last saw of it."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
        except (
            OSError,
            NotImplementedError,
        ):  # a timeout is the first of these, a drive without locks the other
            yield self._book
            return
        try:
            self._read(now)
            yield self._book
            self._write(now)
        finally:
            self._lock.release()

    def _read(self, now: float) -> None:
        if not self._is_written:
            return  # we know more than what stands there
        try:
            book = _BOOKS.validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return
        self._book = book if book.is_sound(now, self._window_s) else Book()

    def _write(self, now: float) -> None:
        self._book.used_at = now
        part = self._file.with_suffix(".part")
        try:
            part.write_bytes(_BOOKS.dump_json(self._book))
            part.replace(self._file)  # whole or not at all, however this process ends
        except OSError:
            self._is_written = False
        else:
            self._is_written = True


def shared_limit(settings: Settings) -> SharedLimit | None:
    """Return the part of a run with these settings; None where it shares nothing."""
    if settings.share_pace_in is None:
        return None
    what = f"{settings.base_url.rstrip('/')} {settings.request_window_s} {platform.node()}"
    name = hmac.digest(settings.api_key.get_secret_value().encode(), what.encode(), "sha256").hex()
    file = settings.share_pace_in / f"pace-{name[:NAME_LENGTH]}.json"
    return SharedLimit(file, max(ACCOUNT_MAX, settings.max_requests), settings.request_window_s)
