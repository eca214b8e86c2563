"""How much of a recording is heard, while its pieces are heard side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.recogniser import Wanted


class PieceProgress:
    """Adds up what is heard of each piece; in the event loop.

    Args:
        wanted: Which part of the recording is heard.
        on_progress: Called with the part done, 0 to 1, never falling, once the length is known.
    """

    def __init__(self, wanted: Wanted, on_progress: Callable[[float], None] | None) -> None:
        self._start_s = wanted.start_ms / 1000
        self._end_s = None if wanted.end_ms is None else wanted.end_ms / 1000
        self._on_progress = on_progress
        self._heard_s: dict[float, float] = {}  # by the start of the piece
        self._decoded_s = 0.0
        self._stated_s: float | None = None
        self._is_decoded = False
        self._told = 0.0

    def decoded(self, piece: Piece, stated_s: float | None) -> None:
        """Take in that there is one more piece, and how long the recording says it is."""
        self._decoded_s += piece.duration_s
        end_s = min((end_s for end_s in (stated_s, self._end_s) if end_s is not None), default=None)
        self._stated_s = None if end_s is None else end_s - self._start_s

    def all_decoded(self) -> None:
        """Take in that there are no more pieces: now the length is certain."""
        self._is_decoded = True
        self._tell()

    def reporter(self, piece: Piece) -> Callable[[float], None]:
        """Return what is called with how many seconds of a piece are done."""
        return partial(self._take, piece.start_s)

    def _take(self, start_s: float, heard_s: float) -> None:
        self._heard_s[start_s] = heard_s
        self._tell()

    def _tell(self) -> None:
        if not self._is_decoded and self._stated_s is None:
            return
        total_s = self._decoded_s if self._is_decoded else max(self._decoded_s, self._stated_s or 0)
        part = min(1.0, sum(self._heard_s.values()) / total_s) if total_s > 0 else 0.0
        if self._on_progress is not None and part > self._told:
            self._told = part
            self._on_progress(part)
