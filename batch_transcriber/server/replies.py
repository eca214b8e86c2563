"""The JSON forms of the API: what a transcript looks like from outside."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from batch_transcriber.model import TranscriptStatus
from batch_transcriber.server.spacing import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batch_transcriber.model import Word
    from batch_transcriber.server.script import Script
    from batch_transcriber.server.transcript import Transcript
    from batch_transcriber.server.word_search import Match

DELETED_TEXT = "Deleted by user."

# What a transcript was asked for, where its request does not say; unknown options are shown as they came.
_ASKED: dict[str, object] = {
    "language_code": "en_us",
    "language_detection": False,
    "language_confidence_threshold": None,
    "punctuate": True,
    "format_text": True,
    "multichannel": False,
    "webhook_url": None,
    "webhook_auth_header_name": None,
    "auto_highlights": False,
    "auto_chapters": False,
    "audio_start_from": None,
    "audio_end_at": None,
    "filter_profanity": False,
    "redact_pii": False,
    "redact_pii_audio": None,
    "redact_pii_audio_quality": None,
    "redact_pii_policies": None,
    "speaker_labels": False,
    "speakers_expected": None,
    "content_safety": False,
    "iab_categories": False,
    "custom_spelling": None,
    "custom_topics": None,
    "speech_threshold": None,
    "speech_model": None,
    "disfluencies": False,
    "entity_detection": False,
    "summarization": False,
    "sentiment_analysis": False,
}
# What came of it: never taken from the request, whatever that holds.
_NO_RESULTS: dict[str, object] = {
    "language_model": "assemblyai_default",
    "acoustic_model": "assemblyai_default",
    "language_confidence": None,
    "text": None,
    "words": None,
    "utterances": None,
    "confidence": None,
    "webhook_status_code": None,
    "speed_boost": None,
    "throttled": None,
    "auto_highlights_result": None,
    "chapters": None,
    "content_safety_labels": None,
    "iab_categories_result": None,
    "entities": None,
    "summary": None,
    "sentiment_analysis_results": None,
}
_NEVER_SHOWN = {
    "webhook_auth_header_value",
    # results that only some transcripts have
    "audio_channels",
    "language_detection_results",
    "metadata",
    "speech_model_used",
    "translated_texts",
}
_GONE_WHEN_DELETED = (
    "content_safety",
    "filter_profanity",
    "format_text",
    "iab_categories",
    "language_code",
    "punctuate",
    "speaker_labels",
)


def transcript_reply(
    transcript: Transcript,
    options: Mapping[str, object],
    script: Script,
    model: str,
    progress: float | None = None,
) -> dict[str, object]:
    """Return the whole Transcript object.

    Args:
        transcript: Any, of whatever status.
        options: Those of its request.
        script: What was heard; looked at only where it is completed and not deleted.
        model: Name of the recogniser.
        progress: How much of it is heard, 0 to 1; None unless it is being heard.
    """
    asked = {name: value for name, value in options.items() if value is not None and name not in _NEVER_SHOWN}
    reply = {
        **_ASKED,
        "speech_models": [model],
        **asked,
        **_NO_RESULTS,
        "id": transcript.id,
        "status": transcript.status,
        "audio_url": transcript.audio_url,
        "audio_duration": _whole_seconds(transcript),
        "webhook_auth": options.get("webhook_auth_header_name") is not None,
        "webhook_status_code": transcript.webhook_status_code,
        "error": transcript.error or None,
    }
    if options.get("language_detection"):
        del reply["language_code"]  # until it is known
    if transcript.is_deleted:
        reply |= dict.fromkeys(_GONE_WHEN_DELETED)
        reply |= {"text": DELETED_TEXT, "webhook_url": transcript.audio_url}
    elif transcript.status is TranscriptStatus.COMPLETED:
        reply |= _results(transcript, script, model) | _found(transcript)
    return reply | _progress(progress)


def parts_reply(
    transcript: Transcript, script: Script, model: str, name: str, parts: Iterable[Sequence[Word]]
) -> dict[str, object]:
    """Return a paragraphs or sentences object.

    Args:
        transcript: A completed one.
        script: What was heard.
        model: Name of the recogniser.
        name: `paragraphs` or `sentences`.
        parts: The words, cut.
    """
    return {
        name: [_passage(part) | (_speaker(part[0]) if name == "sentences" else {}) for part in parts],
        "id": transcript.id,
        "confidence": _confidence(script.words),
        "audio_duration": _whole_seconds(transcript),
        "speech_model_used": model,
    }


def search_reply(transcript: Transcript, matches: Sequence[Match]) -> dict[str, object]:
    """Return where words and phrases are in a completed transcript."""
    return {
        "id": transcript.id,
        "total_count": sum(len(match.indexes) for match in matches),
        "matches": [
            {
                "text": match.text,
                "count": len(match.indexes),
                "timestamps": match.timestamps_ms,
                "indexes": match.indexes,
            }
            for match in matches
        ],
    }


def list_item(transcript: Transcript, list_url: str, progress: float | None = None) -> dict[str, object]:
    """Return the list's form of a transcript; `progress` is how much of it is heard, 0 to 1."""
    return {
        "id": transcript.id,
        "resource_url": f"{list_url}/{transcript.id}",
        "status": transcript.status,
        "created": transcript.created,
        "completed": transcript.completed,
        "audio_url": transcript.audio_url,
        "error": transcript.error,  # "" where there is none, as the service really sends it
        **_progress(progress),
    }


def _progress(progress: float | None) -> dict[str, object]:
    """Return a key that the API has not; only what is being heard has it."""
    return {} if progress is None else {"progress": round(progress, 3)}


def _results(transcript: Transcript, script: Script, model: str) -> dict[str, object]:
    turns = None if transcript.channels is None else script.turns
    return {
        "text": _text(script.words),
        "words": [_word(word) for word in script.words],
        "utterances": None if turns is None else [_passage(turn) | _speaker(turn[0]) for turn in turns],
        "confidence": _confidence(script.words),
        "speech_model_used": model,
    }


def _found(transcript: Transcript) -> dict[str, object]:
    """Return what was found out about the audio, where that was asked for."""
    found = {
        "language_code": transcript.language,
        "language_confidence": transcript.language_confidence,
        "audio_channels": transcript.channels,
    }
    return {name: value for name, value in found.items() if value is not None}


def _passage(part: Sequence[Word]) -> dict[str, object]:
    return {
        "text": _text(part),
        "start": part[0].start_ms,
        "end": part[-1].end_ms,
        "confidence": _confidence(part),
        "words": [_word(word) for word in part],
    }


def _word(word: Word) -> dict[str, object]:
    return {
        "text": word.text,
        "start": word.start_ms,
        "end": word.end_ms,
        "confidence": word.confidence,
        **_speaker(word),
    }


def _speaker(word: Word) -> dict[str, object]:
    """Return who says a word: of a channel it is whoever is heard there."""
    if word.channel is None:
        return {"speaker": None}
    return {"speaker": str(word.channel), "channel": str(word.channel)}


def _text(words: Sequence[Word]) -> str:
    return joined(word.text for word in words)


def _confidence(words: Sequence[Word]) -> float:
    return fmean(word.confidence for word in words) if words else 0.0


def _whole_seconds(transcript: Transcript) -> int | None:
    return None if transcript.duration_s is None else round(transcript.duration_s)
