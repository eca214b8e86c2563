"""Options that cannot be used together: refused with a reason, so that none is ignored in silence."""

from __future__ import annotations

from typing import Any

from batch_transcriber.cli.usage import set_by, subject

_NO_SERVICE = "nothing is sent to a service then"
_COSTS_NOTHING = "it costs nothing"
# Where the service is, and what it costs: a variable that is set for other runs is no concern of an offline
# one, an option that was typed is. What is asked for, its own service judges.
_NOT_OFFLINE = {
    "max_cost": _COSTS_NOTHING,
    "price": _COSTS_NOTHING,
    "eu": _NO_SERVICE,
    "base_url": _NO_SERVICE,
    "delete_after": "no service keeps anything then",
    "api_key": "it needs no key",
    "api_key_file": "it needs no key",
    "insecure": _NO_SERVICE,
    "ca_bundle": _NO_SERVICE,
}
_OF_OFFLINE = "it is about the recogniser of this machine"
OF_DASK = ("dask_lost", "dask_wait")
NO_DASK = "--dask: it is about a cluster"
OF_WORKERS = "a worker of Dask says itself how many it hears"
PAIRS = (
    ("eu", "base_url", "both say where the service is"),
    ("quiet", "verbose", "one asks for less, one for more"),
    ("prompt", "keyterm", "the service takes one of them"),
    ("fast", "accurate", "they say the opposite"),
    ("dask", "workers", OF_WORKERS),
)


def find_contradiction(context: Any) -> str | None:
    """Return the line for two options of a run that exclude each other; None where all is well."""
    options = {option.name: option for option in context.command.params}
    typed = [name for name in options if set_by(context, name) == "COMMANDLINE"]

    def refuse(first: str, second: str, reason: str) -> str:
        names = [subject(options[name], context) for name in (first, second)]
        return f"{names[0]} cannot be used with {names[1]}: {reason}"

    if context.params["offline"]:
        for name, reason in _NOT_OFFLINE.items():
            if name in typed:
                return refuse("offline", name, reason)
    for name in typed:
        if missing := _missing(name, context):
            return f"{subject(options[name], context)} needs {missing}"
    for first, second, reason in PAIRS:
        if first in typed and second in typed:
            return refuse(first, second, reason)
    return None


def _missing(name: str, context: Any) -> str:
    """Return the option without which this one means nothing, and why; empty where all is there."""
    if name in context.command.only_offline and not context.params["offline"]:
        return f"--offline: {_OF_OFFLINE}"
    return NO_DASK if name in OF_DASK and not context.params["dask"] else ""
