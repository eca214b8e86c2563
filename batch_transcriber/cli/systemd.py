"""`batch-transcriber systemd`: unit files for a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from batch_transcriber.cli.commands import Command
from batch_transcriber.cli.options.making import option

PANEL = "The units"

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", hidden=True, default_factory=list, show_default=False),
]
IsWatch = Annotated[bool, option(PANEL, "Watch the folders, all the time.", "--watch", envvar=False)]
Timer = Annotated[
    str | None,
    option(PANEL, "Run then: 22:00, or 'Mon..Fri 22:00'.", "--timer", takes="WHEN", envvar=False),
]
IsOfUser = Annotated[
    bool, option(PANEL, "For systemctl --user: yours alone, without root.", "--user", envvar=False)
]
Out = Annotated[
    Path | None,
    option(
        PANEL,
        "Folder for texts. (default: one that systemd makes)",
        "--out",
        "-o",
        "--output",
        takes="DIR",
        envvar=False,
    ),
]
Into = Annotated[
    Path | None,
    option(
        PANEL, "Write the files into this folder, instead of stdout.", "--into", takes="DIR", envvar=False
    ),
]


class SystemdCommand(Command):
    """`systemd`, whose last arguments may be options of the command that the unit runs."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["SOURCE...", "[OPTIONS]", "[-- OPTIONS OF RUN]"]


def systemd(
    context: typer.Context,
    sources: Sources,
    *,
    watch: IsWatch = False,
    timer: Timer = None,
    out: Out = None,
    user: IsOfUser = False,
    into: Into = None,
) -> None:
    """Print the unit files, and on stderr what to do with them."""
    from batch_transcriber.cli.unit_plan import make_plan, print_files  # noqa: PLC0415 - not for `--help`

    plan = make_plan(context, sources, is_watch=watch, calendar=timer, out=out, is_of_user=user)
    print_files(plan, into)
