"""The JSON forms of the API: what a transcript looks like from outside."""

from __future__ import annotations

import json
from statistics import fmean
from typing import TYPE_CHECKING

from batch_transcriber.model import TranscriptStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_transcriber.model import Word
    from batch_transcriber.server.store import Transcript

DELETED_TEXT = "Deleted by user."

# What every transcript shows and no recogniser here ever fills in; a request's own options go over it.
_DEFAULTS: dict[str, object] = {
    "language_model": "assemblyai_default",
    "acoustic_model": "assemblyai_default",
    "language_code": "en_us",
    "language_detection": False,
    "language_confidence": None,
    "language_confidence_threshold": None,
    "utterances": None,
    "punctuate": True,
    "format_text": True,
    "multichannel": False,
    "webhook_url": None,
    "webhook_status_code": None,
    "webhook_auth": False,
    "webhook_auth_header_name": None,
    "speed_boost": None,
    "auto_highlights": False,
    "auto_highlights_result": None,
    "auto_chapters": False,
    "chapters": None,
    "audio_start_from": None,
    "audio_end_at": None,
    "filter_profanity": False,
    "redact_pii": False,
    "redact_pii_audio": None,
    "redact_pii_audio_quality": None,
    "redact_pii_policies": None,
    "redact_pii_sub": None,
    "speaker_labels": False,
    "speakers_expected": None,
    "content_safety": False,
    "content_safety_labels": None,
    "iab_categories": False,
    "iab_categories_result": None,
    "custom_spelling": None,
    "throttled": None,
    "custom_topics": None,
    "topics": None,
    "speech_threshold": None,
    "speech_model": None,
    "disfluencies": False,
    "entity_detection": False,
    "entities": None,
    "summarization": False,
    "summary": None,
    "sentiment_analysis": False,
    "sentiment_analysis_results": None,
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
    transcript: Transcript, words: Sequence[Word], model: str, progress: float | None = None
) -> dict[str, object]:
    """Return the whole Transcript object.

    Args:
        transcript: Any, of whatever status.
        words: What was heard; looked at only where it is completed and not deleted.
        model: Name of the recogniser.
        progress: How much of it is heard, 0 to 1; None unless it is being heard.
    """
    reply = {
        **_DEFAULTS,
        **json.loads(transcript.options),
        "id": transcript.id,
        "status": transcript.status,
        "audio_url": transcript.audio_url,
        "audio_duration": _whole_seconds(transcript),
        "text": None,
        "words": None,
        "confidence": None,
        "error": transcript.error or None,
    }
    if transcript.is_deleted:
        reply |= dict.fromkeys(_GONE_WHEN_DELETED)
        reply |= {"text": DELETED_TEXT, "webhook_url": transcript.audio_url}
    elif transcript.status is TranscriptStatus.COMPLETED:
        reply |= {
            "text": _text(words),
            "words": [_word(word) for word in words],
            "confidence": _confidence(words),
            "speech_model_used": model,
        }
    return reply | _progress(progress)


def parts_reply(
    transcript: Transcript, words: Sequence[Word], model: str, name: str, parts: Iterable[Sequence[Word]]
) -> dict[str, object]:
    """Return a paragraphs or sentences object.

    Args:
        transcript: A completed one.
        words: All of its words.
        model: Name of the recogniser.
        name: `paragraphs` or `sentences`.
        parts: The words, cut.
    """
    speaker: dict[str, object] = {"speaker": None} if name == "sentences" else {}
    return {
        name: [
            {
                "text": _text(part),
                "start": part[0].start_ms,
                "end": part[-1].end_ms,
                "confidence": _confidence(part),
                "words": [_word(word) for word in part],
                **speaker,
            }
            for part in parts
        ],
        "id": transcript.id,
        "confidence": _confidence(words),
        "audio_duration": _whole_seconds(transcript),
        "speech_model_used": model,
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


def _word(word: Word) -> dict[str, object]:
    return {
        "text": word.text,
        "start": word.start_ms,
        "end": word.end_ms,
        "confidence": word.confidence,
        "speaker": None,
    }


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _confidence(words: Sequence[Word]) -> float:
    return fmean(word.confidence for word in words) if words else 0.0


def _whole_seconds(transcript: Transcript) -> int | None:
    return None if transcript.duration_s is None else round(transcript.duration_s)
