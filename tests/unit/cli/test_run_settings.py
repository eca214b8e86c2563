"""A run's settings from flags and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from batch_transcriber.cli.run_settings import make_settings
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import EU_BASE_URL, US_BASE_URL, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = {"AAI_API_KEY": "hush"}
BASE = {"BATCH_TRANSCRIBER_BASE_URL": "https://ours.example", "ASSEMBLYAI_BASE_URL": "https://sdk.example"}


def make(
    environ: Mapping[str, str] = KEY,
    rest: Mapping[str, object] | None = None,
    said: list[str] | None = None,
    **flags: Any,
) -> Settings:
    none = {"offline": False, "api_key": None, "api_key_file": None, "base_url": None, "eu": False}
    lines: list[str] = [] if said is None else said
    return make_settings(environ, lines.append, rest=rest or {}, **(none | flags))


def test_what_is_not_given_keeps_its_default() -> None:
    assert make(rest={"uploads": None, "retries": None}) == Settings.model_validate({"api_key": "hush"})


@pytest.mark.parametrize(
    ("environ", "flags", "address"),
    [
        ({}, {}, US_BASE_URL),
        ({"ASSEMBLYAI_BASE_URL": "https://sdk.example"}, {}, "https://sdk.example"),
        (BASE, {}, "https://ours.example"),
        (BASE, {"eu": True}, EU_BASE_URL),
        (BASE, {"base_url": "https://flag.example"}, "https://flag.example"),
        (BASE, {"base_url": "https://flag.example", "eu": True}, "https://flag.example"),
        ({"BATCH_TRANSCRIBER_BASE_URL": " "}, {}, US_BASE_URL),
    ],
)
def test_a_flag_goes_before_the_environment(
    environ: dict[str, str], flags: dict[str, Any], address: str
) -> None:
    assert make(KEY | environ, **flags).base_url == address


@pytest.mark.parametrize(
    ("rest", "flag", "words"),
    [
        ({"uploads": 0}, "--uploads", "must be 1 or more (it is 0)"),
        ({"uploads": 65}, "--uploads", "must be 64 or less (it is 65)"),
        ({"in_flight": 0}, "--in-flight", "must be 1 or more (it is 0)"),
        ({"max_requests": 20_000_000}, "--max-requests", "must be 10000000 or less (it is 20000000)"),
        ({"poll_interval_s": 0.0}, "--poll-interval", "must be more than 0 (it is 0)"),
        ({"poll_interval_s": -0.5}, "--poll-interval", "must be more than 0 (it is -0.5)"),
        ({"chars_per_caption": 20_000}, "--chars-per-caption", "must be 10000 or less (it is 20000)"),
        ({"retries": 1000}, "--retries", "must be 100 or less (it is 1000)"),
        ({"in_flight": 10**400}, "--in-flight", "must be 10000 or less (it is 1000000000"),
        ({"uploads": 10**400}, "--uploads", "must be 64 or less (it is 1000000000"),
        ({"speech_models": ()}, "--model", "cannot be used"),
    ],
)
def test_a_value_out_of_its_range_names_its_flag_and_the_bound(
    rest: dict[str, object], flag: str, words: str
) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        make(rest=rest)
    assert caught.value.param_hint == flag
    assert caught.value.message.startswith(words)
    assert len(caught.value.message) < 80


@pytest.mark.parametrize(
    ("environ", "flags", "place"),
    [
        (KEY, {"base_url": "http://far.example"}, "--base-url: "),
        (KEY | {"ASSEMBLYAI_BASE_URL": "http://far.example"}, {}, "ASSEMBLYAI_BASE_URL: "),
    ],
)
def test_an_unsafe_address_names_its_place_and_the_way_out(
    environ: dict[str, str], flags: dict[str, Any], place: str
) -> None:
    with pytest.raises(typer.BadParameter, match="--insecure") as caught:
        make(environ, **flags)
    assert caught.value.message.startswith(place)
    assert make(environ, rest={"insecure": True}, **flags).insecure


@pytest.mark.parametrize(
    ("environ", "flags", "place"),
    [
        ({"AAI_API_KEY": "hush hush"}, {}, "AAI_API_KEY"),
        ({"ASSEMBLYAI_API_KEY": "hush hush"}, {}, "ASSEMBLYAI_API_KEY"),
        (KEY, {"api_key": "hush hush"}, "--api-key"),
    ],
)
def test_a_key_that_cannot_be_one_is_blamed_on_its_place_and_never_shown(
    environ: dict[str, str], flags: dict[str, Any], place: str
) -> None:
    with pytest.raises(FatalError) as caught:
        make(environ, **flags)
    assert caught.value.exit_code is ExitCode.AUTH
    assert str(caught.value).startswith(f"{place}: ")
    assert "hush" not in str(caught.value)
    assert "hush" not in str(caught.value.__context__)


def test_no_key_stops_the_run() -> None:
    with pytest.raises(FatalError):
        make({})


@pytest.mark.parametrize("key", [{}, {"AAI_API_KEY": "hush hush"}])
@pytest.mark.parametrize("wrong", [{"rest": {"uploads": 0}}, {"base_url": "ftp://h"}])
def test_a_value_to_mend_comes_before_a_key_to_get(key: dict[str, str], wrong: dict[str, Any]) -> None:
    with pytest.raises(typer.BadParameter):
        make(key, **wrong)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ftp://h", " (it is 'ftp://h')"),
        ("api.example.org", " (it is 'api.example.org')"),
        ("0123456789abcdef", ""),
        ("user:hush@example.org", ""),
    ],
)
def test_what_is_no_address_is_shown_only_where_it_can_be_no_secret(address: str, shown: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        make(base_url=address)
    assert caught.value.message == f"--base-url must look like https://host{shown}"


def test_an_offline_run_needs_no_key_and_reads_none() -> None:
    assert make({}, offline=True).api_key.get_secret_value() == "offline"
    assert make(KEY, offline=True).api_key.get_secret_value() == "offline"


def test_what_the_environment_may_hold_for_other_runs_is_no_concern_of_an_offline_one() -> None:
    rest = {"insecure": True, "ca_bundle": "no such file", "retries": 3}
    settings = make({}, rest, offline=True, eu=True, api_key_file="no such file")
    assert settings == Settings.model_validate({"api_key": "offline", "retries": 3})


def test_a_variable_that_nothing_reads_is_said() -> None:
    said: list[str] = []
    make(KEY | {"BATCH_TRANSCRIBER_UPLAODS": "9"}, said=said)
    assert said == [
        "BATCH_TRANSCRIBER_UPLAODS is set, but nothing reads it; did you mean BATCH_TRANSCRIBER_UPLOADS?"
    ]


def test_a_variable_that_something_reads_is_not_worth_a_word() -> None:
    said: list[str] = []
    names = ["OUT", "FORCE", "QUIET", "OFFLINE", "API_KEY", "API_KEY_FILE", "BASE_URL", "EU", "POLL_BY"]
    make({f"BATCH_TRANSCRIBER_{name}": "https://x.example" for name in names}, said=said)
    assert said == []
