"""The command: its commands, its errors in one line, its exit codes."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import textwrap
from contextlib import suppress
from typing import Annotated

import typer

from batch_transcriber import __version__
from batch_transcriber.cli import help as words
from batch_transcriber.cli.check import CheckCommand
from batch_transcriber.cli.commands import HELP_PANEL, Command, EstimateCommand, Group, RunCommand
from batch_transcriber.cli.config import app as config
from batch_transcriber.cli.looking import LookCommand
from batch_transcriber.cli.report import report
from batch_transcriber.cli.results import silence
from batch_transcriber.cli.retry import RetryCommand
from batch_transcriber.cli.run import run
from batch_transcriber.cli.schema import schema
from batch_transcriber.cli.serve import ServeCommand, serve
from batch_transcriber.cli.status import status
from batch_transcriber.cli.systemd import SystemdCommand, systemd
from batch_transcriber.cli.usage import describe, how_to_get_help
from batch_transcriber.cli.watch import WatchCommand
from batch_transcriber.errors import ExitCode, FatalError

NAME = "batch-transcriber"

app = typer.Typer(
    name=NAME,
    cls=Group,
    help=words.TOP,
    epilog=words.TOP_END,
    options_metavar="",
    subcommand_metavar="COMMAND ...",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(
    cls=RunCommand,
    help=words.RUN,
    short_help=words.RUN_SHORT,
    epilog=words.RUN_END,
    rich_help_panel="What to do",
)(run)
app.command(
    "estimate",
    cls=EstimateCommand,
    help=words.ESTIMATE,
    short_help=words.ESTIMATE_SHORT,
    epilog=words.ESTIMATE_END,
    rich_help_panel="What to do",
)(run)
app.command(
    name="retry",
    cls=RetryCommand,
    help=words.RETRY,
    short_help=words.RETRY_SHORT,
    rich_help_panel="What to do",
)(run)
app.command(
    name="watch",
    cls=WatchCommand,
    help=words.WATCH,
    short_help=words.WATCH_SHORT,
    epilog=words.WATCH_END,
    rich_help_panel="What to do",
)(run)
app.command(
    cls=LookCommand,
    help=words.STATUS,
    short_help=words.STATUS_SHORT,
    epilog=words.STATUS_END,
    rich_help_panel="What came of it",
)(status)
app.command(
    cls=LookCommand, help=words.REPORT, short_help=words.REPORT_SHORT, rich_help_panel="What came of it"
)(report)
app.command(
    name="check",
    cls=CheckCommand,
    help=words.CHECK,
    short_help=words.CHECK_SHORT,
    rich_help_panel="Beside it",
)(run)
app.command(
    cls=ServeCommand,
    help=words.SERVE,
    short_help=words.SERVE_SHORT,
    epilog=words.SERVE_END,
    rich_help_panel="Beside it",
)(serve)
app.command(
    cls=SystemdCommand,
    help=words.SYSTEMD,
    short_help=words.SYSTEMD_SHORT,
    epilog=words.SYSTEMD_END,
    rich_help_panel="Beside it",
)(systemd)
app.add_typer(config, rich_help_panel="Beside it")
app.command(cls=Command, help=words.SCHEMA, short_help=words.SCHEMA_SHORT, rich_help_panel="Beside it")(
    schema
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's form
    if wanted:
        print(__version__)  # noqa: T201 - a result, on stdout
        raise typer.Exit


@app.callback()
def _top(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback does it all
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
            metavar="",
            rich_help_panel=HELP_PANEL,
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)
        raise typer.Exit(ExitCode.USAGE)


def main() -> None:
    """Run the command line; no traceback reaches a user."""
    _open_closed_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a run takes it: end at once, without a word
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings are no lines for people
    try:
        code = app(prog_name=NAME, standalone_mode=False)
    except typer.TyperException as error:
        _exit(describe(error), ExitCode.USAGE, how_to_get_help(error))
    except FatalError as error:
        _exit(str(error), error.exit_code, before=error.details)
    except Exception as error:  # noqa: BLE001 - the last stop: a bug becomes one line and a code of its own
        _exit(
            f"internal error: {_describe(error)}; please report it, and run the same command again",
            ExitCode.INTERNAL,
        )
    finally:
        _flush()
    raise SystemExit(code)


def _flush() -> None:
    """Write what is left for streams that may be gone: Python's own try would end with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            silence(stream)


def _open_closed_streams() -> None:
    """Put a stream that leads nowhere in the place of one that the shell closed (`2>&-`).

    Python leaves None there, and the next file that is opened would get what is printed.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - to the end


def _describe(error: Exception) -> str:
    """Return a bug's kind, words and place in one line."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _exit(message: str, code: ExitCode, *more: str, before: tuple[str, ...] = ()) -> None:
    """Print a line, whole in a pipe and broken at words on a terminal, and end.

    Args:
        message: Goes after the command's name.
        code: What to end with.
        more: Lines that follow.
        before: Lines that go ahead, whole everywhere: what they begin with is the place of a mistake.
    """
    from batch_transcriber.ui import printable  # noqa: PLC0415 - `--help` needs none of it
    from batch_transcriber.ui.journald import ERROR, is_journal  # noqa: PLC0415

    line = (ERROR if is_journal(sys.stderr) else "") + printable(f"{NAME}: {message}")
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
    with suppress(OSError):  # nobody is there to read it
        print(*map(printable, before), line, *more, sep="\n", file=sys.stderr)  # noqa: T201
    raise SystemExit(code)
