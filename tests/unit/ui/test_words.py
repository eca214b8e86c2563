"""Names and quantities as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from batch_transcriber.ui.words import count, duration, printable, shorten, size


@given(st.text())
def test_foreign_text_does_a_terminal_no_harm(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_a_printable_name_stays_exactly_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("latin \udce9.mp3", r"latin \udce9.mp3"),
        ("[red]é 😀", "[red]é 😀"),
    ],
)
def test_what_cannot_be_printed_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(), st.integers(1, 60))
def test_a_shortened_name_fits_its_width(text: str, width: int) -> None:
    assert cell_len(shorten(text, width)) <= width


@given(st.text(max_size=20), st.integers(-3, 100))
def test_a_name_that_fits_is_not_touched_and_no_width_is_too_small_to_end(text: str, width: int) -> None:
    shown = shorten(text, width)
    assert shown == text if cell_len(text) <= width else "…" in shown


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shorten("recordings/2024/interview-with-anna.mp3", 20) == "record…with-anna.mp3"


@pytest.mark.timeout(5)
def test_the_longest_path_is_shortened_in_a_moment() -> None:
    for _ in range(100):
        assert cell_len(shorten("日é" * 2000, 32)) <= 32


@pytest.mark.parametrize(
    ("count_bytes", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1 kB"),
        (980_000, "980 kB"),
        (999_600, "1.0 MB"),
        (5_242_880, "5.2 MB"),
        (48_000_000, "48 MB"),
        (999_600_000, "1.0 GB"),
        (2_200_000_000, "2.2 GB"),
    ],
)
def test_a_size_has_its_unit(count_bytes: float, words: str) -> None:
    assert size(count_bytes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3599.7, "1 h"),
        (26_400, "7 h 20 min"),
        (36_000_000, "10,000 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_noun_agrees_with_its_number() -> None:
    assert [count(n, "text") for n in (0, 1, 2, 1234)] == ["0 texts", "1 text", "2 texts", "1,234 texts"]
