"""Wrong usage: one line that says what to mend, one that leads to the help, and nothing is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World

UNENCRYPTED = (
    "http://api.example.org would send the key and the recordings unencrypted; "
    "use https, or allow it with --insecure"
)
NO_SERVICE = "nothing is sent to a service then"


async def refused(cli: Cli, *arguments: str, of: str = " run") -> str:
    """Return the line that refuses this, without the program's name."""
    ended = await cli(*arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.stdout == ""
    line, leads_to_help = ended.stderr.splitlines()
    assert leads_to_help == f"see batch-transcriber{of} --help"
    return line.removeprefix("batch-transcriber: ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("", "nothing to transcribe: name a file, a folder, a pattern or a URL, or a list with -j"),
        ("x --uploads 0", "--uploads must be 1 or more (it is 0)"),
        ("x --uploads 65", "--uploads must be 64 or less (it is 65)"),
        ("x --in-flight 1" + "0" * 400, f"--in-flight must be 10000 or less (it is 1{'0' * 38}…)"),
        ("x --uploads many", "--uploads must be a whole number (it is 'many')"),
        ("x --uploads", "--uploads needs a value: --uploads N"),
        ("x -o", "-o needs a value: -o DIR"),
        ("x --force=yes", "--force takes no value"),
        ("x --poll-interval 0", "--poll-interval must be more than 0 (it is 0)"),
        ("x --poll-interval soon", "--poll-interval must be a number (it is 'soon')"),
        ("x --poll-by swep", "--poll-by must be sweep or id (it is 'swep'); did you mean sweep?"),
        ("x -f txt,str", "--format takes txt, md, srt, vtt, json, tsv (it is 'str'); did you mean srt?"),
        ("x --format docx", "--format takes txt, md, srt, vtt, json, tsv (it is 'docx')"),
        ("x --chars-per-caption 0", "--chars-per-caption must be 1 or more (it is 0)"),
        ("x --chars-per-caption 1.5", "--chars-per-caption must be a whole number (it is '1.5')"),
        ("x -f", "-f needs a value: -f NAMES"),
        ("x --bogus", "no such option: --bogus"),
        ("x --ofline", "no such option: --ofline; did you mean --offline?"),
        ("x --zzz", "no such option: --zzz"),
        ("x -z", "no such option: -z"),
        ("x --api-key-fiel=hush", "no such option: --api-key-fiel; did you mean --api-key-file?"),
        ("x --version", "--version goes without a command: batch-transcriber --version"),
        ("x --base-url api.example.org", "--base-url must look like https://host (it is 'api.example.org')"),
        ("x --base-url ftp://h", "--base-url must look like https://host (it is 'ftp://h')"),
        ("x --base-url https://ex..ample", "--base-url: 'ex..ample' cannot be a host name"),
        ("x --base-url http://api.example.org", f"--base-url: {UNENCRYPTED}"),
    ],
)
async def test_a_run_that_cannot_be_meant_names_what_to_mend_and_sends_nothing(
    world: World, cli: Cli, arguments: str, line: str
) -> None:
    assert await refused(cli, "run", *arguments.split()) == line
    assert world.faults.arrivals == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("rnu x", "no such command: rnu; did you mean run?"),
        ("walk", "no such command: walk"),
        ("talks/", "talks/ is no command; did you mean: batch-transcriber run talks/"),
        ("recordings", "recordings is no command; did you mean: batch-transcriber run recordings"),
        ("--offline x", "--offline belongs to run: batch-transcriber run --offline ..."),
        ("--api-key=hush run x", "--api-key belongs to run: batch-transcriber run --api-key ..."),
        ("--ofline x", "no such option: --ofline; did you mean: batch-transcriber run --offline ..."),
        ("help", "no such command: help; did you mean --help?"),
        ("version", "no such command: version; did you mean --version?"),
        ("--verison", "no such option: --verison; did you mean --version?"),
    ],
)
async def test_what_stands_in_the_place_of_a_command_is_led_to_its_own(
    cli: Cli, arguments: str, line: str
) -> None:
    (cli.folder / "recordings").mkdir()
    assert await refused(cli, *arguments.split(), of="") == line


