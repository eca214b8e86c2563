"""The form of a job list, as editors and the reader know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Required, TypeAlias

from pydantic import AfterValidator, BeforeValidator, TypeAdapter, WithJsonSchema, with_config
from typing_extensions import TypedDict  # as in `parameter_parts`

from batch_transcriber.plan.parameters.form import ApiParameters
from batch_transcriber.plan.parameters.languages import LANGUAGES
from batch_transcriber.plan.parameters.layers import AUTO
from batch_transcriber.plan.parameters.parts import STRICT, Models, People, Some, Text
from batch_transcriber.plan.parameters.words import ModelName, is_language

if TYPE_CHECKING:
    from collections.abc import Collection

VERSION = 1


def _is_language_or_auto(word: str) -> str:
    return word if word == AUTO else is_language(word)


Language: TypeAlias = Annotated[
    str,
    AfterValidator(_is_language_or_auto),
    WithJsonSchema({"type": "string", "enum": [AUTO, *LANGUAGES]}),
]
OneOrMore: TypeAlias = Annotated[
    Models,
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=ModelName | Models
    ),
]


@with_config(STRICT)
class Defaults(TypedDict, total=False):
    """What holds for all jobs that do not say otherwise."""

    formats: Some[str] | None
    """The files that each recording gets."""
    language: Language | None
    """The language that is spoken, or auto to let the service find out."""
    speakers: People | None
    """How many people speak: tells them apart."""
    model: OneOrMore | None
    """A model, or several in order of priority."""
    options: ApiParameters | None
    """Any parameters of the API, by its own names; for all that has no word of its own here."""


@with_config(STRICT)
class ListedJob(Defaults, total=False):
    """Recordings, and what is wanted of them."""

    source: Required[Text]
    """A file, a folder, a pattern such as talks/*.mp3, or an http(s) address; relative to the list."""
    output: Text | None
    """Where the text goes below the output folder: a file, or with a / at its end a folder. The files of a
    folder or a pattern go into a folder in any case."""


@with_config(STRICT)
class JobListFile(TypedDict, total=False):
    """A list of recordings to transcribe, for batch-transcriber."""

    version: Required[Literal[1]]
    """The form of this list; always 1."""
    defaults: Defaults | None
    """What holds for all jobs that do not say otherwise; stands before them."""
    jobs: Required[Some[ListedJob | Text]]
    """Recordings, each with what is wanted of it, or its source alone."""


def json_schema(formats: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema of a whole list, always the same for the same formats.

    Args:
        formats: The names that a list may use, in the order in which editors offer them.
    """
    schema = TypeAdapter(JobListFile).json_schema()
    defaults, job = (schema["$defs"][form.__name__]["properties"] for form in (Defaults, ListedJob))
    names = next(form for form in defaults["formats"]["anyOf"] if form.get("type") == "array")
    names["items"] = {"type": "string", "enum": list(formats)}
    job.update(defaults)  # pydantic does not inherit what the docstrings say
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
