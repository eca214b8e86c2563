"""Lengths: right or unknown, whatever the bytes."""

from __future__ import annotations

import os
import struct
import time
import wave
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_transcriber.plan.lengths import BYTES_PER_S_MIN, LENGTH_MAX_S, audio_duration_s

SPEECH = Path(__file__).parents[2] / "data" / "speech"
LENGTHS_S = {  # as a decoder counts them
    "bakery interview.mp3": 26.64,
    "witness statement.mp3": 28.40,
    "lecture-rivers.m4a": 30.14,
    "meeting-note.wav": 10.21,
    "calls/2024-05-delivery.ogg": 19.29,
    "calls/2024-06-plumber.opus": 19.06,
    "visits/garden-tour.mp4": 55.00,
    "visits/museum-guide.flac": 10.40,
}
RATES_KBIT = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG 1, layer III
FRAME_S = 1152 / 44100


def frame(rate_kbit: int, body: bytes = b"") -> bytes:
    """Return a frame of an MP3, 44.1 kHz stereo, that holds nothing else."""
    header = bytes((0xFF, 0xFB, RATES_KBIT.index(rate_kbit) << 4, 0))
    return (header + body).ljust(144_000 * rate_kbit // 44_100, b"\0")


def counted(frames: int, size_bytes: int) -> bytes:
    return bytes(32) + b"Xing" + struct.pack(">III", 3, frames, size_bytes)


def wav(path: Path, length_s: float = 2.0, rate_hz: int = 8000) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(bytes(round(length_s * rate_hz) * 2))
    return path.read_bytes()


def length_of(path: Path, content: bytes) -> float | None:
    path.write_bytes(content)
    return audio_duration_s(path)


@pytest.mark.parametrize("name", LENGTHS_S)
def test_a_sample_recording_is_as_long_as_a_decoder_finds_it(name: str) -> None:
    assert audio_duration_s(SPEECH / name) == pytest.approx(LENGTHS_S[name], abs=0.15)


def test_every_sample_recording_is_measured_and_every_other_file_is_unknown() -> None:
    files = [path for path in SPEECH.parent.rglob("*") if path.is_file() and path.parent.name != "languages"]
    known = {str(path.relative_to(SPEECH)) for path in files if audio_duration_s(path) is not None}
    assert known == set(LENGTHS_S)


@pytest.mark.parametrize(
    ("suffix", "codec", "rate_hz"),
    [
        ("wav", "pcm_mulaw", 8000),
        ("wav", "adpcm_ms", 16000),
        ("aiff", "pcm_s16be", 16000),
        ("flac", "flac", 16000),
        ("mp3", "libmp3lame", 16000),
        ("mp2", "mp2", 16000),
        ("m4a", "aac", 16000),
        ("opus", "libopus", 48000),
        ("wma", "wmav2", 44100),
        ("mov", "pcm_s16le", 16000),
    ],
)
def test_a_recording_of_a_common_format_is_measured(
    tmp_path: Path, suffix: str, codec: str, rate_hz: int
) -> None:
    assert audio_duration_s(encoded(tmp_path / f"a.{suffix}", codec, rate_hz)) == pytest.approx(7.0, abs=0.15)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("aac", "aac"), ("mkv", "libopus"), ("webm", "libopus"), ("ts", "mp2"), ("ac3", "ac3")],
)
def test_the_length_of_what_has_none_in_its_header_is_unknown(
    tmp_path: Path, suffix: str, codec: str
) -> None:
    assert audio_duration_s(encoded(tmp_path / f"a.{suffix}", codec, 48000)) is None


def encoded(path: Path, codec: str, rate_hz: int) -> Path:
    """Return a file of seven seconds of a tone."""
    import av
    import numpy as np

    tone = (np.sin(np.arange(7 * rate_hz) / 9) * 9000).astype(np.int16)[np.newaxis]
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 64_000
        sound = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        sound.sample_rate = rate_hz
        # The format and the size of frames are the encoder's.
        resampler = av.AudioResampler(stream.format, "mono", rate_hz, stream.frame_size or 1024)
        for piece in resampler.resample(sound):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def test_the_name_says_nothing_of_what_a_file_is(tmp_path: Path) -> None:
    assert length_of(tmp_path / "a.mp3", wav(tmp_path / "a.wav")) == 2.0
    assert length_of(tmp_path / "a", wav(tmp_path / "a.wav")) == 2.0


@pytest.mark.parametrize("claimed_bytes", [0, 0xFFFFFFFF, 0x7FFFFFFF, 100_000])
def test_a_wav_that_was_written_to_a_pipe_is_unknown(tmp_path: Path, claimed_bytes: int) -> None:
    content = bytearray(wav(tmp_path / "a.wav"))
    struct.pack_into("<I", content, 40, claimed_bytes)
    assert length_of(tmp_path / "a.wav", bytes(content)) is None


