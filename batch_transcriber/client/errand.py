"""What a run and a worker of a cluster tell each other about one upload; the key is in none of it."""

from __future__ import annotations

import hmac
import platform
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from batch_transcriber.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batch_transcriber.client.answer import Answer
    from batch_transcriber.client.look import Stamp
    from batch_transcriber.errors import TranscriberError

SALT_BYTES = 16


class Service(NamedTuple):
    """The service, and how it is spoken to: settings by their names."""

    base_url: str
    insecure: bool
    ca_bundle: str | None
    connect_timeout_s: float
    read_timeout_s: float
    stall_timeout_s: float
    reply_timeout_s: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what these settings say of it."""
        return cls(*(getattr(settings, name) for name in cls._fields))

    def settings(self, key: str) -> Settings:
        """Return settings with a key of this machine.

        Raises:
            pydantic.ValidationError: the key, or the address, cannot be right.
        """
        given: dict[str, Any] = {**self._asdict(), "api_key": key}
        return Settings.model_validate(given)


class Proof(NamedTuple):
    """By what a worker sees whether its key is the run's, and that tells nobody the key."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, key: str) -> Self:
        """Return a new one."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(salt, hmac.digest(salt, key.encode(), "sha256"))

    def holds_for(self, key: str) -> bool:
        """Tell whether a key is that one."""
        return hmac.compare_digest(self.digest, hmac.digest(self.salt, key.encode(), "sha256"))


class Terms(NamedTuple):
    """What a worker must come up to before it gets errands.

    Attributes:
        service: Where its uploads go.
        proof: Of the run's key.
        host: Name of the run's machine, for a service that is there alone.
        places: Files and folders that it must see.
    """

    service: Service
    proof: Proof
    host: str
    places: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, places: tuple[str, ...]) -> Self:
        """Return those of a run on this machine."""
        key = settings.api_key.get_secret_value()
        return cls(Service.of(settings), Proof.of(key), platform.node(), places)


class Errand(NamedTuple):
    """One upload, once.

    Attributes:
        path: Absolute.
        stamp: What the file is for the run; one of another size is not sent.
        digest: Its SHA-256, where that is known; it holds for what is sent where the stamp is the same.
    """

    service: Service
    path: str
    stamp: Stamp
    digest: bytes | None


class Delivery(NamedTuple):
    """What became of it.

    Attributes:
        answer: The service's, or what is wrong with the connection to it.
        elapsed_s: From the start of the request to the end of the reply.
        stamp: What the file was for the worker.
        digest: SHA-256 of what was sent.
    """

    answer: Answer | TranscriberError
    elapsed_s: float
    stamp: Stamp
    digest: bytes


class Courier(Protocol):
    """Has an errand done elsewhere, after it awaited `leave`; `on_sent` gets the bytes sent, now and then.

    It raises a NotSeenError where the recording is not there, or is another one; what is wrong with the file
    itself; and what is wrong with whoever was to send it.
    """

    def __call__(
        self,
        errand: Errand,
        on_sent: Callable[[int], None],
        leave: Callable[[], Awaitable[None]],
        *,
        is_alone: bool,
    ) -> Awaitable[Delivery]:
        """Return what became of it."""
