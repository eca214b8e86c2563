"""How an option is declared: its panel in the help, its names, and the variable that also sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.typos import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES, SPEECH, OUTPUT, SERVICE, UNATTENDED, LIMITS = (
    "Which recordings",
    "What is asked for",
    "Output",
    "Service",
    "Unattended runs",
    "Limits (rarely needed)",
)


def option(
    panel: str,
    help: str,  # noqa: A002 - typer's word
    *names: str,
    takes: str = "",
    parser: Callable[[str], Any] | None = None,
    completion: Callable[[str], list[str]] | None = None,
    envvar: bool = True,
    prefix: str = PREFIX,
    count: bool = False,
) -> Any:
    """Return an option; `takes` says in the help what its value is, and stays empty for a switch."""
    variable = prefix + names[0].lstrip("-").replace("-", "_").upper()
    return typer.Option(
        *names,
        help=help,
        metavar=takes,
        parser=parser,
        autocompletion=completion,
        rich_help_panel=panel,
        envvar=variable if envvar else None,
        show_envvar=False,
        show_default=False,
        count=count,
    )
