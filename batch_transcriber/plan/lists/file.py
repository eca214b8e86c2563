"""The file of a job list, as far as it can be read at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.mistakes import Mistake, MistakesError

if TYPE_CHECKING:
    from pathlib import Path

SIZE_MAX_BYTES = 200_000_000  # a million jobs of ten lines each
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a text begins


def read_list_file(path: Path) -> bytes:
    """Return the text of a list, which is UTF-8.

    Raises:
        FatalError: It cannot be read, or is far too large.
        MistakesError: It is not UTF-8.
    """
    name = os.fspath(path)
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise FatalError(f"{name}: no such file; check the name of the job list", ExitCode.USAGE) from None
    except IsADirectoryError:
        raise FatalError(
            f"{name}: a folder, not a job list; name it as a source, without -j", ExitCode.USAGE
        ) from None
    except (OSError, ValueError) as error:  # the latter for a name with a NUL
        reason = getattr(error, "strerror", None) or error
        raise FatalError(f"{name}: the job list cannot be read: {reason}", ExitCode.USAGE) from None
    if len(data) > SIZE_MAX_BYTES:
        raise FatalError(
            f"{name}: more than {SIZE_MAX_BYTES // 10**6} MB are no job list; split it, or name a folder",
            ExitCode.USAGE,
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode()) + 1
        found = "UTF-16" if data[:2] in UTF_16 else f"byte {data[error.start]:#04x}"
        message = f"not UTF-8 ({found}); save the list as UTF-8"
        raise MistakesError([Mistake(name, line, column, "", message)]) from None
    return data