@pytest.mark.parametrize("command", ["schema", "config path", "config show"])
async def test_a_command_that_takes_nothing_refuses_what_follows_it(cli: Cli, command: str) -> None:
    name = command.rsplit(maxsplit=1)[-1]
    assert (
        await refused(cli, *command.split(), "x", of=f" {command}")
        == f"{name} takes no arguments (it got 'x')"
    )


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("UPLOADS", "many", "must be a whole number (it is 'many')"),
        ("UPLOADS", "0", "must be 1 or more (it is 0)"),
        ("FORCE", "perhaps", "must be 1 or 0 (it is 'perhaps')"),
        ("VERBOSE", "many", "must be 0, 1 or 2 (it is 'many')"),
        ("FORMAT", "txt,jsn", "takes txt, md, srt, vtt, json, tsv (it is 'jsn'); did you mean json?"),
        ("POLL_BY", "swep", "must be sweep or id (it is 'swep'); did you mean sweep?"),
    ],
)
async def test_a_value_from_a_variable_names_the_variable(
    world: World, cli: Cli, variable: str, value: str, line: str
) -> None:
    cli.environ[f"BATCH_TRANSCRIBER_{variable}"] = value
    assert await refused(cli, "run", "x") == f"BATCH_TRANSCRIBER_{variable} {line}"
    assert world.faults.arrivals == []


@pytest.mark.parametrize(
    ("variable", "value", "place"),
    [
        ("AAI_API_KEY", "hush hush", "AAI_API_KEY"),
        ("BATCH_TRANSCRIBER_API_KEY_FILE", "key", "the key file key"),
    ],
)
async def test_a_key_that_cannot_be_one_is_blamed_on_its_place_and_never_shown(
    cli: Cli, variable: str, value: str, place: str
) -> None:
    (cli.folder / "key").write_text("hush hush")
    cli.environ[variable] = value
    ended = await cli("run", "x")
    assert ended.code == ExitCode.AUTH
    assert ended.stderr.startswith(f"batch-transcriber: {place}: the API key holds characters")
    assert "hush" not in ended.stderr


@pytest.mark.parametrize("wrong", ["--in-flight 0", "--base-url ftp://h", "--retries many"])
async def test_a_wrong_value_is_told_before_a_key_that_is_missing(cli: Cli, wrong: str) -> None:
    assert (await refused(cli, "run", "x", *wrong.split())).startswith(wrong.partition(" ")[0])


async def test_a_missing_key_takes_two_lines_of_a_terminal(cli: Cli) -> None:
    async with run_in_terminal(COMMAND, "run", "x", environ=cli.environ) as terminal:
        assert await terminal.end() == ExitCode.AUTH
        lines = await terminal.until(lambda lines: any("--offline" in line for line in lines))
    assert len(lines) == 2
    assert "https://www.assemblyai.com" in " ".join(lines)


async def test_a_bad_address_from_a_variable_names_the_variable(cli: Cli) -> None:
    cli.environ |= {"AAI_API_KEY": "hush", "ASSEMBLYAI_BASE_URL": "api.example.org"}
    line = await refused(cli, "run", "x")
    assert line == "ASSEMBLYAI_BASE_URL must look like https://host (it is 'api.example.org')"


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--eu", NO_SERVICE),
        ("--base-url https://example.org", NO_SERVICE),
        ("--api-key hush", "it needs no key"),
        ("--api-key-file hush", "it needs no key"),
        ("--insecure", NO_SERVICE),
        ("--ca-bundle file", NO_SERVICE),
    ],
)
async def test_an_offline_run_refuses_what_is_meant_for_a_service(cli: Cli, option: str, reason: str) -> None:
    name = option.partition(" ")[0]
    line = await refused(cli, "run", "x", "--offline", *option.split())
    assert line == f"--offline cannot be used with {name}: {reason}"


