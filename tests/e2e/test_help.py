"""`--help`, as people read it."""

from __future__ import annotations

import asyncio
import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli

TOP, RUN, ESTIMATE, RETRY = ["--help"], ["run", "--help"], ["estimate", "--help"], ["retry", "--help"]
STATUS, REPORT = ["status", "--help"], ["report", "--help"]
CHECK, SYSTEMD, WATCH = ["check", "--help"], ["systemd", "--help"], ["watch", "--help"]
SERVE = ["serve", "--help"]
OTHERS = [
    ESTIMATE,
    RETRY,
    STATUS,
    REPORT,
    CHECK,
    SYSTEMD,
    WATCH,
    SERVE,
    ["config", "--help"],
    ["config", "show", "--help"],
    ["schema", "--help"],
]
EXAMPLES = [
    "batch-transcriber run --offline recordings/",
    "batch-transcriber estimate recordings/",
    "batch-transcriber run a.mp3 b.wav https://host/c.mp3 \\",
    "nohup batch-transcriber run calls/ > calls.log 2>&1 &",
]


@pytest.mark.parametrize("arguments", [TOP, RUN], ids=" ".join)
@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_it_fits_the_terminal_and_keeps_its_examples_whole(
    cli: Cli, arguments: list[str], columns: int
) -> None:
    async with run_in_terminal(
        COMMAND, *arguments, environ=cli.environ, columns=columns, lines=200
    ) as terminal:
        assert await terminal.end() == ExitCode.OK
        lines = await terminal.until(lambda lines: len(lines) > 10 and not lines[-1].startswith("╰"))
    panels = [line for line in lines if line[:1] in {"╭", "│", "╰"}]
    assert {len(line) for line in panels} == {columns}
    assert all(line[-1] in "╮│╯" for line in panels), "a line that is too long would break the frame"
    for example in EXAMPLES:
        assert example in [line.strip() for line in lines]


@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_a_paragraph_goes_on_to_the_edge(cli: Cli, columns: int) -> None:
    cli.environ["COLUMNS"] = str(columns)
    text = (await cli(*RUN)).stdout
    for paragraph in re.split(r"\n\s*\n", text[text.index("Transcribe") : text.index("╭")]):
        lines = [line.strip() for line in paragraph.splitlines()]
        for line, following in pairwise(lines):
            assert len(line) + 1 + len(following.split()[0]) > columns - 2, f"{line!r} ends too early"


@pytest.mark.parametrize("arguments", [TOP, RUN, *OTHERS], ids=" ".join)
async def test_it_speaks_of_no_types(cli: Cli, arguments: list[str]) -> None:
    text = (await cli(*arguments)).stdout
    assert not re.search(r"<\w|[{}]|\[required\]|\[default|list\[", text)


@pytest.mark.parametrize("arguments", [TOP, RUN, *OTHERS], ids=" ".join)
async def test_it_begins_with_a_usage_line(cli: Cli, arguments: list[str]) -> None:
    first = (await cli(*arguments)).stdout.split("\n\n")[0].strip()
    assert first.startswith(" ".join(["Usage: batch-transcriber", *arguments[:-1]]))


async def test_an_option_says_what_it_takes_only_if_it_takes_something(cli: Cli) -> None:
    text = (await cli(*RUN)).stdout
    for switch in ("--force", "--quiet -q", "--offline", "--eu", "--insecure"):
        assert re.search(rf"│ {re.sub(' ', ' +', switch)} +[A-Z][a-z]", text), switch
    for option, value in {
        "--api-key-file": "FILE",
        "--format -f": "NAMES",
        "--model": "NAME",
        "--base-url": "URL",
        "--uploads": "N",
        "--poll-interval": "SECONDS",
        "--poll-by": r"sweep\|id",
    }.items():
        assert re.search(rf"│ {re.sub(' ', ' +', option)} +{value} +[A-Z][a-z]", text), option


async def test_it_names_the_panels_the_exit_codes_and_the_variables(cli: Cli) -> None:
    text = (await cli(*RUN)).stdout
    panels = ["Which recordings", "What is asked for", "Output", "Service", "Unattended runs"]
    panels += ["Limits (rarely needed)", "Help"]
    assert re.findall(r"╭─ (.+?) ─", text) == panels
    codes = re.findall(r"^ +(\d+)  ", text[text.index("Exit codes:") :], re.MULTILINE)
    assert {int(code) for code in codes} == set(ExitCode) - {ExitCode.HANGUP, ExitCode.TERMINATED}
    assert "BATCH_TRANSCRIBER_IN_FLIGHT=100" in text
    assert "(default: transcripts)" in text


async def test_without_arguments_it_is_shown_and_the_exit_code_is_that_of_wrong_usage(cli: Cli) -> None:
    alone = await cli()
    assert alone.code == ExitCode.USAGE
    assert alone.stdout.strip() == (await cli("-h")).stdout.strip()
    assert alone.stderr == ""


async def test_a_pipe_gets_no_escape_sequences(cli: Cli) -> None:
    for arguments in (TOP, RUN, *OTHERS):
        assert "\x1b" not in (await cli(*arguments)).stdout


async def test_a_terminal_that_wants_no_colour_gets_none(cli: Cli) -> None:
    seen = {}
    for name in ("", "NO_COLOR"):
        environ = cli.environ | ({name: "1"} if name else {})
        async with run_in_terminal(COMMAND, *RUN, environ=environ, lines=200) as terminal:
            await terminal.until(lambda lines: "config --help." in lines[-1])
            seen[name] = re.findall(rb"\x1b\[(?:\d+;)*(?:3\d|9\d)(?:;\d+)*m", bytes(terminal.raw))
    assert seen[""]
    assert not seen["NO_COLOR"]


async def test_a_reader_that_goes_away_sees_no_traceback(cli: Cli) -> None:
    shell = await asyncio.create_subprocess_shell(
        f"{COMMAND} run --help | true", env=cli.environ, stderr=asyncio.subprocess.PIPE
    )
    assert (await shell.communicate())[1] == b""


@pytest.mark.parametrize("arguments", [TOP, RUN, *OTHERS], ids=" ".join)
async def test_nothing_heavy_is_imported_for_it(cli: Cli, arguments: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-m", "batch_transcriber", *arguments),
        env=cli.environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    imported = {
        line.rpartition("|")[2].strip() for line in (await process.communicate())[1].decode().split("\n")
    }
    assert "batch_transcriber.cli.main" in imported
    heavy = {
        "aiohttp",
        "jinja2",
        "numpy",
        "platformdirs",
        "tomllib",
        "batch_transcriber.settings",
        "batch_transcriber.engine",
        "batch_transcriber.ui",
    }
    assert not imported & heavy
