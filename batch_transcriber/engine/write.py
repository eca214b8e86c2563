"""Outputs on disk: whole or absent."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from batch_transcriber.errors import ExitCode, FatalError, PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

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


class Draft:
    """A text under a temporary name: as a context it is there, safe on disk, until it is published.

    Left without that, it is taken away. All of it blocks.

    Args:
        path: The output; what is there stays until the text takes its place.
        text: What it will hold.
    """

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._temporary = temporary_of(path)

    def __enter__(self) -> Self:
        """Write it, and make its folder.

        Raises:
            FatalError: the disk is full, or the output folder cannot be written to.
            PermanentError: this path cannot be written: its name is too long, or a file is in the way.
        """
        try:
            with _translated(self._path):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._temporary.unlink(missing_ok=True)  # of a run that was killed
                with self._temporary.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
                    file.write(self._text)
                    file.flush()
                    os.fsync(file.fileno())
        except BaseException:
            self._drop()
            raise
        self._text = ""  # many wait together until they are published
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()

    def begin(self) -> None:
        """Do nothing yet: to publish it takes no time."""

    def publish(self) -> None:
        """Put it in its place.

        The folder itself is not synced: a rename that a power cut undoes leaves no file, and the text can
        be had again by its transcript's id.

        Raises:
            FatalError: the output folder cannot be written to.
            PermanentError: a folder is in the way.
        """
        with _translated(self._path):
            self._temporary.replace(self._path)

    def _drop(self) -> None:
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
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


def temporary_of(path: Path) -> Path:
    """Return where a text is kept until it is whole: beside its output, and always the same place.

    What a kill leaves there is found again, without a search, by the run that writes the output after all.
    The name is short, for the output's may be as long as a name can be, and nobody else's.
    """
    return path.with_name(f".{sha256(os.fsencode(path.name)).hexdigest()[:TEMPORARY_DIGITS]}.part")
