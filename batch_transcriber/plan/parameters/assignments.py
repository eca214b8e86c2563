"""Parameters as they are typed, `KEY=VALUE`: the API's own types decide what a value is."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.mistakes import path_text
from batch_transcriber.plan.parameters.check import check_form, schema_of
from batch_transcriber.plan.parameters.form import ApiParameters
from batch_transcriber.plan.parameters.shapes import shape_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import JsonValue

    from batch_transcriber.plan.parameters.shapes import Shape

_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def read_assignments(
    texts: Iterable[str], *, allow_unknown: bool = False, subject: str = "--set"
) -> dict[str, JsonValue]:
    """Return the parameters of assignments such as `speaker_options.max_speakers_expected=4`.

    A text stays one, whatever it looks like. Where a list of texts is wanted, commas part them, unless the
    value is JSON. A parameter that we do not know is read as JSON, and as a text where it is none.

    Args:
        texts: As typed; of two of the same key, the later counts.
        allow_unknown: Let parameters pass, and words in their values, that we do not know.
        subject: Where they were said, for those who must mend them.

    Raises:
        FatalError: One is wrong by itself; combinations are not looked at.
    """
    parameters: dict[str, Any] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        path = key.strip().split(".")
        if not sign or not all(path):
            raise _wrong(subject, text, "must look like KEY=VALUE")
        _assign(subject, parameters, path, _value(value, shape_at(schema_of(ApiParameters), tuple(path))))
    for wrong in check_form(ApiParameters, parameters, allow_unknown=allow_unknown):
        raise _wrong(subject, path_text(wrong.path), wrong.message)
    return parameters


def _assign(subject: str, parameters: dict[str, Any], path: list[str], value: JsonValue) -> None:
    above = parameters
    for name in path[:-1]:
        above = above.setdefault(name, {})
        if not isinstance(above, dict):
            raise _wrong(subject, ".".join(path), f"{name} was given a value of its own before")
    above[path[-1]] = value


def _value(text: str, shape: Shape) -> JsonValue:
    kind = shape.get("type")
    if kind == "string" or (kind is None and "enum" in shape):
        return text
    if kind == "boolean":
        return _SWITCHES.get(text.strip().lower(), text)
    read = _json(text)
    if kind == "array" and not isinstance(read, list):
        items = [item.strip() for item in text.split(",") if item.strip()]
        return [_value(item, shape.get("items", {})) for item in items]
    return read


def _json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return text
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _wrong(subject: str, name: str, message: str) -> FatalError:
    return FatalError(f"{subject} {name}: {message}", ExitCode.USAGE)
