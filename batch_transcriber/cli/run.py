"""`batch-transcriber run`: recordings in, texts out."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from io import TextIOWrapper
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import typer

from batch_transcriber.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from batch_transcriber.events import Event
    from batch_transcriber.settings import Settings

STOPPING = "stopping; what is paid for is written first (Ctrl-C again ends at once)"


def run(
    sources: o.Sources,
    *,
    out: o.Out = Path("transcripts"),
    force: o.Force = False,
    quiet: o.Quiet = False,
    offline: o.Offline = False,
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
    from batch_transcriber.cli.run_settings import make_settings  # noqa: PLC0415 - `--help` needs neither
    from batch_transcriber.ui import PatientConsole  # noqa: PLC0415

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
            "force": force,
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
        asyncio.run(_transcribe(sources, out, settings, console, say, offline=offline, quiet=quiet))
    )


async def _transcribe(
    sources: list[str],
    out: Path,
    settings: Settings,
    console: Console,
    say: Callable[[str], None],
    *,
    offline: bool,
    quiet: bool,
) -> int:
    """Run, print what became of it, and return the exit code."""
    from batch_transcriber.cli.offline import serve_offline  # noqa: PLC0415 - `--help` needs none of these
    from batch_transcriber.cli.signals import stop_on_signals  # noqa: PLC0415
    from batch_transcriber.engine import transcribe_batch  # noqa: PLC0415
    from batch_transcriber.events import Notice, Skipped, Written  # noqa: PLC0415
    from batch_transcriber.ui import open_screen, printable, summary_lines  # noqa: PLC0415

    began_at = monotonic()
    written: Path | None = None
    with stop_on_signals() as stop:
        async with AsyncExitStack() as stack:
            if offline:
                settings = await stack.enter_async_context(serve_offline(settings, say))
            async with open_screen(console, quiet=quiet) as screen:

                def show(event: Event) -> None:
                    nonlocal written
                    if isinstance(event, Written):
                        written = event.job.output
                    elif isinstance(event, Skipped) and event.output is not None:
                        written = event.output
                    screen.show(event)

                stop.on_asked = lambda: screen.show(Notice(STOPPING))
                report = await transcribe_batch(
                    sources, out=out, settings=settings, sink=show, stop=stop.asked
                )
            # Before the offline service is left, for its threads may take a while to end.
            for line in summary_lines(report, out, monotonic() - began_at):
                say(line)
            if quiet and report.fatal is not None:
                _put(console, printable(str(report.fatal)))
            if report.inputs == 1 and written is not None:
                _print_text(written, say)
    return stop.exit_code if report.stopped and stop.exit_code else report.exit_code


def _put(console: Console, line: str) -> None:
    """Print a line; a terminal breaks it at words, a pipe gets it whole."""
    whole = not console.is_terminal
    try:
        console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=whole)
    except OSError:  # nobody is there to read it
        console.on_broken_pipe()


def _print_text(path: Path, say: Callable[[str], None]) -> None:
    """Print a text on stdout; that nobody reads it is no failure, for it is on disk."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for a terminal that knows few letters
    try:
        print(path.read_text(encoding="utf-8"), end="", flush=True)  # noqa: T201 - the result
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:
        say(f"the text could not be printed ({error.strerror}); it is in {path}")
        _silence_stdout()


def _silence_stdout() -> None:
    """Keep Python from writing what is left once more at exit, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
