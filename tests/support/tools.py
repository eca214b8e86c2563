"""Programs that some tests need and that no package of Python brings."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
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


def node_packages() -> Path:
    """Return the folder of the packages for Node.js that `make test` installs where npm is; likewise."""
    path = Path(sys.prefix) / "node" / "node_modules"
    return path if path.is_dir() else _missing("the SDK for Node.js is not installed (make test does it)")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)
