"""Options that say what is wanted: which recordings, what of them, and at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from batch_transcriber.cli.options.making import OUTPUT, SOURCES, SPEECH, option
from batch_transcriber.cli.values import moment, money, number, parsed_by, whole_number

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        hidden=True,  # the command's own help says what it is; typer would name its Python type
        default_factory=list,  # the command itself says that one is needed, in better words
        show_default=False,
    ),
]
JobListFile = Annotated[
    Path | None,
    option(SOURCES, "A job list in YAML.", "--jobs", "-j", takes="FILE"),
]
FilesFromFile = Annotated[
    str | None,
    option(SOURCES, "A file with a SOURCE on each line; - is stdin.", "--files-from", takes="FILE"),
]
NulSeparated = Annotated[
    bool,
    option(SOURCES, "Its lines end with a NUL, as from find -print0.", "--null", "-0"),
]
Include = Annotated[
    list[str] | None,
    option(SOURCES, "Only recordings of this pattern, as in .gitignore.", "--include", takes="PATTERN"),
]
Exclude = Annotated[
    list[str] | None,
    option(SOURCES, "No recordings or folders of this pattern.", "--exclude", takes="PATTERN"),
]
MinAge = Annotated[
    float | None,
    option(
        SOURCES,
        "Not changed for so long, such as 2m: complete by now.",
        "--min-age",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
NewerThan = Annotated[
    Any,
    option(SOURCES, "Changed since then: 7d, or 2026-11-01.", "--newer-than", takes="TIME", parser=moment),
]
MinSize = Annotated[
    int | None,
    option(
        SOURCES,
        "At least so large, such as 500kB.",
        "--min-size",
        takes="SIZE",
        parser=parsed_by("parse_size_bytes"),
    ),
]
MaxSize = Annotated[
    int | None,
    option(SOURCES, "At most so large.", "--max-size", takes="SIZE", parser=parsed_by("parse_size_bytes")),
]
Limit = Annotated[
    int | None,
    option(SOURCES, "The first N recordings alone.", "--limit", takes="N", parser=whole_number),
]
DryRun = Annotated[
    bool,
    option(SPEECH, "Only say what would be done, and what it would cost.", "--dry-run", "-n"),
]
AllowOutside = Annotated[
    bool,
    option(OUTPUT, "Let a job list write outside the output folder.", "--allow-outside"),
]
Language = Annotated[
    str | None,
    option(SPEECH, "Language that is spoken, such as de; auto finds out.", "--language", takes="CODE"),
]
SpeakerLabels = Annotated[bool, option(SPEECH, "Tell speakers apart.", "--speaker-labels")]
Speakers = Annotated[
    int | None,
    option(SPEECH, "So many people speak: tells them apart.", "--speakers", takes="N", parser=whole_number),
]
Model = Annotated[
    list[str] | None,
    option(
        SPEECH,
        "Speech model; repeat it for a second choice; offline, one of Whisper's, or a folder. "
        "(default: universal-3-5-pro, universal-2)",
        "--model",
        takes="NAME",
    ),
]
Keyterm = Annotated[
    list[str] | None,
    option(SPEECH, "A word or name to listen for; repeat it for more.", "--keyterm", takes="TEXT"),
]
Prompt = Annotated[
    str | None,
    option(SPEECH, "What the recordings are about, in words.", "--prompt", takes="TEXT"),
]
RedactPii = Annotated[bool, option(SPEECH, "Take personal data out of the texts.", "--redact-pii")]
Set = Annotated[
    list[str] | None,
    option(SPEECH, "Any other parameter of the API; repeat it for more.", "--set", takes="KEY=VALUE"),
]
AllowUnknownOptions = Annotated[
    bool,
    option(SPEECH, "Pass parameters on that are not known here.", "--allow-unknown-options"),
]
MaxCost = Annotated[
    Any,
    option(SPEECH, "Spend no more than this in a run.", "--max-cost", takes="USD", parser=money),
]
MaxHours = Annotated[
    float | None,
    option(SPEECH, "Send no more hours of audio in a run.", "--max-hours", takes="N", parser=number),
]
Price = Annotated[
    Any,
    option(SPEECH, "Price of an hour of audio, if you know better.", "--price", takes="USD", parser=money),
]
