"""`batch-transcriber watch`: recordings are transcribed as they come."""

from __future__ import annotations

import os
from typing import Any

from batch_transcriber.cli.commands import RunCommand

SETTLE_S = 10.0


class WatchCommand(RunCommand):
    """`watch`: a run of folders that goes on for ever, with the options of a run that make sense for it."""

    left_out = frozenset(
        {
            "jobs",
            "files_from",
            "null",
            "min_age",
            "limit",
            "dry_run",
            "allow_outside",
            "force",
            "delete_after",
            "through",
        }
    )

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return what follows the command's name in its usage line."""
        return ["FOLDER...", "[OPTIONS]"]

    def invoke(self, ctx: Any) -> Any:
        """Watch, unless there is nothing that can be watched."""
        folders = ctx.params["sources"]
        if not folders:
            ctx.fail("nothing to watch: name a folder, or several")
        for folder in folders:
            if "://" in folder or folder == "-" or os.path.isfile(folder):  # noqa: PTH113
                ctx.fail(f"{folder} is no folder; transcribe it with batch-transcriber run")
        if ctx.params["settle"] is None:
            ctx.params["settle"] = SETTLE_S
        return super().invoke(ctx)
