"""A request that the server refuses: what a handler raises, and the reply it becomes."""

from __future__ import annotations

from batch_transcriber.errors import PermanentError


class RefusedError(PermanentError):
    """The request gets this status, and this message as its `error`."""

    http_status: int

    def __init__(self, message: str, *, http_status: int = 400) -> None:
        super().__init__(message, http_status=http_status)


def unknown_transcript() -> RefusedError:
    """Return the API's answer to an id that it does not know: 400, not 404."""
    return RefusedError("Transcript lookup error, transcript id not found")
