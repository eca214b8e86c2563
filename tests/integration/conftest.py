from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.support.faults import Faults
from tests.support.scripted import ScriptedRecogniser
from tests.support.world import World, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    recogniser, faults = ScriptedRecogniser(), Faults()
    async with serve(recogniser, faults) as service:
        (tmp_path / "recordings").mkdir()
        yield World(service, recogniser, faults, tmp_path / "recordings", tmp_path / "out")
