"""Parameters of the API, checked before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from batch_transcriber.plan.mistakes import MISTAKES_MAX, nearest, show
from batch_transcriber.plan.parameters.combinations import refused_combinations
from batch_transcriber.plan.parameters.form import ApiParameters
from batch_transcriber.plan.parameters.shapes import names_in, shape_at
from batch_transcriber.plan.parameters.words import MODELS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic_core import ErrorDetails

    from batch_transcriber.plan.mistakes import Steps
    from batch_transcriber.plan.parameters.shapes import Shape

WORDS_MAX = 8  # that a line lists
SECRETS = frozenset({"webhook_auth_header_value"})  # a line shows none of their value
NOT_OURS = {
    "audio_url": "comes from the source of each job",
    "speech_model": f"is retired; name models in speech_models, such as [{MODELS[2]}, {MODELS[0]}]",
}
# What people write in one place that belongs to the other, or bring from other programs.
_MEANT = {
    "diarization": ("speaker_labels",),
    "diarize": ("speaker_labels",),
    "file": ("source",),
    "format": ("formats",),
    "keyterms": ("keyterms_prompt",),
    "language": ("language_code",),
    "language_code": ("language",),
    "model": ("speech_models",),
    "models": ("model",),
    "path": ("source",),
    "speakers": ("speakers_expected",),
    "speech_models": ("model",),
    "url": ("source",),
}
_KINDS = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with parameters, or with what stands about them.

    Attributes:
        path: From the top of what was checked.
        message: The value found, what is wrong with it, and the nearest right one.
        wants_text: Something else stands where only a text can.
        is_about_name: The name at the end of the path is wrong, not its value.
        may_be_new: It is a name or a word that the service may know by now.
        names: All the parameters that it is about, where they are right each by itself.
    """

    path: Steps
    message: str
    wants_text: bool = False
    is_about_name: bool = False
    may_be_new: bool = False
    names: tuple[str, ...] = ()


def check_parameters(parameters: Mapping[str, JsonValue], *, allow_unknown: bool = False) -> list[Wrong]:
    """Return everything that is wrong with parameters of the API: nothing where they may be sent.

    Args:
        parameters: By the API's names; a null means that it is left to the service.
        allow_unknown: Let names and words pass that we do not know, for the API moves on.
    """
    wrongs = check_form(ApiParameters, parameters, allow_unknown=allow_unknown)
    wrong_names = {str(wrong.path[0]) for wrong in wrongs}
    return wrongs + check_together(parameters, wrong_names)


def check_form(form: Any, value: object, *, allow_unknown: bool = False) -> list[Wrong]:
    """Return what is wrong with each part of a value by itself.

    Args:
        form: The type it should be of, one of `parameters` or `list_model`.
        value: Plain data.
        allow_unknown: As above; only for the API's own names and words.
    """
    try:
        _adapter(form).validate_python(value)
    except ValidationError as error:
        errors = error.errors(include_url=False)[:MISTAKES_MAX]
        described = (_describe(details, form) for details in errors)
        return [wrong for wrong in described if not (allow_unknown and wrong.may_be_new)]
    return []


def check_together(parameters: Mapping[str, JsonValue], wrong_names: Collection[str] = ()) -> list[Wrong]:
    """Return what the service refuses in parameters that are right each by itself.

    Args:
        parameters: By the API's names.
        wrong_names: Of those that are not; nothing is said of what they are in together with others.
    """
    right = {name: value for name, value in parameters.items() if name not in wrong_names}
    return [
        Wrong((refusal.names[0],), refusal.reason, names=refusal.names)
        for refusal in refused_combinations(right)
        if not set(refusal.names).intersection(wrong_names)
    ]


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)


@cache
def schema_of(form: Any) -> Shape:
    """Return the JSON Schema of a type."""
    return _adapter(form).json_schema()


def _describe(details: ErrorDetails, form: Any) -> Wrong:
    """Return an error of pydantic in our words."""
    path, kind, value = details["loc"], details["type"], details["input"]
    schema = schema_of(form)
    if kind == "missing":
        return Wrong(path[:-1], f"{path[-1]} is missing")
    if kind == "extra_forbidden":
        return _no_such(path, names_in(shape_at(schema, path[:-1])))
    found = "" if SECRETS.intersection(path) else show(value)
    if kind in _KINDS:
        message = f"{_KINDS[kind]}; it is {found}" if found else _KINDS[kind]
        return Wrong(path, message, wants_text=kind == "string_type")
    if kind == "literal_error":
        return _not_among(path, value, _words(shape_at(schema, path)))
    if reason := _out_of_bounds(kind, details.get("ctx", {}), shape_at(schema, path)):
        return Wrong(path, f"{reason}; it is {found}" if kind in _NUMBERS else reason)
    return Wrong(path, f"{found} {details['msg']}".strip(), may_be_new=kind == UNKNOWN)


def _no_such(path: Steps, names: list[str]) -> Wrong:
    name = str(path[-1])
    is_parameter = "formats" not in names  # they are keys of our own then
    if is_parameter and name in NOT_OURS:
        return Wrong(path, NOT_OURS[name], is_about_name=True)
    meant = next((known for known in _MEANT.get(name, ()) if known in names), None) or nearest(name, names)
    hint = f"; did you mean {meant!r}?" if meant else ""
    thing = "parameter" if is_parameter else "key"
    return Wrong(path, f"no such {thing}{hint}", is_about_name=True, may_be_new=is_parameter)


def _words(shape: Shape) -> list[Any]:
    return shape["enum"] if "enum" in shape else [shape["const"]]


def _not_among(path: Steps, value: object, words: list[Any]) -> Wrong:
    meant = nearest(value, words) if isinstance(value, str) else None
    hint = f"; did you mean {meant!r}?" if meant else ""
    if len(words) <= WORDS_MAX:
        message = f"must be {' or '.join(map(str, words))}; it is {show(value)}{hint}"
    elif hint:
        message = f"{show(value)} is not known here{hint}"
    else:
        message = f"{show(value)} is none of {', '.join(words)}"
    wants_text = isinstance(words[0], str) and not isinstance(value, str)
    return Wrong(path, message, wants_text=wants_text, may_be_new=isinstance(value, str))


_NUMBERS = frozenset({"greater_than_equal", "less_than_equal"})


def _out_of_bounds(kind: str, context: Mapping[str, Any], shape: Shape) -> str:
    if kind in _NUMBERS:
        least, most = shape.get("minimum"), shape.get("maximum")
        return f"must be {least:g} or more" if most is None else f"must be between {least:g} and {most:g}"
    if kind in {"too_short", "string_too_short"}:
        return "must not be empty"
    if kind == "too_long":
        return f"has {context['actual_length']:,}; {context['max_length']:,} are the most"
    if kind == "string_too_long":
        return f"has more than {context['max_length']} characters"
    return ""
