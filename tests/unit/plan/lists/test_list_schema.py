"""The schema that editors use, and the example that explains it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from batch_transcriber.formats import FORMATS
from batch_transcriber.plan.lists.form import json_schema
from batch_transcriber.plan.lists.job_list import read_job_list

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "jobs.example.yaml"
# An editor takes the place of a comment's sign away: prose has a blank after it.
UNCOMMENTED = re.sub(r"#(?=[^ \n])", "", EXAMPLE.read_text(encoding="utf-8"))


def errors(text: str) -> list[str]:
    validator = Draft202012Validator(json_schema(list(FORMATS)))
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def objects(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for below in schema.values():
            yield from objects(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from objects(below)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema(list(FORMATS)))


def test_it_is_the_same_in_every_process() -> None:
    program = (
        "import json; from batch_transcriber.plan.lists.form import json_schema; "
        "print(json.dumps(json_schema(['txt', 'srt'])))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert shown == {json.dumps(json_schema(["txt", "srt"])) + "\n"}


def test_every_key_and_every_mapping_is_explained() -> None:
    found = list(objects(json_schema(["txt"])))
    assert len(found) > 10
    for schema in found:
        assert schema.get("description"), schema
        for name, key in schema["properties"].items():
            assert key.get("description"), name


@pytest.mark.parametrize("text", [EXAMPLE.read_text(encoding="utf-8"), UNCOMMENTED], ids=["as it is", "all"])
def test_the_example_is_valid(text: str) -> None:
    assert errors(text) == []


def test_what_the_example_has_commented_out_is_right_too(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text(UNCOMMENTED, encoding="utf-8")
    assert len(read_job_list(path, formats=FORMATS).entries) == 6


def test_the_example_finds_the_sample_recordings() -> None:
    entries = read_job_list(EXAMPLE, formats=FORMATS).entries
    assert len(entries) == 5
    for entry in entries:
        folder, pattern = Path(entry.source).parent, Path(entry.source).name
        assert list(folder.glob(pattern)), entry.source


def test_the_example_names_its_schema_in_its_first_line() -> None:
    first, how, *_ = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=jobs.schema.json"
    assert "batch-transcriber schema > jobs.schema.json" in how


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\njobs: []",
        "version: 2\njobs: [a]",
        "jobs: [a]",
        "version: 1\njobs: [a]\nmore: 1",
        "version: 1\njobs: [{source: a, formats: [doc]}]",
        "version: 1\njobs: [{source: a, language: enn}]",
        "version: 1\njobs: [{source: a, model: nano}]",
        "version: 1\njobs: [{source: a, options: {speaker_lables: true}}]",
        "version: 1\njobs: [{source: a, options: {temperature: 2}}]",
        "version: 1\njobs: [{output: a}]",
    ],
)
def test_editors_see_what_is_wrong(text: str) -> None:
    assert errors(text)
