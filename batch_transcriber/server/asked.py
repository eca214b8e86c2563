"""How a transcript's options, once checked, want its recording heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.server.recogniser import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LANGUAGE = "en"  # what a request that names none is heard in, as in the API


def wanted_of(options: Mapping[str, object]) -> Wanted:
    """Return how a recording is to be heard.

    Args:
        options: Those of a transcript, as `read_submission` let them through.
    """
    start_ms, end_ms = options.get("audio_start_from"), options.get("audio_end_at")
    key_terms = options.get("keyterms_prompt")
    return Wanted(
        language=None if options.get("language_detection") else language_of(options.get("language_code")),
        key_terms=tuple(key_terms) if isinstance(key_terms, list) else (),
        start_ms=start_ms if isinstance(start_ms, int) else 0,
        end_ms=end_ms if isinstance(end_ms, int) else None,
        by_channel=bool(options.get("multichannel") or options.get("dual_channel")),
    )


def language_of(code: object) -> str:
    """Return a `language_code` as recognisers know it: without its country, English where there is none."""
    return code.partition("_")[0] if isinstance(code, str) else DEFAULT_LANGUAGE
