"""`batch-transcriber retry`: what failed in the last run, once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.commands import RunCommand
from batch_transcriber.cli.looking import output_folder
from batch_transcriber.cli.usage import set_by
from batch_transcriber.cli.values import USUAL_PLACE
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a list of failures says itself, for each of them.
SAID_BY_THE_LIST = frozenset(
    {
        "jobs",
        "files_from",
        "null",
        "include",
        "exclude",
        "min_age",
        "newer_than",
        "min_size",
        "max_size",
        "limit",
        "allow_outside",
        "language",
        "speaker_labels",
        "speakers",
        "model",
        "keyterm",
        "prompt",
        "redact_pii",
        "set",
        "allow_unknown_options",
        "format",
    }
)


class RetryCommand(RunCommand):
    """`retry`: a run of the list that the last run left in the output folder."""

    left_out = (RunCommand.left_out | SAID_BY_THE_LIST) - {"model"}  # which names the recogniser offline
    only_offline = RunCommand.only_offline | {"model"}

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["[OUT]", "[OPTIONS]"]

    def invoke(self, ctx: Any) -> Any:
        """Run the list, if there is one."""
        from batch_transcriber.buckets.place import is_in_bucket  # noqa: PLC0415 - not for `--help`
        from batch_transcriber.journal import lists_of  # noqa: PLC0415
        from batch_transcriber.plan.lists.failed import NAME, is_ours  # noqa: PLC0415 - not for `--help`

        out = output_folder(ctx)
        failed = lists_of(out) / NAME
        if not is_in_bucket(out) and not out.is_dir():
            ctx.fail(f"{out}: no such folder; name the output folder of a run")
        if not failed.exists():
            typer.echo(f"nothing to try again: no list of failures in {out}", err=True)
            raise typer.Exit
        if not is_ours(failed):
            raise FatalError(
                f"{failed} is no list of failures, for no run wrote it; run it with: "
                f"batch-transcriber run -j {failed}",
                ExitCode.USAGE,
            )
        # It was all allowed once, or it would not have been tried.
        allowed = {"allow_outside": True, "allow_unknown_options": True}
        ctx.params.update({**allowed, "sources": [], "jobs": failed, "out": out})
        if not ctx.params["offline"]:
            self.refuse_contradiction(ctx)
            ctx.params["model"] = None
        return super().invoke(ctx)


def retry_arguments(context: Any) -> Iterator[str]:
    """Yield what to type to try again what fails in a run, after the command's name."""
    said_by_the_list = SAID_BY_THE_LIST - {"model"} if context.params["offline"] else SAID_BY_THE_LIST
    yield "retry"
    yield str(context.params["out"])
    for option in context.command.params:
        name, value = option.name, context.params[option.name]
        # A moment is past by then.
        if name in {"sources", "out", "until", *said_by_the_list} or set_by(context, name) != "COMMANDLINE":
            continue
        if option.count:
            yield "-" + "v" * value
        elif option.is_flag:
            yield option.opts[0]
        elif name == "report":
            yield "--report" if value == USUAL_PLACE else f"--report={value}"
        else:
            for one in value if option.multiple else [value]:
                yield from (option.opts[0], str(one))
