"""The command: its commands, its errors in one line, its exit codes."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Annotated

import typer

from batch_transcriber import __version__
from batch_transcriber.cli.run import run
from batch_transcriber.errors import ExitCode, FatalError

app = typer.Typer(
    name="batch-transcriber",
    help="Turn a folder of recordings into a folder of readable text.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's form
    if wanted:
        print(__version__)  # noqa: T201 - a result, on stdout
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[  # noqa: FBT002 - typer's form
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; no traceback reaches a user."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a run takes it: end at once, without a word
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings are no lines for people
    try:
        app()
    except FatalError as error:
        _exit(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last stop: a bug becomes one line and a code of its own
        _exit(
            f"internal error: {_describe(error)}; please report it, and run the same command again",
            ExitCode.INTERNAL,
        )


def _describe(error: Exception) -> str:
    """Return a bug's kind, words and place in one line."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _exit(message: str, code: ExitCode) -> None:
    print(f"batch-transcriber: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(code)
