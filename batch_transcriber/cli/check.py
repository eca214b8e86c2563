"""`batch-transcriber check`: whether a run would work, before one is needed."""

from __future__ import annotations

from typing import Any

import typer

from batch_transcriber.cli.commands import RunCommand

# Of the options of a run, those that can be wrong because of where and when it runs.
LOOKED_AT = {
    "out",
    "journal",
    "json",
    "offline",
    "fast",
    "accurate",
    "model",
    "workers",
    "api_key_file",
    "api_key",
    "eu",
    "base_url",
    "insecure",
    "ca_bundle",
    "uploads",
    "in_flight",
    "max_requests",
}


class CheckCommand(RunCommand):
    """`check`: looks at everything that a run with these options needs, and changes nothing."""

    only_offline = RunCommand.only_offline | {"model"}

    def __init__(self, *args: Any, params: list[Any], **kwargs: Any) -> None:
        kept = [param for param in params if param.name in LOOKED_AT]
        super().__init__(*args, params=kept, **kwargs)
        self._unsaid = {param.name: param.default for param in params if param not in kept}

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["[OPTIONS]"]

    def invoke(self, ctx: Any) -> Any:
        """Check, unless what was typed contradicts itself."""
        from batch_transcriber.cli.checks.report import check  # noqa: PLC0415 - `--help` needs none of it

        ctx.params.update(self._unsaid)
        self.refuse_contradiction(ctx)
        raise typer.Exit(ctx.invoke(check, ctx))
