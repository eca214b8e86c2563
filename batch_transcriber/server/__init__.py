"""The same API on your own machine: what the service does with a recording, done by a recogniser here.

Importing this is quick, which the children that decode count on: what stands behind a name is loaded when
the name is first used. The real recogniser is in `batch_transcriber.server.whisper`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.server.recogniser import Heard, NotAudioError, Recogniser, Wanted
    from batch_transcriber.server.service import LocalService

__all__ = ["Heard", "LocalService", "NotAudioError", "Recogniser", "Wanted"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "service" if name == "LocalService" else "recogniser"
    return getattr(import_module(f"{__name__}.{home}"), name)
