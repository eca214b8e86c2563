"""What each option of a transcript may be, by the API's own types and ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_MS = 2**31 - 1  # 24 days
MAX_KEY_TERMS = 1000
MAX_WORDS_A_TERM = 6

_Check = tuple[str, "Callable[[object], bool]"]


def check_types(options: Mapping[str, object]) -> None:
    """Check every option that the API knows; null is always fine, unknown options may be anything.

    Raises:
        RefusedError: A value is not what its option takes; the message names both.
    """
    for option, (kind, accepts) in _CHECKS.items():
        value = options.get(option)
        if value is not None and not accepts(value):
            raise RefusedError(f"{option} must be {kind}")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(least: int, most: int) -> _Check:
    return (
        f"an Integer from {least} to {most}",
        lambda value: isinstance(value, int) and _is_integer(value) and least <= value <= most,
    )


def _one_of(*names: str) -> _Check:
    return f"one of: {', '.join(names)}", lambda value: isinstance(value, str) and value in names


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _are_key_terms(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_KEY_TERMS
        and all(isinstance(term, str) and 1 <= len(term.split()) <= MAX_WORDS_A_TERM for term in value)
    )


def _is_spelling(value: object) -> bool:
    """Tell whether it is `{"from": [words or phrases], "to": one word}`."""
    if not isinstance(value, dict) or set(value) != {"from", "to"}:
        return False
    sources, target = value["from"], value["to"]
    are_sources = _are_strings(sources) and bool(sources) and all(_has_word(source) for source in sources)
    return are_sources and isinstance(target, str) and len(target.split()) == 1


def _has_word(text: str) -> bool:
    return all(any(char.isalnum() for char in word) for word in text.split()) and bool(text.strip())


_BOOLEAN: _Check = "a Boolean", lambda value: isinstance(value, bool)
_STRING: _Check = "a String", lambda value: isinstance(value, str)
_STRINGS: _Check = "an Array of Strings", _are_strings
_OBJECT: _Check = "an Object", lambda value: isinstance(value, dict)
_MS = _integer(0, MAX_MS)
_SHARE: _Check = (
    "a Number from 0 to 1",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1,
)
_KEY_TERMS: _Check = (
    f"an Array of at most {MAX_KEY_TERMS} Strings of 1 to {MAX_WORDS_A_TERM} words each",
    _are_key_terms,
)
_SPELLINGS: _Check = (
    'an Array of Objects such as {"from": ["a word or phrase"], "to": "word"}',
    lambda value: isinstance(value, list) and all(_is_spelling(item) for item in value),
)

_CHECKS: dict[str, _Check] = {
    "audio_end_at": _MS,
    "audio_start_from": _MS,
    "auto_chapters": _BOOLEAN,
    "auto_highlights": _BOOLEAN,
    "boost_param": _one_of("low", "default", "high"),
    "content_safety": _BOOLEAN,
    "content_safety_confidence": _integer(25, 100),
    "custom_spelling": _SPELLINGS,
    "custom_topics": _BOOLEAN,
    "disfluencies": _BOOLEAN,
    "domain": _STRING,
    "dual_channel": _BOOLEAN,
    "entity_detection": _BOOLEAN,
    "filter_profanity": _BOOLEAN,
    "format_text": _BOOLEAN,
    "iab_categories": _BOOLEAN,
    "keyterms_prompt": _KEY_TERMS,
    "keyterms_prompt_options": _OBJECT,
    "language_code": _STRING,
    "language_codes": _STRINGS,
    "language_confidence_threshold": _SHARE,
    "language_detection": _BOOLEAN,
    "language_detection_options": _OBJECT,
    "multichannel": _BOOLEAN,
    "prompt": _STRING,
    "punctuate": _BOOLEAN,
    "redact_pii": _BOOLEAN,
    "redact_pii_audio": _BOOLEAN,
    "redact_pii_audio_options": _OBJECT,
    "redact_pii_audio_quality": _one_of("mp3", "wav"),
    "redact_pii_policies": _STRINGS,
    "redact_pii_return_unredacted": _BOOLEAN,
    "redact_pii_sub": _one_of("hash", "entity_name"),
    "remove_audio_tags": _one_of("all"),
    "sentiment_analysis": _BOOLEAN,
    "speaker_labels": _BOOLEAN,
    "speaker_options": _OBJECT,
    "speakers_expected": _integer(0, MAX_MS),
    "speech_model": _STRING,
    "speech_threshold": _SHARE,
    "speech_understanding": _OBJECT,
    "summarization": _BOOLEAN,
    "summary_model": _one_of("informative", "conversational", "catchy"),
    "summary_type": _one_of("bullets", "bullets_verbose", "gist", "headline", "paragraph"),
    "temperature": _SHARE,
    "topics": _STRINGS,
    "webhook_auth_header_name": _STRING,
    "webhook_auth_header_value": _STRING,
    "webhook_url": _STRING,
    "word_boost": _KEY_TERMS,
}
