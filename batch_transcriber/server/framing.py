"""What a decoder and its parent say to each other, over two pipes.

A request is a line of JSON. The reply is messages: a letter, the length of what follows, and that. The parent
believes none of it: a child that a hostile file has taken over can say anything, so all of it is checked.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from enum import Enum
from typing import IO

RATE_HZ = 16_000
BLOCK_BYTES = 1024 * 1024  # the most that one message of samples may have
_WORDS_BYTES = 4096
_HEAD = struct.Struct("<cI")


class Kind(Enum):
    """The first letter of a message."""

    OPENED = b"O"  # what the recording says of itself, as JSON
    SAMPLES = b"S"  # 16 bits each, the channels in turn
    BUSY = b"B"  # at work, with nothing to hand over yet
    ENDED = b"E"  # all samples were sent, as JSON
    FAILED = b"F"  # there will be no more, and why, as JSON


class BrokenPipesError(Exception):
    """The other side has gone, or does not keep to the form."""


@dataclass(frozen=True, slots=True)
class Request:
    """A recording that is to be decoded.

    Attributes:
        path: Absolute, with each of its bytes as one letter.
        by_channel: Keep the channels apart.
        start: The first sample that is wanted, of each channel, at 16 kHz.
        end: The one after the last; None for all.
        most: A recording of more samples than this is refused; None for no limit.
    """

    path: str
    by_channel: bool
    start: int
    end: int | None
    most: int | None

    def line(self) -> bytes:
        """Return the request as it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Request:
        """Return the request that was sent."""
        return cls(**json.loads(line))


def send(pipe: IO[bytes], kind: Kind, body: bytes | bytearray = b"", /, **words: object) -> None:
    """Send one message, with samples or words."""
    body = body or (json.dumps(words).encode() if words else b"")
    pipe.write(_HEAD.pack(kind.value, len(body)))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[Kind, bytes]:
    """Wait for the next message.

    Raises:
        BrokenPipesError: There is none, or it is not one.
    """
    letter, size = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    try:
        kind = Kind(letter)
    except ValueError as error:
        raise BrokenPipesError from error
    if size > (BLOCK_BYTES if kind is Kind.SAMPLES else _WORDS_BYTES):
        raise BrokenPipesError
    return kind, _exactly(pipe, size)


def words_of(body: bytes) -> dict[str, object]:
    """Return what a message says.

    Raises:
        BrokenPipesError: It is no JSON object.
    """
    try:
        words = json.loads(body)
    except ValueError as error:
        raise BrokenPipesError from error
    if not isinstance(words, dict):
        raise BrokenPipesError
    return words


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) < size:
        raise BrokenPipesError
    return content
