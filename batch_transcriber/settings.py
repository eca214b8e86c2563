"""What a run may be told, with bounds and defaults. Nothing here reads a file."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import DaskLost, Parameters, PollBy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

US_BASE_URL = "https://api.assemblyai.com"
EU_BASE_URL = "https://api.eu.assemblyai.com"

# In order of precedence: our own name, the tutorial's, the official SDK's.
KEY_VARIABLES = ("BATCH_TRANSCRIBER_API_KEY", "AAI_API_KEY", "ASSEMBLYAI_API_KEY")
BASE_URL_VARIABLES = ("BATCH_TRANSCRIBER_BASE_URL", "ASSEMBLYAI_BASE_URL")

Seconds = Annotated[float, Field(gt=0)]
NO_KEY = (
    "no API key; get one at https://www.assemblyai.com and set AAI_API_KEY (or pass --api-key-file), "
    "or use --offline"
)


class Settings(BaseModel):
    """Everything that shapes a run; immutable, so it can be shared by all stages.

    Attributes:
        api_key: The raw key; shown as asterisks wherever the settings are printed.
        base_url: Root of the service, without `/v2`; https unless it is this machine or `insecure`.
        speech_models: Models in order of priority; sent with every submit.
        options: Any further parameter of `POST /v2/transcript`, sent as it is.
        uploads: Uploads at a time; None adapts from 4 to 16 to what the link gives.
        in_flight: Jobs between the start of their upload and their written text. More than the
            service hears at once, so that its queue never runs dry.
        max_requests: Requests started in any `request_window_s`, whatever they are for.
        share_pace_in: A folder in which runs of one key on this machine share one limit, of 18,000 requests
            or the largest `max_requests`; None keeps a run to itself.
        poll_interval_s: Shortest time between two sweeps; None makes it 1 s, and half of that while ten
            transcripts or fewer are awaited.
        poll_interval_max_s: Longest time between two sweeps, while nothing moves.
        retries: Tries of one request after the first; waits for a rate limit are not counted.
        retry_wait_initial_s: Upper bound of the first backoff; doubles with every failure.
        retry_wait_max_s: Upper bound of every backoff.
        connect_timeout_s: For a connection to stand.
        read_timeout_s: For a reply to begin, and between its pieces.
        stall_timeout_s: For an upload in which no byte moves.
        reply_timeout_s: For a reply from the end of its request to its own, however it drips.
        lookup_delays_s: When a submit whose reply was lost is looked up in the list, in seconds
            after it failed, because the list may lag.
        submit_again_after_s: Pause before a transcript that the service's own error ended is asked for anew.
        unseen_after_s: A transcript that no list showed for so long is asked for by id.
        unreachable_after_s: A host that never answered ends the run after so long.
        give_up_after_s: A service that was there, and went away, ends the run after so long.
        away_after_s: Where no request got through for so long, the service is asked whether it is there.
        away_wait_initial_s: Upper bound of the first pause while it is away; doubles with every further one.
        away_wait_max_s: Upper bound of every such pause.
        until: When a run takes in nothing more, by the clock; None for no such time.
        max_duration_s: So long after its begin it takes in nothing more; None for no such limit.
        transcript_deadline_s: A transcript that is not done by then is a failure; its id is kept. The time in
            which the service was away does not count.
        grace_s: What running requests get when the run is asked to stop.
        formats: Names of the formats that every recording is written in.
        chars_per_caption: Characters that a caption of `srt` and `vtt` may have; None leaves it to the
            service. No option of the transcript: with another number it is the same one, and files stay.
        journal: The file that keeps what is known; None for one below the output folder.
        max_cost_usd: What the transcripts of a run may cost together; None for no limit.
        max_hours: How much audio they may be of; None for no limit.
        price_per_hour_usd: What an hour of audio costs; None for the price of the models asked for.
        delete_after: In the end, delete all transcripts at the service whose files are written.
        force: Transcribe again what is already written.
        through: Objects in buckets are read and uploaded by this machine; or else the service fetches them.
        insecure: Allow plain http to another machine.
        dask: Address of a Dask scheduler whose workers help; None for none.
        dask_lost: What is done when no worker is left.
        dask_wait_s: For a scheduler or workers that went away, before they count as lost.
        ca_bundle: A PEM file of certificate authorities to trust instead of the system's.
    """

    # A refused value may be a key, or stand beside one.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: SecretStr
    base_url: str = US_BASE_URL
    speech_models: tuple[str, ...] = Field(("universal-3-5-pro", "universal-2"), min_length=1)
    options: dict[str, JsonValue] = Field(default_factory=dict)
    uploads: int | None = Field(None, ge=1, le=64)
    in_flight: int = Field(500, ge=1, le=10_000)
    max_requests: int = Field(18_000, ge=1, le=10_000_000)
    request_window_s: Seconds = 300.0
    share_pace_in: Path | None = None
    poll_by: PollBy = PollBy.SWEEP
    poll_interval_s: Seconds | None = None
    poll_interval_max_s: Seconds = 10.0
    retries: int = Field(10, ge=0, le=100)
    retry_wait_initial_s: Seconds = 0.5
    retry_wait_max_s: Seconds = 30.0
    connect_timeout_s: Seconds = 10.0
    read_timeout_s: Seconds = 60.0
    stall_timeout_s: Seconds = 60.0
    reply_timeout_s: Seconds = 300.0
    lookup_delays_s: tuple[Seconds, ...] = Field((3.0, 10.0, 30.0), min_length=1)
    submit_again_after_s: Seconds = 5.0
    unseen_after_s: Seconds = 30.0
    unreachable_after_s: Seconds = 30.0
    give_up_after_s: Seconds = 24 * 3600.0
    away_after_s: Seconds = 5.0
    away_wait_initial_s: Seconds = 1.0
    away_wait_max_s: Seconds = 60.0
    until: AwareDatetime | None = None
    max_duration_s: Seconds | None = None
    transcript_deadline_s: Seconds = 24 * 3600.0
    grace_s: Seconds = 3.0
    formats: tuple[str, ...] = Field(("txt",), min_length=1)
    chars_per_caption: int | None = Field(None, ge=1, le=10_000)
    journal: Path | None = None
    max_cost_usd: Decimal | None = Field(None, ge=0)
    max_hours: float | None = Field(None, ge=0)
    price_per_hour_usd: Decimal | None = Field(None, ge=0)
    delete_after: bool = False
    force: bool = False
    through: bool = False
    insecure: bool = False
    dask: str | None = None
    dask_lost: DaskLost = DaskLost.HERE
    dask_wait_s: Seconds = 60.0
    ca_bundle: str | None = None

    @field_validator("api_key")
    @classmethod
    def _key_fits_a_header(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value().strip()
        if not text:
            raise ValueError("the API key is empty")
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError("the API key holds characters that no key has; was something else pasted?")
        return SecretStr(text)

    @field_validator("options")
    @classmethod
    def _options_are_ours_to_pass(cls, options: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name, use in (
            ("audio_url", "a source"),
            ("speech_models", "speech_models"),
            ("speech_model", "speech_models"),
        ):
            if name in options:
                raise ValueError(f"{name} is not an option; use {use}")
        return options

    @model_validator(mode="after")
    def _base_url_is_safe(self) -> Self:
        parts = urlsplit(self.base_url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the base URL must not hold a user, a query or a fragment")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"the base URL must look like https://host{_shown(self.base_url)}")
        try:
            parts.hostname.encode("idna")
        except UnicodeError:
            raise ValueError(f"{parts.hostname!r} cannot be a host name") from None
        if parts.scheme == "http" and not self.insecure and not is_this_machine(parts.hostname):
            raise ValueError(
                f"{self.base_url} would send the key and the recordings unencrypted; "
                "use https, or allow it with --insecure"
            )
        return self

    def parameters(self) -> Parameters:
        """Return what every submit asks for."""
        return Parameters.of({"speech_models": list(self.speech_models), **self.options})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Return the defaults with the key and the base URL that these variables give.

        Raises:
            FatalError: no variable holds a key, or one holds what cannot be right.
        """
        key = first_set(KEY_VARIABLES, environ)
        if key is None:
            raise FatalError(NO_KEY, ExitCode.AUTH)
        base_url = first_set(BASE_URL_VARIABLES, environ) or US_BASE_URL
        try:
            return cls.model_validate({"api_key": key, "base_url": base_url})
        except ValidationError as error:
            problem = error.errors(include_input=False)[0]
            is_key = problem["loc"] == ("api_key",)
            raise FatalError(
                problem["msg"].removeprefix("Value error, "), ExitCode.AUTH if is_key else ExitCode.USAGE
            ) from None


def _shown(address: str) -> str:
    # What has no sign of an address may be a key in the wrong place, and before an @ stands a password.
    is_harmless = "@" not in address and any(sign in address for sign in ":./")
    return f" (it is {address!r})" if is_harmless else ""


def is_this_machine(host: str) -> bool:
    """Tell whether a host name or address means the loopback interface."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def first_set(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """Return the first non-blank value of these variables, in their order; None where none is set."""
    return next((value for name in names if (value := environ.get(name, "").strip())), None)
