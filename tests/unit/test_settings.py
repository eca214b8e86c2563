"""What a run may be told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import EU_BASE_URL, US_BASE_URL, Settings, is_this_machine

KEY = "hush-hush"


def settings(**changes: object) -> Settings:
    return Settings.model_validate({"api_key": KEY} | changes)


def test_the_defaults_lead_to_the_service_over_https() -> None:
    assert settings().base_url == US_BASE_URL
    assert US_BASE_URL.startswith("https://")
    assert EU_BASE_URL.startswith("https://")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:8080", "127.0.0.1:1"]
)
def test_http_is_for_this_machine(host: str) -> None:
    assert settings(base_url=f"http://{host}").base_url == f"http://{host}"


@pytest.mark.parametrize(
    "host", ["example.org", "10.0.0.1", "0.0.0.0", "localhost.example.org", "127.0.0.1.nip.io", "[::2]"]
)
def test_http_to_another_machine_must_be_allowed(host: str) -> None:
    with pytest.raises(ValidationError, match="unencrypted"):
        settings(base_url=f"http://{host}")
    assert settings(base_url=f"http://{host}", insecure=True).insecure
    assert not settings(base_url=f"https://{host}").insecure


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org",
        "ftp://example.org",
        "https://",
        "https://user@example.org",
        "https://user:pass@example.org",
        "https://example.org/?a=b",
        "https://example.org/#a",
        "https://[bad",
    ],
)
def test_an_address_that_is_no_root_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(base_url=url, insecure=True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("::1", True), ("127.0.0.1", True), ("", False), ("::", False)],
)
def test_this_machine_is_the_loopback_interface(host: str, *, expected: bool) -> None:
    assert is_this_machine(host) is expected


def test_the_key_is_never_shown() -> None:
    for shown in (
        repr(settings()),
        str(settings()),
        settings().model_dump_json(),
        f"{settings().model_dump()}",
    ):
        assert KEY not in shown


@pytest.mark.parametrize(
    "changes",
    [{"base_url": "http://example.org"}, {"uploads": 0}, {"unknown": 1}, {"api_key": f"{KEY} {KEY}"}],
)
def test_the_key_is_not_shown_by_a_refusal_either(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value)


@pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "schlüssel", "a\0b", "a\r\nX-Header: b"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(ValidationError):
        settings(api_key=key)


def test_blanks_round_a_key_are_forgiven() -> None:
    assert settings(api_key=f" {KEY}\n").api_key.get_secret_value() == KEY


@pytest.mark.parametrize("name", ["speech_model", "speech_models", "audio_url"])
def test_what_the_run_sets_itself_is_no_option(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} is not an option; use"):
        settings(options={name: "best"})


def test_other_options_are_passed_as_they_are() -> None:
    options = {"speaker_labels": True, "keyterms_prompt": ["a", "b"], "custom": {"deep": None}}
    assert settings(options=options).options == options


def test_settings_can_be_shared_because_nobody_changes_them() -> None:
    with pytest.raises(ValidationError):
        settings().force = True


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"ASSEMBLYAI_API_KEY": "c"}, "c"),
        ({"ASSEMBLYAI_API_KEY": "c", "AAI_API_KEY": "b"}, "b"),
        ({"ASSEMBLYAI_API_KEY": "c", "AAI_API_KEY": "b", "BATCH_TRANSCRIBER_API_KEY": "a"}, "a"),
        ({"ASSEMBLYAI_API_KEY": "c", "AAI_API_KEY": " "}, "c"),
    ],
)
def test_our_own_variable_goes_before_others(environ: dict[str, str], key: str) -> None:
    assert Settings.from_environment(environ).api_key.get_secret_value() == key


def test_the_environment_names_the_service() -> None:
    environ = {"AAI_API_KEY": "k", "ASSEMBLYAI_BASE_URL": "https://sdk.example"}
    assert Settings.from_environment(environ).base_url == "https://sdk.example"
    environ["BATCH_TRANSCRIBER_BASE_URL"] = "https://ours.example"
    assert Settings.from_environment(environ).base_url == "https://ours.example"


def test_an_environment_without_a_key_stops_the_run() -> None:
    with pytest.raises(FatalError) as caught:
        Settings.from_environment({})
    assert caught.value.exit_code is ExitCode.AUTH


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"AAI_API_KEY": f"{KEY} {KEY}"}, ExitCode.AUTH),
        ({"AAI_API_KEY": KEY, "ASSEMBLYAI_BASE_URL": "ftp://example.org"}, ExitCode.USAGE),
    ],
)
def test_what_the_environment_has_wrong_is_trouble_with_the_key_or_with_the_usage(
    environ: dict[str, str], code: ExitCode
) -> None:
    with pytest.raises(FatalError) as caught:
        Settings.from_environment(environ)
    assert caught.value.exit_code is code
    assert KEY not in str(caught.value)
