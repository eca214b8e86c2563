"""A run's settings from flags and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from batch_transcriber.cli.credentials import Key, find_key
from batch_transcriber.cli.options import known_variables
from batch_transcriber.cli.typos import unread_variables
from batch_transcriber.settings import (
    BASE_URL_VARIABLES,
    EU_BASE_URL,
    KEY_VARIABLES,
    US_BASE_URL,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

_FLAGS = {"speech_models": "--model", "poll_interval_s": "--poll-interval"}
_OF_A_SERVICE = {"speech_models", "insecure", "ca_bundle"}
_BOUNDS = {  # of pydantic's, by the name that each goes by in its details
    "ge": "must be {} or more",
    "gt": "must be more than {}",
    "le": "must be {} or less",
    "lt": "must be less than {}",
}


def make_settings(
    environ: Mapping[str, str],
    say: Callable[[str], None],
    *,
    offline: bool,
    api_key: str | None,
    api_key_file: Path | None,
    base_url: str | None,
    eu: bool,
    rest: Mapping[str, object],
) -> Settings:
    """Return checked settings; `say` gets warnings.

    Args:
        environ: Key and base URL, where no flag gives them.
        say: Prints a line.
        offline: Neither key nor base URL is needed: the service started for the run brings both.
        api_key: The flag.
        api_key_file: The flag.
        base_url: The flag; goes before `eu`.
        eu: The flag.
        rest: Further settings by name; None leaves a setting at its default.

    Raises:
        typer.BadParameter: a value out of its range.
        FatalError: no key.
    """
    for warning in unread_variables(environ, {*known_variables(), KEY_VARIABLES[0], BASE_URL_VARIABLES[0]}):
        say(warning)
    if offline:
        key, (place, address) = Key("--offline", "offline"), ("--offline", US_BASE_URL)
    else:
        place, address = _find_address(base_url, environ, eu=eu)
        key = find_key(api_key, api_key_file, environ, say)
    given = {name: value for name, value in rest.items() if value is not None}
    if offline:  # what variables say for other runs; nobody may type them together
        given = {name: value for name, value in given.items() if name not in _OF_A_SERVICE}
    try:
        return Settings.model_validate({**given, "api_key": key.text, "base_url": address})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0]) if problem["loc"] else "base_url"
        if where := {"api_key": key.place, "base_url": place}.get(name):
            # Not shown, whatever it is: what was refused may be a key, or hold one.
            message = f"{where}: {problem['msg'].removeprefix('Value error, ')}"
            raise typer.BadParameter(message) from None
        flag = _FLAGS.get(name, "--" + name.replace("_", "-"))
        raise typer.BadParameter(_describe(problem), param_hint=flag) from None


def _find_address(flag: str | None, environ: Mapping[str, str], *, eu: bool) -> tuple[str, str]:
    """Return the service's address, after the name of its place."""
    if flag:
        return "--base-url", flag
    if eu:
        return "--eu", EU_BASE_URL
    for name in BASE_URL_VARIABLES:
        if address := environ.get(name, "").strip():
            return name, address
    return "--base-url", US_BASE_URL


def _describe(problem: ErrorDetails) -> str:
    """Return what is wrong with a value, as it goes on after the name of its option."""
    for name, bound in problem.get("ctx", {}).items():
        if name in _BOUNDS:
            return f"{_BOUNDS[name].format(f'{bound:.15g}')} (it is {problem['input']:.15g})"
    return f"cannot be used: {problem['msg']}"
