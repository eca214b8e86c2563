"""What the README says is what the program does."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.client import describe_transcript_error
from batch_transcriber.errors import ExitCode
from batch_transcriber.formats import FORMATS
from batch_transcriber.plan.lists.job_list import read_job_list
from batch_transcriber.plan.mistakes import MistakesError
from batch_transcriber.plan.prices import AS_OF
from batch_transcriber.ui.json_objects import schema
from tests.support.world import KEY

if TYPE_CHECKING:
    from tests.support.world import World

ROOT = Path(__file__).parents[2]
SPEECH = "tests/data/speech"
README = (ROOT / "README.md").read_text(encoding="utf-8")
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
    table = README[README.index("| option | meaning |") : README.index("**The key**")]
    assert set(re.findall(r"--[a-z][a-z-]+", table)) == shown


async def test_its_estimate_is_what_the_command_says_with_the_prices_of_today() -> None:
    command, said = re.findall(r"\$ batch-transcriber (estimate .*)\n((?:.+\n)+)```", README)[0]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "batch_transcriber", *command.split()),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert (await process.communicate())[0].decode() == said
    assert f"list prices of {AS_OF}" in README


def test_its_exit_codes_are_those_of_the_program() -> None:
    table = README[README.index("| exit code |") : README.index("## How it works")]
    documented = {
        int(code) for cell in re.findall(r"^\| ([\d /]+) \|", table, re.MULTILINE) for code in cell.split("/")
    }
    assert documented == {int(code) for code in ExitCode}


def test_its_table_of_objects_is_the_schema() -> None:
    table = README[README.index("| `type` | when | fields |") : README.index("## What it takes")]
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


async def test_the_failures_of_its_summary_are_in_the_words_of_the_program(world: World) -> None:
    start = README.index("3 failed, listed in")
    sample = README[start : README.index("when they are mended", start)]
    (world.recordings / "empty.mp3").touch()
    (empty,) = (await world.run()).failed
    text = "File does not appear to contain audio. File type is text/plain."
    reasons = {empty.error, describe_transcript_error(text, is_url=False, times=1)}
    assert {line.partition(": ")[2] for line in sample.splitlines() if ": " in line} == reasons


def test_the_mistakes_of_its_job_list_are_in_the_words_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.yaml").write_text(
        "version: 1\njobs:\n  - talks/*.mp3\n"
        "  - {source: interview.wav, language: no}\n  - {source: interview.wav, format: [txt]}\n"
    )
    with pytest.raises(MistakesError) as caught:
        read_job_list(Path("jobs.yaml"), formats=FORMATS)
    assert "```\n" + "\n".join(caught.value.lines()) + "\n```" in README


@pytest.mark.timeout(180)
async def test_its_first_run_works_as_pasted(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper")
    (lines,) = re.findall(r"```sh\n(\. \.venv.*?)```", README, re.DOTALL)
    activate, *commands = lines.splitlines()
    assert activate == ". .venv/bin/activate"
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    for command in commands:
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "BATCH_TRANSCRIBER_CONFIG": "",
            },
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == ExitCode.OK
    samples = {path.relative_to(ROOT / SPEECH) for path in (ROOT / SPEECH).rglob("*.txt")}
    for folder in ("transcripts", "texts"):
        written = tmp_path / folder
        assert {path.relative_to(written) for path in written.rglob("*.txt")} == samples
