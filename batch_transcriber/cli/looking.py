"""The journal that a command is to look at, by what was typed, set and configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_transcriber.cli.commands import ConfiguredCommand
from batch_transcriber.cli.usage import set_by

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from batch_transcriber.journal import Look

# Of all that is configured for runs.
CONFIGURED = frozenset({"out", "journal", "price"})


class LookCommand(ConfiguredCommand):
    """A command that takes an output folder, and looks at it."""

    configured = CONFIGURED

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["[OUT]", "[OPTIONS]"]


def output_folder(ctx: Any) -> Path:
    """Return the output folder that was named, or the one that is set."""
    named = ctx.params["sources"]
    if len(named) > 1 or (named and set_by(ctx, "out") == "COMMANDLINE"):
        ctx.fail("one output folder at a time, please")
    from batch_transcriber.buckets.place import place_of  # noqa: PLC0415 - `--help` needs none of it

    return place_of(named[0] if named else ctx.params["out"])


def look_as_typed(ctx: Any) -> AbstractContextManager[Look]:
    """Return the journal, to be entered as a context.

    Raises:
        FatalError: on entering, where there is none, or it cannot be read.
    """
    from batch_transcriber.journal import look  # noqa: PLC0415 - `--help` needs none of it

    path = ctx.params["journal"]
    is_named = ctx.params["sources"] or set_by(ctx, "out") != "DEFAULT"
    return look(output_folder(ctx) if is_named or path is None else None, path)
