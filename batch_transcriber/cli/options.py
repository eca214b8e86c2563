"""The options of a run as typer types; each can also be set by `BATCH_TRANSCRIBER_<NAME>`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from batch_transcriber.model import PollBy

OUTPUT, SERVICE, LIMITS = "Output", "Service", "Limits"


def _option(panel: str, help: str, *names: str, envvar: bool = True, count: bool = False) -> Any:  # noqa: A002 - typer's word
    variable = "BATCH_TRANSCRIBER_" + names[0].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names,
        help=help,
        rich_help_panel=panel,
        envvar=variable if envvar else None,
        show_envvar=False,
        show_default=False,
        count=count,
    )


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Files, folders (with all that is in them), patterns like 'talks/**/*.mp3', http(s) URLs.",
        show_default=False,
    ),
]
Out = Annotated[
    Path, _option(OUTPUT, "Folder of the texts. (default: transcripts)", "--out", "-o", "--output")
]
Force = Annotated[bool, _option(OUTPUT, "Transcribe again what is already written.", "--force")]
Json = Annotated[bool, _option(OUTPUT, "Write an object a line on stdout, for programs.", "--json")]
Quiet = Annotated[bool, _option(OUTPUT, "Show only errors.", "--quiet", "-q")]
Verbose = Annotated[
    int,
    _option(OUTPUT, "Show every step of every recording; -vv every request.", "--verbose", "-v", count=True),
]

Offline = Annotated[
    bool, _option(SERVICE, "Recognise on this machine: no account, nothing leaves it.", "--offline")
]
ApiKeyFile = Annotated[Path | None, _option(SERVICE, "File that holds the API key.", "--api-key-file")]
ApiKey = Annotated[
    str | None,
    _option(
        SERVICE, "The API key; others can see it with ps. AAI_API_KEY is safer.", "--api-key", envvar=False
    ),
]
Model = Annotated[
    list[str] | None,
    _option(
        SERVICE,
        "Speech model; repeatable, in order of priority. (default: universal-3-5-pro, universal-2)",
        "--model",
    ),
]
Eu = Annotated[bool, _option(SERVICE, "Use the service's European region.", "--eu")]
BaseUrl = Annotated[
    str | None, _option(SERVICE, "Another address of the service.", "--base-url", envvar=False)
]
Insecure = Annotated[bool, _option(SERVICE, "Allow plain http to another machine.", "--insecure")]
CaBundle = Annotated[
    str | None, _option(SERVICE, "File of certificate authorities to trust (PEM).", "--ca-bundle")
]

Uploads = Annotated[
    int | None, _option(LIMITS, "Uploads at a time. (default: 4 to 16, as the link gives)", "--uploads")
]
InFlight = Annotated[
    int | None, _option(LIMITS, "Recordings under way at a time. (default: 500)", "--in-flight")
]
MaxRequests = Annotated[
    int | None, _option(LIMITS, "Requests in any 5 minutes. (default: 18000)", "--max-requests")
]
PollInterval = Annotated[
    float | None, _option(LIMITS, "Shortest time between two looks, seconds. (default: 1)", "--poll-interval")
]
PollHow = Annotated[
    PollBy | None,
    _option(LIMITS, "Look by one list for all, or by a request each. (default: sweep)", "--poll-by"),
]
Retries = Annotated[
    int | None, _option(LIMITS, "Further tries of a failed request. (default: 10)", "--retries")
]
