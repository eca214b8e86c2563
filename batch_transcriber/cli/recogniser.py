"""Which recogniser an offline run hears with, and whether it can do what is asked for; nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.contradictions import OF_WORKERS
from batch_transcriber.cli.parameters import subject_of_parameter
from batch_transcriber.cli.usage import outranks, set_by, subject_of
from batch_transcriber.plan.parameters.languages import LANGUAGES
from batch_transcriber.plan.parameters.words import MODELS, RETIRED_MODELS
from batch_transcriber.server.recogniser import Effort
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.requests import read_submission
from batch_transcriber.server.whisper import WhisperRecogniser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from batch_transcriber.cli.parameters import Layers

WORKERS_MAX = 64
_OF_THE_SERVICE = frozenset((*MODELS, *RETIRED_MODELS))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The recogniser of an offline run, not loaded yet.

    Attributes:
        effort: How much work each transcript is worth to it.
        is_named: A model or an effort was asked for: its transcripts are others than those of a plain run.
    """

    recogniser: WhisperRecogniser
    effort: Effort
    is_named: bool

    @property
    def speech_model(self) -> str:
        """What its transcripts are known by, so that another quality is another transcript."""
        plain = self.effort is Effort.NORMAL
        return self.recogniser.name if plain else f"{self.recogniser.name}-{self.effort}"

    @property
    def words(self) -> str:
        """Its name, its languages, and how many recordings it hears at a time."""
        return in_words(self.recogniser, self.effort)

    def refusal(self, parameters: Mapping[str, JsonValue]) -> str:
        """Return why it cannot do what is asked for, in the words of its service; empty where it can."""
        models = parameters.get("speech_models", [self.speech_model])
        # One of the service's stands for any; another is meant as it is said.
        known = {*_OF_THE_SERVICE, self.speech_model}
        if isinstance(models, list) and not known.intersection(map(str, models)):
            named = ", ".join(map(str, models))
            return f"asks for {named}: this run hears with {self.speech_model}; --model names another"
        try:
            read_submission(
                {"audio_url": "http://127.0.0.1", "speech_models": models, **parameters}, self.recogniser
            )
        except RefusedError as error:
            return str(error)
        return ""


def in_words(recogniser: WhisperRecogniser, effort: Effort) -> str:
    """Return a recogniser's name, its languages, and how many recordings it hears at a time, if known."""
    one, *others = recogniser.languages
    languages = f"{len(others) + 1} languages" if others else f"{LANGUAGES.get(one, one)} only"
    care = "" if effort is Effort.NORMAL else f" ({effort})"
    at_a_time = f", {recogniser.concurrency} at a time" if recogniser.concurrency else ""
    return f"{recogniser.name}{care}, {languages}{at_a_time}"


def choose_recogniser(context: typer.Context) -> Chosen:
    """Return the recogniser that the options of an offline run name.

    A model that was set for other runs is none: one counts from where `--offline` was said, or nearer.

    Raises:
        typer.BadParameter: they name none, or several.
        FatalError: a folder holds no model.
    """
    values: Mapping[str, Any] = context.params
    offline, option = subject_of("offline", context), subject_of("model", context)
    models: list[str] = [] if outranks(context, "offline", "model") else list(values["model"] or ())
    if len(models) > 1:
        raise typer.BadParameter(f"{offline} cannot be used with {option} twice: it hears with one")
    for name in _OF_THE_SERVICE.intersection(models):
        raise typer.BadParameter(
            f"{offline} cannot be used with {option} {name}: that is the service's; "
            "name one of Whisper's, such as small, or a folder"
        )
    workers = values["workers"]
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise typer.BadParameter(
            f"must be between 1 and {WORKERS_MAX} (it is {workers})", param_hint="--workers"
        )
    if workers is not None and values["dask"] and not outranks(context, "dask", "workers"):
        names = [subject_of(name, context) for name in ("dask", "workers")]
        raise typer.BadParameter(f"{names[0]} cannot be used with {names[1]}: {OF_WORKERS}")
    effort = _effort(context)
    recogniser = WhisperRecogniser(models[0] if models else None, effort=effort, workers=workers)
    return Chosen(recogniser, effort, is_named=bool(models) or effort is not Effort.NORMAL)


def _effort(context: typer.Context) -> Effort:
    fast, accurate = context.params["fast"], context.params["accurate"]
    if fast and accurate and set_by(context, "fast") == set_by(context, "accurate"):
        names = [subject_of(name, context) for name in ("fast", "accurate")]
        raise typer.BadParameter(f"{names[0]} cannot be used with {names[1]}: they say the opposite")
    if fast and not (accurate and outranks(context, "accurate", "fast")):
        return Effort.FAST
    return Effort.ACCURATE if accurate else Effort.NORMAL


def check_options(context: typer.Context, layers: Layers, chosen: Chosen) -> None:
    """Make sure that the recogniser can do what the options ask for, wherever they were said.

    Raises:
        typer.BadParameter: it cannot.
    """
    values = context.params
    # What a list's jobs ask for is looked at job by job; what stands below them may not hold for any.
    asked = layers.together if values["sources"] or values["files_from"] else layers.above
    if not (reason := chosen.refusal(asked)):
        return
    offline = subject_of("offline", context)
    for name in asked:
        others = {other: value for other, value in asked.items() if other != name}
        if chosen.refusal(others) != reason:
            subject = subject_of_parameter(name, context, layers)
            raise typer.BadParameter(
                f"{offline} cannot be used with {subject}: {reason.partition(': ')[2] or reason}"
            )
    raise typer.BadParameter(f"{offline}: {reason}")
