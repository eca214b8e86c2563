"""`systemd`: unit files that systemd takes, and that start what was asked for."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.conftest import COMMAND
from tests.support.tools import tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli
    from tests.support.world import World

NAME = "batch-transcriber"


def setting(unit: str, name: str) -> list[str]:
    """Return the values of a setting."""
    return [line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{name}=")]


async def units(cli: Cli, *arguments: str | Path) -> dict[str, str]:
    """Have the files written, and return them by their endings."""
    into = cli.folder / "units"
    into.mkdir(exist_ok=True)
    ended = await cli("systemd", *arguments[:1], "--into", into, *arguments[1:])
    assert ended.code == ExitCode.OK, ended.stderr
    assert ended.stdout.split() == [str(path) for path in sorted(into.iterdir())]
    return {path.suffix: path.read_text() for path in into.iterdir()}


@pytest.mark.parametrize(
    "arguments",
    [
        ("/srv/calls", "--timer", "22:00"),
        ("/srv/calls", "--timer", "Mon..Fri 22:00", "--user"),
        ("/srv/calls", "--watch"),
        ("/srv/my calls; 100% 'of' \"them\" \\ $HOME", "--", "-f", "txt,srt", "--offline"),
    ],
    ids=["timer", "user", "watch", "odd name"],
)
async def test_systemd_finds_nothing_wrong_with_them(cli: Cli, arguments: tuple[str, ...]) -> None:
    analyze = tool("systemd-analyze", package="systemd")
    files = [str(cli.folder / "units" / f"{NAME}{ending}") for ending in await units(cli, *arguments)]
    which = ["--user"] if "--user" in arguments else ["--system"]
    process = await asyncio.create_subprocess_exec(
        *(analyze, *which, "verify", "--man=no", *files),
        env={"PATH": os.environ["PATH"], "HOME": str(cli.folder), "XDG_RUNTIME_DIR": str(cli.folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert [line for line in said.decode().splitlines() if NAME in line] == []
    assert process.returncode == 0, said


async def test_a_timer_starts_a_service_that_is_hardened_and_gets_the_key(cli: Cli) -> None:
    found = await units(cli, "/srv/calls", "--timer", "22:00")
    service = found[".service"]
    assert setting(found[".timer"], "OnCalendar") == ["22:00"]
    assert setting(service, "ExecStart") == [f"{COMMAND} run /srv/calls -o %S/{NAME}/transcripts"]
    assert setting(service, "LoadCredential") == [f"api-key:%E/{NAME}/api-key"]
    assert setting(service, "DynamicUser") == ["yes"]
    assert setting(service, "StateDirectory") == [NAME]
    assert setting(service, "ProtectSystem") == ["strict"]
    assert setting(service, "Type") == ["notify"]
    assert "[Install]" not in service, "it is the timer that starts it"
    refused = {int(code) for code in setting(service, "RestartPreventExitStatus")[0].split()}
    assert refused == {ExitCode.SOME_FAILED, ExitCode.USAGE, ExitCode.AUTH, ExitCode.ACCOUNT}


async def test_both_files_are_printed_with_their_places(cli: Cli) -> None:
    ended = await cli("systemd", "/srv/calls", "--timer", "22:00")
    places = [line for line in ended.stdout.splitlines() if line.startswith("# ")]
    assert places == [f"# /etc/systemd/system/{NAME}{ending}" for ending in (".service", ".timer")]
    assert f"/etc/{NAME}/api-key" in ended.stderr
    assert f"enable --now {NAME}.timer" in ended.stderr


async def test_a_unit_of_a_user_writes_where_it_is_told_to(cli: Cli) -> None:
    found = await units(cli, "calls", "--watch", "--user", "-o", "my texts", "--", "--offline")
    service = found[".service"]
    out = cli.folder / "my texts"
    assert setting(service, "ExecStart") == [f'{COMMAND} watch {cli.folder}/calls --offline -o "{out}"']
    assert setting(service, "ReadWritePaths") == [f'"{out}"']
    assert setting(service, "WantedBy") == ["default.target"]
    assert not setting(service, "DynamicUser")


async def test_a_unit_without_the_service_needs_no_key(cli: Cli) -> None:
    found = await units(cli, "/srv/calls", "--", "--offline")
    assert not setting(found[".service"], "LoadCredential")


async def test_a_unit_that_hears_itself_has_a_place_for_its_models(cli: Cli) -> None:
    found = await units(cli, "/srv/calls", "--", "--offline", "--model", "/home/ann/models/mine")
    assert setting(found[".service"], "CacheDirectory") == [NAME]
    assert setting(found[".service"], "Environment") == [f"XDG_CACHE_HOME=%C/{NAME}"]
    assert setting(found[".service"], "ProtectHome") == ["read-only"]
    found = await units(cli, "/srv/calls", "--user", "--", "--offline", "--accurate")
    assert setting(found[".service"], "CacheDirectory") == [NAME]
    assert not setting(found[".service"], "Environment")
    assert not setting((await units(cli, "/srv/calls"))[".service"], "CacheDirectory")


async def test_a_unit_with_a_folder_of_somebody_runs_as_its_owner(cli: Cli) -> None:
    out = cli.folder / "texts"
    out.mkdir()
    if os.geteuid() == 0:
        refused = await cli("systemd", "/srv/calls", "-o", out)
        assert refused.code == ExitCode.USAGE
        assert "belongs to root, and a unit runs as its folder's owner" in refused.stderr
        shutil.chown(out, "nobody")
    found = await units(cli, "/srv/calls", "-o", out / "deep", "--", "--log-file", "/srv/logs/run.log")
    assert setting(found[".service"], "User") == [out.owner()]
    assert setting(found[".service"], "ReadWritePaths") == [f"{out}/deep /srv/logs"]


async def test_the_service_does_what_it_says(world: World, cli: Cli) -> None:
    world.record("a.mp3", "hello")
    found = await units(cli, "recordings", "--user", "-o", world.out, "--", "-f", "txt,srt")
    (command,) = setting(found[".service"], "ExecStart")
    key = cli.folder / "credentials"
    key.mkdir()
    (key / "api-key").write_text(cli.environ.pop("AAI_API_KEY"))
    cli.environ["CREDENTIALS_DIRECTORY"] = str(key)
    ended = await cli(*shlex.split(command)[1:])
    assert ended.code == ExitCode.OK
    assert set(world.texts()) == {"a.txt", "a.srt"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["/srv", "--timer", "25:00"],
            "--timer must be a time such as 22:00 or 'Mon..Fri 22:00' (it is '25:00')",
        ),
        (["/srv", "--timer", "22:00\nUser=root"], "--timer must be a time"),
        (["/srv", "--timer", "22:00", "--watch"], "--watch cannot be used with --timer"),
        ([], "nothing to transcribe: name a folder"),
        (["--watch"], "nothing to transcribe: name a folder"),
        (
            ["/srv", "--offline"],
            "--offline belongs to run: put it behind --, as in batch-transcriber systemd SOURCE -- --off",
        ),
        (["/srv", "--", "--langage", "de"], "no such option: --langage; did you mean --language?"),
        (["/srv", "--", "--api-key", "k"], "--api-key has no place in a unit"),
        (["/srv", "--", "-o", "/x"], "--out has no place in a unit"),
        (["/srv", "--", "--log-file", "x"], "--log-file must begin with a / in a unit (it is 'x')"),
        (["/srv", "--", "--offline", "--model", "./m"], "--model must begin with a / in a unit (it is 'm')"),
        (["/srv/a\nUser=root"], "'/srv/a\\nUser=root' cannot stand in a unit file; rename it"),
        (["/srv", "--into", "missing"], "missing/batch-transcriber.service: cannot be written"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_line(cli: Cli, arguments: list[str], words: str) -> None:
    ended = await cli("systemd", *arguments)
    assert ended.code in {ExitCode.USAGE, ExitCode.LOCAL}
    assert ended.stderr.startswith(f"batch-transcriber: {words}")
    assert ended.stdout == ""
