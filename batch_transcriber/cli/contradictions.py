"""Options that cannot be used together: refused with a reason, so that none is ignored in silence."""

from __future__ import annotations

from typing import Any

from batch_transcriber.cli.usage import set_by, subject

_NO_SERVICE = "nothing is sent to a service then"
# A variable that is set for other runs is no concern of an offline one; an option that was typed is.
_COSTS_NOTHING = "it costs nothing"
_NOT_OFFLINE = {
    "language": "it hears English only",
    "speaker_labels": "it tells no speakers apart",
    "speakers": "it tells no speakers apart",
    "keyterm": "it cannot be told what to listen for",
    "prompt": "it cannot be told what to listen for",
    "redact_pii": "it redacts nothing",
    "max_cost": _COSTS_NOTHING,
    "price": _COSTS_NOTHING,
    "model": "it has one recogniser of its own",
    "eu": _NO_SERVICE,
    "base_url": _NO_SERVICE,
    "delete_after": "no service keeps anything then",
    "api_key": "it needs no key",
    "api_key_file": "it needs no key",
    "insecure": _NO_SERVICE,
    "ca_bundle": _NO_SERVICE,
}
# Unless the text would be wrong without it, or tell too much.
_NEVER_PASSED_OVER = ("language", "redact_pii")
PAIRS = (
    ("eu", "base_url", "both say where the service is"),
    ("quiet", "verbose", "one asks for less, one for more"),
    ("prompt", "keyterm", "the service takes one of them"),
)


def find_contradiction(context: Any) -> str | None:
    """Return the line for two options of a run that exclude each other; None where all is well."""
    options = {option.name: option for option in context.command.params}
    typed = [name for name in options if set_by(context, name) == "COMMANDLINE"]

    def refuse(first: str, second: str, reason: str) -> str:
        names = [subject(options[name], context) for name in (first, second)]
        return f"{names[0]} cannot be used with {names[1]}: {reason}"

    if context.params["offline"]:
        said = {*typed, *(name for name in _NEVER_PASSED_OVER if context.params[name])}
        if str(context.params["language"]).partition("_")[0] == "en":
            said.discard("language")
        for name, reason in _NOT_OFFLINE.items():
            if name in said:
                return refuse("offline", name, reason)
    for first, second, reason in PAIRS:
        if first in typed and second in typed:
            return refuse(first, second, reason)
    return None