async def test_a_variable_that_contradicts_what_is_typed_is_named(cli: Cli) -> None:
    cli.environ["BATCH_TRANSCRIBER_OFFLINE"] = "1"
    line = await refused(cli, "run", "x", "--model", "best")
    assert line.startswith("BATCH_TRANSCRIBER_OFFLINE cannot be used with --model best: ")


async def test_options_that_exclude_each_other_are_refused_with_the_reason(cli: Cli) -> None:
    line = await refused(cli, "run", "x", "--eu", "--base-url", "https://example.org")
    assert line == "--eu cannot be used with --base-url: both say where the service is"
    line = await refused(cli, "run", "x", "-q", "-v")
    assert line == "--quiet cannot be used with --verbose: one asks for less, one for more"


async def test_what_is_typed_goes_before_a_variable_that_says_otherwise(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    cli.environ |= {"BATCH_TRANSCRIBER_EU": "1", "BATCH_TRANSCRIBER_UPLOADS": "many"}
    ended = await cli("run", "recordings", "--base-url", world.service.base_url, "--uploads", "2")
    assert ended.code == ExitCode.OK
    assert world.texts() == {"a.txt": "words of a.mp3\n"}


@pytest.mark.parametrize(
    ("variable", "typed", "is_told"),
    [("QUIET", "-v", True), ("QUIET", "", False), ("VERBOSE", "-q", False), ("VERBOSE", "", True)],
)
async def test_how_much_is_told_is_what_was_typed_and_else_what_a_variable_says(
    world: World, cli: Cli, variable: str, typed: str, *, is_told: bool
) -> None:
    world.record("a.mp3")
    cli.environ[f"BATCH_TRANSCRIBER_{variable}"] = "1"
    ended = await cli("run", "recordings", *typed.split())
    assert ended.code == ExitCode.OK
    assert ("uploaded: recordings/a.mp3" in ended.stderr) is is_told
    assert bool(ended.stderr) is is_told


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [
        ("2>&-", "run --zzz", ExitCode.USAGE),
        ("2>&-", "run x --in-flight 0", ExitCode.USAGE),
        ("2>&-", "run recordings", ExitCode.OK),
        (">&-", "run recordings/a.mp3", ExitCode.OK),
        (">&-", "run recordings --json", ExitCode.OK),
        (">&- 2>&-", "run --help", ExitCode.OK),
    ],
)
async def test_a_stream_that_is_closed_changes_no_exit_code(
    world: World, cli: Cli, closed: str, arguments: str, code: ExitCode
) -> None:
    world.record("a.mp3")
    shell = await asyncio.create_subprocess_shell(
        f"{COMMAND} {arguments} {closed}", cwd=cli.folder, env=cli.environ, stdout=asyncio.subprocess.PIPE
    )
    assert b"batch-transcriber" not in (await shell.communicate())[0]
    assert shell.returncode == code


async def test_a_variable_that_nothing_reads_gets_a_line_and_the_run_goes_on(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    cli.environ["BATCH_TRANSCRIBER_UPLAODS"] = "3"
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.OK
    assert ended.stderr.startswith(
        "BATCH_TRANSCRIBER_UPLAODS is set, but nothing reads it; did you mean BATCH_TRANSCRIBER_UPLOADS?\n"
    )


async def test_control_characters_that_were_typed_are_spelt_out(cli: Cli) -> None:
    assert "\x1b" not in await refused(cli, "run", "x", "--\x1b[31m")


async def test_a_terminal_breaks_the_line_at_words(cli: Cli) -> None:
    command = [COMMAND, "run", "x", "--base-url", "http://api.example.org"]
    environ = cli.environ | {"AAI_API_KEY": "hush"}
    async with run_in_terminal(*command, environ=environ) as terminal:
        lines = await terminal.until(lambda lines: lines[-1].startswith("see "))
        assert await terminal.end() == ExitCode.USAGE
    assert len(lines) == 3
    assert lines[0].endswith(" send the key and the")
