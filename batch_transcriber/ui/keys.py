"""The terminal's echo of keys: a `^C` in the middle of the bars would break them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

termios: ModuleType | None
try:
    import termios
except ImportError:  # not on Windows
    termios = None

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@contextmanager
def hidden_control_keys() -> Iterator[None]:
    """Keep the terminal from writing `^C` and the like; does nothing where there is no terminal.

    Only these are hidden: should this process be killed, the terminal stays usable as it is.
    """
    stdin = sys.stdin  # None where it was closed
    if termios is None or stdin is None or not stdin.isatty() or not _is_in_front(stdin.fileno()):
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = before.copy()
    quiet[3] &= ~termios.ECHOCTL  # 3: the local modes
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        if _is_in_front(terminal):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def is_in_background(terminal: int) -> bool:
    """Tell whether this process was started with `&`: what it draws would be in the way of the shell."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except (OSError, AttributeError):  # not its terminal; or no such thing, on Windows
        return False


def _is_in_front(terminal: int) -> bool:
    """Tell whether this process has the terminal; one in the background is stopped when it changes it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
