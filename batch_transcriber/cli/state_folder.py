"""The folder of what belongs to a user on this machine, and to no output folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def state_folder() -> Path:
    """Return it; it need not be there."""
    from platformdirs import user_state_path  # noqa: PLC0415 - not for `--help`

    return user_state_path("batch-transcriber", appauthor=False)
