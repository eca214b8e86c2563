"""Outputs on disk: whole or absent."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError, PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.journal import Entry, Journal
    from batch_transcriber.model import Origin

TEMPORARY_DIGITS = 16
TRIAL_SIZE_BYTES = 64 * 1024  # about a long text
# Nothing can be written any more, whatever the input.
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_DISK_TROUBLE = _DISK_FULL | {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def prepare_folder(out: Path) -> None:
    """Make the output folder, and prove that it can be written to, before anything is sent or paid.

    Raises:
        FatalError: it cannot.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out, prefix=".", suffix=".part") as file:
            file.write(bytes(TRIAL_SIZE_BYTES))  # an empty one fits on a full disk
            file.flush()
            os.fsync(file.fileno())
    except (FileExistsError, NotADirectoryError) as error:
        raise FatalError(f"{out}: is not a folder; name another with -o", ExitCode.LOCAL) from error
    except OSError as error:
        advice = "make room" if error.errno in _DISK_FULL else "allow it"
        raise FatalError(
            f"{out}: the output folder cannot be written to ({error.strerror}); "
            f"{advice}, or name another with -o",
            ExitCode.LOCAL,
        ) from error


def write_output(journal: Journal, path: Path, text: str, origin: Origin, entry: Entry) -> None:
    """Write an output and record its origin; blocking, and safe to call again.

    At no moment does the journal take an older file for this text: the record comes before the file,
    and where a file is replaced it says so until that is done.

    Raises:
        FatalError: the disk is full, or output folder or journal cannot be written to.
        PermanentError: this path cannot be written: it is a folder, or its name is too long.
    """
    digest = sha256(text.encode("utf-8", "replace")).digest()
    if os.path.lexists(path):
        write_text(path, text, partial(journal.outputs.record, path, origin.unsettled(), None, entry))
        journal.outputs.record(path, origin, digest, entry)
    else:
        write_text(path, text, partial(journal.outputs.record, path, origin, digest, entry))


def write_text(path: Path, text: str, announce: Callable[[], None] = lambda: None) -> None:
    """Write a file by temporary file, fsync and rename, and make its folder; blocking.

    The folder itself is not synced: a rename that a power cut undoes leaves no file, and the text can
    be had again by its transcript's id.

    Args:
        path: The output; what was there before stays until the text takes its place.
        text: What it will hold.
        announce: Called when the text is safe under its temporary name; what it raises stops the rest.

    Raises:
        FatalError: the disk is full, or the output folder cannot be written to.
        PermanentError: this path cannot be written: it is a folder, or its name is too long.
    """
    temporary = temporary_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # of a run that was killed
        with temporary.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        announce()
        temporary.replace(path)
    except RecursionError as error:  # of mkdir, a thousand folders deep
        raise PermanentError("its text cannot be written (too many folders); choose another -o") from error
    except OSError as error:
        if error.errno in _DISK_TROUBLE:
            advice = "make room" if error.errno in _DISK_FULL else "allow it"
            raise FatalError(
                f"{path}: cannot be written ({error.strerror}); {advice}, and run the same command again",
                ExitCode.LOCAL,
            ) from error
        raise PermanentError(f"its text cannot be written ({error.strerror}); choose another -o") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_of(path: Path) -> Path:
    """Return where a text is kept until it is whole: beside its output, and always the same place.

    What a kill leaves there is found again, without a search, by the run that writes the output after all.
    The name is short, for the output's may be as long as a name can be, and nobody else's.
    """
    return path.with_name(f".{sha256(os.fsencode(path.name)).hexdigest()[:TEMPORARY_DIGITS]}.part")
