"""How long a recording is, as far as the headers of its file tell."""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader, FileIO
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinytag import TinyTag

BUFFER_SIZE_BYTES = 512  # headers lie far apart; more would read most of the file
READ_MAX_BYTES = 16_000_000  # headers of the pages of an Ogg file of a whole day
READS_MAX = 300_000  # for the pages of ten hours of Vorbis at 128 kbit/s; about half a second

LENGTH_MAX_S = 360_000.0  # 100 hours: what says more has a placeholder in its header
BYTES_PER_S_MIN = 10.0  # of a stream that is nothing but silence
AGREEMENT = 0.05  # between the size of a file and what its header says of it
TAIL_BYTES = 2000  # tags at the end of an MP3, and a last frame that is cut off
FRAME_MAX_BYTES = 1728  # of MPEG audio, layer II at its highest rate
BITS_PER_SAMPLE_MAX = 64

_ID3_HEADER_BYTES = 10
_SYNC = tuple(bytes((0xFF, second)) for second in range(0xE0, 0x100))  # eleven bits that begin a frame
_LAYER_BITS = 0x06
# Numbers of frames and bytes, neither of them zero, as they are in a file that was written to a pipe.
_COUNT = re.compile(rb"((Xing|Info)...[\x03\x07\x0b\x0f]|VBRI.{6})(?!\0{4}).{4}(?!\0{4}).{4}", re.DOTALL)
_PROBE_BYTES = 16_384
_PROBES_AT = (0.25, 0.5, 0.75, 0.9)  # of the size
_STEADY = 0.8  # as many frames as at the start, or so


def audio_duration_s(path: str | os.PathLike[str]) -> float | None:
    """Return a recording's length in seconds; None where it cannot be told for sure.

    Only headers are read, in a second at most whatever the file holds. Known are WAV, AIFF, FLAC, MP3,
    Ogg (Vorbis, Opus, Speex), WMA and MP4 with their kin; a header that contradicts the file's size counts
    for nothing. Of a file that was cut off the length may be that of the whole. Nothing is raised; to be
    called in a thread.
    """
    from tinytag import TinyTagException  # noqa: PLC0415 - only where somebody wants to know

    try:
        with _BoundedFile(path) as file:
            return _measure(file) if file.size_bytes else None
    except (OSError, ValueError, TinyTagException):  # the second for a name with a NUL
        return None


class _BoundedFile(BufferedReader):
    """A regular file that gives up before a header has it read through all of itself."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(FileIO(path, opener=_open_without_waiting), BUFFER_SIZE_BYTES)
        status = os.fstat(self.fileno())
        self.size_bytes = status.st_size if stat.S_ISREG(status.st_mode) else 0
        self.is_at_end = False
        self._left_bytes = READ_MAX_BYTES
        self._left_reads = READS_MAX

    def read(self, size: int | None = -1, /) -> bytes:
        # A size of gigabytes would be allocated before anything is read.
        rest_bytes = max(0, self.size_bytes - self.tell())
        wanted_bytes = rest_bytes if size is None or size < 0 else min(size, rest_bytes)
        self._left_bytes -= wanted_bytes
        self._left_reads -= 1
        if self._left_bytes < 0 or self._left_reads < 0:
            raise OSError("its headers are too long")
        self.is_at_end = wanted_bytes == rest_bytes
        return super().read(wanted_bytes)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # for one that is a pipe by now


def _measure(file: _BoundedFile) -> float | None:
    from tinytag import TinyTag  # noqa: PLC0415 - as above

    audio_at, head = _look(file)
    if head.startswith(_SYNC) and not head[1] & _LAYER_BITS:
        return None  # AAC, in which one can look for an MP3's frames for long
    file.seek(0)
    # By its first bytes and not by its name, which says little. Without the tags of an Ogg file, all of it
    # would be read.
    tag = TinyTag.get(file_obj=file, tags=head.startswith(b"OggS"))
    length_s = tag.duration
    if not length_s or not isfinite(length_s) or not 0 < length_s <= LENGTH_MAX_S:
        return None
    if file.size_bytes / length_s < BYTES_PER_S_MIN:
        return None
    match (tag.mime_type or "").partition(";")[0]:
        case "audio/ogg":
            is_sure = file.is_at_end  # or a broken page made an end of it
        case "audio/wav":
            is_sure = _is_sure_pcm(file.size_bytes, tag, length_s)
        case "audio/aiff":  # of a compressed one, packets are taken for samples
            is_sure = tag.is_lossless is True and _is_sure_pcm(file.size_bytes, tag, length_s)
        case "audio/mpeg":
            is_sure = _is_sure_mpeg(file, audio_at, head, (tag.bitrate or 0) * length_s * 1000 / 8)
        case _:
            is_sure = True
    return length_s if is_sure else None


def _look(file: _BoundedFile) -> tuple[int, bytes]:
    """Return where the audio begins after an ID3 tag, and its first bytes without zeros."""
    header = file.read(_ID3_HEADER_BYTES)
    audio_at = 0
    if header.startswith(b"ID3") and len(header) == _ID3_HEADER_BYTES:
        size_bytes = 0
        for byte in header[6:]:
            size_bytes = size_bytes << 7 | byte & 0x7F
        audio_at = len(header) + size_bytes
    file.seek(audio_at)
    return audio_at, file.read(_PROBE_BYTES).lstrip(b"\0")


def _is_sure_pcm(size_bytes: int, tag: TinyTag, length_s: float) -> bool:
    """Tell whether a WAV or AIFF file holds as much as it says, and could in that time."""
    bits_per_s = (tag.bitrate or 0) * 1000
    most_per_s = (tag.samplerate or 0) * (tag.channels or 0) * BITS_PER_SAMPLE_MAX
    return 0 < bits_per_s <= most_per_s and length_s * bits_per_s / 8 <= size_bytes * (1 + AGREEMENT)


def _is_sure_mpeg(file: _BoundedFile, audio_at: int, head: bytes, claimed_bytes: float) -> bool:
    """Tell whether an MP3 says how many frames it has, or has one bit rate from end to end.

    Without the count, the length is reckoned from the first frames, which may be silence at a low rate.
    """
    if not head.startswith(_SYNC):
        return False
    audio_bytes = file.size_bytes - audio_at
    if abs(claimed_bytes - audio_bytes) > AGREEMENT * audio_bytes + TAIL_BYTES:
        return False
    return bool(_COUNT.search(head[:256])) or _has_one_bit_rate(file, audio_at, head)


def _has_one_bit_rate(file: _BoundedFile, audio_at: int, head: bytes) -> bool:
    """Tell whether the first frame's header comes back as often everywhere in the file."""
    # The third byte has the rate, and a bit that only tells of padding.
    third = b"[" + re.escape(bytes({head[2] | 2, head[2] & ~2})) + b"]"
    same = re.compile(re.escape(head[:2]) + third, re.DOTALL)
    at_start = len(same.findall(head))
    if at_start < len(head) // FRAME_MAX_BYTES:
        return False
    for part in _PROBES_AT:
        file.seek(audio_at + int((file.size_bytes - audio_at) * part))
        probe = file.read(_PROBE_BYTES)
        if len(same.findall(probe)) < int(at_start * len(probe) / len(head) * _STEADY):
            return False
    return True
