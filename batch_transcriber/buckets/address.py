"""Addresses in object stores, as people type them; no I/O, and nothing of a store is imported for it."""

from __future__ import annotations

from typing import NamedTuple, Self

# What brings each kind to fsspec, and how to get it.
PACKAGES = {
    "s3": ("s3fs", ".[s3]"),
    "gs": ("gcsfs", "gcsfs"),
    "az": ("adlfs", "adlfs"),
    "oss": ("ossfs", "ossfs"),
}
# Other names of these; an object is the same, and paid for once, whichever is typed.
_ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "az", "abfss": "az"}


class Address(NamedTuple):
    """Where an object is, or what the names of many begin with.

    Attributes:
        scheme: One of `PACKAGES`.
        bucket: Never empty.
        key: As the store has it: nothing in it is escaped. Empty for the whole bucket.
    """

    scheme: str
    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address that a text is.

        Raises:
            ValueError: it is none; the message goes on after the text.
        """
        typed, _, rest = text.partition("://")
        scheme = scheme_of(typed)
        bucket, _, key = rest.partition("/")
        if scheme is None:
            raise ValueError(f"no address of a bucket; there are {', '.join(PACKAGES)}")
        if not bucket:
            raise ValueError(f"names no bucket; write it as {scheme}://bucket/folder")
        return cls(scheme, bucket, key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}" if self.key else f"{self.scheme}://{self.bucket}"

    def at(self, key: str) -> Self:
        """Return the address of another object in the same bucket."""
        return self._replace(key=key)


def scheme_of(typed: str) -> str | None:
    """Return the scheme that is meant, whatever its case and which of its names; None where there is none."""
    scheme = typed.lower()
    scheme = _ALIASES.get(scheme, scheme)
    return scheme if scheme in PACKAGES else None


def is_bucket(text: str) -> bool:
    """Tell whether a text is meant as an address in an object store."""
    scheme, colon, _ = text.partition("://")
    return bool(colon) and scheme_of(scheme) is not None


def normal(text: str) -> str:
    """Return an address in the one form that it has; a text that is none as it is."""
    try:
        return str(Address.parse(text))
    except ValueError:
        return text
