"""`batch-transcriber config`: where the configuration file is, and what holds."""

from __future__ import annotations

import os

import typer

from batch_transcriber.cli import help as words
from batch_transcriber.cli.commands import Command, Group
from batch_transcriber.errors import ExitCode

app = typer.Typer(
    name="config",
    cls=Group,
    help=words.CONFIG,
    short_help=words.CONFIG_SHORT,
    options_metavar="",
    subcommand_metavar="COMMAND",
    invoke_without_command=True,
)


@app.callback()
def _config(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)
        raise typer.Exit(ExitCode.USAGE)


@app.command(cls=Command, help=words.CONFIG_PATH, options_metavar="")
def path() -> None:
    """Print where the file is."""
    from batch_transcriber.cli.config_file import VARIABLE, config_path  # noqa: PLC0415 - not for `--help`
    from batch_transcriber.cli.results import print_result  # noqa: PLC0415

    found = config_path(os.environ)
    if found is None:
        typer.echo(f"{VARIABLE} is empty, so no configuration file is read", err=True)
    else:
        print_result(os.fspath(found))


@app.command(cls=Command, help=words.CONFIG_SHOW, options_metavar="")
def show(context: typer.Context) -> None:
    """Print what holds."""
    from batch_transcriber.cli.config_shown import lines_shown  # noqa: PLC0415 - not for `--help`
    from batch_transcriber.cli.results import print_result  # noqa: PLC0415

    root = context.find_root()
    run = root.command.commands["run"]  # type: ignore[attr-defined] # typer's groups have no type of their own
    print_result("\n".join(lines_shown(run.make_context("run", [], parent=root))))
