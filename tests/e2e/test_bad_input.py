"""Recordings that are none, cannot be read or have odd names: a line each, and a text for all others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support import faults
from tests.support.faults import SUBMIT, UPLOAD
from tests.support.machine import without_override
from tests.support.scripted import transcript_error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.world import World

EMPTY = "the file is empty; record or copy it again"
TEXT = "text, not a recording (text/plain); replace it, or leave it out"
NO_FILE = "no such file or folder; check the name"
NOWHERE = "a link that leads nowhere; mend or remove it"
CIRCLES = "a link that leads in circles; mend or remove it"
NOT_ENTERED = "its folder cannot be entered (Permission denied); allow it, and run again"
FORBIDDEN = "the file cannot be read (Permission denied); allow it, and run the same command again"
TOO_LARGE = (
    "the file is over 2.2 GB, the limit of an upload; "
    "cut it in parts, or put it on a web server and pass its URL (up to 5 GB)"
)
BAD_FILES = {
    "empty.mp3": EMPTY,
    "text.mp3": TEXT,
    "film.mp4": TOO_LARGE,
    "nowhere.mp3": NOWHERE,
    "here.mp3": CIRCLES,
    "there.mp3": CIRCLES,
    "pipe.wav": "not a regular file; save it to one first",
}
ODD_NAMES = {  # as they are, and as a line shows them
    "two words.mp3": "two words.mp3",
    "-dash.mp3": "-dash.mp3",
    "--force.mp3": "--force.mp3",
    "line\nbreak.mp3": r"line\nbreak.mp3",
    "😀 été.mp3": "😀 été.mp3",
    "cafe\u0301.mp3": "cafe\u0301.mp3",
    "[red]bold[blue].mp3": "[red]bold[blue].mp3",
    "\x1b[31m\x07bell.mp3": r"\x1b[31m\x07bell.mp3",
    "%s{}$(id)`id`'\".mp3": "%s{}$(id)`id`'\".mp3",
    "x" * 246 + ".mp3": "x" * 246 + ".mp3",
    os.fsdecode(b"caf\xe9.mp3"): r"caf\udce9.mp3",
}


def plant_bad_files(world: World) -> None:
    world.record("empty.mp3", "")
    world.record("text.mp3", "just a text")
    error = "Transcoding failed. File does not appear to contain audio. File type is text/plain."
    world.recogniser.errors["just a text"].append(transcript_error(error))
    with (world.recordings / "film.mp4").open("wb") as film:
        os.truncate(film.fileno(), 2_300_000_000)
    (world.recordings / "nowhere.mp3").symlink_to("gone.mp3")
    (world.recordings / "here.mp3").symlink_to("there.mp3")
    (world.recordings / "there.mp3").symlink_to("here.mp3")
    os.mkfifo(world.recordings / "pipe.wav")


async def test_every_bad_file_in_a_folder_is_one_line_and_the_good_ones_are_transcribed(
    world: World, cli: Cli
) -> None:
    plant_bad_files(world)
    world.record("good.mp3")
    world.record("z.mp3")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {f"recordings/{name}": reason for name, reason in BAD_FILES.items()}
    assert set(world.texts()) == {"good.txt", "z.txt"}
    assert world.faults.count(SUBMIT) == 3


async def test_every_bad_argument_is_one_line_and_the_good_ones_are_transcribed(
    world: World, cli: Cli
) -> None:
    plant_bad_files(world)
    world.record("good.mp3")
    bad = {f"recordings/{name}": reason for name, reason in BAD_FILES.items()} | {
        "missing.mp3": NO_FILE,
        "recordings/good.mp3/a.mp3": NO_FILE,
        "no*such.mp3": "no file matches this pattern; check it",
        "ftp://example.org/a.mp3": (
            "only http and https addresses can be fetched, and those in a bucket; copy it to this machine"
        ),
    }
    ended = await cli("run", *bad, "recordings/good.mp3")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == bad
    assert world.texts() == {"good.txt": "words of good.mp3\n"}


async def test_a_folder_without_recordings_is_said_and_is_no_error(world: World, cli: Cli) -> None:
    (world.recordings / "notes.pdf").touch()
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.OK
    assert "recordings: no recordings in this folder; a file of another kind is taken" in ended.stderr


async def test_a_folder_with_the_name_of_a_recording_is_a_folder(world: World, cli: Cli) -> None:
    (world.recordings / "empty.wav").mkdir()
    world.record("x.wav/inner.mp3", "from inside")
    world.record("x.wav/bad.mp3", "")
    ended = await cli("run", "recordings")
    assert world.texts() == {"x.wav/inner.txt": "from inside\n"}
    assert ended.failed == {"recordings/x.wav/bad.mp3": EMPTY}
    ended = await cli("run", "recordings/empty.wav")
    assert ended.code == ExitCode.OK
    assert "recordings/empty.wav: no recordings in this folder" in ended.stderr


async def test_links_of_folders_that_lead_in_circles_are_not_followed(world: World, cli: Cli) -> None:
    world.record("deep/good.mp3")
    (world.recordings / "deep" / "up").symlink_to("..")
    (world.recordings / "round").symlink_to("round")
    ended = await cli("run", "recordings", "recordings/deep/up/round")
    assert ended.failed == {"recordings/deep/up/round": CIRCLES}
    assert set(world.texts()) == {"deep/good.txt"}
    assert world.service.books.transcripts == 1


async def test_what_may_not_be_read_is_one_line_and_its_neighbours_are_transcribed(
    world: World, cli: Cli
) -> None:
    world.record("secret.mp3").chmod(0)
    world.record("good.mp3")
    world.record("closed/a.mp3")
    world.record("open/b.mp3")
    (world.recordings / "closed").chmod(0)
    try:
        ended = await cli("run", "recordings", "recordings/closed/a.mp3", through=without_override())
    finally:
        (world.recordings / "closed").chmod(0o700)
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {
        "recordings/secret.mp3": FORBIDDEN,
        "recordings/closed": "the folder cannot be read (Permission denied); allow it, and run again",
        "recordings/closed/a.mp3": NOT_ENTERED,
    }
    assert set(world.texts()) == {"good.txt", "open/b.txt"}


async def test_any_name_is_kept_exactly_and_shown_in_one_harmless_line(world: World, cli: Cli) -> None:
    cli.environ["LANG"] = "C.UTF-8"
    for name in ODD_NAMES:
        world.record(name, "hello")
        world.record(f"bad/{name}", "")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {f"recordings/bad/{shown}": EMPTY for shown in ODD_NAMES.values()}
    assert {name.removesuffix(".txt") for name in world.texts()} == {
        name.removesuffix(".mp3") for name in ODD_NAMES
    }
    assert "\x1b" not in ended.stderr


async def test_any_name_can_be_an_argument(world: World, cli: Cli) -> None:
    for name in ODD_NAMES:
        (cli.folder / name).write_text(f"hello from {name!a}")
    ended = await cli("run", "--", *ODD_NAMES)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts() == {
        name.removesuffix(".mp3") + ".txt": f"hello from {name!a}\n" for name in ODD_NAMES
    }


def truncate(path: Path) -> None:
    os.truncate(path, 1000)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * 10)


@pytest.mark.parametrize("change", [truncate, append])
async def test_a_file_that_changes_while_it_is_sent_is_sent_again(
    world: World, cli: Cli, change: faults.Change
) -> None:
    path = world.record("a.mp3", "as it is now", size_bytes=30_000_000)
    world.record("b.mp3")
    world.faults.add(UPLOAD, faults.meanwhile(change, path), smallest_bytes=1_000_000)
    ended = await cli("run", "recordings")
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts()["a.txt"] == "as it is now\n"
    assert world.service.books.transcripts == 2
    assert world.faults.count(UPLOAD) == 3


async def test_a_file_that_never_stops_changing_fails_for_itself(world: World, cli: Cli) -> None:
    path = world.record("a.mp3", size_bytes=1_000_000)
    world.record("b.mp3")
    world.faults.add(UPLOAD, faults.meanwhile(append, path), times=9, smallest_bytes=1_000_000)
    ended = await cli("run", "recordings", "--retries", "1")
    assert ended.failed == {
        "recordings/a.mp3": "the file changed while it was sent (2 tries); "
        "run the same command again once it is complete"
    }
    assert set(world.texts()) == {"b.txt"}
    assert world.service.books.transcripts == 1


async def test_a_file_that_vanishes_while_it_is_sent_is_transcribed_and_one_that_is_gone_before_is_named(
    world: World, cli: Cli
) -> None:
    sent = world.record("a.mp3", size_bytes=30_000_000)
    gone = world.record("b.mp3")

    def remove(path: Path) -> None:
        path.unlink()
        gone.unlink()

    world.faults.add(UPLOAD, faults.meanwhile(remove, sent))
    ended = await cli("run", "recordings", "--uploads", "1")
    assert ended.code == ExitCode.SOME_FAILED
    assert set(world.texts()) == {"a.txt"}
    assert "recordings/b.mp3: vanished before it was sent" in ended.stderr
