"""Parameters that are right by themselves, and that the service refuses together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue


class Refusal(NamedTuple):
    """Why parameters cannot be sent.

    Attributes:
        names: Those it is about; one to change comes first.
        reason: Goes on after a place.
    """

    names: tuple[str, ...]
    reason: str


def refused_combinations(parameters: Mapping[str, JsonValue]) -> Iterator[Refusal]:
    """Yield what the service refuses; parameters of a wrong kind are somebody else's business.

    Two are refused for the user's sake: an audio slice that is empty, and personal data that would stay
    in the text because only half of what redaction needs was said.
    """
    said: dict[str, Any] = {name: value for name, value in parameters.items() if value is not None}
    for rule in (_language, _vocabulary, _slice, _speakers, _summary, _redaction, _understanding):
        yield from rule(said)


def _language(said: Mapping[str, Any]) -> Iterator[Refusal]:
    if "language_code" in said and said.get("language_detection"):
        yield Refusal(
            ("language_code", "language_detection"),
            "a language cannot be named and detected at once; leave one of them out",
        )
    codes = said.get("language_codes")
    if codes is not None:
        if len(codes) > 2:
            yield Refusal(("language_codes",), f"names {len(codes)} languages; two are the most")
        if "en" not in codes:
            yield Refusal(("language_codes",), "one of the languages must be en")
    options = said.get("language_detection_options", {})
    expected, fallback = options.get("expected_languages"), options.get("fallback_language", "auto")
    if expected and fallback != "auto" and "all" not in expected and fallback not in expected:
        yield Refusal(
            ("language_detection_options",),
            f"fallback_language {fallback!r} must be auto or one of expected_languages",
        )


def _vocabulary(said: Mapping[str, Any]) -> Iterator[Refusal]:
    if "prompt" in said and "keyterms_prompt" in said:
        yield Refusal(
            ("prompt", "keyterms_prompt"),
            "the service takes prompt or keyterms_prompt, not both; leave one of them out",
        )
    newer = [model for model in said.get("speech_models", ()) if model.startswith("universal-3")]
    for name in ("word_boost", "boost_param"):
        if name in said and newer:
            yield Refusal(
                (name, "speech_models"), f"{newer[0]} does not take it; use keyterms_prompt instead"
            )


def _slice(said: Mapping[str, Any]) -> Iterator[Refusal]:
    start_ms, end_ms = said.get("audio_start_from", 0), said.get("audio_end_at")
    if end_ms is not None and end_ms <= start_ms:
        yield Refusal(
            ("audio_end_at", "audio_start_from"),
            f"ends at {end_ms} ms, before anything is heard (audio_start_from: {start_ms})",
        )


def _speakers(said: Mapping[str, Any]) -> Iterator[Refusal]:
    options = said.get("speaker_options", {})
    least, most = options.get("min_speakers_expected", 1), options.get("max_speakers_expected")
    if most is not None and most < least:
        yield Refusal(
            ("speaker_options",),
            f"max_speakers_expected ({most}) is less than min_speakers_expected ({least})",
        )


def _summary(said: Mapping[str, Any]) -> Iterator[Refusal]:
    for name, needed in (
        ("summarization", "punctuate"),
        ("summarization", "format_text"),
        ("auto_chapters", "punctuate"),
    ):
        if said.get(name) and said.get(needed) is False:
            yield Refusal((name, needed), f"needs {needed}, which is switched off")
    if said.get("summarization") and said.get("auto_chapters"):
        yield Refusal(("auto_chapters", "summarization"), "cannot be had together with summarization")


def _redaction(said: Mapping[str, Any]) -> Iterator[Refusal]:
    if said.get("redact_pii") and not said.get("redact_pii_policies"):
        yield Refusal(
            ("redact_pii", "redact_pii_policies"),
            "needs redact_pii_policies, the kinds of data to take out, such as [person_name, phone_number]",
        )
    for name in ("redact_pii_policies", "redact_pii_audio"):
        if said.get(name) and "redact_pii" not in said:
            yield Refusal(
                (name, "redact_pii"), "nothing is redacted unless redact_pii is true; say true or false"
            )


def _understanding(said: Mapping[str, Any]) -> Iterator[Refusal]:
    request = said.get("speech_understanding", {}).get("request")
    if request is None:
        return
    if not request:
        yield Refusal(("speech_understanding",), "its request names no task")
    task = request.get("speaker_identification", {})
    if task.get("speaker_type") == "role" and not (task.get("known_values") or task.get("speakers")):
        yield Refusal(("speech_understanding",), "speaker_identification by role needs known_values")
