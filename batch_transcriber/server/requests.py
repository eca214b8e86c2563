"""What a POST of a transcript may ask for: nothing is taken that the recogniser can't do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from batch_transcriber.server.recogniser import Recogniser

_BOOLEANS = (
    "auto_chapters",
    "auto_highlights",
    "content_safety",
    "custom_topics",
    "disfluencies",
    "dual_channel",
    "entity_detection",
    "filter_profanity",
    "format_text",
    "iab_categories",
    "language_detection",
    "multichannel",
    "punctuate",
    "redact_pii",
    "redact_pii_audio",
    "sentiment_analysis",
    "speaker_labels",
    "summarization",
)
_CANNOT = {
    "audio_end_at": "hear a part of the audio",
    "audio_start_from": "hear a part of the audio",
    "auto_chapters": "make chapters",
    "auto_highlights": "find key phrases",
    "content_safety": "label content",
    "custom_spelling": "change its spelling",
    "custom_topics": "find topics",
    "disfluencies": "keep filler words",
    "domain": "change its domain",
    "dual_channel": "tell channels apart",
    "entity_detection": "find entities",
    "filter_profanity": "filter profanity",
    "iab_categories": "find topics",
    "keyterms_prompt": "be told what to listen for",
    "language_codes": "switch between languages",
    "language_confidence_threshold": "detect languages",
    "language_detection": "detect languages",
    "language_detection_options": "detect languages",
    "multichannel": "tell channels apart",
    "prompt": "be told what to listen for",
    "redact_pii": "redact",
    "redact_pii_audio": "redact",
    "sentiment_analysis": "judge sentiment",
    "speaker_labels": "tell speakers apart",
    "speaker_options": "tell speakers apart",
    "speakers_expected": "tell speakers apart",
    "speech_threshold": "measure how much of the audio is speech",
    "speech_understanding": "understand what is said",
    "summarization": "summarize",
    "temperature": "change its temperature",
    "webhook_auth_header_name": "call a webhook",
    "webhook_auth_header_value": "call a webhook",
    "webhook_url": "call a webhook",
    "word_boost": "be told what to listen for",
}
_ALWAYS_DONE = ("format_text", "punctuate")


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
        RefusedError: It is not valid, or more than the recogniser can do; the message names the option.
    """
    if not isinstance(body, dict):
        raise RefusedError("The request's body must be a JSON object")
    options = dict(body)
    audio_url = options.pop("audio_url", None)
    if not isinstance(audio_url, str) or not _is_web_address(audio_url):
        raise RefusedError('"audio_url" must be an http or https URL')
    _check_model(options, recogniser.name)
    for option in _BOOLEANS:
        if not isinstance(options.get(option), bool | None):
            raise RefusedError(f"{option} must be a Boolean")
    _check_language(options.get("language_code"), recogniser)
    for option, ability in _CANNOT.items():
        if options.get(option):
            raise RefusedError(f'"{option}" is not available here: {recogniser.name} cannot {ability}')
    for option in _ALWAYS_DONE:
        if options.get(option) is False:
            raise RefusedError(f'"{option}" cannot be switched off here: {recogniser.name} always does it')
    return Submission(audio_url, options)


def _is_web_address(url: str) -> bool:
    return url.startswith(("http://", "https://")) and url.isprintable()


def _check_model(options: dict[str, object], name: str) -> None:
    """Check that models are named; any name will do, because only one recogniser is here."""
    if options.get("speech_model") is not None:
        raise RefusedError('speech_model is deprecated. Use "speech_models" instead.')
    models = options.get("speech_models")
    if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
        raise RefusedError(f'"speech_models" must be a non-empty list containing one or more of: "{name}"')


def _check_language(code: object, recogniser: Recogniser) -> None:
    if code is None:
        return
    if not isinstance(code, str):
        raise RefusedError("language_code must be a String")
    if code.partition("_")[0] not in recogniser.languages:
        known = ", ".join(sorted(recogniser.languages))
        raise RefusedError(
            f'"language_code" {code!r} is not available here: {recogniser.name} understands only {known}'
        )
