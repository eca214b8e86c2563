"""The options of a run as typer types; each can also be set by `BATCH_TRANSCRIBER_<NAME>`."""

from __future__ import annotations

from batch_transcriber.cli.options import asked, unattended, ways


def known_variables() -> set[str]:
    """Return the environment variables that set an option; those of key and address are not among them."""
    values = [*vars(asked).values(), *vars(ways).values(), *vars(unattended).values()]
    options = (option for value in values for option in getattr(value, "__metadata__", ()))
    return {option.envvar for option in options if getattr(option, "envvar", None)}
