"""Decoding: any format in, 16 kHz mono out, and a clear word where there is nothing to hear."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

np = pytest.importorskip("numpy")
av = pytest.importorskip("av")

from batch_transcriber.server import NotAudioError  # noqa: E402
from batch_transcriber.server.audio import pieces, stated_duration_s  # noqa: E402
from batch_transcriber.server.cutting import RATE_HZ  # noqa: E402
from tests.integration.server.signals import sparse_wav, tone, wav  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1_000_000


def encoded(path: Path, codec: str, seconds: float = 3.0) -> Path:
    """Encode a tone; the container is the one of the path's suffix."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="stereo")
        samples = np.repeat(tone(seconds, 48_000), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = 48_000
        for part in av.AudioResampler(stream.format, stream.layout, 48_000, stream.frame_size).resample(
            frame
        ):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def silent_film(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = np.zeros((64, 64, 3), np.uint8)
        for _ in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp3", "mp3"), ("a.m4a", "aac"), ("a.opus", "libopus"), ("a.flac", "flac"), ("a.mkv", "ac3")],
)
def test_formats_come_out_as_sixteen_kilohertz_mono(tmp_path: Path, name: str, codec: str) -> None:
    path = encoded(tmp_path / name, codec).rename(tmp_path / "no-suffix")
    (piece,) = pieces(path)
    assert piece.start_s == 0
    assert piece.end_s == pytest.approx(3.0, abs=0.1)
    assert piece.samples.dtype == np.float32
    assert float(np.abs(piece.samples).max()) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
def test_no_sample_is_lost_at_the_end(tmp_path: Path, rate_hz: int) -> None:
    (piece,) = pieces(wav(tmp_path / "a.wav", tone(1.0, rate_hz), rate_hz))
    assert len(piece.samples) == RATE_HZ


@pytest.mark.parametrize(
    ("content", "file_type"),
    [
        (b"", "application/x-empty (empty)"),
        (b"Minutes of the meeting.\n" * 50, "text/plain (text)"),
        ("Grüße aus Köln.\n".encode() * 500, "text/plain (text)"),
        (bytes(range(128, 256)) * 100, "application/octet-stream (data)"),
        (b"\0" * 5000, "application/octet-stream (data)"),
    ],
)
def test_what_is_no_media_file_is_not_audio(tmp_path: Path, content: bytes, file_type: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(NotAudioError) as error:
        list(pieces(path))
    assert str(error.value) == (
        f"Transcoding failed. File does not appear to contain audio. File type is {file_type}."
    )
    assert stated_duration_s(path) is None


def _cut_off(folder: Path) -> Path:
    path = encoded(folder / "a.m4a", "aac")
    path.write_bytes(path.read_bytes()[:10_000])  # its index is at the end
    return path


@pytest.mark.parametrize(
    ("make", "file_type"),
    [
        (lambda folder: silent_film(folder / "a.mp4"), "video/x-mov"),
        (lambda folder: wav(folder / "a.wav", tone(0)), "application/octet-stream"),
        (_cut_off, "application/octet-stream"),
    ],
    ids=["film without sound", "wav without samples", "m4a without its end"],
)
def test_a_media_file_without_sound_is_not_audio(
    tmp_path: Path, make: Callable[[Path], Path], file_type: str
) -> None:
    with pytest.raises(NotAudioError, match=rf"does not appear to contain audio\. File type is {file_type} "):
        list(pieces(make(tmp_path)))


def test_under_160_ms_is_too_short(tmp_path: Path) -> None:
    with pytest.raises(NotAudioError, match=r"^Audio duration is too short\.$"):
        list(pieces(wav(tmp_path / "short.wav", tone(0.159))))
    assert len(list(pieces(wav(tmp_path / "long.wav", tone(0.160))))) == 1


def test_a_damaged_recording_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mp3", "mp3")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    (piece,) = pieces(path)
    assert 2.0 < piece.end_s < 3.2


def test_the_stated_duration_is_the_sounds_own(tmp_path: Path) -> None:
    assert stated_duration_s(wav(tmp_path / "a.wav", tone(2.5))) == pytest.approx(2.5)


@pytest.mark.timeout(60)
def test_an_hour_is_never_in_memory_at_once(tmp_path: Path) -> None:
    path = sparse_wav(tmp_path / "hour.wav", 3600)
    tracemalloc.start()
    try:
        ends_s = [piece.end_s for piece in pieces(path)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ends_s[-1] == pytest.approx(3600)
    assert len(ends_s) >= 6
    assert peak_bytes < 110 * MB  # the whole would be 230 MB
