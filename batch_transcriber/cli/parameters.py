"""What transcripts are asked for with, from options of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from batch_transcriber.cli.usage import set_by, subject_of
from batch_transcriber.plan.parameters.assignments import read_assignments
from batch_transcriber.plan.parameters.check import check_parameters
from batch_transcriber.plan.parameters.layers import lay_over, spell_out

if TYPE_CHECKING:
    from typing import Any

    from pydantic import JsonValue

# What tells who somebody is, or gives access to what is theirs; --set redact_pii_policies=... for others.
REDACTED = (
    "account_number",
    "banking_information",
    "credit_card_cvv",
    "credit_card_expiration",
    "credit_card_number",
    "date_of_birth",
    "drivers_license",
    "email_address",
    "healthcare_number",
    "ip_address",
    "passport_number",
    "password",
    "person_name",
    "phone_number",
    "us_social_security_number",
    "username",
    "vehicle_id",
)


@dataclass(slots=True)
class Layers:
    """Parameters by where they were said.

    Attributes:
        above: Typed, or set by variables: they hold whatever the defaults of a job list say.
        below: From the configuration, and built in: they hold where a list says nothing.
        said_by: The option that said each, by the parameter's name.
    """

    above: dict[str, JsonValue] = field(default_factory=dict)
    below: dict[str, JsonValue] = field(default_factory=dict)
    said_by: dict[str, str] = field(default_factory=dict)

    @property
    def together(self) -> dict[str, JsonValue]:
        """What holds for a source that no list names."""
        return lay_over(self.above, self.below)


def read_layers(context: typer.Context, built_in: dict[str, JsonValue]) -> Layers:
    """Return what the options of a command ask for, checked by themselves and together.

    Args:
        context: Of a command with these options, parsed.
        built_in: What holds where nobody says anything.

    Raises:
        typer.BadParameter: one cannot be, or the service would refuse some together.
        FatalError: likewise, for `--set`.
    """
    values = context.params
    allow_unknown = bool(values["allow_unknown_options"])
    layers = Layers(below=dict(built_in))
    said = {name: _spelt(name, value) for name in _SPELT if _is_said(value := values[name])}
    if values["offline"]:  # where it names the recogniser
        said.pop("model", None)
    # The last, for it says more exactly what is wanted.
    said["set"] = read_assignments(
        values["set"] or (), allow_unknown=allow_unknown, subject=subject_of("set", context)
    )
    by_place: dict[str, dict[str, JsonValue]] = {}
    for name, parameters in said.items():
        by_place.setdefault(set_by(context, name), {}).update(parameters)
        layers.said_by |= dict.fromkeys(parameters, name)
    layers.above = lay_over(by_place.pop("COMMANDLINE", {}), by_place.pop("ENVIRONMENT", {}))
    for parameters in by_place.values():
        layers.below = lay_over(parameters, layers.below)
    for wrong in check_parameters(layers.together, allow_unknown=allow_unknown):
        name = str(wrong.path[0]) if wrong.path else (wrong.names or ("",))[0]
        raise typer.BadParameter(f"{subject_of_parameter(name, context, layers)}: {wrong.message}")
    return layers


def subject_of_parameter(name: str, context: typer.Context, layers: Layers) -> str:
    """Return what a person would look for to mend a parameter: an option, a variable, or a file."""
    option = layers.said_by.get(name, "set")
    subject = subject_of(option, context)
    return f"{subject} {name}" if option == "set" else subject


_SPELT = ("language", "speaker_labels", "speakers", "model", "keyterm", "prompt", "redact_pii")


def _is_said(value: Any) -> bool:
    return value is not None and value is not False and value not in ([], ())  # a 0 is, to be refused


def _spelt(name: str, value: Any) -> dict[str, JsonValue]:
    match name:
        case "language" | "speakers":
            return spell_out(name, value)
        case "model":
            return spell_out(name, list(value))
        case "keyterm":
            return {"keyterms_prompt": list(value)}
        case "redact_pii":
            return {"redact_pii": True, "redact_pii_policies": list(REDACTED)}
        case _:
            return {name: value}
