"""The configuration file: below flags, variables and the defaults of a job list, above what is built in."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli, Ended
    from tests.support.world import World

README = Path(__file__).parents[2] / "README.md"


class File:
    """The file, where the command looks for it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")


@pytest.fixture
def file(cli: Cli) -> File:
    path = cli.folder / "config" / "batch-transcriber" / "config.toml"
    path.parent.mkdir(parents=True)
    del cli.environ["BATCH_TRANSCRIBER_CONFIG"]
    cli.environ["XDG_CONFIG_HOME"] = str(cli.folder / "config")
    return File(path)


def named(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if not path.name.startswith(".")}


async def shown(cli: Cli, *words: str) -> dict[str, tuple[str, str]]:
    """Return each line of `config show`: its value and its place, by its key."""
    ended = await cli("config", "show", *words)
    assert ended.code == ExitCode.OK, ended.stderr
    entries = [line.lstrip("#").rpartition(" # ") for line in ended.stdout.splitlines()[2:]]
    return {
        key.strip(): (value.strip(), place)
        for entry, _, place in entries
        for key, _, value in (entry.partition("="),)
    }


async def test_what_holds_is_typed_or_set_or_said_by_a_list_or_by_the_file(
    world: World, cli: Cli, file: File
) -> None:
    world.record("a.mp3")
    (cli.folder / "list.yaml").write_text("version: 1\ndefaults: {formats: [srt]}\njobs: [recordings]\n")
    file.write('format = "vtt"\n')
    formats = []
    for number, (variable, arguments) in enumerate(
        [
            ("", ["recordings"]),
            ("", ["-j", "list.yaml"]),
            ("md", ["-j", "list.yaml"]),
            ("md", ["-j", "list.yaml", "-f", "json"]),
        ]
    ):
        cli.environ["BATCH_TRANSCRIBER_FORMAT"] = variable
        out = cli.folder / str(number)
        assert (await cli("run", *arguments, "-o", out)).code == ExitCode.OK
        formats.append(named(out))
    assert formats == [{"a.vtt"}, {"a.srt"}, {"a.md"}, {"a.json"}]


async def test_a_switch_of_the_file_is_taken_back_by_its_variable(world: World, cli: Cli, file: File) -> None:
    world.record("a.mp3")
    file.write("quiet = true\n")
    assert (await cli("run", "recordings", "-o", "a")).stderr == ""
    assert (await cli("run", "recordings", "-o", "b", "-v")).stderr
    cli.environ["BATCH_TRANSCRIBER_QUIET"] = "0"
    assert (await cli("run", "recordings", "-o", "c")).stderr


async def test_parameters_of_a_table_are_sent_as_they_are(world: World, cli: Cli, file: File) -> None:
    world.record("a.mp3")
    file.write(
        "[set]\npunctuate = false\nspeech_threshold = 0.5\n"
        "speaker_options = {min_speakers_expected = 2}\nword_boost = ['a', 'b']\n"
    )
    lines = (await shown(cli))["set"][0]
    assert "punctuate=false" in lines
    file.write("set = {punctuate = true}\n")
    assert (await cli("run", "recordings", "-f", "json")).code == ExitCode.OK
    assert json.loads((world.out / "a.json").read_text())["punctuate"] is True


async def test_key_file_and_address_of_the_file_are_the_last_that_are_looked_at(
    world: World, cli: Cli, file: File
) -> None:
    world.record("a.mp3")
    environ = dict(cli.environ)
    (cli.folder / "key").write_text(environ["AAI_API_KEY"])
    address = cli.environ.pop("ASSEMBLYAI_BASE_URL")
    del cli.environ["AAI_API_KEY"]
    file.write(f'api_key_file = "~/key"\nbase_url = "{address}"\n')
    cli.environ["HOME"] = str(cli.folder)
    assert (await cli("run", "recordings")).code == ExitCode.OK
    file.write('api_key_file = "~/none"\nbase_url = "http://127.0.0.1:1"\n')
    cli.environ |= environ
    assert (await cli("run", "recordings", "--force")).code == ExitCode.OK
    held = await shown(cli)
    assert held["base-url"] == (f'"{address}"', "ASSEMBLYAI_BASE_URL")


