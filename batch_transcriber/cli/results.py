"""Results on stdout."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from typing import TextIO


def print_result(text: str) -> bool:
    """Print a text whole, and tell whether somebody still reads; a reader that goes away early is no error.

    Raises:
        FatalError: it cannot be written, as on a full disk.
    """
    try:
        print(text, flush=True)  # noqa: T201 - the result
    except BrokenPipeError:
        silence_stdout()
        return False
    except OSError as error:
        silence_stdout()
        reason = error.strerror or error
        raise FatalError(f"what is asked for could not be written: {reason}", ExitCode.LOCAL) from None
    return True


def silence_stdout() -> None:
    """Keep Python from writing what is left once more at exit, which would fail again."""
    silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Lead a standard stream nowhere from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
