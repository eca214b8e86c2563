"""Texts that are not free: language codes, names of models, addresses, headers.

Each is a type for `parameters`, and what is wrong with one goes on after the value found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from batch_transcriber.plan.mistakes import nearest
from batch_transcriber.plan.parameters.languages import LANGUAGES, codes_by_word

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = ("universal-2", "universal-3-pro", "universal-3-5-pro", "assemblyai-stt-3-7")
RETIRED_MODELS = ("best", "nano", "universal", "slam-1")
UNKNOWN = "unknown_word"  # the type of an error about a word that the service may know by now
WRONG = "wrong_word"  # the type of any other

NAME_MIN_CHARS = 3  # of the beginning of a language's name

_NO_LETTERS = re.compile(r"[\W_]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, a token
_WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def is_language(code: str) -> str:
    """Return a language code.

    Raises:
        PydanticCustomError: It is none that we know.
    """
    if code in LANGUAGES:
        return code
    meant = nearest_language(code)
    raise PydanticCustomError(
        UNKNOWN, "is no language code{hint}", {"hint": f"; did you mean {meant!r}?" if meant else ""}
    )


def nearest_language(text: str) -> str | None:
    """Return the code that was probably meant by a name, another code or a slip; None where none is near."""
    word = _NO_LETTERS.sub("_", text.casefold()).strip("_")
    codes = codes_by_word()
    for known in (word.replace("_", " "), word, word.partition("_")[0]):
        if known in codes:
            return codes[known]
    if len(word) >= NAME_MIN_CHARS:
        for name, code in codes.items():
            if name.startswith(word):
                return code
    # A slip is seldom in the first letter, and codes have so few that others are soon as near.
    return nearest(word, [code for code in LANGUAGES if code.startswith(word[:1])])


def _is_model(name: str) -> str:
    if name in MODELS:
        return name
    if name in RETIRED_MODELS:
        raise PydanticCustomError(
            WRONG,
            "is no longer a model; choose one or more of {models}",
            {"models": ", ".join(MODELS)},
        )
    bare = _NO_LETTERS.sub("", name.casefold())
    for model in MODELS:  # a new one is none of our business, only a known one in another form
        if bare == _NO_LETTERS.sub("", model):
            raise PydanticCustomError(WRONG, "is no model; did you mean {model}?", {"model": repr(model)})
    if not bare:
        raise PydanticCustomError(WRONG, "is no model")
    return name


def _is_one_word(text: str) -> str:
    if len(text.split()) != 1:
        raise PydanticCustomError(WRONG, "must be one word")
    return text


def _is_web_address(text: str) -> str:
    if not _WEB_ADDRESS.fullmatch(text):
        raise PydanticCustomError(WRONG, "must be an http or https address")
    return text


def _is_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise PydanticCustomError(WRONG, "cannot be the name of a header")
    return text


def _is_header_value(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError(WRONG, "holds characters that no header can have")
    return text


def words_max(count: int) -> Callable[[str], str]:
    """Return a check that a text has no more words than that."""

    def check(text: str) -> str:
        found = len(text.split())
        if found > count:
            raise PydanticCustomError(
                WRONG, "has {found} words; {count} are the most", {"found": found, "count": count}
            )
        return text

    return check


LanguageCode: TypeAlias = Annotated[
    str,
    AfterValidator(is_language),
    WithJsonSchema({"type": "string", "enum": list(LANGUAGES)}),
]
ModelName: TypeAlias = Annotated[
    str,
    AfterValidator(_is_model),
    WithJsonSchema({"type": "string", "examples": list(MODELS), "not": {"enum": list(RETIRED_MODELS)}}),
]
OneWord: TypeAlias = Annotated[
    str, AfterValidator(_is_one_word), WithJsonSchema({"type": "string", "minLength": 1})
]
WebAddress: TypeAlias = Annotated[
    str,
    AfterValidator(_is_web_address),
    WithJsonSchema({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}),
]
HeaderName: TypeAlias = Annotated[
    str, AfterValidator(_is_header_name), WithJsonSchema({"type": "string", "minLength": 1})
]
HeaderValue: TypeAlias = Annotated[str, AfterValidator(_is_header_value), WithJsonSchema({"type": "string"})]
