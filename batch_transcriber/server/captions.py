"""Words as captions: SubRip (srt) and WebVTT (vtt)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.server.spacing import gap, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batch_transcriber.model import Word

DEFAULT_CHARS_PER_CAPTION = 70
PAUSE_MS = 2000  # a caption never stays over a longer silence


def srt(turns: Iterable[Sequence[Word]], chars_per_caption: int = DEFAULT_CHARS_PER_CAPTION) -> str:
    """Return the captions as an srt file; empty where there are no words.

    Args:
        turns: The words, cut where no caption may go on.
        chars_per_caption: At most.
    """
    return "".join(
        f"{number}\n{_times(caption, ',')}\n{_text(caption)}\n\n"
        for number, caption in enumerate(_by_time(turns, chars_per_caption), start=1)
    )


def vtt(turns: Iterable[Sequence[Word]], chars_per_caption: int = DEFAULT_CHARS_PER_CAPTION) -> str:
    """Return the captions as a vtt file; its header alone where there are no words.

    Args:
        turns: The words, cut where no caption may go on.
        chars_per_caption: At most.
    """
    return "WEBVTT\n\n" + "".join(
        f"{_times(caption, '.')}\n{_escaped(_text(caption))}\n\n"
        for caption in _by_time(turns, chars_per_caption)
    )


def _by_time(turns: Iterable[Sequence[Word]], chars_per_caption: int) -> list[tuple[Word, ...]]:
    """Return all captions by their start, as both formats want them; turns of two channels may overlap."""
    return sorted(
        (caption for turn in turns for caption in captions(turn, chars_per_caption)),
        key=lambda caption: caption[0].start_ms,
    )


def captions(words: Sequence[Word], chars_per_caption: int) -> Iterator[tuple[Word, ...]]:
    """Cut words into captions; only a single word may be longer than `chars_per_caption`."""
    caption: list[Word] = []
    chars = 0
    for word in words:
        if caption:
            chars += len(gap(caption[-1].text, word.text))
            is_full = chars + len(word.text) > chars_per_caption
            if is_full or word.start_ms - caption[-1].end_ms > PAUSE_MS:
                yield tuple(caption)
                caption, chars = [], 0
        chars += len(word.text)
        caption.append(word)
    if caption:
        yield tuple(caption)


def _text(caption: Sequence[Word]) -> str:
    return joined(word.text for word in caption)


def _escaped(text: str) -> str:
    """Return a cue's text as WebVTT needs it: what looks like a tag or an arrow is text here."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _times(caption: Sequence[Word], mark: str) -> str:
    return f"{_time(caption[0].start_ms, mark)} --> {_time(caption[-1].end_ms, mark)}"


def _time(time_ms: int, mark: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}"