async def test_all_mistakes_are_told_at_once_with_their_lines(world: World, cli: Cli, file: File) -> None:
    file.write("uplaods = 8\nin-flight = 'many'\nformat = ['txt', 'str']\n[set]\npunctuate = true\n")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.splitlines() == [
        f"{file}:1:1: uplaods: no such option; did you mean 'uploads'?",
        f"{file}:2:1: in-flight: must be a whole number (it is 'many')",
        f"{file}:3:1: format: takes txt, md, srt, vtt, json, tsv (it is 'str'); did you mean srt?",
        f"batch-transcriber: {file} has 3 mistakes; nothing was sent",
    ]
    assert world.faults.arrivals == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("uploads = 0", "uploads must be 1 or more (it is 0)"),
        ("base_url = 'ftp://h'", "base-url must look like https://host (it is 'ftp://h')"),
        ("set = {punctuate = 3}", "set punctuate: must be true or false; it is '3'"),
        ("set = ['punctuate']", "set punctuate: must look like KEY=VALUE"),
        ("language = 'germann'", "language: 'germann' is no language code"),
        ("limit = 0", "limit must be 1 or more (it is 0)"),
    ],
)
async def test_a_value_out_of_its_range_names_the_file_and_the_key(
    world: World, cli: Cli, file: File, text: str, line: str
) -> None:
    del cli.environ["ASSEMBLYAI_BASE_URL"]
    file.write(text)
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.startswith(f"batch-transcriber: {file}: {line}")
    assert world.faults.arrivals == []


async def test_a_key_in_it_is_refused_and_never_shown(cli: Cli, file: File) -> None:
    file.write("api_key = 'hush'\n")
    ended = await cli("run", "x")
    assert ended.code == ExitCode.USAGE
    assert f"{file}:1:1: api_key: must not stand here" in ended.stderr
    assert "hush" not in ended.stderr


async def refused(cli: Cli) -> Ended:
    ended = await cli("run", "x")
    assert ended.code == ExitCode.USAGE
    assert len(ended.stderr.splitlines()) <= 2
    return ended


async def test_what_is_no_file_or_no_toml_is_told_in_a_line(cli: Cli, file: File) -> None:
    for data, words in [
        (b"\nuploads = many\n", ":2:11: not valid TOML: Invalid value; texts stand in quotes"),
        (b"\nuploads = 1\nuploads = 2\n", ":3:12: not valid TOML: Cannot overwrite a value"),
        (b"a = '", ":1:1: not valid TOML: "),
        (b"\nout = '\xff'", ":2:8: not UTF-8; save the file as UTF-8"),
        (b"x = " + b"[" * 10_000, ":1:1: nested too deeply"),
        (b"x = 1" + b"0" * 10_000, ":1:1: not valid TOML: "),
        (b"#" * 1_000_001, ": more than 1 MB is no configuration file"),
    ]:
        file.path.write_bytes(data)
        assert f"{file}{words}" in (await refused(cli)).stderr
    file.path.unlink()
    file.path.mkdir()
    assert f"{file}: a folder stands where the configuration file would be" in (await refused(cli)).stderr
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = "none.toml"
    line = "none.toml: no such file; check BATCH_TRANSCRIBER_CONFIG, which names it"
    assert line in (await refused(cli)).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_is_told(cli: Cli, file: File) -> None:
    file.path.touch(mode=0)
    assert f"{file}: the configuration file cannot be read: Permission denied" in (await refused(cli)).stderr


async def test_a_broken_file_is_not_in_the_way_of_help_and_of_its_own_path(cli: Cli, file: File) -> None:
    file.write("broken = ")
    others = ("config --help", "config show -h", "schema")
    for arguments in ("--help", "--version", "run --help", "retry -h", *others):
        assert (await cli(*arguments.split())).code == ExitCode.OK, arguments
    assert (await cli("config", "path")).stdout == f"{file}\n"
    assert (await cli("config", "show")).code == ExitCode.USAGE


async def test_an_empty_variable_leaves_the_file_unread(cli: Cli, file: File) -> None:
    file.write("broken = ")
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = ""
    ended = await cli("config", "path")
    assert (ended.code, ended.stdout) == (ExitCode.OK, "")
    assert ended.stderr == "BATCH_TRANSCRIBER_CONFIG is empty, so no configuration file is read\n"
    assert (await cli("config", "show")).stdout.startswith("# configuration file: none is read\n")


