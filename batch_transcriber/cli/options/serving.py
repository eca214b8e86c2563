"""Options of `serve`; each can also be set by `BATCH_TRANSCRIBER_SERVE_<NAME>`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from batch_transcriber.cli.options.making import OUTPUT, option
from batch_transcriber.cli.typos import PREFIX
from batch_transcriber.cli.values import whole_number

WHERE, RECOGNISER = "Where it listens", "The recogniser"
VARIABLES = f"{PREFIX}SERVE_"
serve_option = partial(option, prefix=VARIABLES)

Host = Annotated[
    str,
    serve_option(
        WHERE, "Address to listen on. (default: 127.0.0.1, this machine alone)", "--host", takes="ADDRESS"
    ),
]
Port = Annotated[
    int,
    serve_option(
        WHERE, "Port; 0 takes a free one. (default: 8765)", "--port", takes="N", parser=whole_number
    ),
]
KeyFile = Annotated[
    Path | None,
    serve_option(WHERE, "File with the key that clients must send.", "--key-file", takes="FILE"),
]
Data = Annotated[
    Path | None,
    serve_option(
        WHERE,
        "Folder that keeps recordings and texts. (default: one in your home, told at the start)",
        "--data",
        takes="DIR",
    ),
]
AllowPrivate = Annotated[
    bool, serve_option(WHERE, "Let clients name addresses in this network.", "--allow-private")
]
Model = Annotated[
    str | None,
    serve_option(
        RECOGNISER, "Another model: its name, such as small, or its folder.", "--model", takes="NAME"
    ),
]
Fast = Annotated[bool, serve_option(RECOGNISER, "Hear faster, with more mistakes.", "--fast")]
Accurate = Annotated[bool, serve_option(RECOGNISER, "Hear better, and slower.", "--accurate")]
Workers = Annotated[
    int | None,
    serve_option(
        RECOGNISER,
        "Recordings heard at one time. (default: as cores and memory allow)",
        "--workers",
        takes="N",
        parser=whole_number,
    ),
]
Concurrency = Annotated[
    int | None,
    serve_option(
        RECOGNISER,
        "Transcripts in work at one time, their download included. (default: two more than that)",
        "--concurrency",
        takes="N",
        parser=whole_number,
    ),
]
Quiet = Annotated[bool, serve_option(OUTPUT, "Show only what fails.", "--quiet", "-q")]
Verbose = Annotated[bool, serve_option(OUTPUT, "Show every request, with the time.", "--verbose", "-v")]
