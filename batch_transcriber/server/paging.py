"""The list's query and its page details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from batch_transcriber.model import TranscriptStatus
from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_LIMIT = 10
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What a list request asks for, names and meaning as in the API."""

    limit: int = DEFAULT_LIMIT
    status: TranscriptStatus | None = None
    created_on: str | None = None
    before_id: str | None = None
    after_id: str | None = None
    throttled_only: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> PageQuery:
        """Return the query that a URL holds; parameters of other names are ignored.

        Raises:
            RefusedError: A value is not what its parameter takes.
        """
        return cls(
            limit=_limit(query.get("limit")),
            status=_status(query.get("status")),
            created_on=_created_on(query.get("created_on")),
            before_id=query.get("before_id"),
            after_id=query.get("after_id"),
            throttled_only=_boolean("throttled_only", query.get("throttled_only")),
        )

    def url(self, list_url: str, *, before_id: str | None = None, after_id: str | None = None) -> str:
        """Return the URL of the same list at another cursor; its filters stay."""
        parameters = {
            "limit": str(self.limit),
            "status": self.status,
            "created_on": self.created_on,
            "before_id": before_id,
            "after_id": after_id,
            "throttled_only": "true" if self.throttled_only else None,
        }
        return f"{list_url}?{urlencode({name: value for name, value in parameters.items() if value})}"

    def page_details(self, list_url: str, ids: Sequence[str], *, has_older: bool) -> dict[str, object]:
        """Return where this page is: `prev_url` leads to older transcripts, `next_url` to newer ones.

        Args:
            list_url: The list's URL without a query.
            ids: What is on the page, newest first.
            has_older: Whether `prev_url` has anything to lead to.
        """
        return {
            "limit": self.limit,
            "result_count": len(ids),
            "current_url": self.url(list_url, before_id=self.before_id, after_id=self.after_id),
            "prev_url": self.url(list_url, before_id=ids[-1]) if ids and has_older else None,
            "next_url": self.url(list_url, after_id=ids[0]) if ids else None,
        }


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise RefusedError(f"limit must be an Integer from 1 to {MAX_LIMIT}")


def _status(text: str | None) -> TranscriptStatus | None:
    if text is None:
        return None
    try:
        return TranscriptStatus(text)
    except ValueError as error:
        raise RefusedError(f"status must be one of: {', '.join(TranscriptStatus)}") from error


def _created_on(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = None
    if day != text:  # Python reads other forms too
        raise RefusedError("created_on must be a date such as 2026-11-30")
    return day


def _boolean(name: str, text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise RefusedError(f"{name} must be a Boolean")
    return text == "true"
