"""Levels for the journal of systemd, which reads them off the beginning of each line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

    from rich.text import Text

ERROR, WARNING, NOTICE, INFO = "<3>", "<4>", "<5>", "<6>"  # of syslog; see sd-daemon(3)


def is_journal(file: IO[str]) -> bool:
    """Tell whether a stream leads to the journal: the variable names the one that systemd opened."""
    try:
        device, inode = map(int, os.environ["JOURNAL_STREAM"].split(":"))
        status = os.fstat(file.fileno())
    except (KeyError, ValueError, OSError):  # io.UnsupportedOperation is both of the last
        return False
    return (status.st_dev, status.st_ino) == (device, inode)


def level_of(line: Text) -> str:
    """Return the level that goes with a line's colour."""
    style = str(line.style)
    return ERROR if "red" in style else WARNING if "yellow" in style else INFO
