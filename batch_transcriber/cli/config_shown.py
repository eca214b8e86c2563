"""Every option of a run with its value and where that comes from, as a configuration file has them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from batch_transcriber.cli.config_file import TAKE_NUMBERS, config_path, key_of
from batch_transcriber.cli.credentials import find_key
from batch_transcriber.cli.run_settings import NO_ADDRESS, find_address
from batch_transcriber.cli.typed_settings import SAID, SETTINGS, configured_address
from batch_transcriber.cli.usage import set_by
from batch_transcriber.errors import FatalError
from batch_transcriber.plan.parameters.check import SECRETS
from batch_transcriber.settings import BASE_URL_VARIABLES, EU_BASE_URL, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT_IN, CONFIGURED = "built-in", "configuration file"
_NUMBER = re.compile(r"(0|[1-9]\d*)(\.\d+)?", re.ASCII)
_CONTROLS = re.compile("[\x7f-\x9f]")
COLUMN = 34  # at which the places begin


def lines_shown(context: Any) -> Iterator[str]:
    """Yield the lines; a key is in none of them.

    Args:
        context: Of a run for which nothing was typed.

    Raises:
        FatalError: the configuration file has mistakes, or cannot be read.
    """
    context.default_map.get("")  # a file that nothing was asked of yet is read
    path = config_path(os.environ)
    is_there = path is not None and path.exists()
    yield f"# configuration file: {'none is read' if path is None else path}" + (
        "" if is_there or path is None else " (not there)"
    )
    yield f"# key: {_key_place(context)}"
    for option in context.command.params:
        if option.param_type_name == "option" and option.name != "api_key":
            yield _line(option, *_value(option, context))


def _line(option: Any, value: Any, place: str) -> str:
    """Return a line; what is built in is a comment, so that a newer program may think of something better."""
    shown = f"{key_of(option)} = {'' if value is None else _toml(value, option)}".rstrip()
    return f"{'#' if value is None or place == BUILT_IN else ''}{shown:<{COLUMN}} # {place}"


def _value(option: Any, context: Any) -> tuple[Any, str]:
    """Return the value of an option as it can be typed, and its place; None where it has none."""
    if option.name == "base_url":
        return _address(context)
    source = set_by(context, option.name)
    if source == "DEFAULT_MAP":
        return _masked(option, context.default_map.get(option.name)), CONFIGURED
    if source == "ENVIRONMENT":
        parsed = context.params[option.name]
        typed = os.environ[option.envvar]
        plain = option.is_flag or option.count or option.metavar == "N"
        if option.multiple:
            return _masked(option, typed.split()), option.envvar
        return (parsed if plain else typed), option.envvar
    return _built_in(option), BUILT_IN


def _built_in(option: Any) -> Any:
    names = {"format": "formats", "model": "speech_models", **SETTINGS}
    field = Settings.model_fields.get(names.get(option.name, ""))
    value = option.default if field is None else field.default
    return list(value) if isinstance(value, tuple) else value


def _address(context: Any) -> tuple[str | None, str]:
    is_eu = context.params["eu"] and set_by(context, "eu") in SAID
    place, address = find_address(None, os.environ, eu=is_eu) or configured_address(context) or NO_ADDRESS
    if "@" in address:
        address = "..."  # before it stands a password
    if context.params["eu"] and address == EU_BASE_URL:
        return None, f"{address}, by eu"
    if place == NO_ADDRESS[0]:
        return address, BUILT_IN
    return address, place if place in BASE_URL_VARIABLES else CONFIGURED


def _key_place(context: Any) -> str:
    file = context.params["api_key_file"]
    is_said = set_by(context, "api_key_file") in SAID
    try:
        key = find_key(None, file if is_said else None, os.environ, lambda _: None, configured_file=file)
    except FatalError as error:
        return str(error)
    return f"from {key.place}, not shown"


def _masked(option: Any, value: Any) -> Any:
    """Return assignments and addresses without what is secret in them."""
    if not isinstance(value, list):
        return value
    if option.name == "notify":
        return [f"https://{urlsplit(address).hostname}/..." for address in value]
    return [
        f"{name}=..." if name.strip() in SECRETS else text
        for text in value
        for name in (text.partition("=")[0],)
    ]


def _toml(value: Any, option: Any) -> str:
    """Return a value in TOML, whose texts, numbers and lists are those of JSON, but for a few characters."""
    if isinstance(value, str) and option.metavar in TAKE_NUMBERS and _NUMBER.fullmatch(value):
        return value
    plain = os.fspath(value) if isinstance(value, Path) else value
    text = json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace").decode()
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
