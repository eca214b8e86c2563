"""What the server asks of a recogniser: hear one recording, say the words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from batch_transcriber.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batch_transcriber.model import Word


class Effort(StrEnum):
    """How much work a transcript is worth."""

    FAST = "fast"
    NORMAL = "normal"
    ACCURATE = "accurate"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a recording is to be heard.

    Attributes:
        language: One of the recogniser's; None has it find out which is spoken.
        key_terms: Words and names to listen for.
        start_ms: What comes before is not heard; times still count from the start of the recording.
        end_ms: What comes after is not heard; None for the whole of it.
        by_channel: Hear each channel for itself, and say on which each word was.
    """

    language: str | None = "en"
    key_terms: tuple[str, ...] = ()
    start_ms: int = 0
    end_ms: int | None = None
    by_channel: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of one recording; no words is a valid result.

    Attributes:
        words: By the time of their start.
        duration_s: Of the recording; where it does not say and was not heard to its end, of what was heard.
        language: What is spoken in it; None where the recogniser was told, or where nobody speaks.
        language_confidence: From 0 to 1, with `language`.
        channels: How many it has, where they were told apart.
    """

    words: tuple[Word, ...]
    duration_s: float
    language: str | None = None
    language_confidence: float | None = None
    channels: int | None = None


class Recogniser(Protocol):
    """One speech recogniser, loaded and ready; used by several coroutines at once."""

    @property
    def name(self) -> str:
        """What a transcript says as its `speech_model_used`."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """Codes without a country that it understands, such as `en`; with more than one, it can find out."""
        ...

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether it can listen for all of these at once; one not loaded yet may not know."""
        ...

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        """Return the words of a recording; cancelling it stops the work soon.

        Args:
            audio: A file of any name: its content decides what it is.
            wanted: How it is to be heard.
            on_progress: Called in the event loop with the part done, 0 to 1, never falling.

        Raises:
            NotAudioError: Nothing in the file can be heard.
        """
        ...


class NotAudioError(PermanentError):
    """The recording can't be heard, in the words that the API has for it."""

    @classmethod
    def of_type(cls, file_type: str) -> NotAudioError:
        """Return the error of a file without sound, such as a text."""
        return cls(f"Transcoding failed. File does not appear to contain audio. File type is {file_type}.")

    @classmethod
    def too_short(cls) -> NotAudioError:
        """Return the error of a recording under 160 ms."""
        return cls("Audio duration is too short.")
