"""Programs that others wrote the client of, as processes of their own."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S = 60.0


async def told(*command: str | Path, environment: dict[str, str]) -> Any:
    """Return what a program prints, as JSON; a program that fails, or takes a minute, fails the test.

    Args:
        command: The program and its arguments.
        environment: All that it has.
    """
    program = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, errors = await program.communicate()
    except TimeoutError:
        program.kill()
        await program.wait()
        raise
    assert program.returncode == 0, errors.decode()
    return json.loads(out)
