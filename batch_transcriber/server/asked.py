"""How a transcript's options, once checked, want its recording heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.server.recogniser import NotAudioError, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_transcriber.server.recogniser import Heard

DEFAULT_LANGUAGE = "en"  # what a request that names none is heard in, as in the API


def wanted_of(options: Mapping[str, object]) -> Wanted:
    """Return how a recording is to be heard.

    Args:
        options: Those of a transcript, as `read_submission` let them through.
    """
    start_ms, end_ms = options.get("audio_start_from"), options.get("audio_end_at")
    return Wanted(
        language=None if options.get("language_detection") else language_of(options.get("language_code")),
        key_terms=key_terms_of(options),
        start_ms=start_ms if isinstance(start_ms, int) else 0,
        end_ms=end_ms if isinstance(end_ms, int) else None,
        by_channel=bool(options.get("multichannel") or options.get("dual_channel")),
    )


def language_of(code: object) -> str:
    """Return a `language_code` as recognisers know it: without its country, English where there is none."""
    return code.partition("_")[0] if isinstance(code, str) else DEFAULT_LANGUAGE


def key_terms_of(options: Mapping[str, object]) -> tuple[str, ...]:
    """Return what is to be listened for; `word_boost` is the older name of it."""
    asked = (options.get(name) for name in ("keyterms_prompt", "word_boost"))
    return tuple(term for terms in asked if isinstance(terms, list) for term in terms)


def check_heard(options: Mapping[str, object], heard: Heard) -> None:
    """Check what was heard against what the options ask for.

    Raises:
        NotAudioError: It is less sure which language is spoken than `language_confidence_threshold`.
    """
    threshold = options.get("language_confidence_threshold")
    confidence = heard.language_confidence
    if isinstance(threshold, int | float) and confidence is not None and confidence < threshold:
        raise NotAudioError(
            f"detected language '{heard.language}', confidence {confidence:.4f}, "
            f"is below the requested confidence threshold value of '{threshold}'"
        )
