"""Markdown: what the recording is, then its paragraphs with times, and speakers where they are known."""

from __future__ import annotations

import re

from batch_transcriber.formats.parts import Part, Parts, Passage
from batch_transcriber.formats.turns import one_line, turns

NAME = "md"
SUFFIX = ".md"
NEEDS = frozenset({Part.PARAGRAPHS, Part.TRANSCRIPT})  # the transcript tells model and language
# What would be markup inside a line; what is so at its beginning only never stands there. An underscore
# within a word, and an ampersand that spells no character, are left readable.
_MARKUP = re.compile(r"[\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|#(?=#*\s*\Z)")


def to_text(parts: Parts) -> str:
    """Return the document; its head alone where there are no words."""
    facts = {
        "Date": parts.recorded_on and parts.recorded_on.isoformat(),
        "Duration": None if parts.audio_duration_s is None else _time(round(parts.audio_duration_s)),
        "Model": parts.speech_model_used,
        "Language": parts.language_code,
    }
    head = "\n".join(f"- {name}: {_plain(fact)}" for name, fact in facts.items() if fact)
    said = [_paragraph(name, passage) for name, passage in turns(parts.paragraphs)]
    return "\n\n".join(filter(None, [f"# {_plain(parts.name)}".rstrip(), head, *said])) + "\n"


def _paragraph(name: str, passage: Passage) -> str:
    time = "" if passage.start_ms is None else f"[{_time(passage.start_ms // 1000)}]"
    lead = " ".join(filter(None, [time, f"{_plain(name)}:" if name else ""]))
    return f"**{lead}** {_plain(passage.text)}" if lead else _plain(passage.text)


def _plain(text: str) -> str:
    """Return a text as a line that means nothing but itself."""
    return _MARKUP.sub(lambda mark: "\\" + mark[0], one_line(text))


def _time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
