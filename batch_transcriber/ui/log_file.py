"""A log of a run: JSON lines in a file that is rotated, for those who look the morning after.

By the standard library alone: the events have their fields already, so that of a library for structured logs
nothing would be used but its serializer.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from dataclasses import asdict
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Skipped, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.ui.json_lines import PROGRESS_INTERVAL_S, line_of, progress, summary
from batch_transcriber.ui.json_objects import now
from batch_transcriber.ui.tally import Tally
from batch_transcriber.ui.telling import Verbosity
from batch_transcriber.ui.words import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.events import Event
    from batch_transcriber.ui.json_objects import AnyLine
    from batch_transcriber.ui.summary import Ending

SIZE_MAX_BYTES = 10_000_000
HEAD_BYTES = 16  # a log that had no room may begin with an empty line
KEPT = 5  # files beside the one that is written
_LEVELS = {
    "request": logging.DEBUG,
    "waiting": logging.WARNING,
    "notice": logging.WARNING,
    "failed": logging.ERROR,
}
_STAGES = {
    "found": Stage.PLAN,
    "uploading": Stage.UPLOAD,
    "uploaded": Stage.UPLOAD,
    "submitted": Stage.SUBMIT,
    "processing": Stage.POLL,
    "completed": Stage.POLL,
    "written": Stage.WRITE,
}


class LogFile:
    """Write a line for every step of every recording; with `REQUESTS`, for every request as well.

    What was written before, or is left out by filters, has a line from `TRANSITIONS` on.

    A line that cannot be written is lost, which is told once; the run goes on, and so does the log as soon as
    it can.

    Args:
        path: Of the file; what is in it stays.
        run: Tells the lines of this run from those of others.
        verbosity: What the screens tell.
        interval_s: Between two lines that say where the run stands.
        size_max_bytes: Of a file; 5 older ones are kept beside it.

    Attributes:
        on_trouble: Gets the line that says so.

    Raises:
        FatalError: the file cannot be opened, or is another one, such as a recording.
    """

    def __init__(
        self,
        path: Path,
        *,
        run: str,
        verbosity: Verbosity = Verbosity.NORMAL,
        interval_s: float = PROGRESS_INTERVAL_S,
        size_max_bytes: int = SIZE_MAX_BYTES,
    ) -> None:
        self.interval_s = interval_s
        self.on_trouble: Callable[[str], None] = lambda _: None
        self._path = path
        self._run = run
        self._verbosity = verbosity
        self._tally = Tally()
        self._is_told = False
        try:
            if path.is_file() and not _may_be_log(path):
                raise FatalError(
                    f"{path}: is no log of JSON lines, and stays as it is; name another file with --log-file",
                    ExitCode.LOCAL,
                )
            self._handler = _Handler(path, size_max_bytes, self._note_trouble)
        except (OSError, ValueError) as error:  # the latter for a name with a NUL
            reason = getattr(error, "strerror", None) or error
            raise FatalError(
                f"{path}: the log cannot be written ({reason}); mend that, or name another with --log-file",
                ExitCode.LOCAL,
            ) from error

    def show(self, event: Event) -> None:
        """Write the event's line, if there is one at this verbosity."""
        self._tally.add(event)
        if self._is_noise(event):
            return
        if (line := line_of(event, max(self._verbosity, Verbosity.TRANSITIONS))) is not None:
            self._write(line, _LEVELS.get(line.type, logging.INFO))

    def tick(self) -> None:
        """Write where the run stands."""
        self._write(progress(self._tally), logging.INFO)

    def end(self, ending: Ending) -> None:
        """Write what became of the run."""
        is_fatal = ending.account.fatal is not None
        level = logging.CRITICAL if is_fatal else logging.WARNING if ending.exit_code else logging.INFO
        self._write(summary(ending), level)

    def fail(self, message: str, exit_code: int) -> None:
        """Write that there was no run, or none that came to its summary."""
        fields = {"time": now(), "message": message, "exit_code": exit_code}
        self._put("ended", fields, logging.CRITICAL)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._handler.close()

    def _is_noise(self, event: Event) -> bool:
        """Tell whether it is a recording that each night leaves alone: they would drive all else out."""
        if not isinstance(event, Skipped) or self._verbosity >= Verbosity.TRANSITIONS:
            return False
        return event.reason is SkipReason.ALREADY_WRITTEN or event.reason.is_filtered

    def _write(self, line: AnyLine, level: int) -> None:
        fields = asdict(line)
        self._put(fields.pop("type"), fields, level)

    def _put(self, event: str, fields: dict[str, Any], level: int) -> None:
        entry = {
            "time": fields.pop("time"),
            "level": logging.getLevelName(level).lower(),
            "run": self._run,
            "event": event,
            "source": None,
            "stage": _STAGES.get(event),
            "transcript_id": None,
            **fields,
        }
        # ASCII, because a name that is no UTF-8 has no other form in JSON.
        text = json.dumps({name: _safe(value) for name, value in entry.items()})
        self._handler.handle(logging.makeLogRecord({"msg": text}))

    def _note_trouble(self, error: BaseException | None) -> None:
        if not self._is_told:
            self._is_told = True
            reason = getattr(error, "strerror", None) or error
            self.on_trouble(f"{self._path}: the log cannot be written ({reason}); the run goes on without it")


def _may_be_log(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).lstrip()[:1] in {b"", b"{"}


def _safe(value: Any) -> Any:
    if isinstance(value, list):
        return [_safe(one) for one in value]
    return without_secrets(value) if isinstance(value, str) else value


class _Handler(RotatingFileHandler):
    """The standard one, which after trouble begins a file, and a line, anew."""

    def __init__(
        self, path: Path, size_max_bytes: int, on_trouble: Callable[[BaseException | None], None]
    ) -> None:
        super().__init__(path, maxBytes=size_max_bytes, backupCount=KEPT, encoding="utf-8")
        self._on_trouble = on_trouble
        self._failed = False  # so that half a line may be there

    def format(self, record: logging.LogRecord) -> str:
        return ("\n" if self._failed else "") + str(record.msg)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        error = sys.exception()
        stream: Any = self.stream
        self.stream = None  # the next line opens it again
        if stream is not None:
            with suppress(OSError):
                stream.close()  # what it could not write would come out in the middle of a later line
        record.failed = True
        self._on_trouble(error)

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        self._failed = hasattr(record, "failed")
