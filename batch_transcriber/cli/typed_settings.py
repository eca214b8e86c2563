"""From the parsed options of a command to its settings and its key."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any

from batch_transcriber.cli.credentials import Key, find_key
from batch_transcriber.cli.run_settings import make_settings
from batch_transcriber.cli.state_folder import state_folder
from batch_transcriber.cli.usage import set_by, subject_of
from batch_transcriber.settings import EU_BASE_URL, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer
    from pydantic import JsonValue

# Settings that go by the name of their option, or have another one.
SETTINGS = {
    "ca_bundle": "ca_bundle",
    "chars_per_caption": "chars_per_caption",
    "dask": "dask",
    "dask_lost": "dask_lost",
    "dask_wait": "dask_wait_s",
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
    "through": "through",
    "until": "until",
    "uploads": "uploads",
}
SAID = {"COMMANDLINE", "ENVIRONMENT"}
# Their like can also be said by variables that belong to no option, and go before the configuration.
CONFIGURED_LAST = ("api_key_file", "base_url", "eu")


def settings_of(
    context: typer.Context,
    parameters: Mapping[str, JsonValue],
    say: Callable[[str], None],
    *,
    needs_key: bool = True,
) -> Settings:
    """Return the settings that the options of a command come to; `say` gets warnings.

    Args:
        context: Of a command with options of a run.
        parameters: What transcripts are asked for with.
        say: Prints a line.
        needs_key: Something is to be sent to the service.

    Raises:
        typer.BadParameter: a value out of its range.
        FatalError: no key, or one that cannot be right.
    """
    values: Mapping[str, Any] = context.params
    options = dict(parameters)
    said = _said(context)
    return make_settings(
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
            "speech_models": options.pop("speech_models", None),
            "options": options,
            "formats": formats_of(values) or None,
            # What a run's own service is asked is nobody else's business.
            "share_pace_in": None if values["offline"] else state_folder() / "pace",
            **{setting: values[option] for option, setting in SETTINGS.items()},
        },
        needs_key=needs_key,
    )


def find_key_of(context: typer.Context) -> Key:
    """Return the key that a command would use, with its place.

    Raises:
        FatalError: there is none.
    """
    values: Mapping[str, Any] = context.params
    file = _said(context)["api_key_file"]
    return find_key(
        values["api_key"], file, os.environ, lambda _: None, configured_file=values["api_key_file"]
    )


def _said(context: typer.Context) -> dict[str, Any]:
    """Return what was typed or set of that which the configuration says last of all."""
    return {name: context.params[name] if set_by(context, name) in SAID else None for name in CONFIGURED_LAST}


def configured_address(context: typer.Context) -> tuple[str, str] | None:
    """Return the service's address by the configuration, after the name of its place; None without one."""
    for name, address in (("base_url", context.params["base_url"]), ("eu", EU_BASE_URL)):
        if context.params[name] and set_by(context, name) == "DEFAULT_MAP":
            return subject_of(name, context), address
    return None


def formats_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the formats asked for, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(values["format"] or ())))
