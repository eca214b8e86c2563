"""Decoding: any format in, 16 kHz out, and a clear word where there is nothing to hear."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

np = pytest.importorskip("numpy")
av = pytest.importorskip("av")

from batch_transcriber.server import NotAudioError, Wanted  # noqa: E402
from batch_transcriber.server.audio import opened  # noqa: E402
from batch_transcriber.server.children import Decoders  # noqa: E402
from batch_transcriber.server.decoding import CHANNELS_MAX, Decoding  # noqa: E402
from batch_transcriber.server.framing import RATE_HZ  # noqa: E402
from tests.integration.server.signals import sparse_wav, tone, wav, wav_of_channels  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_transcriber.server.cutting import Piece

MB = 1_000_000
YEAR_S = 365 * 86_400


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    shared = Decoders(memory_bytes=2 * 1024**3)
    yield shared
    shared.close()


class Decode:
    """Decodes in a real child."""

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders

    def begin(self, path: Path, most_s: float | None = None, **wanted: object) -> Decoding:
        return Decoding(self._decoders, path, Wanted(**wanted), most_s=most_s)  # type: ignore[arg-type]

    def pieces(self, path: Path, most_s: float | None = None, **wanted: object) -> list[Piece]:
        decoding = self.begin(path, most_s, **wanted)
        return list(iter(decoding.next_piece, None))


@pytest.fixture
def decode(decoders: Decoders) -> Decode:
    return Decode(decoders)


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


def claiming(path: Path, claimed_s: float, seconds: float) -> Path:
    """Write a WAV with 64-bit sizes whose head claims more sound than there is."""
    sound = tone(seconds, 8000).tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, 2**50, int(claimed_s * 16_000), int(claimed_s * 8000), 0)
    path.write_bytes(b"RF64\xff\xff\xff\xffWAVE" + sizes + form + b"data\xff\xff\xff\xff" + sound)
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp3", "mp3"), ("a.m4a", "aac"), ("a.opus", "libopus"), ("a.flac", "flac"), ("a.mkv", "ac3")],
)
def test_formats_come_out_as_sixteen_kilohertz_mono(
    decode: Decode, tmp_path: Path, name: str, codec: str
) -> None:
    path = encoded(tmp_path / name, codec).rename(tmp_path / "no-suffix")
    (piece,) = decode.pieces(path)
    assert piece.start_s == 0
    assert piece.end_s == pytest.approx(3.0, abs=0.1)
    assert piece.samples.dtype == np.int16
    assert piece.samples.shape[1] == 1
    assert float(np.abs(piece.samples).max()) == pytest.approx(16_384, rel=0.2)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
def test_no_sample_is_lost_at_the_end(decode: Decode, tmp_path: Path, rate_hz: int) -> None:
    (piece,) = decode.pieces(wav(tmp_path / "a.wav", tone(1.0, rate_hz), rate_hz))
    assert len(piece.samples) == RATE_HZ


@pytest.mark.parametrize(
    ("content", "file_type"),
    [
        (b"", "application/x-empty (empty)"),
        (b"Minutes of the meeting.\n" * 50, "text/plain (text)"),
        ("Grüße aus Köln.\n".encode() * 500, "text/plain (text)"),
        (bytes(range(128, 256)) * 100, "application/octet-stream (data)"),
        (b"\0" * 5000, "application/octet-stream (data)"),
        (b"ffconcat version 1.0\nfile beside.wav\n", "text/plain (text)"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nbeside.wav\n#EXT-X-ENDLIST\n", "text/plain (text)"),
    ],
    ids=["empty", "text", "text of more bytes", "bytes", "zeros", "a list of files", "a playlist"],
)
def test_what_is_no_media_file_is_not_audio(
    decode: Decode, tmp_path: Path, content: bytes, file_type: str
) -> None:
    wav(tmp_path / "beside.wav", tone(1.0))  # somebody else's, which no list may lead to
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(NotAudioError) as error:
        decode.pieces(path)
    assert str(error.value) == (
        f"Transcoding failed. File does not appear to contain audio. File type is {file_type}."
    )


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
    decode: Decode, tmp_path: Path, make: Callable[[Path], Path], file_type: str
) -> None:
    path = make(tmp_path)
    for by_channel in (False, True):
        with pytest.raises(NotAudioError, match=rf"contain audio\. File type is {file_type} "):
            decode.pieces(path, by_channel=by_channel)


def test_under_160_ms_is_too_short(decode: Decode, tmp_path: Path) -> None:
    with pytest.raises(NotAudioError, match=r"^Audio duration is too short\.$"):
        decode.pieces(wav(tmp_path / "short.wav", tone(0.159)))
    assert len(decode.pieces(wav(tmp_path / "long.wav", tone(0.160)))) == 1


def test_a_damaged_recording_is_heard_as_far_as_it_goes(decode: Decode, tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mp3", "mp3")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    (piece,) = decode.pieces(path)
    assert 2.0 < piece.end_s < 3.2


def test_the_stated_duration_is_the_sounds_own(decode: Decode, tmp_path: Path) -> None:
    decoding = decode.begin(wav(tmp_path / "a.wav", tone(2.5)))
    assert decoding.next_piece() is not None
    assert decoding.stated_s == pytest.approx(2.5)


def test_a_year_that_is_only_claimed_is_heard_for_what_is_there(decode: Decode, tmp_path: Path) -> None:
    decoding = decode.begin(claiming(tmp_path / "a.wav", YEAR_S, 3.0))
    piece = decoding.next_piece()
    assert decoding.stated_s == pytest.approx(YEAR_S)
    assert piece is not None
    assert piece.end_s == pytest.approx(3.0)
    assert decoding.next_piece() is None
    assert decoding.duration_s == pytest.approx(3.0)


def test_the_limit_is_about_what_is_there_and_known_before_the_first_piece(
    decode: Decode, tmp_path: Path
) -> None:
    assert decode.pieces(claiming(tmp_path / "a.wav", YEAR_S, 3.0), most_s=10.0)
    long = sparse_wav(tmp_path / "long.wav", 3601)
    with pytest.raises(NotAudioError) as error:
        decode.begin(long, 3600.0).next_piece()
    assert str(error.value) == "Audio duration is too long; at most 1 hours can be heard."


def test_a_part_of_a_recording_keeps_its_place(decode: Decode, tmp_path: Path) -> None:
    samples = np.concatenate([tone(2.0), np.zeros(RATE_HZ, np.int16), tone(2.0)])
    decoding = decode.begin(wav(tmp_path / "a.wav", samples), start_ms=1500, end_ms=3500)
    piece = decoding.next_piece()
    assert piece is not None
    assert (piece.start_s, piece.end_s) == (1.5, 3.5)
    assert np.array_equal(piece.samples[:, 0], samples[24_000:56_000])
    assert decoding.next_piece() is None
    assert decoding.duration_s == pytest.approx(5.0)


def test_a_part_that_is_not_there_is_nothing(decode: Decode, tmp_path: Path) -> None:
    decoding = decode.begin(wav(tmp_path / "a.wav", tone(2.0)), start_ms=3000, end_ms=9000)
    assert decoding.next_piece() is None
    assert decoding.duration_s == pytest.approx(2.0)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_channels_come_out_each_for_itself(decode: Decode, tmp_path: Path, channels: int) -> None:
    samples = np.stack([tone(1.0) // (number + 1) for number in range(channels)], axis=1)
    decoding = decode.begin(wav_of_channels(tmp_path / "a.wav", samples), by_channel=True)
    piece = decoding.next_piece()
    assert piece is not None
    assert decoding.channels == channels
    assert np.array_equal(piece.samples, samples)


def test_more_channels_than_can_be_told_apart_are_refused(decode: Decode, tmp_path: Path) -> None:
    path = wav_of_channels(tmp_path / "a.wav", np.zeros((RATE_HZ, CHANNELS_MAX + 1), np.int16))
    with pytest.raises(
        NotAudioError, match=r"^Transcoding failed\. The file has 33 channels; at most 32 can"
    ):
        decode.pieces(path, by_channel=True)


def test_a_name_of_any_bytes_is_opened(decode: Decode, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1.0)).rename(tmp_path / "n\udcffö\n.wav")
    assert len(decode.pieces(path)) == 1


@pytest.mark.timeout(60)
def test_an_hour_is_never_in_memory_at_once(decode: Decode, tmp_path: Path) -> None:
    path = sparse_wav(tmp_path / "hour.wav", 3600)
    decoding = decode.begin(path)
    tracemalloc.start()
    try:
        ends_s = [piece.end_s for piece in iter(decoding.next_piece, None)]
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ends_s[-1] == pytest.approx(3600)
    assert len(ends_s) >= 12
    assert peak_bytes < 25 * MB  # the whole would be 115 MB


def test_a_file_that_leads_to_a_place_before_its_start_is_no_audio(tmp_path: Path) -> None:
    form = b"desc" + struct.pack(">qd6I", 32, 16000.0, 0x6C70636D, 0, 2, 1, 1, 16)
    file = tmp_path / "damaged.caf"
    file.write_bytes(b"caff\0\1\0\0" + form + b"data" + struct.pack(">q", 2**62) + bytes(64))
    with pytest.raises(NotAudioError, match="does not appear to contain audio"), opened(file) as recording:
        list(recording.blocks(by_channel=False))
