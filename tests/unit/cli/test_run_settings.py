"""A run's settings from flags and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from batch_transcriber.cli.run_settings import make_settings
from batch_transcriber.errors import FatalError
from batch_transcriber.settings import EU_BASE_URL, US_BASE_URL, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = {"AAI_API_KEY": "hush"}
BASE = {"BATCH_TRANSCRIBER_BASE_URL": "https://ours.example", "ASSEMBLYAI_BASE_URL": "https://sdk.example"}


def make(
    environ: Mapping[str, str] = KEY, rest: Mapping[str, object] | None = None, **flags: Any
) -> Settings:
    none = {"offline": False, "api_key": None, "api_key_file": None, "base_url": None, "eu": False}
    return make_settings(environ, lambda _: None, rest=rest or {}, **(none | flags))


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
        ({"BATCH_TRANSCRIBER_BASE_URL": " "}, {}, US_BASE_URL),
    ],
)
def test_a_flag_goes_before_the_environment(
    environ: dict[str, str], flags: dict[str, Any], address: str
) -> None:
    assert make(KEY | environ, **flags).base_url == address


@pytest.mark.parametrize(
    ("rest", "flag"),
    [
        ({"uploads": 0}, "--uploads"),
        ({"in_flight": 0}, "--in-flight"),
        ({"max_requests": -1}, "--max-requests"),
        ({"poll_interval_s": 0.0}, "--poll-interval"),
        ({"poll_interval_s": float("nan")}, "--poll-interval"),
        ({"retries": 1000}, "--retries"),
        ({"speech_models": ()}, "--model"),
    ],
)
def test_a_value_out_of_its_range_names_its_flag(rest: dict[str, object], flag: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        make(rest=rest)
    assert caught.value.param_hint == flag


def test_an_unsafe_address_names_its_flag_and_the_way_out() -> None:
    with pytest.raises(typer.BadParameter, match="--insecure") as caught:
        make(base_url="http://far.example")
    assert caught.value.param_hint == "--base-url"
    assert make(base_url="http://far.example", rest={"insecure": True}).insecure


@pytest.mark.parametrize("flags", [{}, {"base_url": "http://far.example"}])
def test_a_refusal_never_shows_the_key(flags: dict[str, Any]) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        make({"AAI_API_KEY": "hush hush" if not flags else "hush"}, **flags)
    assert "hush" not in caught.value.message
    assert "hush" not in str(caught.value.__cause__)


def test_no_key_stops_the_run() -> None:
    with pytest.raises(FatalError):
        make({})


def test_an_offline_run_needs_no_key_and_reads_none() -> None:
    assert make({}, offline=True).api_key.get_secret_value() == "offline"
    assert make(KEY, offline=True).api_key.get_secret_value() == "offline"


@pytest.mark.parametrize("flags", [{"base_url": "https://x"}, {"api_key": "k"}])
def test_an_offline_run_with_a_service_of_its_own_is_a_contradiction(flags: dict[str, Any]) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        make(offline=True, **flags)
    assert caught.value.param_hint == "--offline"


def test_what_the_environment_may_hold_for_other_runs_is_no_concern_of_an_offline_one() -> None:
    settings = make({}, offline=True, eu=True, api_key_file="no such file")
    assert settings.api_key.get_secret_value() == "offline"


def test_two_addresses_are_a_contradiction() -> None:
    with pytest.raises(typer.BadParameter):
        make(eu=True, base_url="https://x")
