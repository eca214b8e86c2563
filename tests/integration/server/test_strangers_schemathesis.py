"""A tool that draws requests from the API's document is always answered as the document says."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from batch_transcriber.server import NotAudioError
from tests.integration.server.conftest import KEY
from tests.support.shapes import OURS, document

if TYPE_CHECKING:
    from batch_transcriber.server import LocalService
    from tests.integration.server.conftest import Caller
    from tests.support.scripted import ScriptedRecogniser

EXAMPLES = 30  # of requests that fit the document, and as many that do not, for each operation
NOWHERE = "http://127.0.0.1:9/"  # nothing listens there


def narrowed(audio_url: str, ids: list[str], doomed: str) -> dict[str, Any]:
    """Return the document with recordings and transcripts that are here, so that requests get somewhere.

    Args:
        audio_url: Of a recording that can be heard.
        ids: Of transcripts to look at.
        doomed: Id of one that may be deleted.
    """
    drawn = copy.deepcopy(document())
    schemas = drawn["components"]["schemas"]
    schemas["Transcript"]["additionalProperties"] = True  # unknown options are echoed
    # Of a request our own words: in the vendor's document it is two closed objects in one, which none fits.
    ours = json.loads(OURS.read_text())["components"]["schemas"]
    schemas |= {name: schema for name, schema in ours.items() if name not in schemas}
    schemas["TranscriptParams"] = ours["TranscriptParams"]
    asked = schemas["TranscriptParams"]["properties"]
    asked["audio_url"] = {
        "enum": [audio_url, f"{audio_url}0", "ftp://127.0.0.1/a"]
    }  # nothing leaves the house
    asked["webhook_url"] = {"enum": [NOWHERE, "nowhere"]}
    for operations in drawn["paths"].values():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "transcript_id":
                    known = [doomed] if method == "delete" else ids
                    parameter["schema"] = {"enum": [*known, "nobody"]}
                elif parameter["name"] in {"before_id", "after_id"}:
                    parameter["schema"] = {"enum": ids}
    return drawn


def check(operation: Any, base_url: str) -> set[int]:
    """Ask what an operation may be asked, and more; return the statuses that came."""
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    seen: set[int] = set()
    for mode in GenerationMode:
        if mode is GenerationMode.NEGATIVE and operation.label == "POST /v2/upload":
            continue  # any bytes fit

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def ask(case: Any) -> None:
            reply = case.call_and_validate(
                base_url=base_url,
                headers={"Authorization": KEY},
                checks=[
                    not_a_server_error,
                    status_code_conformance,
                    content_type_conformance,
                    response_schema_conformance,
                ],
            )
            seen.add(reply.status_code)

        ask()
    return seen


@pytest.mark.timeout(120)
async def test_any_request_is_answered_as_the_document_says(
    service: LocalService, api: Caller, recogniser: ScriptedRecogniser
) -> None:
    import schemathesis

    recogniser.errors["noise"].append(NotAudioError.too_short())
    done = await api.until_ended((await api.submit(await api.upload(b"Hello.")))["id"])
    doomed, failed = await api.transcribe(b"And you?"), await api.transcribe(b"noise")
    recogniser.gate.clear()  # what is submitted stays queued, so that its recording stays here
    audio_url = await api.upload(b"Hello again.")
    queued = await api.submit(audio_url)
    ids = [done["id"], failed["id"], queued["id"]]
    config = schemathesis.Config()
    config.projects.default.generation.update(with_security_parameters=False)
    schema = schemathesis.openapi.from_dict(narrowed(audio_url, ids, doomed["id"]), config=config)
    statuses = {}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        statuses[operation.label] = await asyncio.to_thread(check, operation, service.base_url)
    assert len(statuses) == 10
    redacted = statuses.pop("GET /v2/transcript/{transcript_id}/redacted-audio")
    assert 400 in redacted
    assert 200 not in redacted
    assert all(200 in seen for seen in statuses.values()), statuses
