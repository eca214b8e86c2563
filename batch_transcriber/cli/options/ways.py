"""Options that say how: where the texts go, which service is asked, within which limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from batch_transcriber.cli.options.making import LIMITS, OUTPUT, SERVICE, UNATTENDED, option
from batch_transcriber.cli.values import (
    complete_several,
    deadline,
    number,
    one_of,
    page_place,
    parsed_by,
    several_of,
    whole_number,
)
from batch_transcriber.formats import FORMATS
from batch_transcriber.model import PollBy

Out = Annotated[
    Path,
    option(
        OUTPUT,
        "Folder for texts, or s3://BUCKET/FOLDER. (default: transcripts)",
        "--out",
        "-o",
        "--output",
        takes="DIR",
    ),
]
Format = Annotated[
    list[Any] | None,  # a tuple of names each time that it is typed
    option(
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
    option(
        OUTPUT,
        "Most characters of a caption (srt, vtt).",
        "--chars-per-caption",
        takes="N",
        parser=whole_number,
    ),
]
Force = Annotated[
    bool, option(OUTPUT, "Transcribe everything again, and pay again; overwrite texts.", "--force")
]
JournalFile = Annotated[
    Path | None,
    option(OUTPUT, "Keep what is known in this file.", "--journal", takes="FILE"),
]
Report = Annotated[
    str | None,
    option(
        OUTPUT,
        "In the end, write a page about it (report.html).",
        "--report",
        takes="=FILE",
        parser=page_place,
    ),
]
Json = Annotated[bool, option(OUTPUT, "For programs: one JSON object per line on stdout.", "--json")]
Quiet = Annotated[
    bool, option(OUTPUT, "Show only errors (and the text of a single recording).", "--quiet", "-q")
]
Verbose = Annotated[
    int,
    option(OUTPUT, "Show every step; -vv every request.", "--verbose", "-v", count=True),
]
DeleteAfter = Annotated[
    bool,
    option(SERVICE, "In the end, delete at the service what is written.", "--delete-after"),
]
Through = Annotated[
    bool,
    option(SERVICE, "Send what is in a bucket through this machine.", "--through"),
]
Offline = Annotated[
    bool,
    option(SERVICE, "Use this machine: no account, nothing leaves it.", "--offline"),
]
Fast = Annotated[bool, option(SERVICE, "Offline: sooner, with a few more mistakes.", "--fast")]
Accurate = Annotated[bool, option(SERVICE, "Offline: slower, with fewer mistakes.", "--accurate")]
ApiKeyFile = Annotated[
    Path | None,
    option(
        SERVICE,
        "File with the API key (or set AAI_API_KEY).",
        "--api-key-file",
        takes="FILE",
    ),
]
ApiKey = Annotated[
    str | None,
    option(
        SERVICE,
        "The API key itself; others here can read it.",
        "--api-key",
        takes="KEY",
        envvar=False,
    ),
]
Eu = Annotated[bool, option(SERVICE, "Use the service's European region.", "--eu")]
BaseUrl = Annotated[
    str | None,
    option(SERVICE, "Another address of the service.", "--base-url", takes="URL", envvar=False),
]
Insecure = Annotated[bool, option(SERVICE, "Allow plain http to another machine.", "--insecure")]
CaBundle = Annotated[
    str | None,
    option(SERVICE, "File of certificate authorities to trust (PEM).", "--ca-bundle", takes="FILE"),
]
Until = Annotated[
    Any,
    option(
        UNATTENDED,
        "Begin nothing new after 06:00, or 2026-11-23T06:00; then stop.",
        "--until",
        takes="TIME",
        parser=deadline,
    ),
]
MaxDuration = Annotated[
    float | None,
    option(
        UNATTENDED,
        "Begin nothing new after so long, such as 7h; then stop.",
        "--max-duration",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
GiveUpAfter = Annotated[
    float | None,
    option(
        UNATTENDED,
        "Wait so long for a service that went away. (default: 24h)",
        "--give-up-after",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
Settle = Annotated[
    float | None,
    option(
        UNATTENDED,
        "A file is complete once it stood still for so long. (default: 10s)",
        "--settle",
        takes="TIME",
        parser=parsed_by("parse_span_s"),
    ),
]
Workers = Annotated[
    int | None,
    option(
        LIMITS,
        "Offline: recordings heard at a time. (default: as cores and memory allow)",
        "--workers",
        takes="N",
        parser=whole_number,
    ),
]
Uploads = Annotated[
    int | None,
    option(
        LIMITS,
        "Uploads at one time. (default: 4 to 16)",
        "--uploads",
        takes="N",
        parser=whole_number,
    ),
]
InFlight = Annotated[
    int | None,
    option(
        LIMITS,
        "Recordings begun and not yet written, at most. (default: 500)",
        "--in-flight",
        takes="N",
        parser=whole_number,
    ),
]
MaxRequests = Annotated[
    int | None,
    option(
        LIMITS,
        "Requests to the service in any 5 minutes, at most. (default: 18000)",
        "--max-requests",
        takes="N",
        parser=whole_number,
    ),
]
PollInterval = Annotated[
    float | None,
    option(
        LIMITS,
        "Shortest pause before asking again which texts are ready. (default: 1, for the last ten 0.5)",
        "--poll-interval",
        takes="SECONDS",
        parser=number,
    ),
]
PollHow = Annotated[
    PollBy | None,
    option(
        LIMITS,
        "Ask for all texts at once (sweep), or for each one (id). (default: sweep)",
        "--poll-by",
        takes="|".join(PollBy),
        parser=one_of(PollBy),
    ),
]
Retries = Annotated[
    int | None,
    option(
        LIMITS,
        "How often a failed request is tried again. (default: 10)",
        "--retries",
        takes="N",
        parser=whole_number,
    ),
]
