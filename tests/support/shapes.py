"""What the API's replies look like, by a document, and where the service really differs from it.

`OPENAPI_DOCUMENT=FILE` takes another document, such as the vendor's own, in JSON or YAML.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

OURS = Path(__file__).parents[1] / "data" / "api.openapi.json"
PROGRESS = {"type": "number", "minimum": 0, "maximum": 1}  # ours, of one that is being heard

# By schema: what its properties may be besides what the document says.
DEVIATIONS: dict[str, dict[str, object]] = {
    "Transcript": {
        "error": {"type": ["string", "null"]},  # null where there is none, as in the vendor's own examples
        "language_code": {"type": ["string", "null"]},  # null once it is deleted, likewise
        # options of the vendor's SDKs that the document does not know; echoed as all are
        "boost_param": {"type": "string"},
        "domain": {"type": "string"},
        "dual_channel": {"type": "boolean"},
        "keyterms_prompt_options": {"type": "object"},
        "word_boost": {"type": "array", "items": {"type": "string"}},
        "progress": PROGRESS,
        # what our tests ask for besides: unknown options are kept
        "colour": {"const": "blue"},
    },
    "SentencesResponse": {"speech_model_used": {"type": "string"}},  # as the vendor's SDKs read it
    "ParagraphsResponse": {"speech_model_used": {"type": "string"}},
    "TranscriptListItem": {
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},  # with a Z
        "completed": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
        "progress": PROGRESS,
    },
}
# By method and path, or for all of them: statuses besides the document's.
STATUSES: dict[tuple[str, str], set[str]] = {
    ("*", "*"): {"403", "405"},  # no key, and a web page elsewhere asks; known paths, other methods
    ("post", "/v2/transcript"): {"403", "413"},  # somebody else's upload, or one that is gone; over 1 MiB
    ("post", "/v2/upload"): {"408", "413", "422"},  # silent, too large, empty
}


@cache
def document() -> dict[str, Any]:
    """Return the document, with the deviations written into it; it is not to be changed."""
    return deviating(yaml.safe_load(Path(os.environ.get("OPENAPI_DOCUMENT", OURS)).read_text()))


def deviating(original: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a document that allows what the service really does."""
    changed: dict[str, Any] = json.loads(json.dumps(_without_false(original)))
    for schema, properties in DEVIATIONS.items():
        changed["components"]["schemas"][schema]["properties"] |= properties
    error = {
        "description": "refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for path, operations in changed["paths"].items():
        for method, operation in operations.items():
            for status in STATUSES["*", "*"] | STATUSES.get((method, path), set()):
                operation["responses"].setdefault(status, error)
    return changed


def complaints(method: str, path: str, status: int, media_type: str, body: object) -> list[str]:
    """Return what is wrong with a reply; nothing where the document does not know the path.

    Args:
        method: Of the request.
        path: Of the request, without its query.
        status: Of the reply.
        media_type: Of the reply, without its parameters.
        body: Its JSON, or its text where that is what it has.
    """
    template = _template(path)
    if template is None:
        return []
    operation = document()["paths"][template].get(method.lower())
    if operation is None:
        return [] if status in {401, 405} else [f"{method} {template} is no operation, and brought {status}"]
    reply = operation["responses"].get(str(status))
    if reply is None:
        return [f"{method} {template} brought {status}"]
    content = _resolved(reply).get("content", {})
    if media_type not in content:
        return [f"{method} {template} brought {status} as {media_type}"]
    schema = {**content[media_type]["schema"], "components": document()["components"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{method} {template} {status}: {e.json_path}: {e.message}" for e in checker.iter_errors(body)]


def _template(path: str) -> str | None:
    """Return the document's path that a request's path is of; one with fewer gaps goes before others."""
    for template in sorted(document()["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return str(template)
    return None


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: dict[str, Any] = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def _without_false(node: Any) -> Any:
    """Return a document in which an enumeration's `no` is Norwegian again, which YAML takes for false."""
    if isinstance(node, dict):
        return {
            str(name): ["no" if item is False else item for item in value]
            if name == "enum" and isinstance(value, list)
            else _without_false(value)
            for name, value in node.items()
        }
    return [_without_false(item) for item in node] if isinstance(node, list) else node
