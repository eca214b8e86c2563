"""A run as it was typed: its options become settings, filters and sources, and off it goes."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.dry_run import dry_run
from batch_transcriber.cli.offline import check_offline
from batch_transcriber.cli.parameters import read_layers
from batch_transcriber.cli.retry import retry_arguments
from batch_transcriber.cli.run_settings import make_settings
from batch_transcriber.cli.sources import Sources, list_requests, open_sources
from batch_transcriber.cli.transcribe import transcribe
from batch_transcriber.cli.usage import outranks, set_by, subject_of
from batch_transcriber.cli.values import shorten
from batch_transcriber.plan import Filters
from batch_transcriber.settings import EU_BASE_URL, Settings
from batch_transcriber.ui import PatientConsole, Verbosity, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from batch_transcriber.cli.parameters import Layers

# Settings that go by the name of their option, or have another one.
SETTINGS = {
    "ca_bundle": "ca_bundle",
    "chars_per_caption": "chars_per_caption",
    "delete_after": "delete_after",
    "force": "force",
    "give_up_after": "give_up_after_s",
    "in_flight": "in_flight",
    "insecure": "insecure",
    "journal": "journal",
    "max_cost": "max_cost_usd",
    "max_duration": "max_duration_s",
    "max_hours": "max_hours",
    "max_requests": "max_requests",
    "poll_by": "poll_by",
    "poll_interval": "poll_interval_s",
    "price": "price_per_hour_usd",
    "retries": "retries",
    "until": "until",
    "uploads": "uploads",
}
SAID = {"COMMANDLINE", "ENVIRONMENT"}
# Their like can also be said by variables that belong to no option, and go before the configuration.
CONFIGURED_LAST = ("api_key_file", "base_url", "eu")


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

    defaults = Settings.model_fields
    layers = read_layers(context, {"speech_models": list(defaults["speech_models"].default)})
    filters = _filters(context)
    with ExitStack() as stack:
        # First, for a key has to be got from somewhere, and a mistake is mended here and now.
        sources = _sources(stack, context, layers, default_formats=defaults["formats"].default)
        parameters = dict(layers.together)
        said = {name: values[name] if set_by(context, name) in SAID else None for name in CONFIGURED_LAST}
        settings = make_settings(
            os.environ,
            say,
            offline=values["offline"],
            api_key=values["api_key"],
            api_key_file=said["api_key_file"],
            base_url=said["base_url"],
            eu=bool(said["eu"]),
            configured_key_file=values["api_key_file"],
            configured_address=configured_address(context),
            rest={
                "speech_models": parameters.pop("speech_models", None),
                "options": parameters,
                "formats": _formats(values) or None,
                **{setting: values[option] for option, setting in SETTINGS.items()},
            },
            needs_key=not values["dry_run"],
        )
        if values["dry_run"]:
            if values["offline"]:
                settings = settings.model_copy(update={"price_per_hour_usd": Decimal(0)})
            return dry_run(
                sources,
                values["out"],
                settings,
                say,
                filters=filters,
                offline=values["offline"],
                quiet=quiet,
                as_json=values["json"],
            )
        return asyncio.run(
            transcribe(
                sources,
                values["out"],
                settings,
                console,
                say,
                filters=filters,
                offline=values["offline"],
                verbosity=verbosity,
                as_json=values["json"],
                retry=tuple(retry_arguments(context)),
                settle_s=values["settle"],
            )
        )


def configured_address(context: typer.Context) -> tuple[str, str] | None:
    """Return the service's address by the configuration, after the name of its place; None without one."""
    for name, address in (("base_url", context.params["base_url"]), ("eu", EU_BASE_URL)):
        if context.params[name] and set_by(context, name) == "DEFAULT_MAP":
            return subject_of(name, context), address
    return None


def _formats(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(values["format"] or ())))


def _sources(
    stack: ExitStack, context: typer.Context, layers: Layers, *, default_formats: tuple[str, ...]
) -> Sources:
    values: Mapping[str, Any] = context.params
    parts: list[Any] = open_sources(
        stack, values["sources"], values["files_from"], is_nul_separated=values["null"]
    )
    if values["jobs"] is not None:
        formats = _formats(values)
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
        if values["offline"]:
            check_offline(values["jobs"], requests)
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
    try:
        console.print(printable(line), markup=False, emoji=False, highlight=False, soft_wrap=whole)
    except OSError:  # nobody is there to read it
        console.on_broken_pipe()
