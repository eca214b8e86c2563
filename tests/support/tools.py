"""Programs that some tests need and that no package of Python brings."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def tool(name: str, *, package: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where `REQUIRE_TOOLS` is set.

    Args:
        name: Of the program.
        package: Of Debian, that holds it.
    """
    path = shutil.which(name)
    return path if path is not None else _missing(f"{name} is not installed (Debian's package: {package})")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)
