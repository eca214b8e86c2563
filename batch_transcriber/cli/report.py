"""`batch-transcriber report`: a page that shows what came of a run."""

from __future__ import annotations

from pathlib import Path

import typer  # noqa: TC002 - typer reads annotations

from batch_transcriber.cli.looking import look_as_typed
from batch_transcriber.cli.options import asked, looking


def report(
    context: typer.Context,
    sources: asked.Sources,  # noqa: ARG001 - the folder; read from the context, which knows what was typed
    *,
    page: looking.Page = None,
    price: asked.Price = None,
    out: looking.Out = Path("transcripts"),  # noqa: ARG001 - as the folder
    journal: looking.JournalFile = None,  # noqa: ARG001 - as the folder
) -> None:
    """Write the page, and print where it is."""
    from batch_transcriber.cli.report_written import write_report  # noqa: PLC0415 - `--help` needs none of it
    from batch_transcriber.cli.results import print_result  # noqa: PLC0415

    with look_as_typed(context) as look:
        print_result(str(write_report(look, None if page is None else Path(page), price, option="--page")))
