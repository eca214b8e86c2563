"""A run's settings from flags, environment and configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from batch_transcriber.cli.config_file import VARIABLE as CONFIG_VARIABLE
from batch_transcriber.cli.credentials import find_key
from batch_transcriber.cli.options import known_variables
from batch_transcriber.cli.typos import unread_variables
from batch_transcriber.cli.values import shorten
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import (
    BASE_URL_VARIABLES,
    EU_BASE_URL,
    KEY_VARIABLES,
    US_BASE_URL,
    Settings,
)
from batch_transcriber.ui.notify import RUN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

_FLAGS = {
    "speech_models": "--model",
    "poll_interval_s": "--poll-interval",
    "max_duration_s": "--max-duration",
    "give_up_after_s": "--give-up-after",
    "dask_wait_s": "--dask-wait",
}
NO_ADDRESS = ("--base-url", US_BASE_URL)
_OF_A_SERVICE = {"insecure", "ca_bundle"}
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
    needs_key: bool = True,
    configured_key_file: Path | None = None,
    configured_address: tuple[str, str] | None = None,
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
        needs_key: Something is to be sent to the service.
        configured_key_file: For a key that is found nowhere else.
        configured_address: Of the service, where nothing else names one; after the name of its place.

    Raises:
        typer.BadParameter: a value out of its range.
        FatalError: no key, or one that cannot be right.
    """
    others = {CONFIG_VARIABLE, KEY_VARIABLES[0], BASE_URL_VARIABLES[0]}
    ours = {name: value for name, value in environ.items() if not name.startswith(RUN_PREFIX)}
    for warning in unread_variables(ours, known_variables() | others):
        say(warning)
    place, address = "--offline", US_BASE_URL
    if not offline:
        place, address = find_address(base_url, environ, eu=eu) or configured_address or NO_ADDRESS
    given = {name: value for name, value in rest.items() if value is not None}
    if offline:  # what variables say for other runs; nobody may type them together
        given = {name: value for name, value in given.items() if name not in _OF_A_SERVICE}
    # Without the key at first: a wrong value is mended here and now, a key has to be got from somewhere.
    settings = _check({**given, "api_key": "offline", "base_url": address}, place)
    if offline or not needs_key:
        return settings
    key = find_key(api_key, api_key_file, environ, say, configured_file=configured_key_file)
    try:
        return Settings.model_validate({**given, "api_key": key.text, "base_url": address})
    except ValidationError as error:
        # Not shown, for it may be a key all the same, with something else beside it.
        problem = _words(error.errors(include_url=False)[0])
        raise FatalError(f"{key.place}: {problem}", ExitCode.AUTH) from None


def _check(given: Mapping[str, object], place: str) -> Settings:
    """Return these settings; an error names what to mend: an option, or the place of the address."""
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if not problem["loc"]:  # of the address, which is judged together with --insecure
            words = _words(problem)
            goes_on = words.removeprefix("the base URL ")
            message = f"{place}: {words}" if goes_on == words else f"{place} {goes_on}"
            raise typer.BadParameter(message) from None
        name = str(problem["loc"][0])
        flag = _FLAGS.get(name, "--" + name.replace("_", "-"))
        raise typer.BadParameter(_describe(problem), param_hint=flag) from None


def _words(problem: ErrorDetails) -> str:
    return problem["msg"].removeprefix("Value error, ")


def find_address(flag: str | None, environ: Mapping[str, str], *, eu: bool) -> tuple[str, str] | None:
    """Return the service's address, after the name of its place; None where nothing names one."""
    if flag:
        return "--base-url", flag
    if eu:
        return "--eu", EU_BASE_URL
    for name in BASE_URL_VARIABLES:
        if address := environ.get(name, "").strip():
            return name, address
    return None


def _describe(problem: ErrorDetails) -> str:
    """Return what is wrong with a value, as it goes on after the name of its option."""
    for name, bound in problem.get("ctx", {}).items():
        if name in _BOUNDS:
            return f"{_BOUNDS[name].format(_plain(bound))} (it is {_plain(problem['input'])})"
    return f"cannot be used: {problem['msg']}"


def _plain(number: float) -> str:
    """Return a number as it would be typed; not by way of a float, which ends before a whole number does."""
    return shorten(str(number) if isinstance(number, int) else f"{number:.15g}")
