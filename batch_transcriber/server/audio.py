"""Any recording as 16 kHz samples. What is in here meets hostile files, so it runs in a decoder's process."""

from __future__ import annotations

import codecs
import errno
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

import av

from batch_transcriber.server.framing import RATE_HZ
from batch_transcriber.server.recogniser import NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer

_HEAD_BYTES = 4096
_SAMPLE_BYTES = 2
# A playlist must not lead to files beside it, or to the network: only the file itself is read.
_ONLY_THIS_FILE = {"protocol_whitelist": ""}


class Recording:
    """A media file that is open.

    Attributes:
        stated_s: How long it says that its sound is; None where it does not say.
        channels: How many its sound has; 0 where there is no sound.
    """

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        sound = container.streams.audio[0] if container.streams.audio else None
        self.channels = sound.codec_context.channels if sound is not None else 0
        self.stated_s: float | None = None
        if sound is not None and sound.duration is not None and sound.time_base is not None:
            self.stated_s = float(sound.duration * sound.time_base)
        elif container.duration:
            self.stated_s = container.duration / av.time_base

    def blocks(self, *, by_channel: bool) -> Iterator[bytes]:
        """Decode the first sound track, from its start.

        Args:
            by_channel: Yield the samples of all channels in turn; else the channels are mixed.

        Raises:
            NotAudioError: There is no sound in the file.
        """
        if not self.channels:
            raise NotAudioError.of_type(self._kind())
        sound = self._container.streams.audio[0]
        layout = sound.codec_context.layout.name if by_channel else "mono"
        is_empty = True
        for frame in _resampled(self._frames(), layout):
            size = frame.samples * _SAMPLE_BYTES * (self.channels if by_channel else 1)
            is_empty = is_empty and size == 0
            yield bytes(memoryview(frame.planes[0])[:size])
        if is_empty:
            raise NotAudioError.of_type(self._kind())

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Decode packet by packet; a damaged one costs its own moment, not the recording."""
        for packet in self._container.demux(self._container.streams.audio[0]):
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                continue

    def _kind(self) -> str:
        """Say what a media file is in which nothing can be heard."""
        form = self._container.format
        if self._container.streams.video and not self._container.streams.audio:
            return f"video/x-{form.name.partition(',')[0]} ({form.long_name})"
        return f"application/octet-stream ({form.long_name})"


@contextmanager
def opened(audio: Path) -> Iterator[Recording]:
    """Open a recording of any format.

    Raises:
        NotAudioError: It is no media file, here or later, while it is decoded.
    """
    with audio.open("rb") as file:
        try:
            with av.open(file, "r", metadata_errors="ignore", options=_ONLY_THIS_FILE) as container:
                yield Recording(container)
        except MemoryError:  # which may be one of FFmpeg's, too
            raise
        except av.FFmpegError as error:
            raise NotAudioError.of_type(_file_type(audio)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # A damaged file has FFmpeg go to a place before its start; it is no worse a file to read.
            raise NotAudioError.of_type(_file_type(audio)) from error


def _resampled(frames: Iterator[av.AudioFrame], layout: str) -> Iterator[av.AudioFrame]:
    """Convert frames to 16 kHz; their form may change on the way, as in some broadcasts."""
    for _, alike in groupby(frames, lambda frame: (frame.format.name, frame.layout.name, frame.sample_rate)):
        resampler = av.AudioResampler(format="s16", layout=layout, rate=RATE_HZ)
        for frame in alike:
            frame.pts = None  # a jump in the time stamps is no reason to stop
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _file_type(audio: Path) -> str:
    """Say what a file is that is no media file."""
    with audio.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return "application/x-empty (empty)"
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # which may end amid a letter
    except UnicodeDecodeError:
        text = "\0"
    return "application/octet-stream (data)" if "\0" in text else "text/plain (text)"
