"""`schema`: what editors are told of job lists."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import yaml

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli

EXAMPLE = Path(__file__).parents[2] / "jobs.example.yaml"


async def test_the_example_names_it_in_its_first_line_and_is_valid_by_it(cli: Cli) -> None:
    ended = await cli("schema")
    assert (ended.code, ended.stderr) == (ExitCode.OK, "")
    schema = json.loads(ended.stdout)
    text = EXAMPLE.read_text(encoding="utf-8")
    first, second = text.splitlines()[:2]
    (name,) = (word.partition("=")[2] for word in first.split() if word.startswith("$schema="))
    assert second.endswith(f"batch-transcriber schema > {name}")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(text), schema)


async def test_a_reader_that_goes_away_is_no_error(cli: Cli) -> None:
    shell = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {COMMAND} schema | true",
        executable="/bin/bash",
        env=cli.environ,
        stderr=asyncio.subprocess.PIPE,
    )
    assert (await shell.communicate())[1] == b""
    assert shell.returncode == ExitCode.OK


async def test_a_full_disk_is_one(cli: Cli) -> None:
    shell = await asyncio.create_subprocess_shell(
        f"{COMMAND} schema > /dev/full", env=cli.environ, stderr=asyncio.subprocess.PIPE
    )
    stderr = (await shell.communicate())[1].decode()
    assert stderr == "batch-transcriber: what is asked for could not be written: No space left on device\n"
    assert shell.returncode == ExitCode.LOCAL
