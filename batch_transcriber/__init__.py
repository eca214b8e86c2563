"""Turn a folder of recordings into a folder of readable text.

Importing this is quick: what stands behind a name is loaded when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_transcriber.client import TranscriptionClient
    from batch_transcriber.engine import BatchReport, transcribe_batch
    from batch_transcriber.errors import FatalError, PermanentError, RetryableError, TranscriberError
    from batch_transcriber.model import Job, Parameters
    from batch_transcriber.plan import Request
    from batch_transcriber.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "BatchReport",
    "FatalError",
    "Job",
    "Parameters",
    "PermanentError",
    "Request",
    "RetryableError",
    "Settings",
    "TranscriberError",
    "TranscriptionClient",
    "__version__",
    "transcribe_batch",
]

_HOMES = {
    "BatchReport": "engine",
    "FatalError": "errors",
    "Job": "model",
    "Parameters": "model",
    "PermanentError": "errors",
    "Request": "plan",
    "RetryableError": "errors",
    "Settings": "settings",
    "TranscriberError": "errors",
    "TranscriptionClient": "client",
    "transcribe_batch": "engine",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
