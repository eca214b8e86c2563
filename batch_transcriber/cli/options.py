"""The options of a run as typer types; each can also be set by `BATCH_TRANSCRIBER_<NAME>`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batch_transcriber.cli.typos import PREFIX
from batch_transcriber.cli.values import (
    complete_several,
    moment,
    money,
    number,
    one_of,
    parsed_by,
    several_of,
    whole_number,
)
from batch_transcriber.formats import FORMATS
from batch_transcriber.model import PollBy

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES, SPEECH, OUTPUT, SERVICE, LIMITS = (
    "More sources",
    "What is asked for",
    "Output",
    "Service",
    "Limits (rarely needed)",
)


def _option(
    panel: str,
    help: str,  # noqa: A002 - typer's word
    *names: str,
    takes: str = "",
    parser: Callable[[str], Any] | None = None,
    completion: Callable[[str], list[str]] | None = None,
    envvar: bool = True,
    count: bool = False,
) -> Any:
    """Return an option; `takes` says in the help what its value is, and stays empty for a switch."""
    variable = PREFIX + names[0].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names,
        help=help,
        metavar=takes,
        parser=parser,
        autocompletion=completion,
        rich_help_panel=panel,
        envvar=variable if envvar else None,
        show_envvar=False,
        show_default=False,
        count=count,
    )


def known_variables() -> set[str]:
    """Return the environment variables that set an option; those of key and address are not among them."""
    options = (option for value in globals().values() for option in getattr(value, "__metadata__", ()))
    return {option.envvar for option in options if option.envvar}


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        hidden=True,  # the command's own help says what it is; typer would name its Python type
        default_factory=list,  # the command itself says that one is needed, in better words
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    _option(OUTPUT, "Folder for texts. (default: transcripts)", "--out", "-o", "--output", takes="DIR"),
]
Format = Annotated[
    list[Any] | None,  # a tuple of names each time that it is typed
    _option(
        OUTPUT,
        f"Any of {', '.join(FORMATS)}, with commas. (default: txt)",
        "--format",
        "-f",
        takes="NAMES",
        parser=several_of(FORMATS),
        completion=complete_several(FORMATS),
    ),
]
CharsPerCaption = Annotated[
    int | None,
    _option(
        OUTPUT,
        "Most characters of a caption (srt, vtt).",
        "--chars-per-caption",
        takes="N",
        parser=whole_number,
    ),
]
JobListFile = Annotated[
    Path | None,
    _option(SOURCES, "A job list in YAML.", "--jobs", "-j", takes="FILE"),
]
FilesFromFile = Annotated[
    str | None,
    _option(SOURCES, "A file with a SOURCE on each line; - is stdin.", "--files-from", takes="FILE"),
]
NulSeparated = Annotated[
    bool,
    _option(SOURCES, "They end with a NUL, as from find -print0.", "--null", "-0"),
]
Include = Annotated[
    list[str] | None,
    _option(SOURCES, "Only recordings of this pattern, as in .gitignore.", "--include", takes="PATTERN"),
]
Exclude = Annotated[
    list[str] | None,
    _option(SOURCES, "No recordings or folders of this pattern.", "--exclude", takes="PATTERN"),
]
MinAge = Annotated[
    float | None,
    _option(
        SOURCES,
        "Not changed for so long, such as 2m: complete by now.",
        "--min-age",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
NewerThan = Annotated[
    Any,
    _option(SOURCES, "Changed since then: 7d, or 2026-11-01.", "--newer-than", takes="TIME", parser=moment),
]
MinSize = Annotated[
    int | None,
    _option(
        SOURCES,
        "At least so large, such as 500kB.",
        "--min-size",
        takes="SIZE",
        parser=parsed_by("parse_size_bytes"),
    ),
]
MaxSize = Annotated[
    int | None,
    _option(SOURCES, "At most so large.", "--max-size", takes="SIZE", parser=parsed_by("parse_size_bytes")),
]
Limit = Annotated[
    int | None,
    _option(SOURCES, "The first N recordings alone.", "--limit", takes="N", parser=whole_number),
]
DryRun = Annotated[
    bool,
    _option(SOURCES, "Only say what would be done, and what it would cost.", "--dry-run", "-n"),
]
AllowOutside = Annotated[
    bool,
    _option(SOURCES, "Let a job list write outside the output folder.", "--allow-outside"),
]

Language = Annotated[
    str | None,
    _option(SPEECH, "Language that is spoken, such as de; auto finds out.", "--language", takes="CODE"),
]
SpeakerLabels = Annotated[bool, _option(SPEECH, "Tell speakers apart.", "--speaker-labels")]
Speakers = Annotated[
    int | None,
    _option(SPEECH, "So many people speak: tells them apart.", "--speakers", takes="N", parser=whole_number),
]
Model = Annotated[
    list[str] | None,
    _option(
        SPEECH,
        "Speech model; repeat it for a second choice. (default: universal-3-5-pro, universal-2)",
        "--model",
        takes="NAME",
    ),
]
Keyterm = Annotated[
    list[str] | None,
    _option(SPEECH, "A word or name to listen for; repeat it for more.", "--keyterm", takes="TEXT"),
]
Prompt = Annotated[
    str | None,
    _option(SPEECH, "What the recordings are about, in words.", "--prompt", takes="TEXT"),
]
RedactPii = Annotated[bool, _option(SPEECH, "Take personal data out of the texts.", "--redact-pii")]
Set = Annotated[
    list[str] | None,
    _option(SPEECH, "Any other parameter of the API; repeat it for more.", "--set", takes="KEY=VALUE"),
]
AllowUnknownOptions = Annotated[
    bool,
    _option(SPEECH, "Pass parameters on that are not known here.", "--allow-unknown-options"),
]

Force = Annotated[
    bool, _option(OUTPUT, "Transcribe everything again, and pay again; overwrite texts.", "--force")
]
JournalFile = Annotated[
    Path | None,
    _option(OUTPUT, "Keep what is known in this file.", "--journal", takes="FILE"),
]
Json = Annotated[bool, _option(OUTPUT, "For programs: one JSON object per line on stdout.", "--json")]
Quiet = Annotated[
    bool, _option(OUTPUT, "Show only errors (and the text of a single recording).", "--quiet", "-q")
]
Verbose = Annotated[
    int,
    _option(OUTPUT, "Show every step; -vv every request.", "--verbose", "-v", count=True),
]

DeleteAfter = Annotated[
    bool,
    _option(SERVICE, "In the end, delete at the service what is written.", "--delete-after"),
]
Offline = Annotated[
    bool,
    _option(SERVICE, "Use this machine: no account, English only.", "--offline"),
]
ApiKeyFile = Annotated[
    Path | None,
    _option(
        SERVICE,
        "File with the API key (or set AAI_API_KEY).",
        "--api-key-file",
        takes="FILE",
    ),
]
ApiKey = Annotated[
    str | None,
    _option(
        SERVICE,
        "The API key itself; others here can read it.",
        "--api-key",
        takes="KEY",
        envvar=False,
    ),
]
Eu = Annotated[bool, _option(SERVICE, "Use the service's European region.", "--eu")]
BaseUrl = Annotated[
    str | None,
    _option(SERVICE, "Another address of the service.", "--base-url", takes="URL", envvar=False),
]
Insecure = Annotated[bool, _option(SERVICE, "Allow plain http to another machine.", "--insecure")]
CaBundle = Annotated[
    str | None,
    _option(SERVICE, "File of certificate authorities to trust (PEM).", "--ca-bundle", takes="FILE"),
]

MaxCost = Annotated[
    Any,
    _option(SPEECH, "Spend no more than this in a run.", "--max-cost", takes="USD", parser=money),
]
MaxHours = Annotated[
    float | None,
    _option(SPEECH, "Send no more hours of audio in a run.", "--max-hours", takes="N", parser=number),
]
Price = Annotated[
    Any,
    _option(SPEECH, "Price of an hour of audio, if you know better.", "--price", takes="USD", parser=money),
]

Uploads = Annotated[
    int | None,
    _option(
        LIMITS,
        "Uploads at one time. (default: 4 to 16)",
        "--uploads",
        takes="N",
        parser=whole_number,
    ),
]
InFlight = Annotated[
    int | None,
    _option(
        LIMITS,
        "Recordings begun and not yet written, at most. (default: 500)",
        "--in-flight",
        takes="N",
        parser=whole_number,
    ),
]
MaxRequests = Annotated[
    int | None,
    _option(
        LIMITS,
        "Requests to the service in any 5 minutes, at most. (default: 18000)",
        "--max-requests",
        takes="N",
        parser=whole_number,
    ),
]
PollInterval = Annotated[
    float | None,
    _option(
        LIMITS,
        "Shortest pause before asking again which texts are ready. (default: 1)",
        "--poll-interval",
        takes="SECONDS",
        parser=number,
    ),
]
PollHow = Annotated[
    PollBy | None,
    _option(
        LIMITS,
        "Ask for all texts at once (sweep), or for each one (id). (default: sweep)",
        "--poll-by",
        takes="|".join(PollBy),
        parser=one_of(PollBy),
    ),
]
Retries = Annotated[
    int | None,
    _option(
        LIMITS,
        "How often a failed request is tried again. (default: 10)",
        "--retries",
        takes="N",
        parser=whole_number,
    ),
]
