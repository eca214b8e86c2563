"""The words of the field that every part of the package uses. No I/O."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from os.path import abspath, basename
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

CHUNK_SIZE_BYTES = 5 * 1024 * 1024  # what one read of a recording takes: 5,242,880 bytes
MTIME_MIN_NS, MTIME_MAX_NS = -(2**63), 2**63 - 1


class TranscriptStatus(StrEnum):
    """A transcript's status, in the service's own words."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"


class PollBy(StrEnum):
    """How completed transcripts are noticed."""

    SWEEP = "sweep"  # one list request reports up to 200 of them
    ID = "id"  # a GET each, for a service without the list call


class DaskLost(StrEnum):
    """What is done when a Dask cluster that helps has no worker left."""

    HERE = "here"  # go on on this machine
    STOP = "stop"  # end, so that the same command goes on


class Stage(StrEnum):
    """Where a job is on its way; also where it failed."""

    PLAN = "plan"
    UPLOAD = "upload"
    SUBMIT = "submit"
    POLL = "poll"
    EXPORT = "export"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; times in milliseconds from the start of the audio, confidence 0 to 1.

    Attributes:
        channel: On which it was heard, from 1; None where channels are not told apart.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A recording as it was at one time; size and time are None for a URL.

    Attributes:
        source: Absolute path, URL, or address in a bucket.
        mtime_ns: Time of the last change, nanoseconds since 1970; 64 bits, which is the years 1677 to 2262.
            Of an object in a bucket, the fraction of its second stands for its ETag.
    """

    source: str
    size_bytes: int | None
    mtime_ns: int | None

    @classmethod
    def of(cls, source: str, size_bytes: int | None, mtime_ns: int | None) -> Origin:
        """Return the origin of a source as it was typed or found; links stay what they are."""
        if mtime_ns is not None:
            mtime_ns = min(max(mtime_ns, MTIME_MIN_NS), MTIME_MAX_NS)  # some disks have times beyond
        is_path = size_bytes is not None and not is_address(source)
        return cls(abspath(source) if is_path else source, size_bytes, mtime_ns)  # noqa: PTH100

    @property
    def is_object(self) -> bool:
        """Whether it lies in a bucket."""
        return self.size_bytes is not None and is_address(self.source)

    @property
    def version(self) -> bytes:
        """What stands for the content of an object that nobody here has read: its address and its state."""
        return f"{self.source}\n{self.size_bytes}\n{self.mtime_ns}".encode("utf-8", "surrogateescape")

    def is_same_recording(self, other: Origin) -> bool:
        """Tell whether both are one recording, perhaps in another folder by now."""
        return self == other or self._without_folder() == other._without_folder()

    def _without_folder(self) -> tuple[str, int | None, int | None]:
        # Stores keep no time that would tell two objects of one name apart for sure.
        name = self.source if is_address(self.source) else basename(self.source)  # noqa: PTH119
        return name, self.size_bytes, self.mtime_ns

    def unsettled(self) -> Origin:
        """Return the same source in a state that no recording is ever in."""
        return Origin(self.source, -1, -1)


def is_address(source: str) -> bool:
    """Tell whether a source is a web address, or one in a bucket; or else it is a path or a pattern."""
    return "://" in source


def folded(path: str) -> bytes:
    """Return the same for paths that some file system takes for one: case and Unicode form do not count."""
    return os.fsencode(unicodedata.normalize("NFC", path).casefold())


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a file that a run wrote.

    Attributes:
        origin: The recording that it was written from, as it was then.
        options: Digest of the parameters that it was asked for with; None where that is not known.
    """

    origin: Origin
    options: bytes | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """What transcripts are asked for with, in the API's words.

    Attributes:
        values: All that a submit holds besides `audio_url`.
        digest: SHA-256 of them: with others, a recording is another transcript.
    """

    values: Mapping[str, JsonValue]
    digest: bytes

    @classmethod
    def of(cls, values: Mapping[str, JsonValue]) -> Parameters:
        """Return these parameters; their order makes no difference."""
        return cls(values, sha256(json.dumps(values, sort_keys=True).encode()).digest())


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: a source with the formats and parameters of all recordings in it.

    Attributes:
        source: A file, a folder, a pattern, an http(s) URL or an address in a bucket, as typed.
        formats: Names of the formats that each gets, in order; one at least.
        parameters: What their transcripts are asked for with.
        output: Where their files go below the output folder, its parts parted by slashes: a folder, or the
            name of a single recording's files without their suffix. None for a tree that mirrors theirs.
        is_folder: The output is a folder in any case; or else only where the source holds many.
    """

    source: str
    formats: tuple[str, ...]
    parameters: Parameters
    output: str | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One input and the places of its files.

    Attributes:
        number: 1 for the first input of the run, in the order found.
        source: The path as given or found, an http(s) URL, or the address of an object in a bucket.
        outputs: Where its files go, by the name of their format; one at least.
        size_bytes: Size when it was found; None for a URL.
        mtime_ns: Time of its last change when it was found, nanoseconds; None for a URL.
        parameters: What its transcript is asked for with.
        kept: Formats whose file an earlier run wrote from this very recording; it is left as it is.
        is_through: An object in a bucket is read and uploaded by this machine.
    """

    number: int
    source: str
    outputs: Mapping[str, Path]
    size_bytes: int | None
    mtime_ns: int | None = None
    parameters: Parameters = Parameters.of({})  # noqa: RUF009 - it is frozen
    kept: frozenset[str] = frozenset()
    is_through: bool = False

    @property
    def output(self) -> Path:
        """The first of its files."""
        return next(iter(self.outputs.values()))

    @property
    def missing(self) -> Mapping[str, Path]:
        """The files that are to be written."""
        return {name: path for name, path in self.outputs.items() if name not in self.kept}

    @property
    def origin(self) -> Origin:
        """The recording as it was found."""
        return Origin.of(self.source, self.size_bytes, self.mtime_ns)

    @property
    def is_url(self) -> bool:
        """Whether nothing is known of the recording but its web address."""
        return self.size_bytes is None

    @property
    def is_object(self) -> bool:
        """Whether it lies in a bucket."""
        return self.size_bytes is not None and is_address(self.source)

    @property
    def is_fetched(self) -> bool:
        """Whether the service fetches the recording itself, so that no byte of it passes through here."""
        return self.is_url or (self.is_object and not self.is_through)
