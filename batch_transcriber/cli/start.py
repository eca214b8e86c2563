"""A run as it was typed: its options become settings, filters and sources, and off it goes."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.offline import check_list
from batch_transcriber.cli.parameters import read_layers
from batch_transcriber.cli.retry import retry_arguments
from batch_transcriber.cli.sources import Sources, list_requests, open_sources
from batch_transcriber.cli.transcribe import transcribe
from batch_transcriber.cli.typed_settings import SAID, formats_of, settings_of
from batch_transcriber.cli.unattended import Attendants
from batch_transcriber.cli.usage import outranks, set_by, subject_of
from batch_transcriber.cli.values import USUAL_PLACE, shorten
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan import Filters
from batch_transcriber.settings import Settings
from batch_transcriber.ui import PatientConsole, Verbosity, printable
from batch_transcriber.ui.journald import NOTICE, is_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from batch_transcriber.cli.parameters import Layers
    from batch_transcriber.cli.recogniser import Chosen

# Who stops a run does not wait for a page, and that of another run is its own business.
NO_REPORT = {ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.HANGUP, ExitCode.LOCKED}


def start(context: typer.Context) -> int:
    """Run what was typed, and return the exit code.

    Raises:
        typer.BadParameter: an option cannot be what it is.
        FatalError: there is no key, or a list has mistakes.
    """
    values: Mapping[str, Any] = context.params
    quiet = values["quiet"] and not outranks(context, "verbose", "quiet")
    verbosity = Verbosity.ERRORS if quiet else Verbosity(max(0, min(values["verbose"], max(Verbosity))))
    console = PatientConsole(stderr=True)

    def say(line: str) -> None:
        if not quiet:
            _put(console, line)

    if values["dry_run"]:
        return _start(context, verbosity, console, say, None)
    with Attendants(context, verbosity, lambda line: _put(console, line)) as attendants:
        return _start(context, verbosity, console, say, attendants)


def _start(
    context: typer.Context,
    verbosity: Verbosity,
    console: PatientConsole,
    say: Callable[[str], None],
    attendants: Attendants | None,
) -> int:
    """Run it; without attendants, only say what would be done."""
    values: Mapping[str, Any] = context.params
    defaults = Settings.model_fields
    layers = read_layers(context, {"speech_models": list(defaults["speech_models"].default)})
    chosen = _choose(context, layers) if values["offline"] else None
    filters = _filters(context)
    with ExitStack() as stack:
        # First, for a key has to be got from somewhere, and a mistake is mended here and now.
        sources = _sources(stack, context, layers, chosen, default_formats=defaults["formats"].default)
        settings = settings_of(context, layers.together, say, needs_key=attendants is not None)
        if attendants is None:
            from batch_transcriber.cli.dry_run import dry_run  # noqa: PLC0415 - few runs need it

            if values["offline"]:
                settings = settings.model_copy(update={"price_per_hour_usd": Decimal(0)})
            return dry_run(
                sources,
                values["out"],
                settings,
                say,
                filters=filters,
                offline=values["offline"],
                quiet=verbosity < Verbosity.NORMAL,
                as_json=values["json"],
            )
        code = asyncio.run(
            transcribe(
                sources,
                values["out"],
                settings,
                console,
                say,
                filters=filters,
                offline=chosen,
                verbosity=verbosity,
                as_json=values["json"],
                retry=tuple(retry_arguments(context)),
                attendants=attendants,
                settle_s=values["settle"],
            )
        )
        return _report(values, settings, code, console)


def _choose(context: typer.Context, layers: Layers) -> Chosen:
    """Return the recogniser that hears; what is asked for says which, where that was named."""
    from batch_transcriber.cli.recogniser import check_options, choose_recogniser  # noqa: PLC0415 - offline

    chosen = choose_recogniser(context)
    if chosen.is_named:
        layers.above["speech_models"] = [chosen.speech_model]
    check_options(context, layers, chosen)
    return chosen


def _report(values: Mapping[str, Any], settings: Settings, code: int, console: Console) -> int:
    """Write the report, if one is wanted, and return the exit code, which that may change for the worse."""
    if not values["report"] or code in NO_REPORT:
        return code
    from batch_transcriber.cli.report_written import report_a_run  # noqa: PLC0415 - few runs want one

    page = None if values["report"] == USUAL_PLACE else Path(values["report"])
    try:
        place = report_a_run(values["out"], settings.journal, page, settings.price_per_hour_usd)
    except FatalError as error:
        _put(console, str(error))
        return code or ExitCode.LOCAL
    if not values["quiet"]:
        _put(console, f"report: {place}")
    return code


def _sources(
    stack: ExitStack,
    context: typer.Context,
    layers: Layers,
    chosen: Chosen | None,
    *,
    default_formats: tuple[str, ...],
) -> Sources:
    values: Mapping[str, Any] = context.params
    parts: list[Any] = open_sources(
        stack, values["sources"], values["files_from"], is_nul_separated=values["null"]
    )
    if values["jobs"] is not None:
        formats = formats_of(values)
        are_typed = set_by(context, "format") in SAID
        requests = list_requests(
            values["jobs"],
            values["out"],
            layers,
            typed_formats=formats if are_typed else (),
            other_formats=formats or default_formats,
            allow_unknown_options=values["allow_unknown_options"],
            allow_outside=values["allow_outside"],
        )
        if chosen is not None:
            check_list(values["jobs"], requests, chosen)
        parts.append(requests)
    return Sources(parts)


def _filters(context: typer.Context) -> Filters:
    values: Mapping[str, Any] = context.params
    limit = values["limit"]
    if limit is not None and limit < 1:
        raise typer.BadParameter(f"must be 1 or more (it is {shorten(str(limit))})", param_hint="--limit")
    try:
        return Filters(
            include=tuple(values["include"] or ()),
            exclude=tuple(values["exclude"] or ()),
            min_age_s=values["min_age"] or 0.0,
            min_size_bytes=values["min_size"] or 0,
            max_size_bytes=values["max_size"],
            newer_than=values["newer_than"],
            limit=limit,
        )
    except ValueError as error:
        flag = str(error).split()[0].rstrip(":")
        subject = subject_of(flag.lstrip("-").replace("-", "_"), context)
        raise typer.BadParameter(str(error).replace(flag, subject, 1)) from None


def _put(console: Console, line: str) -> None:
    """Print a line, in which names do no harm; a terminal breaks it at words, a pipe gets it whole."""
    whole = not console.file.isatty()  # FORCE_COLOR makes no terminal of a pipe
    level = NOTICE if is_journal(console.file) else ""
    try:
        console.print(level + printable(line), markup=False, emoji=False, highlight=False, soft_wrap=whole)
    except OSError:  # nobody is there to read it
        console.on_broken_pipe()
