"""One run at a time in an output folder: two would pay twice for what both find to be done.

The lock is the system's (`flock`) on a file that is never deleted, so it goes away with its process however
that ends, and no leftover can keep a run out. A file beside it says who holds it. On a disk of this machine
that is for people alone: whatever it says, and whatever it has become, the lock decides.

A network drive may keep its locks to each machine, so there the second file counts too. It is made by
whoever comes first and removed at the end; one that is left by another machine, or cannot be read, keeps
every run out until a person removes it, for nobody here can tell whether that run still lives.

A drive without any locks gets a file whose existence is the lock. It is taken over from a process of this
machine that is gone, and from nobody else.

Reading the journal needs no lock.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, TextIO

from filelock import FileLock, SoftFileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.drive import is_on_network

if TYPE_CHECKING:
    from types import TracebackType

    from filelock import BaseFileLock

LOCK = "lock"
LOCK_BY_EXISTENCE = "lock-by-existence"
HOLDER = "lock.json"
HOLDER_MAX_BYTES = 4096
TAKE_OVER_WITHIN_S = 1.0  # from a dead process, where the lock is a file's existence
PID_MAX = 2**31 - 1
BEGAN_MARGIN_S = 300.0  # clocks are set meanwhile
_NO_LOCKS_HERE = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
_AT_LEAST = datetime(2000, 1, 1, tzinfo=UTC)
_BEFORE = datetime(9000, 1, 1, tzinfo=UTC)  # years at the very edges have no local time


class Holder(BaseModel):
    """Who holds a lock, in the words of the file beside it: nothing that is secret."""

    model_config = ConfigDict(frozen=True)

    pid: Annotated[int, Field(gt=0, le=PID_MAX)]
    host: str
    since: Annotated[AwareDatetime, Field(ge=_AT_LEAST, lt=_BEFORE)]

    def words(self, now: datetime) -> str:
        """Return process, host and start; the day is told where it is another."""
        since, today = self.since.astimezone(), now.astimezone()
        form = "%H:%M" if since.date() == today.date() else "%Y-%m-%d %H:%M"
        return f"process {self.pid} on {self.host} since {since.strftime(form)}"

    def is_gone(self) -> bool:
        """Tell whether it certainly runs no more."""
        if self.host != platform.node() or sys.platform == "win32":  # where signal 0 is one that kills
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it is somebody else's
            return False
        began_at = _began_at(self.pid)  # its number may be another one's by now, as after a restart
        return began_at is not None and began_at > self.since.timestamp() + BEGAN_MARGIN_S


class RunLock:
    """Keep other runs out of an output folder, or a journal, from entering to leaving the context.

    A fork has no part in it: it neither holds the lock nor gives it away.

    Args:
        folder: Where the lock's files lie; made where it is missing.
        held: What it is the lock of, as messages name it: an output folder, or a journal elsewhere.
        prefix: Of the names of its files, for a folder that has the locks of several.
        kind: The lock that is tried first.
    """

    def __init__(
        self, folder: Path, held: Path, *, prefix: str = "", kind: type[BaseFileLock] = FileLock
    ) -> None:
        self._folder = folder
        self._held = held
        self._prefix = prefix
        self._kind = kind
        self._holder_file = folder / f"{prefix}{HOLDER}"

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            FatalError: another run has it, of this process or any other, or it cannot be taken at all.
        """
        self._holder = Holder(pid=os.getpid(), host=platform.node(), since=datetime.now(UTC))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._take()
            try:
                self._sign()
            except BaseException:
                self._lock.release()
                raise
        except OSError as error:
            raise FatalError(
                f"{self._folder}: the run cannot take its lock ({error.strerror}); make room, or allow it, "
                "and run the same command again",
                ExitCode.LOCAL,
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._holder.pid:
            return
        with suppress(OSError):  # the drive may be gone; the end of the process frees the lock then
            if read_holder(self._holder_file) == self._holder:
                self._holder_file.unlink()
        with suppress(OSError):
            self._lock.release()

    def _take(self) -> BaseFileLock:
        # Not of the thread: whoever leaves the context may be another one.
        place = self._folder / f"{self._prefix}{LOCK}"
        lock = self._kind(place, blocking=False, thread_local=False, preserve_lock_file=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise self._taken() from error
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        else:
            return lock
        marker = self._folder / f"{self._prefix}{LOCK_BY_EXISTENCE}"
        lock = SoftFileLock(marker, timeout=TAKE_OVER_WITHIN_S, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise self._taken(marker, self._holder_file) from error
        return lock

    def _sign(self) -> None:
        """Write down who holds the lock.

        Raises:
            FatalError: a run on another machine did so before.
        """
        text = self._holder.model_dump_json()
        if is_on_network(self._folder):
            try:
                file = self._holder_file.open("x", encoding="utf-8")
            except FileExistsError as error:
                before = read_holder(self._holder_file)
                if before is None or before.host != self._holder.host:
                    raise self._taken(self._holder_file) from error
            else:
                self._write_or_leave_nothing(file, text)
                return
        temporary = self._holder_file.with_suffix(".part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self._holder_file)

    def _write_or_leave_nothing(self, file: TextIO, text: str) -> None:
        try:
            with file:
                file.write(text)
        except BaseException:  # an empty file would keep every run out
            self._holder_file.unlink(missing_ok=True)
            raise

    def _taken(self, *left: Path) -> FatalError:
        """Return the error for a lock that another run has, or had: then these files would be left."""
        holder = read_holder(self._holder_file)
        # One that is gone wrote this before the run that has the lock came to write its own.
        who = "" if holder is None or holder.is_gone() else f" ({holder.words(datetime.now(UTC))})"
        message = f"another run holds {self._held}{who}; wait for it or stop it"
        if left:
            message += f"; if it has ended without a word, remove {' and '.join(map(str, left))}"
        return FatalError(message, ExitCode.LOCKED)


def _began_at(pid: int) -> float | None:
    """Return when a process began, seconds since 1970; None where that is not told: beside Linux's /proc."""
    try:
        # The second field is a name, which may have blanks and brackets in it.
        fields = Path("/proc", str(pid), "stat").read_bytes().rpartition(b")")[2].split()
        (boot,) = (line for line in Path("/proc/stat").read_bytes().splitlines() if line.startswith(b"btime"))
        return int(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def read_holder(path: Path) -> Holder | None:
    """Return who holds or held a lock; None where the file is missing, half written or something else."""
    try:
        with path.open("rb") as file:
            return Holder.model_validate_json(file.read(HOLDER_MAX_BYTES))
    except (OSError, ValidationError):
        return None
