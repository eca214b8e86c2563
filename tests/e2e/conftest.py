from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.support.faults import Faults
from tests.support.scripted import ScriptedRecogniser
from tests.support.world import KEY, World, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

COMMAND = str(Path(sys.executable).with_name("batch-transcriber"))


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def failed(self) -> dict[str, str]:
        """The reason of every failure, by its source as it is shown; each has one line."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("failed: ")]
        failed = dict(line.removeprefix("failed: ").split(": ", 1) for line in lines)
        assert len(failed) == len(lines)
        return failed


class Cli:
    """The installed command, in an environment that knows nothing but what a test tells it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = kept | {"TZ": "UTC", "COLUMNS": "80"}

    async def __call__(self, *arguments: str | Path, through: tuple[str, ...] = ()) -> Ended:
        """Run the command to its end; `through` are words that stand before it."""
        process = await asyncio.create_subprocess_exec(
            *through,
            COMMAND,
            *map(str, arguments),
            cwd=self.folder,
            env=self.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        stdout, stderr = await process.communicate()
        assert process.returncode is not None
        ended = Ended(process.returncode, stdout.decode(), stderr.decode())
        assert "Traceback" not in ended.stdout + ended.stderr
        assert KEY not in ended.stdout + ended.stderr
        return ended


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest_asyncio.fixture
async def world(tmp_path: Path, cli: Cli) -> AsyncIterator[World]:
    """A service that the command finds by its environment."""
    recogniser, faults = ScriptedRecogniser(), Faults()
    async with serve(recogniser, faults) as service:
        cli.environ |= {"AAI_API_KEY": KEY, "ASSEMBLYAI_BASE_URL": service.base_url}
        (tmp_path / "recordings").mkdir()
        yield World(service, recogniser, faults, tmp_path / "recordings", tmp_path / "transcripts")
