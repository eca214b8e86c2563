"""What transcripts are asked for with, from options and variables; refused where it cannot be."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.cli.parameters import REDACTED
from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.asked import Asked
    from tests.support.world import World

MODELS = {"speech_models": ["universal-3-5-pro", "universal-2"]}
SPELLING = [{"from": ["sequel", "s q l"], "to": "SQL"}]


async def ask(cli: Cli, world: World, asked: Asked, arguments: list[str]) -> dict[str, Any]:
    """Return what a run with these options asks for, apart from the models unless they are others."""
    words = f"words {asked.count}"
    world.record("a.mp3", words)
    ended = await cli("run", "recordings/a.mp3", "--poll-interval", "0.1", *arguments)
    assert (ended.code, ended.stdout) == (ExitCode.OK, f"{words}\n"), ended.stderr
    body = asked.of(words)
    return {name: value for name, value in body.items() if MODELS.get(name) != value}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        (
            "--language de --speakers 2 --keyterm harbor --keyterm 'Ann Lee' --redact-pii",
            {
                "language_code": "de",
                "speaker_labels": True,
                "speakers_expected": 2,
                "keyterms_prompt": ["harbor", "Ann Lee"],
                "redact_pii": True,
                "redact_pii_policies": list(REDACTED),
            },
        ),
        (
            (
                "--language auto --speaker-labels --prompt 'A meeting, about ünits.'"
                " --model universal-3-pro --model universal-2"
            ),
            {
                "language_detection": True,
                "speaker_labels": True,
                "prompt": "A meeting, about ünits.",
                "speech_models": ["universal-3-pro", "universal-2"],
            },
        ),
        (
            (
                "--set disfluencies=yes --set punctuate=false --set audio_start_from=5000"
                " --set speech_threshold=0.5 --set domain=medical-v1 --set keyterms_prompt='a b, c'"
                " --set speaker_options.max_speakers_expected=4 --set speaker_options.min_speakers_expected=2"
                f" --set custom_spelling='{json.dumps(SPELLING)}'"
                " --redact-pii --set redact_pii_policies=person_name"
            ),
            {
                "disfluencies": True,
                "punctuate": False,
                "audio_start_from": 5000,
                "speech_threshold": 0.5,
                "domain": "medical-v1",
                "keyterms_prompt": ["a b", "c"],
                "speaker_options": {"max_speakers_expected": 4, "min_speakers_expected": 2},
                "custom_spelling": SPELLING,
                "redact_pii": True,
                "redact_pii_policies": ["person_name"],
            },
        ),
        (
            (
                "--set brand_new=true --set other.one='[1, \"2\"]' --set word=x --allow-unknown-options"
                " --set language_code=xx"
            ),
            {"brand_new": True, "other": {"one": [1, "2"]}, "word": "x", "language_code": "xx"},
        ),
    ],
    ids=["none", "flags", "others", "set", "unknown"],
)
async def test_options_are_what_the_service_is_asked_for(
    world: World, cli: Cli, asked: Asked, arguments: str, expected: dict[str, Any]
) -> None:
    assert await ask(cli, world, asked, shlex.split(arguments)) == expected


async def test_each_option_has_a_variable_and_what_is_typed_goes_before_it(
    world: World, cli: Cli, asked: Asked
) -> None:
    variables = {
        "LANGUAGE": "auto",
        "SPEAKER_LABELS": "1",
        "SPEAKERS": "3",
        "MODEL": "universal-3-pro universal-2",
        "PROMPT": "a meeting",
        "REDACT_PII": "1",
        "SET": "disfluencies=true brand_new=1",
        "ALLOW_UNKNOWN_OPTIONS": "1",
    }
    cli.environ |= {f"BATCH_TRANSCRIBER_{name}": value for name, value in variables.items()}
    said = {
        "language_detection": True,
        "speaker_labels": True,
        "speakers_expected": 3,
        "speech_models": ["universal-3-pro", "universal-2"],
        "prompt": "a meeting",
        "redact_pii": True,
        "redact_pii_policies": list(REDACTED),
        "disfluencies": True,
        "brand_new": 1,
    }
    assert await ask(cli, world, asked, []) == said
    # Also where it says the same thing in another way.
    typed = ["--set", "language_code=de", "--keyterm", "harbor", "--speakers", "2", "--model", "universal-2"]
    for name in ("language_detection", "prompt", "disfluencies", "brand_new"):
        del said[name]
    assert await ask(cli, world, asked, typed) == said | {
        "language_code": "de",
        "keyterms_prompt": ["harbor"],
        "speakers_expected": 2,
        "speech_models": ["universal-2"],
    }


@pytest.mark.timeout(60)
async def test_offline_passes_over_what_variables_say_of_the_service(cli: Cli) -> None:
    pytest.importorskip("faster_whisper")
    variables = {"MODEL": "universal-2", "MAX_COST": "1", "BASE_URL": "x", "EU": "1", "LANGUAGE": "en_uk"}
    cli.environ |= {f"BATCH_TRANSCRIBER_{name}": value for name, value in variables.items()}
    ended = await cli("run", "--offline", "gone.mp3")
    assert (ended.code, ended.failed) == (
        ExitCode.SOME_FAILED,
        {"gone.mp3": "no such file or folder; check the name"},
    )
