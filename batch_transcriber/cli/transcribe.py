"""A run from end to end: a service where there is none, the engine, the screens, the exit code."""

from __future__ import annotations

import asyncio
import shlex
import sys
from contextlib import AsyncExitStack
from functools import partial
from io import TextIOWrapper
from time import monotonic
from typing import TYPE_CHECKING

from batch_transcriber.cli.offline import serve_offline
from batch_transcriber.cli.results import silence_stdout
from batch_transcriber.cli.signals import stop_on_signals
from batch_transcriber.engine import transcribe_batch, watch_folders
from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Notice, Skipped, Written
from batch_transcriber.formats import txt
from batch_transcriber.plan.parameters.check import SECRETS
from batch_transcriber.ui import Ending, Verbosity, choose_screens, open_screens, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

    from batch_transcriber.cli.recogniser import Chosen
    from batch_transcriber.cli.signals import Stop
    from batch_transcriber.cli.unattended import Attendants
    from batch_transcriber.errors import FatalError
    from batch_transcriber.events import Event
    from batch_transcriber.model import Request
    from batch_transcriber.plan import Filters
    from batch_transcriber.settings import Settings

ENDED_AT_ONCE = "ended at once; the same command goes on"
STOPPING = "stopping; texts that are ready are written first (Ctrl-C again ends at once)"
SECRET_OPTIONS = {"--api-key", "--notify"}
END_TAKES_S = 0.4  # once everybody is told
COMMAND_MAX_CHARS = 300  # a longer one, such as a shell makes of a pattern, is no help on a screen


async def transcribe(
    sources: Iterable[str | Request],
    out: Path,
    settings: Settings,
    console: Console,
    say: Callable[[str], None],
    *,
    filters: Filters,
    offline: Chosen | None,
    verbosity: Verbosity,
    as_json: bool,
    retry: Sequence[str],
    attendants: Attendants,
    settle_s: float | None = None,
) -> int:
    """Run, show it, say what became of it, and return the exit code.

    Args:
        sources: As typed, or out of a job list; read twice.
        out: The output folder.
        settings: Of the run; offline, without a service yet.
        console: On stderr.
        say: Prints a line before the screens are there.
        filters: Which recordings to take.
        offline: The recogniser to start a service with for the run; None where there is a service.
        verbosity: What the screens tell.
        as_json: Write objects on stdout, instead of the text of a single recording.
        retry: What to type to try again what fails, after the command's name.
        attendants: What follows the run besides the screens.
        settle_s: Watch the sources, and take a file that stood still for so long, seconds; None for a run.
    """
    with stop_on_signals() as stop:
        try:
            return await _transcribe(
                sources,
                out,
                settings,
                console,
                say,
                stop=stop,
                filters=filters,
                offline=offline,
                verbosity=verbosity,
                as_json=as_json,
                retry=retry,
                attendants=attendants,
                settle_s=settle_s,
            )
        except asyncio.CancelledError:
            say(ENDED_AT_ONCE)
            raise


async def _transcribe(
    sources: Iterable[str | Request],
    out: Path,
    settings: Settings,
    console: Console,
    say: Callable[[str], None],
    *,
    stop: Stop,
    filters: Filters,
    offline: Chosen | None,
    verbosity: Verbosity,
    as_json: bool,
    retry: Sequence[str],
    attendants: Attendants,
    settle_s: float | None = None,
) -> int:
    began_at = monotonic()
    written: Path | None = None
    says = [say]  # the last one is used: the screens, as long as there are any
    lost: list[FatalError] = []

    def tell(line: str) -> None:
        says[-1](line)

    def end_early(error: FatalError) -> None:
        lost.append(error)
        stop.ask(error.exit_code)

    async with AsyncExitStack() as stack:
        if offline is not None:
            settings = await stack.enter_async_context(serve_offline(offline, out, settings, tell, end_early))
        is_endless = settle_s is not None
        chosen = choose_screens(
            console,
            verbosity,
            sys.stdout if as_json else None,
            attendants.stats_every_s,
            is_endless=is_endless,
        )
        stack.callback(says.pop)
        screens = await stack.enter_async_context(open_screens([*chosen, *attendants.screens]))
        says.append(lambda line: screens.show(Notice(line)))
        attendants.begin(screens.show)

        def show(event: Event) -> None:
            nonlocal written
            if isinstance(event, Written | Skipped) and event.outputs:
                written = _to_read(event.outputs)
            screens.show(event)

        stop.on_asked = lambda: screens.show(Notice(STOPPING))
        begin = transcribe_batch if settle_s is None else partial(watch_folders, settle_s=settle_s)
        report = await begin(sources, out=out, settings=settings, filters=filters, sink=show, stop=stop.asked)
        exit_code = stop.exit_code if report.stopped and stop.exit_code else report.exit_code
        # Before the offline service is left, for its threads may take a while to end.
        command = same_command(sys.argv[1:])
        elapsed_s = monotonic() - began_at
        ending = Ending(report, out, elapsed_s, command, exit_code, settings.base_url, same_command(retry))
        screens.end(ending)
        if as_json and screens.unwritten is not None:
            reason = screens.unwritten.strerror or str(screens.unwritten)
            say(f"the objects of --json could not all be written ({reason}); the texts are not affected")
            exit_code = exit_code or ExitCode.LOCAL
        if report.inputs == 1 and written is not None and not as_json and not is_endless:
            _print_text(written, say)
        await attendants.end(ending, stop.left_s - END_TAKES_S)
    if lost:
        raise lost[0]
    return exit_code


def same_command(arguments: Sequence[str]) -> str:
    """Return a command to type, without secrets; empty where it cannot be shown well."""
    shown = list(arguments)
    for number, argument in enumerate(shown):
        option = argument.partition("=")[0]
        if option in SECRET_OPTIONS:
            if option != argument:
                shown[number] = f"{option}=..."
            elif number + 1 < len(shown):
                shown[number + 1] = "..."
        elif secret := next((name for name in SECRETS if f"{name}=" in argument), None):
            shown[number] = f"{argument.partition(secret)[0]}{secret}=..."
    command = shlex.join(["batch-transcriber", *shown])
    return command if len(command) <= COMMAND_MAX_CHARS and command.isprintable() else ""


def _to_read(outputs: Sequence[Path]) -> Path:
    """Return the file that a person would read; the first where no format is made for that."""
    return next((path for path in outputs if path.suffix == txt.SUFFIX), outputs[0])


def _print_text(path: Path, say: Callable[[str], None]) -> None:
    """Print a text on stdout; that nobody reads it is no failure, for it is on disk."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for a terminal that knows few letters
    try:
        text = path.read_text(encoding="utf-8")
        if sys.stdout.isatty():  # which a service's text must not steer
            text = "\n".join(printable(line) for line in text.split("\n"))
        print(text, end="", flush=True)  # noqa: T201 - the result
    except BrokenPipeError:
        silence_stdout()
    except OSError as error:
        say(f"the text could not be printed ({error.strerror}); it is in {path}")
        silence_stdout()
