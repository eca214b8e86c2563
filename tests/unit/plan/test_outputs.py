"""Output names: one for each input, below the output folder."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batch_transcriber.model import Origin
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.outputs import NAME_MAX_BYTES, OutputNames
from tests.support.records import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

OUT = Path("/texts")
SUFFIXES = (".txt", ".srt", ".json")
# Few letters, so that names clash; with both forms of é, both cases, a byte that is not UTF-8, and
# lengths about the limit.
letters = st.sampled_from(["a", "A", "é", "e\u0301", ".", " ", "\n", "😀", "\udcff", "ß", "-2", "x" * 250])
suffixes = st.sampled_from(["", ".mp3", ".MP3", ".wav", ".txt", ".mp3.txt"])
file_names = st.builds(lambda parts, suffix: "".join(parts) + suffix, st.lists(letters, max_size=3), suffixes)
names = file_names.filter(lambda name: name not in {"", ".", ".."})
trees = st.lists(st.tuples(st.sampled_from(["", "sub", "Sub", "sub/sub"]), names), max_size=25)


@contextmanager
def naming(
    written: Mapping[Path, Origin] | None = None, suffixes: Collection[str] = SUFFIXES
) -> Iterator[Callable[[Found], Path | None]]:
    """Yield what gives a recording its stem in a run after those which wrote all this."""

    def claim(recording: Found) -> Path | None:
        claimed = run.claim(recording, b"options")
        return OUT / claimed.stem if claimed else None

    with OutputNames(
        suffixes, Written({str(path.relative_to(OUT)): origin for path, origin in (written or {}).items()})
    ) as run:
        yield claim


def found(source: str, place: str | PurePosixPath, size_bytes: int | None = None) -> Found:
    return Found(source, str(place), size_bytes, None if size_bytes is None else 7)


def outputs(*places: str, suffix: str = ".txt") -> list[str]:
    """Return the outputs of inputs at these places, relative to the output folder."""
    with naming(suffixes=[suffix]) as claim:
        stems = [claim(found(f"https://h/{n}", place)) for n, place in enumerate(places)]
    return [str(stem.relative_to(OUT)) + suffix for stem in stems if stem is not None]


@given(trees)
def test_the_outputs_of_any_inputs_are_distinct_and_stay_in_their_folder(tree: list[tuple[str, str]]) -> None:
    with naming() as claim:
        stems = [
            claim(found(f"https://h/{number}", PurePosixPath(folder, name)))
            for number, (folder, name) in enumerate(tree)
        ]
    seen = set()
    for stem, (folder, _) in zip(stems, tree, strict=True):
        assert stem is not None
        assert stem.parent == OUT / folder
        for suffix in SUFFIXES:
            path = stem.with_name(stem.name + suffix)
            assert len(path.name.encode("utf-8", "surrogateescape")) <= NAME_MAX_BYTES
            seen.add(unicodedata.normalize("NFC", str(path)).casefold())
    assert len(seen) == len(tree) * len(SUFFIXES)


@given(trees)
def test_the_same_inputs_in_the_same_order_have_the_same_outputs(tree: list[tuple[str, str]]) -> None:
    places = [str(PurePosixPath(*parts)) for parts in tree]
    assert outputs(*places) == outputs(*places)


@pytest.mark.parametrize(
    ("place", "output"),
    [
        ("call.mp3", "call.txt"),
        ("a/b/call.mp3", "a/b/call.txt"),
        ("archive.tar.mp3", "archive.tar.txt"),
        ("noname", "noname.txt"),
        (".mp3", ".mp3.txt"),
        ("a b\nc.mp3", "a b\nc.txt"),
        ("😀.mp3", "😀.txt"),
        ("e\u0301.mp3", "e\u0301.txt"),
        ("bad \udcff.mp3", "bad \udcff.txt"),
    ],
)
def test_a_name_stays_as_it_is_but_for_its_suffix(place: str, output: str) -> None:
    assert outputs(place) == [output]


def test_inputs_of_one_stem_keep_their_own_suffix_then_get_a_number() -> None:
    assert outputs("call.mp3", "call.wav", "call.mp3", "call.mp3", "call.wav") == [
        "call.txt",
        "call.wav.txt",
        "call.mp3.txt",
        "call.mp3-2.txt",
        "call.wav-2.txt",
    ]


@pytest.mark.parametrize(("one", "other"), [("call", "CALL"), ("é", "e\u0301"), ("straße", "STRASSE")])
def test_names_that_some_systems_take_for_one_have_two_outputs(one: str, other: str) -> None:
    assert outputs(f"{one}.mp3", f"{other}.mp3") == [f"{one}.txt", f"{other}.mp3.txt"]


def test_a_name_at_the_limit_is_cut_between_characters() -> None:
    (output,) = outputs("é" * 125 + ".mp3", suffix=".long.txt")
    assert output == "é" * 123 + ".long.txt"
    assert len(output.encode()) == NAME_MAX_BYTES


def test_long_names_that_become_equal_are_told_apart() -> None:
    first, second, third = outputs(*(f"{'x' * 250}{n}.mp3" for n in "123"))
    assert len({first, second, third}) == 3
    assert max(map(len, (first, second, third))) <= NAME_MAX_BYTES


def test_a_source_has_one_output_however_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with naming() as claim:
        assert claim(found("a.mp3", "a.mp3", 5)) == OUT / "a"
        for again in ("a.mp3", "./a.mp3", "b/../a.mp3", str(tmp_path / "a.mp3")):
            assert claim(found(again, "a.mp3", 5)) is None


def test_addresses_that_differ_are_different_sources() -> None:
    with naming() as claim:
        assert claim(found("https://h/a//b.mp3", "b.mp3")) == OUT / "b"
        assert claim(found("https://h/a/b.mp3", "b.mp3")) == OUT / "b.mp3"
        assert claim(found("https://h/a/b.mp3", "b.mp3")) is None


@pytest.mark.timeout(5)
def test_many_inputs_of_one_name_take_no_more_time_each_than_few() -> None:
    assert len(set(outputs(*["recording.mp3"] * 10_000))) == 10_000


def test_a_name_stays_with_the_recording_that_it_was_first_given_to() -> None:
    written = {OUT / "call.txt": Origin("/calls/call.mp3", 5, 7)}
    with naming(written) as claim:
        assert claim(found("/calls/call.aac", "call.aac", 5)) == OUT / "call.aac"
        assert claim(found("/calls/call.mp3", "call.mp3", 5)) == OUT / "call"


def test_a_recording_that_moved_to_another_folder_keeps_its_name() -> None:
    written = {OUT / "call.txt": Origin("/calls/call.mp3", 5, 7)}
    with naming(written) as claim:
        assert claim(found("/moved/call.mp3", "call.mp3", 5)) == OUT / "call"


def test_a_recording_of_the_same_name_and_other_bytes_gets_another_name() -> None:
    written = {OUT / "call.txt": Origin("/monday/call.mp3", 5, 7)}
    with naming(written) as claim:
        assert claim(found("/tuesday/call.mp3", "call.mp3", 6)) == OUT / "call.mp3"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_stem_that_one_format_gave_away_is_taken_for_all_of_them(suffix: str) -> None:
    written = {OUT / f"call{suffix}": Origin("/calls/call.mp3", 5, 7)}
    with naming(written) as claim:
        assert claim(found("/calls/call.aac", "call.aac", 5)) == OUT / "call.aac"
        assert claim(found("/calls/call.mp3", "call.mp3", 5)) == OUT / "call"


TREE = st.lists(st.tuples(st.sampled_from(["", "sub"]), names), unique=True, min_size=1, max_size=12)


@st.composite
def trees_and_runs(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[tuple[str, list[int]]]]:
    """Return recordings, and for each run its format and the recordings that it has, in its order."""
    tree = draw(TREE)
    order = st.lists(st.sampled_from(range(len(tree))), unique=True, min_size=1)
    return tree, draw(st.lists(st.tuples(st.sampled_from(SUFFIXES), order), min_size=1))


@given(trees_and_runs())
# A name that differs from one of an earlier run by case alone, and comes before it in the next.
@example(([("", "a.mp3"), ("", "A.mp3")], [(".txt", [0]), (".txt", [1, 0])]))
@example(([("", ".mp3"), ("", ".MP3")], [(".txt", [0]), (".txt", [1, 0])]))
# One whose stem is all dots.
@example(([("", "...")], [(".txt", [0]), (".srt", [0])]))
def test_a_stem_stays_with_its_recording_whatever_formats_the_runs_have(
    drawn: tuple[list[tuple[str, str]], list[tuple[str, list[int]]]],
) -> None:
    tree, runs = drawn
    journal: dict[Path, Origin] = {}
    first: dict[str, Path] = {}
    for suffix, order in runs:
        with naming(journal) as claim:
            for folder, name in (tree[number] for number in order):
                recording = found(f"https://h/{folder}/{name}", PurePosixPath(folder, name))
                stem = claim(recording)
                assert stem is not None
                assert first.setdefault(recording.source, stem) == stem
                path = stem.with_name(stem.name + suffix)
                assert journal.setdefault(path, recording.origin) == recording.origin
