"""What the installed command prints where: lines for a pipe, objects for programs."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from batch_transcriber.errors import ExitCode
from batch_transcriber.ui.json_objects import schema
from tests.support.world import KEY

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World


async def test_forced_colours_are_all_that_a_pipe_gets_of_a_terminal(world: World, cli: Cli) -> None:
    world.record("empty.mp3", "")
    cli.environ |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    ended = await cli("run", "recordings")
    assert (
        "\x1b[31mfailed: recordings/empty.mp3: the file is empty; record or copy it again\x1b[0m"
        in ended.stderr
    )
    assert set(re.findall(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", ended.stderr)) <= {
        f"\x1b[{code}m" for code in ("0", "2", "31", "32", "33", "1", "1;31", "1;32", "1;33")
    }


async def test_lines_of_a_pipe_tell_the_start_the_failures_and_the_end(world: World, cli: Cli) -> None:
    world.record("a.mp3", size_bytes=2_000_000)
    world.record("empty.mp3", "")
    ended = await cli("run", "recordings")
    lines = ended.stderr.splitlines()
    assert lines[0] == f"transcribing recordings to transcripts, on this machine ({world.service.base_url})"
    assert set(lines[1:3]) == {
        "2 recordings found, 2.0 MB",
        "failed: recordings/empty.mp3: the file is empty; record or copy it again",
    }
    assert lines[3].startswith("1 text written to transcripts")
    assert re.fullmatch(r"2\.0 MB read, \d+ s", lines[4])
    assert lines[5:] == [
        "1 failed, listed in transcripts/failed.yaml:",
        "  recordings/empty.mp3: the file is empty; record or copy it again",
        "when it is mended, try it again:",
        "  batch-transcriber retry transcripts",
    ]


async def test_every_transition_and_every_request_are_told_to_who_asks(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    ended = await cli("run", "-vv", "recordings")
    lines = ended.stderr.splitlines()
    assert "uploaded: recordings/a.mp3" in lines
    assert "written: recordings/a.mp3 to transcripts/a.txt" in "\n".join(lines)
    for request in ("POST /v2/upload", "POST /v2/transcript", r"GET /v2/transcript/[\w-]+/paragraphs"):
        assert [line for line in lines if re.fullmatch(rf"request: {request}: 200 in \d+\.\d\d s", line)]
    silent = await cli("run", "-v", "recordings", "--force")
    assert "request:" not in silent.stderr


async def test_json_is_an_object_a_line_on_stdout_and_nothing_else(world: World, cli: Cli) -> None:
    world.record("a.mp3", "hello from a")
    world.record("empty.mp3", "")
    name = os.fsdecode(b"caf\xe9\n.mp3")
    world.record(name, "hello")
    ended = await cli("run", "recordings", "nosuch.mp3", "--json", "-vv")
    objects = [json.loads(line) for line in ended.stdout.splitlines()]
    validator = Draft202012Validator(schema())
    for thing in objects:
        validator.validate(thing)
    assert [objects[0]["type"], objects[-1]["type"]] == ["start", "summary"]
    assert Counter(thing["type"] for thing in objects if thing["type"] in {"written", "failed"}) == {
        "written": 2,
        "failed": 2,
    }
    assert {thing["source"] for thing in objects if thing["type"] == "written"} == {
        "recordings/a.mp3",
        f"recordings/{name}",
    }
    summary = objects[-1]
    assert (summary["written"], summary["failed"], summary["to_go"], summary["exit_code"]) == (2, 2, 0, 1)
    assert summary["requests"] == len([thing for thing in objects if thing["type"] == "request"])
    # Standard error keeps what went wrong, for those who look there.
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == ["failed", "failed"]


async def test_json_says_what_ended_the_run(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    cli.environ["AAI_API_KEY"] = "wrong-key-of-mine"
    ended = await cli("run", "recordings/a.mp3", "--json")
    summary = json.loads(ended.stdout.splitlines()[-1])
    assert summary["type"] == "summary"
    assert summary["exit_code"] == ended.code == ExitCode.AUTH
    assert "key" in summary["fatal"]
    assert "wrong-key-of-mine" not in ended.stdout


async def test_a_thousand_failures_are_grouped_by_reason(world: World, cli: Cli) -> None:
    for number in range(1000):
        (world.recordings / f"{number:04}.mp3").touch()
    world.record("good.mp3")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.SOME_FAILED
    closing = ended.stderr[ended.stderr.index("1,000 failed, listed in transcripts/") :].splitlines()
    assert closing[1] == "  1,000 times: the file is empty; record or copy it again"
    assert len(closing) < 12


async def test_the_key_is_not_in_the_command_that_goes_on(world: World, cli: Cli) -> None:
    world.record("empty.mp3", "")
    world.out.mkdir()
    (world.out / "failed.yaml").write_text("# somebody's own, so that no list is named\n")
    header = "webhook_auth_header_value"
    for arguments, shown in (
        (["--api-key", KEY], "--api-key ..."),
        ([f"--api-key={KEY}"], "--api-key=..."),
        (["--set", f"{header}={KEY}"], f"--set {header}=..."),
        ([f"--set={header}={KEY}"], f"--set={header}=..."),
    ):
        ended = await cli("run", "recordings", *arguments)
        assert ended.stderr.splitlines()[-1] == f"  batch-transcriber run recordings {shown}"


@pytest.mark.parametrize(
    ("formats", "printed"),
    [(["srt,txt"], "hello\n"), (["srt", "-f", "vtt"], "1\n00:00:00,000 --> 00:00:00,300\nhello\n\n")],
)
async def test_of_one_recording_the_text_is_printed_or_else_the_first_format(
    world: World, cli: Cli, formats: list[str], printed: str
) -> None:
    world.record("a.mp3", "hello", size_bytes=500)
    for _ in range(2):  # the second time it is there already
        assert (await cli("run", "recordings/a.mp3", "-f", *formats)).stdout == printed


async def test_objects_name_all_files_of_a_recording(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    cli.environ["BATCH_TRANSCRIBER_FORMAT"] = "vtt, txt"
    outputs = ["transcripts/a.vtt", "transcripts/a.txt"]
    for kind in ("written", "skipped"):
        objects = map(json.loads, (await cli("run", "recordings", "--json")).stdout.splitlines())
        (thing,) = [thing for thing in objects if thing["type"] == kind]
        assert (thing["output"], thing["outputs"]) == (outputs[0], outputs)


async def test_a_name_in_a_warning_does_no_harm(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    key = cli.folder / "\x1b[31mkey"
    key.write_text("another-key")
    cli.environ["AAI_API_KEY"] = "and-another-one"
    ended = await cli("run", "recordings/a.mp3", "--api-key-file", key.name)
    assert r"the key file \x1b[31mkey and AAI_API_KEY hold different keys" in ended.stderr
    assert "\x1b" not in ended.stderr
