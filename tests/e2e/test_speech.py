"""Real speech through the whole command: sample recordings in, their words out."""

from __future__ import annotations

import json
import re
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support.terminal import run_in_terminal

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
    first, second, *_ = ended.stderr.splitlines()
    assert re.fullmatch(
        r"offline, nothing leaves this machine: whisper-tiny\.en, English only, \d+ at a time", first
    )
    assert second == "it cannot tell speakers apart, redact, summarize, or judge what is said"
    assert max(len(first), len(second)) <= 80


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


@pytest.mark.timeout(120)
async def test_another_quality_is_another_transcript_and_the_same_one_is_left_alone(cli: Cli) -> None:
    command = ("run", "--offline", SPEECH / "meeting-note.wav", "-f", "json")
    text = cli.folder / "transcripts" / "meeting-note.json"
    for arguments, asked in (
        ([], ["universal-3-5-pro", "universal-2"]),
        (["--fast"], ["whisper-tiny.en-fast"]),
        ([], ["universal-3-5-pro", "universal-2"]),
    ):
        ended = await cli(*command, *arguments)
        assert "1 text written to transcripts" in ended.stderr
        assert json.loads(text.read_bytes())["speech_models"] == asked
        ended = await cli(*command, *arguments)
        assert "1 text written before, and left alone" in ended.stderr


@pytest.mark.timeout(60)
async def test_what_failed_is_tried_again_with_the_recogniser_that_it_failed_with(cli: Cli) -> None:
    (cli.folder / "text.mp3").write_bytes(b"no audio at all " * 100)
    ended = await cli("run", "--offline", "--fast", "text.mp3", SPEECH / "meeting-note.wav")
    assert "batch-transcriber retry transcripts --offline --fast" in ended.stderr
    ended = await cli("retry", "--offline")
    assert ended.code == ExitCode.USAGE
    assert "asks for whisper-tiny.en-fast: this run hears with whisper-tiny.en" in ended.stderr
    ended = await cli("retry", "--model", "small")
    assert "--model needs --offline: it is about the recogniser of this machine" in ended.stderr
    ended = await cli("retry", "--offline", "--fast")
    assert (ended.code, list(ended.failed)) == (ExitCode.SOME_FAILED, [str(cli.folder / "text.mp3")])


@pytest.mark.timeout(60)
async def test_one_long_recording_shows_how_much_of_it_is_heard(cli: Cli) -> None:
    with (
        wave.open(str(SPEECH / "meeting-note.wav")) as note,
        wave.open(str(cli.folder / "l.wav"), "wb") as long,
    ):
        long.setparams(note.getparams())
        frames = note.readframes(note.getnframes())
        for _ in range(6):
            long.writeframes(frames)
    async with run_in_terminal(
        COMMAND, "run", "--offline", "l.wav", environ=cli.environ, cwd=cli.folder
    ) as terminal:
        grown = re.compile(r"♪ l\.wav +[━─]{8} +[1-9]\d? %")
        lines = await terminal.until(lambda lines: any(grown.match(line) for line in lines))
        assert "it cannot tell speakers apart" in "\n".join(lines)
        assert any(re.match(r"━+─+ 0 of 1 · \d+ s", line) for line in lines)
        terminal.type(b"\x03")
        assert await terminal.end() == ExitCode.INTERRUPTED
    assert b"Traceback" not in terminal.raw
