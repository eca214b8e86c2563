"""Addresses in object stores, as people type them; no I/O, and nothing of a store is imported for it."""

from __future__ import annotations

from typing import NamedTuple, Self

# What brings each kind to fsspec, and how to get it.
PACKAGES = {
    "s3": ("s3fs", "batch-transcriber[s3]"),
    "s3a": ("s3fs", "batch-transcriber[s3]"),
    "gs": ("gcsfs", "gcsfs"),
    "gcs": ("gcsfs", "gcsfs"),
    "az": ("adlfs", "adlfs"),
    "abfs": ("adlfs", "adlfs"),
    "abfss": ("adlfs", "adlfs"),
    "oss": ("ossfs", "ossfs"),
}


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
        scheme, _, rest = text.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme.lower() not in PACKAGES:
            raise ValueError(f"no address of a bucket; there are {', '.join(PACKAGES)}")
        if not bucket:
            raise ValueError(f"names no bucket; write it as {scheme}://bucket/folder")
        return cls(scheme.lower(), bucket, key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}" if self.key else f"{self.scheme}://{self.bucket}"

    def at(self, key: str) -> Self:
        """Return the address of another object in the same bucket."""
        return self._replace(key=key)


def is_bucket(text: str) -> bool:
    """Tell whether a text is meant as an address in an object store."""
    scheme, colon, _ = text.partition("://")
    return bool(colon) and scheme.lower() in PACKAGES
