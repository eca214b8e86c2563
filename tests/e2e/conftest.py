from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.support.asked import Asked
from tests.support.faults import ALWAYS, SUBMIT, Faults
from tests.support.ledger import Ledger
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
        self.environ = kept | {"TZ": "UTC", "COLUMNS": "80", "BATCH_TRANSCRIBER_CONFIG": ""}
        self.environ["XDG_STATE_HOME"] = str(folder.with_name(f"{folder.name}-state"))
        self._started: list[asyncio.subprocess.Process] = []

    async def start(
        self, *arguments: str | Path, through: tuple[str, ...] = ()
    ) -> asyncio.subprocess.Process:
        """Start the command, with pipes to read; `through` are words that stand before it."""
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
        self._started.append(process)
        return process

    async def end(self) -> None:
        """End what a test that failed left running, for it would go on for ever."""
        for process in self._started:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    async def __call__(self, *arguments: str | Path, through: tuple[str, ...] = ()) -> Ended:
        """Run the command to its end."""
        process = await self.start(*arguments, through=through)
        stdout, stderr = await process.communicate()
        assert process.returncode is not None
        ended = Ended(process.returncode, stdout.decode(), stderr.decode())
        assert "Traceback" not in ended.stdout + ended.stderr
        assert KEY not in ended.stdout + ended.stderr
        return ended


@pytest_asyncio.fixture
async def cli(tmp_path: Path) -> AsyncIterator[Cli]:
    cli = Cli(tmp_path)
    yield cli
    await cli.end()


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """What the service of `world` was paid for."""
    return Ledger(tmp_path_factory.mktemp("service"))


@pytest.fixture
def concurrency() -> int:
    """How many the service of `world` hears at a time."""
    return 200


@pytest_asyncio.fixture
async def world(tmp_path: Path, cli: Cli, ledger: Ledger, concurrency: int) -> AsyncIterator[World]:
    """A service that the command finds by its environment."""
    recogniser, faults = ScriptedRecogniser(), Faults()
    async with serve(recogniser, faults, ledger, concurrency=concurrency) as service:
        cli.environ |= {"AAI_API_KEY": KEY, "ASSEMBLYAI_BASE_URL": service.base_url}
        (tmp_path / "recordings").mkdir()
        yield World(service, recogniser, faults, tmp_path / "recordings", tmp_path / "transcripts")


@pytest.fixture
def asked(world: World, ledger: Ledger) -> Asked:
    """What the service of `world` is asked for with; it takes every parameter."""
    asked = Asked(ledger.data_dir)
    world.faults.add(SUBMIT, asked.trouble, times=ALWAYS)
    return asked
