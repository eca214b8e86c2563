"""Patterns and web addresses as sources."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from batch_transcriber.events import Failed
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.sources import read_source

TALKS = ("talks/1.mp3", "talks/2024/2.mp3", "talks/2024/x/3.wav")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.mp3",
        "a.mp3",
        "notes.txt",
        ".hidden.mp3",
        "talks/1.mp3",
        "talks/2024/2.mp3",
        "talks/2024/x/3.wav",
        "odd [1].mp3",
        "odd 1.mp3",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"words")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def places(source: str) -> list[str]:
    findings = list(read_source(source))
    assert all(isinstance(finding, Found) for finding in findings), findings
    return [str(finding.place) for finding in findings if isinstance(finding, Found)]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("?.mp3", ["a.mp3", "b.mp3"]),
        ("./[ab].mp3", ["a.mp3", "b.mp3"]),
        ("[!a].mp3", ["b.mp3"]),
        ("*.txt", ["notes.txt"]),
        ("talks/*.mp3", ["1.mp3"]),
        ("t*/*.mp3", ["talks/1.mp3"]),
        ("t*", ["talks/1.mp3", "talks/2024/2.mp3", "talks/2024/x/3.wav"]),
        ("**", ["a.mp3", "b.mp3", "notes.txt", "odd 1.mp3", "odd [1].mp3", *TALKS]),
        ("**/**", ["a.mp3", "b.mp3", "notes.txt", "odd 1.mp3", "odd [1].mp3", *TALKS]),
        ("talks/**/**", ["1.mp3", "2024/2.mp3", "2024/x/3.wav"]),
        ("talks/**", ["1.mp3", "2024/2.mp3", "2024/x/3.wav"]),
        ("talks/**/*.mp3", ["1.mp3", "2024/2.mp3"]),
        ("**/2024/*", ["talks/2024/2.mp3", "talks/2024/x/3.wav"]),
        ("**/x/*.wav", ["talks/2024/x/3.wav"]),
        ("talks/../?.mp3", ["a.mp3", "b.mp3"]),
    ],
)
def test_a_pattern_gives_what_it_matches_in_sorted_order(pattern: str, expected: list[str]) -> None:
    assert places(pattern) == expected


def test_a_pattern_may_be_absolute(tree: Path) -> None:
    assert places(f"{tree}/talks/*/*.mp3") == ["2024/2.mp3"]


def test_an_escaped_folder_is_a_fixed_part(tmp_path: Path) -> None:
    for folder in ("lists", "monday"):
        (tmp_path / "talks [2026]" / folder).mkdir(parents=True)
    (tmp_path / "talks [2026]" / "monday" / "a*.mp3").touch()
    fixed = glob.escape(f"{tmp_path}/talks [2026]/lists")
    for pattern, place in {
        "../*/a[*].mp3": "monday/a*.mp3",
        "../mon*/*.mp3": "monday/a*.mp3",
        "../monday/*": "a*.mp3",
        "../monday/a[*].mp3": "a*.mp3",
    }.items():
        (found,) = read_source(f"{fixed}/{pattern}")
        assert isinstance(found, Found)
        assert (found.place, found.source) == (place, f"{tmp_path}/talks [2026]/lists/../monday/a*.mp3")


@pytest.mark.usefixtures("tree")
def test_a_file_whose_name_reads_like_a_pattern_is_that_file() -> None:
    assert places("odd [1].mp3") == ["odd [1].mp3"]


@pytest.mark.usefixtures("tree")
def test_a_pattern_matches_by_case() -> None:
    assert [type(finding) for finding in read_source("*.MP3")] == [Failed]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("pattern", ["*.flac", "nowhere/*.mp3", "talks/*/*/*/*", "*/a.mp3/*", "[z]"])
def test_a_pattern_without_a_match_is_a_failure(pattern: str) -> None:
    (finding,) = read_source(pattern)
    assert finding == Failed(pattern, finding.stage, "no file matches this pattern; check it")  # type: ignore[union-attr]


@pytest.mark.usefixtures("tree")
def test_a_pattern_gives_its_first_match_before_later_folders_are_read() -> None:
    findings = read_source("**/*.mp3")
    next(findings)
    Path("talks/2024/later.mp3").write_bytes(b"words")
    assert "talks/2024/later.mp3" in [str(rest.place) for rest in findings if isinstance(rest, Found)]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.org/talks/one.mp3", "one.mp3"),
        ("HTTPS://example.org/one.mp3?sign=a/b.wav#t=3", "one.mp3"),
        ("https://example.org/a%20b%C3%A9.mp3", "a bé.mp3"),
        ("https://example.org/one.mp3/", "one.mp3"),
        ("http://example.org", "example.org"),
        ("http://example.org/", "example.org"),
        ("http://u:p@example.org:8080", "example.org"),
        ("https://example.org/..", "example.org"),
        ("https://example.org/a/.", "example.org"),
        ("https://example.org/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://example.org/%2E%2E%2F", "example.org"),
        ("https://example.org/a%00b.mp3", "a_b.mp3"),
    ],
)
def test_a_web_address_gives_its_last_name(url: str, place: str) -> None:
    assert places(url) == [place]


@pytest.mark.parametrize("url", ["ftp://example.org/a.mp3", "file:///a.mp3", "https://", "://", "https:///a"])
def test_an_address_that_the_service_cannot_fetch_is_a_failure(url: str) -> None:
    (finding,) = read_source(url)
    assert isinstance(finding, Failed)
    assert "only http and https" in finding.error


@pytest.mark.parametrize("url", ["https://[bad", "https://[::1", "http://a]b/c.mp3"])
def test_an_address_that_is_none_is_a_failure(url: str) -> None:
    (finding,) = read_source(url)
    assert isinstance(finding, Failed)
    assert finding.source == url
