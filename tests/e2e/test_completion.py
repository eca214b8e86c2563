"""What the Tab key does in a real shell."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import COMMAND
from tests.support.terminal import run_in_terminal

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli


@pytest.mark.parametrize("installed_by", ["--show-completion", "_BATCH_TRANSCRIBER_COMPLETE=source_bash"])
async def test_bash_completes_commands_options_words_and_paths(cli: Cli, installed_by: str) -> None:
    (cli.folder / "recordings").mkdir()
    (cli.folder / "texts").mkdir()
    (cli.folder / "talk.mp3").touch()
    (cli.folder / "config.toml").write_text("broken = ")
    cli.environ["BATCH_TRANSCRIBER_CONFIG"] = str(cli.folder / "config.toml")
    option, variable = (installed_by, "") if installed_by.startswith("--") else ("", installed_by)
    environ = cli.environ | {
        "PATH": f"{Path(COMMAND).parent}:{cli.environ['PATH']}",
        "INPUTRC": "/dev/null",
        "PS1": "> ",
    }
    async with run_in_terminal("bash", "--norc", "--noprofile", "-i", environ=environ) as bash:
        bash.type(f"cd {shlex.quote(str(cli.folder))}\n".encode())
        bash.type(f"source <({variable} batch-transcriber {option}); clear; echo ready\n".encode())
        await bash.until(lambda lines: "ready" in lines)
        for typed, completed in [
            ("ru", "run"),
            ("ret", "retry"),
            ("sta", "status"),
            ("rep", "report"),
            ("est", "estimate"),
            ("estimate --off", "estimate --offline"),
            ("config s", "config show"),
            ("sch", "schema"),
            ("che", "check"),
            ("check --off", "check --offline"),
            ("wat", "watch"),
            ("ser", "serve"),
            ("serve --key", "serve --key-file"),
            ("watch --sett", "watch --settle"),
            ("watch rec", "watch recordings/"),
            ("run --off", "run --offline"),
            ("run --poll-by s", "run --poll-by sweep"),
            ("run -f txt,s", "run -f txt,srt"),
            ("run rec", "run recordings/"),
            ("run --offline ta", "run --offline talk.mp3"),
            ("run recordings/ --out te", "run recordings/ --out texts/"),
            ("retry te", "retry texts/"),
            ("retry texts/ --off", "retry texts/ --offline"),
            ("status te", "status texts/"),
            ("status texts/ --fail", "status texts/ --failed"),
            ("report te", "report texts/"),
        ]:
            await bash.until(partial(_ends_with, ">"))
            bash.type(f"batch-transcriber {typed}\t".encode())
            await bash.until(partial(_ends_with, f"> batch-transcriber {completed}"))
            bash.type(b"\x15")  # clears the line


def _ends_with(line: str, lines: list[str]) -> bool:
    return lines[-1].rstrip() == line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_each_shell_gets_a_script_that_asks_the_command(cli: Cli, shell: str) -> None:
    cli.environ["_BATCH_TRANSCRIBER_COMPLETE"] = f"source_{shell}"
    script = (await cli()).stdout
    assert f"_BATCH_TRANSCRIBER_COMPLETE=complete_{shell}" in script
