"""The tree of errors, and the exit codes that are part of the interface."""

from __future__ import annotations

import pickle
import signal

import pytest

from batch_transcriber import errors
from batch_transcriber.errors import (
    ExitCode,
    FatalError,
    NotSeenError,
    PermanentError,
    RetryableError,
    TranscriberError,
    UploadRefusedError,
)


def test_exit_codes_are_those_of_the_documented_table() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "SOME_FAILED": 1,
        "USAGE": 2,
        "LOCAL": 3,
        "AUTH": 4,
        "ACCOUNT": 5,
        "LIMIT": 6,
        "LOCKED": 7,
        "UNREACHABLE": 8,
        "INTERNAL": 70,
        "HANGUP": 129,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_the_codes_of_signals_are_those_of_a_shell() -> None:
    assert ExitCode.HANGUP == 128 + signal.SIGHUP
    assert ExitCode.INTERRUPTED == 128 + signal.SIGINT
    assert ExitCode.TERMINATED == 128 + signal.SIGTERM


def test_every_error_gives_exactly_one_of_the_three_answers() -> None:
    answers = (RetryableError, PermanentError, FatalError)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert TranscriberError in kinds
    for kind in kinds:
        assert issubclass(kind, TranscriberError)
        assert kind is TranscriberError or sum(issubclass(kind, answer) for answer in answers) == 1


@pytest.mark.parametrize(
    "error",
    [
        RetryableError("busy", advice="wait", tries=3, retry_after_s=2.5, http_status=429, service_wide=True),
        NotSeenError("it is not there", advice="mount it", maybe_done=False),
        PermanentError("no good", http_status=400),
        UploadRefusedError("refused", http_status=403),
        FatalError("no key", ExitCode.AUTH, ("a line", "another")),
    ],
)
def test_an_error_comes_whole_from_another_process(error: TranscriberError) -> None:
    came = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(came) is type(error)
    assert str(came) == str(error)
    assert vars(came) == vars(error)


def test_what_is_not_known_to_be_safe_counts_as_done() -> None:
    error = RetryableError("busy")
    assert (error.maybe_done, error.service_wide) == (True, False)
    assert (error.retry_after_s, error.http_status) == (None, None)


@pytest.mark.parametrize(
    "error",
    [RetryableError("a"), PermanentError("a"), UploadRefusedError("a"), FatalError("a", ExitCode.AUTH)],
)
def test_the_message_is_the_text(error: TranscriberError) -> None:
    assert str(error) == "a"
