"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from batch_transcriber.errors import ExitCode, FatalError


class Verdict(StrEnum):
    """How good it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        name: Of the check; stable, for programs read it.
        message: What is so.
        advice: What to do; empty where nothing is to be done.
        exit_code: What a run would end with because of it.
    """

    name: str
    verdict: Verdict
    message: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK

    @classmethod
    def of_error(cls, name: str, error: FatalError) -> Self:
        """Return the problem that would end a run with this error."""
        message, _, advice = str(error).partition("; ")
        return cls(name, Verdict.PROBLEM, message, advice, error.exit_code)
