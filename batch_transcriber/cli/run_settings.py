"""A run's settings from flags and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from batch_transcriber.cli.credentials import find_key
from batch_transcriber.settings import BASE_URL_VARIABLES, EU_BASE_URL, US_BASE_URL, Settings, first_set

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_FLAGS = {"speech_models": "--model", "poll_interval_s": "--poll-interval"}


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
        base_url: The flag.
        eu: The flag.
        rest: Further settings by name; None leaves a setting at its default.

    Raises:
        typer.BadParameter: flags that contradict each other, or a value out of its range.
        FatalError: no key.
    """
    if offline:
        if base_url or api_key:
            raise typer.BadParameter("it needs neither --api-key nor --base-url", param_hint="--offline")
        key, address = "offline", US_BASE_URL
    else:
        if eu and base_url:
            raise typer.BadParameter("give either --eu or --base-url", param_hint="--eu")
        address = base_url or (EU_BASE_URL if eu else first_set(BASE_URL_VARIABLES, environ) or US_BASE_URL)
        key = find_key(api_key, api_key_file, environ, say)
    given = {name: value for name, value in rest.items() if value is not None}
    try:
        return Settings.model_validate({**given, "api_key": key, "base_url": address})
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        name = str(problem["loc"][0]) if problem["loc"] else "base_url"
        flag = _FLAGS.get(name, "--" + name.replace("_", "-"))
        raise typer.BadParameter(problem["msg"].removeprefix("Value error, "), param_hint=flag) from error
