"""Options of the commands that look at what runs left, and change none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from batch_transcriber.cli.options.making import OUTPUT, option

TOLD = "What is told"

File = Annotated[
    str | None,
    option(TOLD, "All of one recording, and what comes next.", "--file", takes="FILE", envvar=False),
]
Failed = Annotated[bool, option(TOLD, "Only what failed, a line each.", "--failed", envvar=False)]
Watch = Annotated[
    bool, option(TOLD, "Every 2 seconds, until the run or you end it.", "--watch", "-w", envvar=False)
]
Json = Annotated[bool, option(TOLD, "For programs: JSON objects, one a line.", "--json", envvar=False)]
# Set and configured as for the run that is looked at.
Out = Annotated[Path, option(OUTPUT, "The same as OUT.", "--out", "-o", "--output", takes="DIR")]
JournalFile = Annotated[
    Path | None,
    option(OUTPUT, "The journal, where the run was given one with this.", "--journal", takes="FILE"),
]
Page = Annotated[
    str | None,
    option(TOLD, "Where it goes. (default: OUT/report.html)", "--page", "-O", takes="FILE", envvar=False),
]