def test_a_wav_that_was_cut_off_is_unknown(tmp_path: Path) -> None:
    content = wav(tmp_path / "a.wav")
    assert length_of(tmp_path / "a.wav", content[: len(content) // 2]) is None


def test_a_wav_without_sound_is_unknown(tmp_path: Path) -> None:
    assert length_of(tmp_path / "a.wav", wav(tmp_path / "a.wav", 0)) is None


@pytest.mark.parametrize("rate_kbit", [32, 128, 320])
@pytest.mark.parametrize("before", [b"", b"ID3\x04\0\0\0\0\1\0" + bytes(128)])
@pytest.mark.parametrize("after", [b"", b"TAG" + bytes(125)])
def test_an_mp3_of_one_bit_rate_is_measured_without_a_count_of_its_frames(
    tmp_path: Path, rate_kbit: int, before: bytes, after: bytes
) -> None:
    content = before + frame(rate_kbit) * 2000 + after
    assert length_of(tmp_path / "a.mp3", content) == pytest.approx(2000 * FRAME_S, rel=0.01)


def test_an_mp3_whose_bit_rate_changes_is_unknown_without_a_count_of_its_frames(tmp_path: Path) -> None:
    silence, speech = frame(32), frame(128)
    assert length_of(tmp_path / "a.mp3", silence * 1000 + speech * 3000) is None
    assert length_of(tmp_path / "a.mp3", speech * 1000 + silence * 1000 + speech * 1000) is None


def test_an_mp3_whose_bit_rate_changes_is_measured_by_the_count_of_its_frames(tmp_path: Path) -> None:
    sound = frame(32) * 1000 + frame(128) * 3000
    whole = frame(64, counted(4000, len(sound) + len(frame(64)))) + sound
    assert length_of(tmp_path / "a.mp3", whole) == pytest.approx(4000 * FRAME_S)


def test_a_count_of_frames_that_the_size_contradicts_counts_for_nothing(tmp_path: Path) -> None:
    sound = frame(32) * 1000 + frame(128) * 3000
    whole = frame(64, counted(4000, len(sound) + len(frame(64)))) + sound
    assert length_of(tmp_path / "a.mp3", whole[: len(whole) // 2]) is None
    assert length_of(tmp_path / "a.mp3", whole + whole) is None
    assert length_of(tmp_path / "a.mp3", frame(64, counted(0, 0)) + sound) is None


def test_an_ogg_file_with_a_broken_page_is_unknown(tmp_path: Path) -> None:
    content = bytearray((SPEECH / "calls/2024-05-delivery.ogg").read_bytes())
    middle = content.index(b"OggS", len(content) // 2)
    content[middle : middle + 4] = b"nope"
    assert length_of(tmp_path / "a.ogg", bytes(content)) is None


@pytest.mark.parametrize(
    "name", ["gone.wav", "", "nul\0.wav", "folder", "empty", "pipe", "x" * 300, "link", "/dev/zero"]
)
def test_what_is_no_file_to_read_is_unknown(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("link")
    os.mkfifo(tmp_path / "pipe")  # without a writer, for which open() would wait
    assert audio_duration_s(os.path.join(tmp_path, name)) is None  # noqa: PTH118 - as odd as it is


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lengths") / "file"


STARTS = (
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0",
    b"RIFF\0\0\0\0WAVEfact\4\0\0\0",
    b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\1",
    b"fLaC\x80\0\0\x22",
    b"ID3\x04\0\0\0\0\0\5",
    b"\xff\xfb\x90\0",
    b"\xff\xf1\x50\x80",
    b"OggS\0\2",
    b"\0\0\0\x18ftypM4A ",
    b"\0\0\0\x18ftypmp42\0\0\0\0moov\0\0\0\x6cmvhd",
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(8) + b"\1\0\0\0\1\2",
    b"",
)


def check_is_believable(path: Path, content: bytes) -> None:
    length_s = length_of(path, content)
    assert length_s is None or 0 < length_s <= LENGTH_MAX_S
    assert length_s is None or len(content) / length_s >= BYTES_PER_S_MIN


@given(st.sampled_from(STARTS), st.binary(max_size=600))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_are_an_error(scratch: Path, start: bytes, rest: bytes) -> None:
    check_is_believable(scratch, start + rest)


@given(
    st.sampled_from(list(LENGTHS_S)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_is_an_error(
    scratch: Path, name: str, damage: list[tuple[float, bytes]], kept: float
) -> None:
    content = bytearray((SPEECH / name).read_bytes())
    for where, what in damage:
        at = int(where**4 * len(content))  # most of it where the headers are
        content[at : at + len(what)] = what
    check_is_believable(scratch, bytes(content[: int(kept * len(content))]))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("filling", [b"\0", b"\xff\xfb", b"LIST\1\0\0\0"])
def test_a_large_file_of_anything_takes_little_time(tmp_path: Path, start: bytes, filling: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(start + filling * (4_000_000 // len(filling)))
    with path.open("r+b") as file:
        file.truncate(20_000_000_000)  # a hole, which takes no disk
    began_at = time.process_time()
    length_s = audio_duration_s(path)
    assert length_s is None or length_s <= LENGTH_MAX_S
    assert time.process_time() - began_at < 5.0
