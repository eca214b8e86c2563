"""Everything that can go wrong, in three answers, and the exit codes they end in.

::

    TranscriberError
    ├── RetryableError      try again: the network, a busy or broken service
    │   └── NotSeenError         a worker of a cluster does not see the recording; another one may
    ├── PermanentError      this input will not work; the others go on
    │   └── UploadRefusedError   the service cannot read our upload; uploading once more may help
    └── FatalError          the whole run stops; it owns an exit code

Every message is for people: what happened, to what, and what to do. None holds a key.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command's exit code says; part of the interface, listed in the README."""

    OK = 0  # every input is written, or was already
    SOME_FAILED = 1  # finished; some inputs failed, vanished or do not exist
    USAGE = 2  # wrong usage; nothing was sent
    LOCAL = 3  # this machine: disk full, output folder not writable, recogniser not installed
    AUTH = 4  # no key, or the service refused it
    ACCOUNT = 5  # the service refuses the account (credit) or the request's model
    LIMIT = 6  # a limit of the user's was reached, and work is left
    LOCKED = 7  # another run holds the output folder
    UNREACHABLE = 8  # the service can't be reached, or another one answers at its address
    INTERNAL = 70  # a bug in this program
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class TranscriberError(Exception):
    """Root of all errors that this package raises on purpose."""


class RetryableError(TranscriberError):
    """The same request may work later. Its message says what happened, without what to do.

    Attributes:
        advice: What to do where it was tried in vain.
        tries: How often it was tried before it was raised.
        retry_after_s: What the service asked us to wait, seconds; None where it did not say.
        http_status: Status of the reply; None where there was no complete reply.
        maybe_done: The service may have carried the request out all the same (a lost reply, a 5xx).
            A submit must then be looked up before it is sent again, or it may be paid for twice.
        service_wide: It says nothing about this request: every request would have met it (a rate
            limit, no connection). All wait together, and it is not counted as a failed try.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str = "the same command tries again",
        tries: int = 1,
        retry_after_s: float | None = None,
        http_status: int | None = None,
        maybe_done: bool = True,
        service_wide: bool = False,
    ) -> None:
        super().__init__(message)
        self.advice = advice
        self.tries = tries
        self.retry_after_s = retry_after_s
        self.http_status = http_status
        self.maybe_done = maybe_done
        self.service_wide = service_wide

    def in_vain(self) -> str:
        """Return the whole line for a request that is given up."""
        return f"{self} ({self.tries} {'try' if self.tries == 1 else 'tries'}); {self.advice}"


class NotSeenError(RetryableError):
    """A worker does not see the recording that the run sees; another worker may."""


class PermanentError(TranscriberError):
    """This input, as it is, will never work; calling again gives the same answer.

    Attributes:
        http_status: Status of the reply that said so; None where no request was needed to know.
    """

    def __init__(self, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status


class UploadRefusedError(PermanentError):
    """The service cannot read the upload that we named: expired, or of another project."""


class FatalError(TranscriberError):
    """No input will work until a person does something; the run stops at once.

    Attributes:
        exit_code: What the command ends with.
        details: Lines that say more, to be read before the message.
    """

    def __init__(self, message: str, exit_code: ExitCode, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        """Let it come whole from another process: by itself it would be made of its message alone."""
        return type(self), (str(self), self.exit_code, self.details)
