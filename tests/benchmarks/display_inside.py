"""The command with a meter inside: how much of its CPU went into the display.

It takes the command's own arguments, and writes two numbers to the file that METER_FILE names: seconds of
CPU that the display took, its own imports included, and seconds of CPU of the whole process.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

spent_s = 0.0
depth = 0


def metered(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        global spent_s, depth  # noqa: PLW0603 - one meter for the process
        began_s = time.thread_time()
        depth += 1
        try:
            return function(*arguments, **options)
        finally:
            depth -= 1
            if not depth:  # or else a method that calls another would count twice
                spent_s += time.thread_time() - began_s

    return run


@metered
def fit_meter() -> None:
    from batch_transcriber.ui.bars import Bars

    for name in ("__init__", "show", "tick", "end", "close"):
        setattr(Bars, name, metered(getattr(Bars, name)))


@atexit.register
def write_meter() -> None:
    Path(os.environ["METER_FILE"]).write_text(f"{spent_s} {time.process_time()}", encoding="utf-8")


if __name__ == "__main__":
    sys.argv[0] = "batch-transcriber"
    import batch_transcriber.ui.lines  # noqa: F401 - which a run without the display needs as well
    from batch_transcriber.cli.main import main

    fit_meter()
    main()
