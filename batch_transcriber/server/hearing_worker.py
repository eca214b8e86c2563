"""What a worker of a cluster does for a service elsewhere: it loads a model once, and hears pieces."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from batch_transcriber.server.ears import affordable_workers
from batch_transcriber.server.listening import Listener
from batch_transcriber.server.models import choose

if TYPE_CHECKING:
    from batch_transcriber.cluster import Link
    from batch_transcriber.model import Word
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.listening import Found
    from batch_transcriber.server.recogniser import Effort, Wanted

# Of the recogniser: with other versions, other words are heard.
PACKAGES = ("ctranslate2", "faster-whisper", "numpy")
HEARD, SETTLED = "heard", "settled"  # messages: seconds of the piece; a language, and how certain it is

_listeners: dict[tuple[str | None, Effort], Listener] = {}
_loading = threading.Lock()


def prepare(threads: int, model: str | None, effort: Effort) -> int:
    """Load a model, if this process has not yet, and return how many pieces are heard here at a time.

    Raises:
        FatalError: The extra is not installed, or the model is not the one we know or can't be had.
    """
    places = min(threads, affordable_workers(choose(model, effort).size_bytes))
    _listener(model, effort, places)
    return places


def vocabulary(model: str | None, effort: Effort, _: Link) -> tuple[str, int]:
    """Return what a service needs to know which key terms the model takes, without having the model."""
    return _listeners[model, effort].vocabulary.parts()


def hear(
    model: str | None, effort: Effort, piece: Piece, wanted: Wanted, link: Link
) -> tuple[list[Word], Found | None]:
    """Return what is said in a piece, and the language that was found; sends on the way how far it is.

    Raises:
        CancelledError: Nobody waits for it any more.
    """
    found: list[Found] = []

    def settle(language: Found) -> None:
        found.append(language)
        link.send([SETTLED, *language])

    words = _listeners[model, effort].hear(
        piece, wanted, link.stopped, lambda heard_s: link.send([HEARD, heard_s]), settle
    )
    return words, found[0] if found else None


def _listener(model: str | None, effort: Effort, workers: int) -> Listener:
    with _loading:
        if (model, effort) not in _listeners:
            _listeners[model, effort] = Listener(choose(model, effort).folder, effort, workers)
        return _listeners[model, effort]
