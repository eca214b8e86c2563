"""A loaded model, and what it hears in one piece of a recording; all of it for threads."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import Word
from batch_transcriber.server.models import NOT_INSTALLED
from batch_transcriber.server.recogniser import Effort
from batch_transcriber.server.spacing import is_word_apart
from batch_transcriber.server.vocabulary import Vocabulary, hot_words

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TypeAlias

    import numpy as np
    from faster_whisper.transcribe import Segment, TranscriptionInfo
    from faster_whisper.transcribe import Word as WhisperWord
    from numpy.typing import NDArray

    from batch_transcriber.server.cutting import Piece
    from batch_transcriber.server.recogniser import Wanted

    Found: TypeAlias = tuple[str, float]  # a language, and how certain it is, from 0 to 1

_LOUDEST = 32_768
_FAST_BATCH = 4  # windows of 30 s at a time; more gains nothing
_DETECTED_IN = 4  # windows at the most: where there is music first, nothing is certain


class Listener:
    """A model in memory, for as many threads as there are workers; half a second to load.

    Attributes:
        vocabulary: The model's.

    Raises:
        FatalError: The extra is not installed, or the folder's model can't be loaded.
    """

    def __init__(self, get_folder: Callable[[], Path], effort: Effort, workers: int) -> None:
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an extra, and a second of imports
        except ImportError as error:
            raise FatalError(NOT_INSTALLED, ExitCode.LOCAL) from error
        folder = get_folder()
        try:
            # One thread an utterance and many utterances: twice the threads each gains nothing.
            self._model = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=workers
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise FatalError(f"cannot load the model in {folder}: {reason}", ExitCode.LOCAL) from error
        self._effort = effort
        self.vocabulary = Vocabulary(self._model.hf_tokenizer, self._model.max_length)

    def hear(
        self,
        piece: Piece,
        wanted: Wanted,
        stop: threading.Event,
        report: Callable[[float], None],
        settle: Callable[[Found], None],
    ) -> list[Word]:
        """Return what is said in a piece.

        Args:
            piece: Of any number of channels, heard one after the other.
            wanted: Without a language, it is found out.
            stop: Set when nobody wants to know any more.
            report: Called with how many seconds of the piece are done.
            settle: Called once, with the language that was found, as soon as somebody speaks.

        Raises:
            CancelledError: `stop` was set.
        """
        words: list[Word] = []
        channels = piece.samples.shape[1]
        language = wanted.language
        for channel in range(channels):
            _check(stop)
            segments, info = self._transcribe(
                piece.samples[:, channel].astype("f4") / _LOUDEST,
                language=language,
                hotwords=hot_words(wanted.key_terms) or None,
                vad_filter=True,  # without it silence becomes "Thanks for watching!"
                word_timestamps=True,
                condition_on_previous_text=False,
                language_detection_segments=_DETECTED_IN,
            )
            _check(stop)
            if info.duration_after_vad == 0:
                continue
            if language is None:
                language = info.language
                settle((language, float(info.language_probability)))
            for segment in segments:
                _check(stop)
                words += words_of(
                    segment.words or (), piece.start_s, channel + 1 if wanted.by_channel else None
                )
                report((channel * piece.duration_s + float(segment.end)) / channels)
        report(piece.duration_s)
        return words

    def _transcribe(
        self, samples: NDArray[np.floating], **options: Any
    ) -> tuple[Iterable[Segment], TranscriptionInfo]:
        """Return what is said, each segment of which is heard when it is asked for."""
        heard: tuple[Iterable[Segment], TranscriptionInfo]
        if self._effort is Effort.FAST:
            from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415 - an extra

            # Without a second try of what sounds odd; a pipeline is for one caller at a time, and is free.
            pipeline = BatchedInferencePipeline(self._model)
            heard = pipeline.transcribe(samples, beam_size=1, batch_size=_FAST_BATCH, **options)
        else:
            heard = self._model.transcribe(samples, beam_size=5, **options)
        return heard


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise concurrent.futures.CancelledError


def words_of(heard: Iterable[WhisperWord], start_s: float, channel: int | None = None) -> list[Word]:
    """Return a segment's words at their place in the recording.

    Whisper marks the start of a word by a space: what comes without one, as in 10 + ,000 or
    well + -known, belongs to the word before. Only Chinese and Japanese have none: there each part is a word.
    """
    words: list[Word] = []
    is_blank_before = False
    for part in heard:
        text = part.word.strip()
        start_ms, end_ms = (round((start_s + float(at_s)) * 1000) for at_s in (part.start, part.end))
        confidence = float(part.probability)
        is_start = (
            not words or is_blank_before or part.word[:1].isspace() or is_word_apart(words[-1].text, text)
        )
        is_blank_before = part.word[-1:].isspace()
        if text and not is_start:
            last = words.pop()
            text, start_ms, confidence = last.text + text, last.start_ms, min(last.confidence, confidence)
        if text:
            words.append(Word(text, start_ms, end_ms, confidence, channel))
    return words
