"""`batch-transcriber status`: where everything stands, out of the journal, whoever is at work in it."""

from __future__ import annotations

from pathlib import Path

import typer  # noqa: TC002 - typer reads annotations

from batch_transcriber.cli.looking import look_as_typed
from batch_transcriber.cli.options import asked, looking


def status(
    context: typer.Context,
    sources: asked.Sources,  # noqa: ARG001 - the folder; read from the context, which knows what was typed
    *,
    file: looking.File = None,
    failed: looking.Failed = False,
    watch: looking.Watch = False,
    json: looking.Json = False,
    out: looking.Out = Path("transcripts"),  # noqa: ARG001 - as the folder
    journal: looking.JournalFile = None,  # noqa: ARG001 - as the folder
) -> None:
    """Say where everything stands."""
    if sum((file is not None, failed, watch)) > 1:
        context.fail("--file, --failed and --watch are three questions; ask one at a time")
    from batch_transcriber.cli import status_screens as screens  # noqa: PLC0415 - `--help` needs none of it

    with look_as_typed(context) as look:
        if file is not None:
            screens.show_input(look, file, as_json=json)
        elif failed:
            screens.show_failures(look, as_json=json)
        elif watch:
            screens.watch(look, as_json=json)
        else:
            screens.show_standing(look, as_json=json)
