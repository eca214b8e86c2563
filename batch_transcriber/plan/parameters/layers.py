"""Parameters from several places: shorthands spelt out, and one layer laid over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

AUTO = "auto"
_DETECTION = ("language_detection_options", "language_confidence_threshold")

# What a parameter puts in the place of what lies below it: they say the same thing in another way.
_REPLACED = {
    "language_code": ("language_codes", "language_detection", *_DETECTION),
    "language_codes": ("language_code", "language_detection", *_DETECTION),
    "prompt": ("keyterms_prompt", "keyterms_prompt_options"),
    "keyterms_prompt": ("prompt",),
    "speakers_expected": ("speaker_options",),
    "speaker_options": ("speakers_expected",),
}
_REPLACED_BY_SWITCH: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("language_detection", True): ("language_code", "language_codes"),
    ("language_detection", False): _DETECTION,
    ("speaker_labels", False): ("speakers_expected", "speaker_options"),
}


def spell_out(name: str, value: JsonValue) -> dict[str, JsonValue]:
    """Return the parameters that a shorthand stands for: `language`, `speakers` or `model`.

    A null stands for the same parameters, each left to the service.
    """
    if name == "language":
        if value is None:
            return {"language_code": None, "language_codes": None, "language_detection": None}
        return {"language_detection": True} if value == AUTO else {"language_code": value}
    if name == "speakers":
        return {"speaker_labels": None if value is None else True, "speakers_expected": value}
    return {"speech_models": [value] if isinstance(value, str) else value}


def lay_over(upper: Mapping[str, JsonValue], lower: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the parameters of two layers in one: those above win, one by one.

    A null above leaves a parameter to the service, whatever lies below.
    """
    replaced = set(upper)
    for name, value in upper.items():
        if value is None:
            continue
        replaced.update(_REPLACED.get(name, ()))
        if isinstance(value, bool):
            replaced.update(_REPLACED_BY_SWITCH.get((name, value), ()))
    merged = {name: value for name, value in lower.items() if name not in replaced}
    return merged | {name: value for name, value in upper.items() if value is not None}
