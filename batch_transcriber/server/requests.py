"""What a POST of a transcript may ask for: nothing is taken that can't be done here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.server.asked import key_terms_of, language_of
from batch_transcriber.server.options import check_types
from batch_transcriber.server.profanity import LANGUAGES as PROFANITY_LANGUAGES
from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_transcriber.server.recogniser import Recogniser

MAX_KEY_TERMS_CHARS = 500  # of plain words; names and other scripts may be too much before that

_CANNOT = {
    "auto_chapters": "make chapters",
    "auto_highlights": "find key phrases",
    "content_safety": "label content",
    "custom_topics": "find topics",
    "disfluencies": "keep filler words",
    "domain": "change its domain",
    "entity_detection": "find entities",
    "iab_categories": "find topics",
    "language_codes": "switch between languages",
    "prompt": "follow a prompt",
    "redact_pii": "redact",
    "redact_pii_audio": "redact",
    "redact_pii_audio_options": "redact",
    "redact_pii_policies": "redact",
    "redact_pii_return_unredacted": "redact",
    "sentiment_analysis": "judge sentiment",
    "speaker_labels": "tell speakers apart",
    "speaker_options": "tell speakers apart",
    "speakers_expected": "tell speakers apart",
    "speech_threshold": "measure how much of the audio is speech",
    "speech_understanding": "understand what is said",
    "summarization": "summarize",
    "temperature": "change its temperature",
}
# What these may say without asking for anything: the API's own defaults.
_ONLY: dict[str, dict[str, tuple[object, ...]]] = {
    "keyterms_prompt_options": {"keyterms_match_strength": ("standard",)},
    "language_detection_options": {
        "expected_languages": ([], ["all"]),
        "fallback_language": ("auto",),
        "code_switching": (False,),
        "on_low_language_confidence": ("error",),
    },
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110's token
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Submission:
    """A transcript that may be made.

    Attributes:
        audio_url: What is to be heard.
        options: The rest of the request, as it came; unknown options among it.
    """

    audio_url: str
    options: dict[str, object]


def read_submission(body: object, recogniser: Recogniser) -> Submission:
    """Return what a POST's JSON asks for.

    Raises:
        RefusedError: It is not valid, or more than can be done here; the message names the option.
    """
    if not isinstance(body, dict):
        raise RefusedError("The request's body must be a JSON object")
    options = dict(body)
    audio_url = options.pop("audio_url", None)
    if not isinstance(audio_url, str) or not _is_web_address(audio_url):
        raise RefusedError('"audio_url" must be an http or https URL')
    _check_models(options.get("speech_models"), recogniser.name)
    check_types(options)
    _check_slice(options)
    _check_key_terms(options, recogniser)
    _check_language(options, recogniser)
    for option, ability in _CANNOT.items():
        if options.get(option):
            raise _unavailable(option, f"{recogniser.name} cannot {ability}")
    for option, only in _ONLY.items():
        _check_only(option, options.get(option), only)
    _check_profanity(options)
    _check_webhook(options)
    return Submission(audio_url, options)


def _unavailable(option: str, reason: str) -> RefusedError:
    return RefusedError(f'"{option}" is not available here: {reason}')


def _is_web_address(url: str) -> bool:
    return url.startswith(("http://", "https://")) and url.isprintable()


def _check_models(models: object, name: str) -> None:
    """Check the form alone: any name will do, and none too, because only one recogniser is here.

    The service has refused requests without models for a while, and takes them; its own SDKs send none.
    """
    if models is None:
        return
    if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
        raise RefusedError(f'"speech_models" must be a non-empty list containing one or more of: "{name}"')


def _check_slice(options: Mapping[str, object]) -> None:
    start_ms, end_ms = options.get("audio_start_from") or 0, options.get("audio_end_at")
    if isinstance(start_ms, int) and isinstance(end_ms, int) and end_ms <= start_ms:
        raise RefusedError("audio_end_at must be greater than audio_start_from")


def _check_key_terms(options: Mapping[str, object], recogniser: Recogniser) -> None:
    terms = key_terms_of(options)
    if terms and options.get("prompt"):
        raise RefusedError("prompt and keyterms_prompt cannot be used together")
    chars = sum(map(len, terms))
    option = "keyterms_prompt" if options.get("keyterms_prompt") else "word_boost"
    if chars > MAX_KEY_TERMS_CHARS:
        raise RefusedError(
            f"{option} may hold {MAX_KEY_TERMS_CHARS} characters together here, and it holds {chars}"
        )
    if terms and not recogniser.takes(terms):
        raise RefusedError(
            f"{option} holds more than {recogniser.name} can listen for; name fewer or shorter terms"
        )
    if options.get("boost_param") not in {None, "default"}:
        raise _unavailable("boost_param", "terms are listened for with one strength")


def _check_language(options: Mapping[str, object], recogniser: Recogniser) -> None:
    known = f"{recogniser.name} understands only {', '.join(sorted(recogniser.languages))}"
    if len(recogniser.languages) == 1:
        known += "; --accurate or --model small hear others"
    code = options.get("language_code")
    if not options.get("language_detection"):
        if options.get("language_confidence_threshold"):
            raise RefusedError("language_confidence_threshold needs language_detection")
        if language_of(code) not in recogniser.languages:
            shown = "en_us" if code is None else code
            raise RefusedError(f'"language_code" {shown!r} is not available here: {known}')
    elif code is not None:
        raise RefusedError("language_code and language_detection cannot be used together")
    elif len(recogniser.languages) == 1:
        raise _unavailable("language_detection", known)


def _check_only(option: str, value: object, only: Mapping[str, tuple[object, ...]]) -> None:
    """Check that an object asks for nothing but what happens anyway."""
    if not isinstance(value, dict):
        return
    for name, asked in value.items():
        if asked is not None and asked not in only.get(name, ()):
            raise _unavailable(option, f"{name} cannot be {asked!r}")


def _check_profanity(options: Mapping[str, object]) -> None:
    language = None if options.get("language_detection") else language_of(options.get("language_code"))
    if options.get("filter_profanity") and language not in PROFANITY_LANGUAGES:
        known = ", ".join(sorted(PROFANITY_LANGUAGES))
        raise _unavailable(
            "filter_profanity", f"there is a list of such words only for language_code {known}"
        )


def _check_webhook(options: Mapping[str, object]) -> None:
    url = options.get("webhook_url")
    name, value = options.get("webhook_auth_header_name"), options.get("webhook_auth_header_value")
    if url is not None and not (isinstance(url, str) and _is_web_address(url)):
        raise RefusedError('"webhook_url" must be an http or https URL')
    if (name is None) != (value is None):
        raise RefusedError("webhook_auth_header_name and webhook_auth_header_value must be given together")
    if isinstance(name, str) and not _HEADER_NAME.fullmatch(name):
        raise RefusedError("webhook_auth_header_name must be the name of an HTTP header")
    if isinstance(value, str) and not _HEADER_VALUE.fullmatch(value):
        raise RefusedError("webhook_auth_header_value must be what an HTTP header can hold")