async def test_the_place_is_the_users_own_and_is_told_also_where_no_file_is(cli: Cli, file: File) -> None:
    assert (await cli("config", "path")).stdout == f"{file}\n"
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = "~/mine.toml"
    cli.environ["HOME"] = str(cli.folder)
    assert (await cli("config", "path")).stdout == f"{cli.folder}/mine.toml\n"


async def test_show_tells_every_value_and_its_place_but_no_secret(cli: Cli, file: File) -> None:
    file.write(
        """out = 't"\N{GRINNING FACE}\\'\n"""
        "uploads = 3\nmin_age = '2m'\nmax-cost = 12.5\nspeaker_labels = true\n"
        "[set]\nwebhook_auth_header_value = 'hush'\nspeech_threshold = 0.5\n"
    )
    cli.environ |= {
        "AAI_API_KEY": "hush",
        "BATCH_TRANSCRIBER_FORMAT": "txt srt",
        "BATCH_TRANSCRIBER_RETRIES": "3",
        "BATCH_TRANSCRIBER_QUIET": "0",
    }
    ended = await cli("config", "show")
    assert "hush" not in ended.stdout
    assert ended.stdout.splitlines()[:2] == [
        f"# configuration file: {file}",
        "# key: from AAI_API_KEY, not shown",
    ]
    held = await shown(cli)
    ours = "configuration file"
    assert held["uploads"] == ("3", ours)
    assert held["min-age"] == ('"2m"', ours)
    assert held["max-cost"] == ("12.5", ours)
    assert held["speaker-labels"] == ("true", ours)
    assert held["retries"] == ("3", "BATCH_TRANSCRIBER_RETRIES")
    assert held["quiet"] == ("false", "BATCH_TRANSCRIBER_QUIET")
    assert held["format"] == ('["txt", "srt"]', "BATCH_TRANSCRIBER_FORMAT")
    assert held["in-flight"] == ("500", "built-in")
    assert held["model"] == ('["universal-3-5-pro", "universal-2"]', "built-in")
    assert held["base-url"] == ('"https://api.assemblyai.com"', "built-in")
    assert held["language"] == ("", "built-in")
    help_text = (await cli("run", "--help")).stdout
    assert all(f"--{key} " in help_text or f"--{key}," in help_text for key in held)
    assert tomllib.loads(ended.stdout)["out"] == 't"\N{GRINNING FACE}\\'


async def test_what_is_shown_can_stand_in_a_file(cli: Cli, file: File) -> None:
    cli.environ |= {
        "BATCH_TRANSCRIBER_MIN_AGE": "2m",
        "BATCH_TRANSCRIBER_NEWER_THAN": "2026-01-01",
        "BATCH_TRANSCRIBER_UPLOADS": "4",
        "BATCH_TRANSCRIBER_SET": "punctuate=true speech_threshold=0.5",
        "BATCH_TRANSCRIBER_EU": "1",
        "BATCH_TRANSCRIBER_VERBOSE": "2",
        "BATCH_TRANSCRIBER_MAX_COST": "$12.50",
        "BATCH_TRANSCRIBER_OUT": "ü \\ dir",
    }
    first = await shown(cli)
    file.write((await cli("config", "show")).stdout)
    for name in [name for name in cli.environ if name.startswith("BATCH_TRANSCRIBER_")]:
        del cli.environ[name]
    again = await shown(cli)
    assert {key: value for key, (value, _) in again.items()} == {
        key: value for key, (value, _) in first.items()
    }
    assert {again[key][1] for key, (_, place) in first.items() if place.startswith("BATCH")} == {
        "configuration file"
    }


async def test_without_a_command_help_is_shown(cli: Cli) -> None:
    ended = await cli("config")
    assert ended.code == ExitCode.USAGE
    assert ended.stdout.strip() == (await cli("config", "--help")).stdout.strip()
    assert "show" in ended.stdout
    assert ended.stderr == ""


async def test_the_sample_of_the_readme_is_right(cli: Cli, file: File) -> None:
    (sample,) = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    file.write(sample)
    held = await shown(cli)
    keys = set(tomllib.loads(sample))
    assert {key for key, (_, place) in held.items() if place == "configuration file"} == keys
