"""How the commands differ from typer's own: plainer help, contradictions refused, paths recognised."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from batch_transcriber.cli.contradictions import find_contradiction
from batch_transcriber.cli.typos import no_such_command
from batch_transcriber.cli.values import shorten, with_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HELP_PANEL = "Help"
# typer makes these options itself; only their words can be ours.
_HELP = {
    "help": "Show this help.",
    "install_completion": "Complete commands, options and names with Tab in this shell, from now on.",
    "show_completion": "Print what that adds to the shell, for those who keep it elsewhere.",
}

# Of all that `estimate` takes from `run`, what is about hours and money.
_OF_ESTIMATE = {"jobs", "model", "max_cost", "max_hours", "price", "out", "json"}


class Group(TyperGroup):
    """The top level."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return typer's own parameters with our words."""
        return _in_our_words(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; an error knows which command it belongs to."""
        with _errors_of(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; where there is none of this name, say what may have been meant."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            options = [name for option in self.get_params(ctx) for name in option.opts]
            ctx.fail(no_such_command(args[0], self.commands, options))
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """Any command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return typer's own parameters with our words."""
        return _in_our_words(super().get_params(ctx))

    def get_usage(self, ctx: Any) -> str:
        """Return the usage line; typer has none for a command that takes nothing."""
        return super().get_usage(ctx) or f"Usage: {ctx.command_path}"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; an error knows which command it belongs to."""
        ctx.allow_extra_args = True  # they are refused here, in our words
        with _errors_of(ctx):
            extra = super().parse_args(ctx, args)
            if extra and not ctx.resilient_parsing:
                ctx.fail(f"{ctx.info_name} takes no arguments (it got {shorten(extra[0])!r})")
            return extra


class ConfiguredCommand(Command):
    """A command that has options of a run: what is neither typed nor set, the configuration says.

    Attributes:
        configured: Those that it takes from there; None for all.
    """

    configured: frozenset[str] | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, with the configuration below what is typed."""
        from batch_transcriber.cli.config_file import Configured  # noqa: PLC0415 - not for other commands

        ctx.default_map = Configured(ctx, self.configured)
        return super().parse_args(ctx, args)


class RunCommand(ConfiguredCommand):
    """`run`, and others that have its options.

    Attributes:
        left_out: Names of the options that this command does not have.
        only_offline: Of those that it has, these mean nothing without `--offline`.
    """

    only_offline: frozenset[str] = frozenset({"fast", "accurate", "workers"})
    left_out: frozenset[str] = frozenset({"settle"})

    def __init__(self, *args: Any, params: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, params=[one for one in params if one.name not in self.left_out], **kwargs)
        self._unsaid = {one.name: one.default for one in params if one.name in self.left_out}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; `--report` may stand alone."""
        return super().parse_args(ctx, with_place(args))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["SOURCE...", "[OPTIONS]"]

    def invoke(self, ctx: Any) -> Any:
        """Run, unless what was typed contradicts itself."""
        from batch_transcriber.buckets.place import place_of  # noqa: PLC0415 - `--help` needs none of it

        ctx.params.update(self._unsaid | ctx.params)
        ctx.params["out"] = place_of(ctx.params["out"])
        if not any(ctx.params[name] for name in ("sources", "files_from", "jobs")):
            ctx.fail("nothing to transcribe: name a file, a folder, a pattern or a URL, or a list with -j")
        self.refuse_contradiction(ctx)
        return super().invoke(ctx)

    def refuse_contradiction(self, ctx: Any) -> None:
        """Go no further where what was typed contradicts itself."""
        if contradiction := find_contradiction(ctx):
            ctx.fail(contradiction)


class EstimateCommand(RunCommand):
    """`estimate`: a dry run, with all options of a run; its help leaves them to that of `run`."""

    def invoke(self, ctx: Any) -> Any:
        """Run, and send nothing."""
        ctx.params["dry_run"] = True
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show what it is for, and no more than a few options."""
        hidden: list[Any] = [param for param in self.params if param.name not in _OF_ESTIMATE]
        before = [param.hidden for param in hidden]
        for param in hidden:
            param.hidden = True
        try:
            super().format_help(ctx, formatter)
        finally:  # they are still completed
            for param, was_hidden in zip(hidden, before, strict=True):
                param.hidden = was_hidden


def _in_our_words(params: Sequence[Any]) -> list[Any]:
    for param in params:
        if param.name in _HELP:
            param.help, param.metavar, param.rich_help_panel = _HELP[param.name], "", HELP_PANEL
    return list(params)


@contextmanager
def _errors_of(ctx: Any) -> Iterator[None]:
    try:
        yield
    except typer.TyperException as error:
        carrier: Any = error
        carrier.ctx = getattr(error, "ctx", None) or ctx  # some come without, such as a missing value
        raise
