"""Filters: what is wanted of all that was found, and why the rest is left out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.plan.filters import Filters
from batch_transcriber.plan.found import Finding, Found
from batch_transcriber.plan.patterns import IGNORE_FILE_MAX_BYTES
from batch_transcriber.plan.sources import read_source


def plant(root: Path, *names: str, size_bytes: int = 5, age_s: float = 3600) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size_bytes))
        changed_at = time.time() - age_s
        os.utime(path, (changed_at, changed_at))


def ignore(folder: Path, *lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".batchignore").write_text("\n".join(lines))


def read(source: object, **filters: object) -> list[Finding]:
    return list(read_source(str(source), None, Filters(**filters)))  # type: ignore[arg-type]


def places(source: object, **filters: object) -> list[str]:
    """Return the places of the recordings that pass."""
    return [str(finding.place) for finding in read(source, **filters) if isinstance(finding, Found)]


def reasons(source: object, **filters: object) -> dict[str, SkipReason]:
    """Return why the others do not, by the last part of their source."""
    return {
        finding.source.rpartition("/")[2]: finding.reason
        for finding in read(source, **filters)
        if isinstance(finding, Skipped)
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    plant(tmp_path, "a.mp3", "b.wav", "drafts/c.mp3", "talks/drafts/d.mp3", "talks/2024/e.mp3", "talks/f.wav")
    return tmp_path


ALL = ["a.mp3", "b.wav", "drafts/c.mp3", "talks/2024/e.mp3", "talks/drafts/d.mp3", "talks/f.wav"]


def test_without_filters_everything_passes(tree: Path) -> None:
    assert places(tree) == ALL
    assert Filters() == Filters()
    assert Filters(include=("a",)) != Filters(include=("b",))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("*.mp3",), ["a.mp3", "drafts/c.mp3", "talks/2024/e.mp3", "talks/drafts/d.mp3"]),
        (("*.mp3", "*.wav"), ALL),
        (("*.mp3", "!c.*"), ["a.mp3", "talks/2024/e.mp3", "talks/drafts/d.mp3"]),
        (("/*.mp3",), ["a.mp3"]),
        (("talks/",), ["talks/2024/e.mp3", "talks/drafts/d.mp3", "talks/f.wav"]),
        (("talks/*.wav",), ["talks/f.wav"]),
        (("talks/**/*.mp3",), ["talks/2024/e.mp3", "talks/drafts/d.mp3"]),
        (("*.mp3", "!drafts/"), ["a.mp3", "talks/2024/e.mp3"]),
        (("**",), ALL),
        (("[ab].*",), ["a.mp3", "b.wav"]),
        (("*.MP3",), []),
    ],
)
def test_include_takes_what_matches_anywhere_in_the_tree(
    tree: Path, patterns: tuple[str, ...], expected: list[str]
) -> None:
    assert places(tree, include=patterns) == expected
    left = {name.rpartition("/")[2] for name in ALL} - {name.rpartition("/")[2] for name in expected}
    assert reasons(tree, include=patterns) == dict.fromkeys(left, SkipReason.NOT_INCLUDED)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("*.mp3",), ["b.wav", "talks/f.wav"]),
        (("*.mp3", "!e.mp3"), ["b.wav", "talks/2024/e.mp3", "talks/f.wav"]),
        (("drafts/",), ["a.mp3", "b.wav", "talks/2024/e.mp3", "talks/f.wav"]),
        (("drafts",), ["a.mp3", "b.wav", "talks/2024/e.mp3", "talks/f.wav"]),
        (("/drafts",), ["a.mp3", "b.wav", "talks/2024/e.mp3", "talks/drafts/d.mp3", "talks/f.wav"]),
        (("talks/*/",), ["a.mp3", "b.wav", "drafts/c.mp3", "talks/f.wav"]),
        (("talks/", "!talks/f.wav"), ["a.mp3", "b.wav", "drafts/c.mp3"]),
        (("a.mp3/",), ALL),
        (("*", "!talks/", "!f.wav"), ["talks/f.wav"]),
        (("/*", "!/talks/"), ["talks/2024/e.mp3", "talks/drafts/d.mp3", "talks/f.wav"]),
        (("*", "!*/", "!*.wav"), ["b.wav", "talks/f.wav"]),
        (("talks/**",), ["a.mp3", "b.wav", "drafts/c.mp3"]),
        (("**/2024/**", "b.wav  "), ["a.mp3", "drafts/c.mp3", "talks/drafts/d.mp3", "talks/f.wav"]),
    ],
)
def test_exclude_leaves_out_files_and_whole_folders(
    tree: Path, patterns: tuple[str, ...], expected: list[str]
) -> None:
    assert places(tree, exclude=patterns) == expected


def test_exclude_goes_before_include(tree: Path) -> None:
    assert places(tree, include=("*.mp3",), exclude=("a.*", "drafts/")) == ["talks/2024/e.mp3"]
    assert reasons(tree, include=("*.mp3",), exclude=("a.*",))["a.mp3"] is SkipReason.EXCLUDED


def test_a_file_that_is_excluded_is_told_and_what_is_in_an_excluded_folder_is_not(tree: Path) -> None:
    assert reasons(tree, exclude=("b.wav", "talks/")) == {"b.wav": SkipReason.EXCLUDED}


def test_an_excluded_folder_is_not_even_read(tree: Path) -> None:
    loop = tree / "talks" / "2024"
    (loop / "x.mp3").symlink_to("x.mp3")  # a failure, for whoever looks
    assert any(isinstance(finding, Failed) for finding in read(tree))
    assert not any(isinstance(finding, Failed) for finding in read(tree, exclude=("2024/",)))
    ignore(tree, "/talks/2024")
    assert not any(isinstance(finding, Failed) for finding in read(tree))


def test_patterns_are_for_what_is_below_the_named_folder(tree: Path) -> None:
    assert places(tree / "drafts", exclude=("drafts/",)) == ["c.mp3"]
    assert places(tree / "talks", include=("/2024/",)) == ["2024/e.mp3"]


def test_filters_are_for_files_that_are_named_too(tree: Path) -> None:
    assert reasons(tree / "a.mp3", exclude=("*.mp3",)) == {"a.mp3": SkipReason.EXCLUDED}
    assert reasons(tree / "talks/f.wav", include=("*.mp3",)) == {"f.wav": SkipReason.NOT_INCLUDED}
    assert reasons(tree / "a.mp3", max_size_bytes=4) == {"a.mp3": SkipReason.TOO_LARGE}
    assert places(tree / "a.mp3", exclude=("/talks/*",), include=("a*",)) == ["a.mp3"]


def test_filters_are_for_what_a_pattern_finds(tree: Path) -> None:
    assert places(tree / "**/*.mp3", exclude=("drafts/",)) == ["a.mp3", "talks/2024/e.mp3"]
    assert places(tree / "t*", exclude=("2024",)) == ["talks/drafts/d.mp3", "talks/f.wav"]
    assert reasons(tree / "*.*", include=("*.wav",)) == {"a.mp3": SkipReason.NOT_INCLUDED}


def test_of_a_url_its_name_alone_is_judged() -> None:
    url = "https://example.org/talks/one.mp3?sign=x"
    assert places(url, min_age_s=9e9, min_size_bytes=9, max_size_bytes=9, newer_than=datetime.now(UTC)) == [
        "one.mp3"
    ]
    assert read(url, exclude=("*.mp3",)) == [Skipped(url, SkipReason.EXCLUDED)]
    assert read(url, include=("*.wav",)) == [Skipped(url, SkipReason.NOT_INCLUDED)]


def test_sizes_are_bounds_that_are_taken(tmp_path: Path) -> None:
    for size_bytes in (9, 10, 20, 21):
        plant(tmp_path, f"{size_bytes}.mp3", size_bytes=size_bytes)
    assert places(tmp_path, min_size_bytes=10, max_size_bytes=20) == ["10.mp3", "20.mp3"]
    assert reasons(tmp_path, min_size_bytes=10, max_size_bytes=20) == {
        "9.mp3": SkipReason.TOO_SMALL,
        "21.mp3": SkipReason.TOO_LARGE,
    }


def test_a_file_that_may_still_be_written_to_is_left_for_later(tmp_path: Path) -> None:
    plant(tmp_path, "now.mp3", age_s=0)
    plant(tmp_path, "tomorrow.mp3", age_s=-86_400)  # a clock that is ahead
    plant(tmp_path, "before.mp3", age_s=130)
    assert places(tmp_path, min_age_s=120) == ["before.mp3"]
    assert reasons(tmp_path, min_age_s=120) == dict.fromkeys(
        ("now.mp3", "tomorrow.mp3"), SkipReason.TOO_YOUNG
    )
    assert len(places(tmp_path, min_age_s=0)) == 3


def test_newer_than_a_moment_means_changed_after_it(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for number, ns in enumerate((-1, 0, 1)):
        plant(tmp_path, f"{number}.mp3")
        os.utime(tmp_path / f"{number}.mp3", ns=(0, int(moment.timestamp()) * 1_000_000_000 + ns))
    assert places(tmp_path, newer_than=moment) == ["2.mp3"]
    assert set(reasons(tmp_path, newer_than=moment).values()) == {SkipReason.TOO_OLD}


def test_what_is_left_out_has_no_size_for_it_was_not_counted(tree: Path) -> None:
    assert read(tree / "a.mp3", min_size_bytes=6) == [Skipped(str(tree / "a.mp3"), SkipReason.TOO_SMALL)]


def test_every_filter_tells_itself_from_the_other_reasons() -> None:
    assert [reason for reason in SkipReason if not (reason.is_filtered or reason.is_limit)] == [
        SkipReason.ALREADY_WRITTEN,
        SkipReason.NAMED_TWICE,
        SkipReason.VANISHED,
    ]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"include": ("!",)}, "--include '!' takes nothing in; use --exclude without the !"),
        ({"include": ("!a", "!b")}, "--include '!a' takes nothing in; use --exclude without the !"),
        ({"include": ("",)}, "--include: '' is no pattern"),
        ({"include": ("ok", "#no")}, "--include: '#no' is no pattern"),
        ({"exclude": ("  ",)}, "--exclude: '  ' is no pattern"),
        ({"exclude": ("!",)}, "--exclude: '!' is no pattern"),
        ({"exclude": ("a\nb",)}, "--exclude: 'a\\nb' is no pattern"),
        ({"exclude": ("[",)}, "--exclude: '[' is no pattern"),
        ({"exclude": ("[z-a]",)}, "--exclude: '[z-a]' is no pattern"),
        ({"exclude": ("[[:alpha:]]",)}, "--exclude: '[[:alpha:]]' is no pattern"),
        ({"exclude": ("/",)}, "--exclude: '/' is no pattern"),
        ({"exclude": ("a\\",)}, "--exclude: 'a\\\\' is no pattern"),
        (
            {"min_size_bytes": 2, "max_size_bytes": 1},
            "--max-size is below --min-size, so that no file passes",
        ),
    ],
)
def test_what_cannot_be_meant_is_an_error_of_one_line(filters: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r"^--") as caught:
        Filters(**filters)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_set_that_python_wonders_about_is_no_warning(tree: Path) -> None:
    assert places(tree, exclude=("[[x]", "[a||].*")) == ALL[1:]


def test_an_ignore_file_speaks_for_its_folder_and_all_below(tree: Path) -> None:
    ignore(tree / "talks", "# mine", "*.wav", "", "drafts/")
    assert places(tree) == ["a.mp3", "b.wav", "drafts/c.mp3", "talks/2024/e.mp3"]
    assert reasons(tree) == {"f.wav": SkipReason.IGNORED}


def test_paths_in_an_ignore_file_begin_at_its_folder(tree: Path) -> None:
    ignore(tree / "talks", "/2024/*", "talks/f.wav", "/a.mp3")
    assert places(tree) == ["a.mp3", "b.wav", "drafts/c.mp3", "talks/drafts/d.mp3", "talks/f.wav"]


def test_the_nearest_ignore_file_has_the_last_word(tree: Path) -> None:
    ignore(tree, "*.mp3")
    ignore(tree / "talks", "!*.mp3")
    ignore(tree / "talks/drafts", "d*")
    assert places(tree) == ["b.wav", "talks/2024/e.mp3", "talks/f.wav"]


def test_an_ignored_folder_stays_so_whatever_is_said_inside(tree: Path) -> None:
    ignore(tree, "talks")
    ignore(tree / "talks", "!*")
    assert places(tree) == ["a.mp3", "b.wav", "drafts/c.mp3"]


def test_an_ignore_file_speaks_to_patterns_too_but_not_for_a_named_file(tree: Path) -> None:
    ignore(tree, "drafts/", "a.*")
    assert places(tree / "**" / "*.mp3") == ["talks/2024/e.mp3"]
    assert places(tree / "**") == ["b.wav", "talks/2024/e.mp3", "talks/f.wav"]
    assert places(tree / "*.mp3") == []
    assert places(tree / "a.mp3") == ["a.mp3"]
    assert places(tree / "drafts") == ["c.mp3"]


def test_include_does_not_bring_back_what_is_ignored(tree: Path) -> None:
    ignore(tree, "a.mp3")
    assert "a.mp3" not in places(tree, include=("*.mp3",))


def test_an_ignore_file_may_have_windows_line_ends_a_mark_and_names_of_any_bytes(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xe9.mp3")
    plant(tmp_path, "a.mp3", "b.mp3", "ä.mp3", odd)
    (tmp_path / ".batchignore").write_bytes(b"\xef\xbb\xbfa.mp3\r\n\xc3\xa4.mp3\r\n\xe9.mp3")
    assert places(tmp_path) == ["b.mp3"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a\n[z-a]\n", "'[z-a]' is no pattern"),
        (b"x" * (IGNORE_FILE_MAX_BYTES + 1), "it is larger than 1 MB"),
        (None, "it is not a regular file"),
    ],
)
def test_an_ignore_file_that_cannot_be_understood_keeps_its_folder_from_being_paid_for(
    tree: Path, content: bytes | None, reason: str
) -> None:
    bad = tree / "talks" / ".batchignore"
    if content is None:
        os.mkfifo(bad)
    else:
        bad.write_bytes(content)
    failed = Failed(
        str(bad), Stage.PLAN, f"{reason}; until it is mended, nothing of its folder is transcribed"
    )
    for source in (tree, tree / "**", tree / "**" / "*.*", tree / "**" / "**" / "*.*"):
        findings = read(source)
        assert [finding for finding in findings if not isinstance(finding, Found)] == [failed]
        assert [str(finding.place) for finding in findings if isinstance(finding, Found)] == ALL[:3]


def test_that_all_recordings_are_in_folders_left_out_is_said_and_no_failure(tmp_path: Path) -> None:
    plant(tmp_path, "drafts/a.mp3")
    for source in (tmp_path, tmp_path / "**" / "*.mp3", tmp_path / "d*"):
        (notice,) = read(source, exclude=("drafts/",))
        assert isinstance(notice, Notice)
        assert notice.message == (
            f"{source}: no recordings outside the folders that --exclude or .batchignore leaves out"
        )


def test_no_library_of_patterns_is_loaded_where_there_is_no_pattern(tmp_path: Path) -> None:
    plant(tmp_path, "a.mp3")
    code = (
        "import sys; from batch_transcriber.plan.filters import Filters; "
        "from batch_transcriber.plan.sources import read_source; "
        f"found = list(read_source({str(tmp_path)!r}, None, Filters(min_age_s=1))); "
        "print(len(found), 'pathspec' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "1 False\n"
