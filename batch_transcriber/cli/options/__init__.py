"""The options of the commands as typer types; each of a run can also be set by `BATCH_TRANSCRIBER_<NAME>`."""

from __future__ import annotations

from batch_transcriber.cli.options import asked, cluster, serving, unattended, ways


def known_variables() -> set[str]:
    """Return the environment variables that set an option; those of key and address are not among them."""
    values = [
        value for module in (asked, ways, cluster, unattended, serving) for value in vars(module).values()
    ]
    options = (option for value in values for option in getattr(value, "__metadata__", ()))
    return {option.envvar for option in options if getattr(option, "envvar", None)}
