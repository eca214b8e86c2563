"""What the README says is what the program does."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.ui.json_objects import schema
from tests.support.world import KEY

if TYPE_CHECKING:
    from tests.support.world import World

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=["batch", "client"])
async def test_its_python_runs_as_it_stands(world: World, snippet: str) -> None:
    world.record("talk.mp3", "hello from the talk")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        snippet,
        cwd=world.recordings.parent,
        env={"AAI_API_KEY": KEY, "ASSEMBLYAI_BASE_URL": world.service.base_url},
        stdout=asyncio.subprocess.PIPE,
    )
    stdout, _ = await process.communicate()
    assert process.returncode == 0
    assert stdout.decode() in {"1 written\n", "hello from the talk\n\n"}


async def test_its_table_of_options_is_that_of_the_help() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batch_transcriber", "run", "--help", stdout=asyncio.subprocess.PIPE
    )
    shown = set(re.findall(r"--[a-z][a-z-]+", (await process.communicate())[0].decode())) - {"--help"}
    table = README[README.index("| option |") : README.index("**The key**")]
    assert set(re.findall(r"--[a-z][a-z-]+", table)) == shown


def test_its_exit_codes_are_those_of_the_program() -> None:
    table = README[README.index("| exit code |") : README.index("## How it works")]
    documented = {
        int(code) for cell in re.findall(r"^\| ([\d /]+) \|", table, re.MULTILINE) for code in cell.split("/")
    }
    assert documented == {int(code) for code in ExitCode}


def test_its_table_of_objects_is_the_schema() -> None:
    table = README[README.index("| `type` | when | fields |") : README.index("## From Python")]
    documented = {
        kind: set(re.findall("`([a-z_]+)`", fields))
        for kinds, _, fields in re.findall(r"^\| (`.*?`) \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
        for kind in re.findall("`([a-z]+)`", kinds)
        if fields != "fields"
    }
    things = schema()
    defined = {
        kind: set(things["$defs"][reference.rpartition("/")[2]]["properties"]) - {"type", "time"}
        for kind, reference in things["discriminator"]["mapping"].items()
    }
    assert documented == defined
