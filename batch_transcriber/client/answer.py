"""What comes back for a request, before anybody says what it means."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """What came back for a request, here or on another machine.

    Attributes:
        status: The HTTP status.
        body: All of it.
        retry_after: The `Retry-After` header.
        location: The `Location` header of a redirect.
        date: The `Date` header.
    """

    status: int
    body: bytes
    retry_after: str | None
    location: str
    date: str | None
