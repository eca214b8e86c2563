"""Notice that a run has stalled: there is work under way, and nothing of it moves."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from batch_transcriber.events import (
    Completed,
    Failed,
    Processing,
    Recognising,
    Skipped,
    Submitted,
    Uploaded,
    UploadProgress,
    Written,
)
from batch_transcriber.ui.news import news_of_stall
from batch_transcriber.ui.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.events import Event
    from batch_transcriber.ui.news import News
    from batch_transcriber.ui.summary import Ending

STALLED_AFTER_S = 15 * 60.0
LOOKS_PER_STALL = 10
INTERVAL_MAX_S = 60.0
_MOVES = (Uploaded, Submitted, Processing, Completed, Written, Failed, Skipped)


def has_moved(event: Event) -> bool:
    """Tell whether an event is progress; that of an upload, or of what is heard, begins above zero."""
    match event:
        case UploadProgress():
            return event.sent_bytes > 0
        case Recognising():
            return event.part > 0
        case _:
            return isinstance(event, _MOVES)


class StallWatch:
    """Tell once of every stall: jobs are under way, and for `after_s` none came a step, or a byte, further.

    Answers of the service that say nothing new, and pauses that it asks for, are no progress.

    Args:
        out: The output folder.
        after_s: How long nothing may move.
        tell: Gets the news; once more only after something has moved.
        clock: In seconds, only ever forward.
    """

    def __init__(
        self,
        out: Path,
        after_s: float,
        tell: Callable[[News], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.interval_s = min(after_s / LOOKS_PER_STALL, INTERVAL_MAX_S)
        self._out = out
        self._after_s = after_s
        self._tell = tell
        self._clock = clock
        self._tally = Tally()
        self._began_at = self._moved_at = clock()
        self._is_told = False

    def show(self, event: Event) -> None:
        """Take note of what moves."""
        is_idle = not any(self._tally.at.values())
        self._tally.add(event)
        if is_idle or has_moved(event):  # work that begins begins to wait now
            self._moved_at, self._is_told = self._clock(), False

    def tick(self) -> None:
        """Tell of a stall, if there is one that was not told."""
        now = self._clock()
        idle_s = now - self._moved_at
        if idle_s >= self._after_s and not self._is_told and any(self._tally.at.values()):
            self._is_told = True
            self._tell(news_of_stall(self._tally, self._out, idle_s, now - self._began_at))

    def end(self, ending: Ending) -> None:
        """Do nothing: the end is told by others."""

    def close(self) -> None:
        """Do nothing."""
