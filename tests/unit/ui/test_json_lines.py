"""The objects of `--json`."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import (
    Event,
    Failed,
    Notice,
    PlanMeasured,
    Recognising,
    RequestEnded,
    RunStarted,
    Uploaded,
)
from batch_transcriber.model import Stage
from batch_transcriber.ui.json_lines import JsonLines
from batch_transcriber.ui.json_objects import schema
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity
from tests.unit.ui.test_telling import JOB, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = schema()
KEPT_SCHEMA = Path(__file__).parents[2] / "data" / "json-lines.schema.json"


def written(events: Iterable[Event], verbosity: Verbosity = Verbosity.REQUESTS) -> list[dict[str, Any]]:
    file = StringIO()
    screen = JsonLines(file, verbosity)
    for event in events:
        screen.show(event)
    screen.tick()
    report = BatchReport(
        written=1, requests=Counter(upload=2), fatal=FatalError("no credit", ExitCode.ACCOUNT)
    )
    screen.end(Ending(report, Path("t"), 1.23456, "command", 5))
    screen.close()
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_every_object_is_valid_by_the_schema() -> None:
    objects = written(event for event, _, _ in TOLD)
    validator = Draft202012Validator(SCHEMA)
    for thing in objects:
        validator.validate(thing)
    of_no_run = {"expected", "estimate", "check"}
    assert {thing["type"] for thing in objects} == set(SCHEMA["discriminator"]["mapping"]) - of_no_run


def test_the_schema_refuses_what_is_no_line() -> None:
    validator = Draft202012Validator(SCHEMA)
    assert not validator.is_valid({"type": "dance", "time": "2026-01-01T00:00:00+00:00"})
    assert not validator.is_valid({"type": "failed"})


def test_the_schema_is_the_one_that_programs_rely_on() -> None:
    kept = json.loads(KEPT_SCHEMA.read_text(encoding="utf-8"))
    assert kept == SCHEMA, "programs read these objects: fields may be added (renew the file), never changed"


def test_the_type_stands_first_and_the_time_is_now_in_utc() -> None:
    (first, *_) = written([Notice("hello")])
    assert list(first)[:2] == ["type", "time"]
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("verbosity", "types"),
    [
        (Verbosity.ERRORS, ["start", "plan", "failed"]),
        (Verbosity.NORMAL, ["start", "plan", "failed"]),
        (Verbosity.TRANSITIONS, ["start", "plan", "uploaded", "failed"]),
        (Verbosity.REQUESTS, ["start", "plan", "uploaded", "request", "failed"]),
    ],
)
def test_steps_and_requests_are_for_those_who_ask_for_them(verbosity: Verbosity, types: list[str]) -> None:
    events: list[Event] = [
        RunStarted(("x",), Path("t"), "https://h"),
        PlanMeasured(1, 5),
        Uploaded(JOB),
        Recognising(JOB, "t", 0.5),
        RequestEnded("upload", "POST", "/v2/upload", 0.1, 200),
        Failed("x", Stage.PLAN, "gone"),
    ]
    assert [thing["type"] for thing in written(events, verbosity)] == [*types, "progress", "summary"]


def test_a_name_that_is_no_text_comes_back_as_it_was() -> None:
    name = os.fsdecode(b"caf\xe9\n\x1b[31m.mp3")
    (failed, *_) = written([Failed(name, Stage.PLAN, "gone")])
    assert failed["source"] == name
