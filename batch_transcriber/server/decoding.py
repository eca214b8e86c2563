"""A recording decoded in a process of its own, so that a hostile file costs no more than itself."""

from __future__ import annotations

import concurrent.futures
import math
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from batch_transcriber.server.cutting import cut
from batch_transcriber.server.framing import RATE_HZ, BrokenPipesError, Kind, Request, words_of
from batch_transcriber.server.recogniser import NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeAlias

    from numpy.typing import NDArray

    from batch_transcriber.server.children import Child, Decoders
    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.recogniser import Wanted

    Block: TypeAlias = NDArray[np.int16]

CHANNELS_MAX = 32  # that can be told apart
# From outside, as by a system short of memory; a file that breaks FFmpeg does it in other ways.
_KILLED = (-9, -15)
_MESSAGE_MAX = 300  # letters


class Decoding:
    """One recording while it is decoded; for threads, its methods block.

    Args:
        most_s: A longer recording is refused; None for no limit.

    Attributes:
        stated_s: How long the recording says that it is, once a piece was read; None where it does not say.
        channels: How many it has, once a piece was read.
        duration_s: How long it is, once all pieces were read.
    """

    def __init__(self, decoders: Decoders, audio: Path, wanted: Wanted, *, most_s: float | None) -> None:
        self.stated_s: float | None = None
        self.channels = 0
        self.duration_s = 0.0
        self._decoders = decoders
        self._by_channel = wanted.by_channel
        self._most_s = most_s
        self._request = Request(
            path=os.fsencode(audio.absolute()).decode("latin-1"),
            by_channel=wanted.by_channel,
            start=wanted.start_ms * RATE_HZ // 1000,
            end=None if wanted.end_ms is None else wanted.end_ms * RATE_HZ // 1000,
            most=None if most_s is None else round(most_s * RATE_HZ),
        )
        self._pieces = cut(self._blocks(), start=self._request.start)
        self._reading = threading.Lock()
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._cancelled = False

    def next_piece(self) -> Piece | None:
        """Return the next stretch of what is wanted; None at its end.

        Raises:
            NotAudioError: Nothing in the file can be heard, or the file breaks the decoder.
            CancelledError: `cancel` was called.
        """
        with self._reading:
            return next(self._pieces, None)

    def close(self) -> None:
        """End the work; a child amid a recording is ended with it."""
        self.cancel()
        with self._reading:
            self._pieces.close()

    def end_if_stalled(self) -> None:
        """End the work if the child lets us wait for too long; does not block, to be called now and then."""
        with self._lock:
            if self._child is not None:
                self._child.end_if_stalled(self._decoders.stall_s)

    def cancel(self) -> None:
        """End the work soon; does not block."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                self._child.kill()

    def _blocks(self) -> Iterator[Block]:
        """Decode what is wanted; once more from where it stopped if somebody kills the child."""
        request = self._request
        for tries_left in (1, 0):
            child = self._begin()
            is_idle, code = False, None
            try:
                child.ask(request)
                for block in self._received(child):
                    request = replace(request, start=request.start + len(block))
                    yield block
                is_idle = True
            except NotAudioError as error:
                is_idle = not isinstance(error, _SpentError)
                raise
            except BrokenPipesError as error:
                code = self._decoders.end(child)
                if self._cancelled:
                    raise concurrent.futures.CancelledError from error
                if not tries_left or child.stalled or code not in _KILLED:
                    raise _lost(child) from error
            finally:
                with self._lock:
                    self._child = None
                if is_idle:
                    self._decoders.give_back(child)
                elif code is None:
                    child.kill()
                    self._decoders.end(child)
            if is_idle:
                return

    def _begin(self) -> Child:
        if self._cancelled:
            raise concurrent.futures.CancelledError
        child = self._decoders.take()
        with self._lock:
            self._child = child
            if self._cancelled:
                child.kill()
        return child

    def _received(self, child: Child) -> Iterator[Block]:
        width = 1
        while True:
            kind, body = child.receive()
            if kind is Kind.SAMPLES:
                try:
                    yield np.frombuffer(body, "<i2").reshape(-1, width)
                except ValueError as error:
                    raise BrokenPipesError from error
            if kind in (Kind.SAMPLES, Kind.BUSY):
                continue
            words = words_of(body)
            if kind is Kind.OPENED:
                self.stated_s = _seconds(words.get("stated_s"))
                self.channels = _count(words.get("channels"))
                width = max(1, self.channels) if self._by_channel else 1
                if width > CHANNELS_MAX:
                    raise _SpentError(
                        f"Transcoding failed. The file has {width} channels; "
                        f"at most {CHANNELS_MAX} can be told apart."
                    )
            elif kind is Kind.ENDED:
                self.duration_s = _seconds(words.get("duration_s")) or 0.0
                return
            elif kind is Kind.FAILED:
                raise self._failure(words)

    def _failure(self, words: dict[str, object]) -> Exception:
        match words:
            case {"too_long": True}:
                hours = (self._most_s or 0) / 3600
                return NotAudioError(f"Audio duration is too long; at most {hours:g} hours can be heard.")
            case {"out_of_memory": True}:
                return _SpentError("Transcoding failed. Decoding the file takes too much memory.")
            case {"unreadable": str(reason)}:
                return OSError(f"cannot read {self._request.path}: {reason}")
            case {"message": str(message)} if message.isprintable():
                return NotAudioError(message[:_MESSAGE_MAX])
        return BrokenPipesError()


def _lost(child: Child) -> NotAudioError:
    why = "Decoding the file gets nowhere" if child.stalled else "The file breaks the decoder"
    return NotAudioError(f"Transcoding failed. {why}.")


class _SpentError(NotAudioError):
    """The child is not to be used again: it is out of memory, or amid what nobody wants."""


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise BrokenPipesError
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise BrokenPipesError
    return value
