"""Real speech through the whole command: sample recordings in, their words out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli

pytest.importorskip("faster_whisper")
jiwer = pytest.importorskip("jiwer")

SPEECH = Path(__file__).parents[1] / "data" / "speech"
WORD_ERROR_RATE_MAX = 0.15


def words_of(path: Path) -> str:
    return " ".join(re.findall(r"[a-z']+", path.read_text(encoding="utf-8").lower()))


@pytest.mark.timeout(180)
async def test_offline_hears_every_sample_in_every_format(cli: Cli) -> None:
    ended = await cli("run", "--offline", SPEECH, "-o", "texts")
    assert ended.code == ExitCode.OK, ended.stderr
    known = {path.relative_to(SPEECH) for path in SPEECH.rglob("*.txt")}
    heard = {path.relative_to(cli.folder / "texts") for path in (cli.folder / "texts").rglob("*.txt")}
    assert heard == known
    assert {path.suffix for path in SPEECH.rglob("*.*")} >= {".wav", ".mp3", ".m4a", ".ogg", ".flac", ".mp4"}
    names = sorted(known)
    rate = jiwer.wer(
        [words_of(SPEECH / name) for name in names], [words_of(cli.folder / "texts" / name) for name in names]
    )
    assert rate <= WORD_ERROR_RATE_MAX
    # Where the speaker makes a pause between two paragraphs, so does the text.
    assert "\n\n" in (cli.folder / "texts" / "lecture-rivers.txt").read_text(encoding="utf-8")
    assert "English only" in ended.stderr


@pytest.mark.timeout(120)
async def test_offline_says_of_each_bad_file_what_it_is_and_hears_the_good_one(cli: Cli) -> None:
    (cli.folder / "text.mp3").write_bytes(b"no audio at all " * 100)
    (cli.folder / "broken.m4a").write_bytes((SPEECH / "lecture-rivers.m4a").read_bytes()[:10_000])
    (cli.folder / "empty.wav").touch()
    bad = ["text.mp3", "broken.m4a", "empty.wav"]
    ended = await cli("run", "--offline", *bad, SPEECH / "meeting-note.wav")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.failed == {
        "text.mp3": "text, not a recording (text/plain); replace it, or leave it out",
        "broken.m4a": "cannot be read as audio or video; it may be damaged, copy it again",
        "empty.wav": "the file is empty; record or copy it again",
    }
    assert (cli.folder / "transcripts" / "meeting-note.txt").stat().st_size > 0
