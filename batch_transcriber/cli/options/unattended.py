"""Options for runs that nobody looks at: what they leave behind, and whom they tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from batch_transcriber.cli.options.making import UNATTENDED, option
from batch_transcriber.cli.values import number, parsed_by, shell_command, web_address

LogFilePath = Annotated[
    Path | None,
    option(UNATTENDED, "Write what happens to this file, in JSON lines.", "--log-file", takes="FILE"),
]
StatsEvery = Annotated[
    float | None,
    option(
        UNATTENDED,
        "Pause between lines that say where the run stands; 0 for none. (default: 30)",
        "--stats-every",
        takes="SECONDS",
        parser=number,
    ),
]
Notify = Annotated[
    list[str] | None,
    option(
        UNATTENDED,
        "Tell this address (ntfy, Slack, any webhook) of the end, and of a stall; repeat it for more.",
        "--notify",
        takes="URL",
        parser=web_address,
    ),
]
OnFinish = Annotated[
    str | None,
    option(
        UNATTENDED,
        "Run this then, with the figures in its environment.",
        "--on-finish",
        takes="COMMAND",
        parser=shell_command,
    ),
]
StalledAfter = Annotated[
    float | None,
    option(
        UNATTENDED,
        "It has stalled when nothing has moved for so long; 0 for never. (default: 15m)",
        "--stalled-after",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
MetricsFile = Annotated[
    Path | None,
    option(
        UNATTENDED,
        "Keep figures for Prometheus in this file, for its textfile collector.",
        "--metrics-file",
        takes="FILE",
    ),
]
