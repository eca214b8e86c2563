"""Any recording as a stream of 16 kHz mono samples."""

from __future__ import annotations

import codecs
from itertools import groupby
from typing import TYPE_CHECKING

import av
import numpy as np

from batch_transcriber.server.cutting import RATE_HZ, cut
from batch_transcriber.server.recogniser import NotAudioError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from numpy.typing import NDArray

    from batch_transcriber.server.cutting import Piece

SHORTEST_AUDIO_S = 0.160
_HEAD_BYTES = 4096


def pieces(audio: Path) -> Generator[Piece]:
    """Decode a recording of any format, piece by piece; close it early to stop.

    Raises:
        NotAudioError: There is no sound in the file, or less than 160 ms of it.
    """
    return cut(_samples(audio))


def stated_duration_s(audio: Path) -> float | None:
    """Return how long the file says that its sound is; None where it does not say or can't be read."""
    try:
        with _opened(audio) as container:
            for stream in container.streams.audio[:1]:
                if stream.duration is not None and stream.time_base is not None:
                    return float(stream.duration * stream.time_base)
            return container.duration / av.time_base if container.duration else None
    except av.FFmpegError:
        return None


def _opened(audio: Path) -> InputContainer:
    return av.open(str(audio), metadata_errors="ignore")


def _samples(audio: Path) -> Iterator[NDArray[np.float32]]:
    samples = 0
    try:
        with _opened(audio) as container:
            kind = _kind(container)
            if container.streams.audio:
                for frame in _resampled(_frames(container)):
                    block = frame.to_ndarray().reshape(-1).astype(np.float32) / np.float32(32768)
                    samples += len(block)
                    yield block
    except av.FFmpegError as error:
        raise NotAudioError.of_type(_file_type(audio)) from error
    if samples == 0:
        raise NotAudioError.of_type(kind)
    if samples < SHORTEST_AUDIO_S * RATE_HZ:
        raise NotAudioError.too_short()


def _frames(container: InputContainer) -> Iterator[av.AudioFrame]:
    """Decode the first sound track; a damaged packet costs its own moment, not the recording."""
    for packet in container.demux(container.streams.audio[0]):
        try:
            yield from packet.decode()
        except av.InvalidDataError:
            continue


def _resampled(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Convert frames to 16 kHz mono; their form may change on the way, as in some broadcasts."""
    for _, alike in groupby(frames, lambda frame: (frame.format.name, frame.layout.name, frame.sample_rate)):
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
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


def _kind(container: InputContainer) -> str:
    """Say what a media file is in which nothing can be heard."""
    if container.streams.video and not container.streams.audio:
        return f"video/x-{container.format.name.partition(',')[0]} ({container.format.long_name})"
    return f"application/octet-stream ({container.format.long_name})"
