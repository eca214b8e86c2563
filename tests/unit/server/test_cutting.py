"""Pieces: nothing is lost, none is long, and a cut lies in a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

np = pytest.importorskip("numpy")

from batch_transcriber.server.cutting import LONGEST, SHORTEST, Piece, cut  # noqa: E402
from batch_transcriber.server.framing import RATE_HZ  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from numpy import int16
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[int16]

NOISE: Samples = np.random.default_rng(7).integers(-9000, 9000, RATE_HZ * 30).astype(np.int16)[:, None]


def noise(seconds: float) -> Samples:
    samples: Samples = np.resize(NOISE, (int(seconds * RATE_HZ), 1))
    return samples


def silence(seconds: float) -> Samples:
    samples: Samples = np.zeros((int(seconds * RATE_HZ), 1), np.int16)
    return samples


def blocks(samples: Samples, size: int = 5000) -> Iterator[Samples]:
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def check(samples: Samples, pieces: list[Piece]) -> None:
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), samples)
    assert all(SHORTEST <= len(piece.samples) <= LONGEST for piece in pieces[:-1])
    starts_s = [piece.start_s for piece in pieces]
    assert starts_s == pytest.approx([0.0, *(piece.end_s for piece in pieces[:-1])])


@pytest.mark.parametrize("size", [1000, 16_001, 20_000_000])
def test_the_pieces_joined_are_the_recording_whatever_the_blocks(size: int) -> None:
    samples = np.concatenate([noise(130), silence(1), noise(250), silence(0.6), noise(100)])
    check(samples, list(cut(blocks(samples, size))))


def test_a_cut_lies_in_the_pause() -> None:
    samples = np.concatenate([noise(140), silence(1), noise(60)])
    first, second = cut(blocks(samples))
    assert 140.2 < first.end_s < 140.8
    assert second.end_s == 201


def test_a_late_pause_is_waited_for() -> None:
    samples = np.concatenate([noise(280), silence(1), noise(60)])
    first, _ = cut(blocks(samples))
    assert 280.2 < first.end_s < 280.8


def test_sound_without_a_pause_is_cut_before_five_minutes() -> None:
    samples = noise(650)
    pieces = list(cut(blocks(samples)))
    check(samples, pieces)
    assert len(pieces) > 2


def test_a_short_recording_is_one_piece_and_an_empty_one_none() -> None:
    assert len(list(cut(blocks(noise(20))))) == 1
    assert list(cut(blocks(silence(0)))) == []


def test_no_more_is_read_than_a_piece_needs() -> None:
    read = 0

    def counted() -> Iterator[Samples]:
        nonlocal read
        for block in blocks(np.concatenate([noise(130), silence(1), noise(400)])):
            read += len(block)
            yield block

    next(cut(counted()))
    assert read < 160 * RATE_HZ


def test_more_channels_make_shorter_pieces_of_the_same_size() -> None:
    samples = np.repeat(noise(400), 4, axis=1)
    pieces = list(cut(blocks(samples)))
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), samples)
    assert all(SHORTEST / 4 <= len(piece.samples) <= LONGEST / 4 for piece in pieces[:-1])


def test_a_part_of_a_recording_keeps_its_place() -> None:
    first, second = cut(blocks(np.concatenate([noise(140), silence(1), noise(60)])), start=RATE_HZ * 1000)
    assert first.start_s == 1000
    assert (second.start_s, second.end_s) == (first.end_s, 1201)
