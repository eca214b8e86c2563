"""What a JSON Schema says of a place in the data: the names that fit there, the words, the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.plan.mistakes import Steps

Shape: TypeAlias = Mapping[str, Any]
ANYTHING: Shape = {}


def shape_at(schema: Shape, path: Steps) -> Shape:
    """Return the schema of the value at a path; of its alternatives, the first that is not null.

    A place that the schema does not know may hold anything.
    """
    shape = _resolved(schema, schema)
    for step in path:
        if isinstance(step, int):
            below = shape.get("items", ANYTHING)
        else:
            below = shape.get("properties", {}).get(step, shape.get("additionalProperties"))
        shape = _resolved(schema, below if isinstance(below, Mapping) else ANYTHING)
    return shape


def names_in(shape: Shape) -> list[str]:
    """Return the names that a mapping of this shape may have; none where it may have any."""
    return list(shape.get("properties", ()))


def _resolved(schema: Shape, shape: Shape) -> Shape:
    while True:
        if "$ref" in shape:
            shape = schema["$defs"][shape["$ref"].rpartition("/")[2]]
        elif "anyOf" in shape:
            shape = next(_not_null(shape["anyOf"]), ANYTHING)
        else:
            return shape


def _not_null(shapes: list[Shape]) -> Iterator[Shape]:
    return (shape for shape in shapes if shape.get("type") != "null")
