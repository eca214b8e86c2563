"""`batch-transcriber run`: recordings in, texts out."""

from __future__ import annotations

import asyncio
import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from batch_transcriber.cli import options as o
from batch_transcriber.cli.usage import set_by

if TYPE_CHECKING:
    from rich.console import Console


def run(
    context: typer.Context,
    sources: o.Sources,
    *,
    out: o.Out = Path("transcripts"),
    format: o.Format = None,  # noqa: A002 - the option's name
    chars_per_caption: o.CharsPerCaption = None,
    force: o.Force = False,
    journal: o.JournalFile = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = 0,
    offline: o.Offline = False,
    delete_after: o.DeleteAfter = False,
    api_key_file: o.ApiKeyFile = None,
    api_key: o.ApiKey = None,
    model: o.Model = None,
    eu: o.Eu = False,
    base_url: o.BaseUrl = None,
    insecure: o.Insecure = False,
    ca_bundle: o.CaBundle = None,
    uploads: o.Uploads = None,
    in_flight: o.InFlight = None,
    max_requests: o.MaxRequests = None,
    poll_interval: o.PollInterval = None,
    poll_by: o.PollHow = None,
    retries: o.Retries = None,
) -> None:
    """Transcribe recordings: one text for each, in a folder that mirrors theirs.

    What is already written is left alone. Progress goes to stderr; the text of a single recording
    also goes to stdout.
    """
    from batch_transcriber.cli.run_settings import make_settings  # noqa: PLC0415 - `--help` needs none
    from batch_transcriber.cli.transcribe import transcribe  # noqa: PLC0415
    from batch_transcriber.ui import PatientConsole, Verbosity  # noqa: PLC0415

    if set_by(context, "verbose") == "COMMANDLINE":  # with a -q beside it, it would have been refused
        quiet = False
    verbosity = Verbosity.ERRORS if quiet else Verbosity(max(0, min(verbose, max(Verbosity))))
    console = PatientConsole(stderr=True)

    def say(line: str) -> None:
        if not quiet:
            _put(console, line)

    settings = make_settings(
        os.environ,
        say,
        offline=offline,
        api_key=api_key,
        api_key_file=api_key_file,
        base_url=base_url,
        eu=eu,
        rest={
            "speech_models": tuple(model) if model else None,
            "formats": tuple(chain.from_iterable(format)) if format else None,
            "chars_per_caption": chars_per_caption,
            "force": force,
            "delete_after": delete_after,
            "journal": journal,
            "insecure": insecure,
            "ca_bundle": ca_bundle,
            "uploads": uploads,
            "in_flight": in_flight,
            "max_requests": max_requests,
            "poll_interval_s": poll_interval,
            "poll_by": poll_by,
            "retries": retries,
        },
    )
    raise typer.Exit(
        asyncio.run(
            transcribe(
                sources,
                out,
                settings,
                console,
                say,
                offline=offline,
                verbosity=verbosity,
                as_json=json,
            )
        )
    )


def _put(console: Console, line: str) -> None:
    """Print a line, in which names do no harm; a terminal breaks it at words, a pipe gets it whole."""
    from batch_transcriber.ui import printable  # noqa: PLC0415 - as above

    whole = not console.file.isatty()  # FORCE_COLOR makes no terminal of a pipe
    try:
        console.print(printable(line), markup=False, emoji=False, highlight=False, soft_wrap=whole)
    except OSError:  # nobody is there to read it
        console.on_broken_pipe()
