"""An object as a store tells of it, and what tells its states apart."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

MS_PER_S = 1_000
NS_PER_S = 1_000_000_000
_SIZES = ("Size", "ContentLength", "size")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
_TAGS = ("ETag", "etag", "md5Hash", "content_md5")


class Stored(NamedTuple):
    """One object.

    Attributes:
        key: Its name in the bucket.
        size_bytes: Its size.
        stamp_ns: Seconds since 1970 of its last change, in nanoseconds. Their fraction is made of the ETag
            where there is one: stores count in seconds, and an object that is overwritten within one of
            these is another recording all the same.
    """

    key: str
    size_bytes: int
    stamp_ns: int

    @classmethod
    def of(cls, key: str, told: Mapping[str, Any]) -> Self:
        """Return an object by what the package of a store tells of it."""
        size = next((told[name] for name in _SIZES if told.get(name) is not None), 0)
        time_ns = _ns(next((told[name] for name in _TIMES if told.get(name) is not None), 0))
        tag = next((str(told[name]) for name in _TAGS if told.get(name)), "").strip('"')
        if tag:
            digest = blake2b(tag.encode(), digest_size=8).digest()
            time_ns = time_ns // NS_PER_S * NS_PER_S + int.from_bytes(digest) % NS_PER_S
        return cls(key, int(size), time_ns)


def _ns(time: Any) -> int:
    """Return a time in nanoseconds, to the millisecond: of more, a store may tell now this, now that."""
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return 0
    if isinstance(time, datetime):
        whole = time if time.tzinfo else time.replace(tzinfo=UTC)
        time = whole.timestamp()
    return round(float(time) * MS_PER_S) * (NS_PER_S // MS_PER_S)
