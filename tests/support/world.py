"""A service on a real socket, with a scripted recogniser and scripted trouble, and runs against it."""

from __future__ import annotations

import asyncio
import wave
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_transcriber.client import TranscriptionClient
from batch_transcriber.engine import transcribe_batch
from batch_transcriber.events import Notice
from batch_transcriber.journal import FOLDER
from batch_transcriber.plan.lists.failed import NAME as FAILED
from batch_transcriber.server import LocalService
from batch_transcriber.settings import Settings
from tests.support.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.engine import BatchReport
    from batch_transcriber.engine.asked import Source
    from batch_transcriber.events import Event
    from batch_transcriber.server import Recogniser
    from tests.support.ledger import Ledger
    from tests.support.scripted import ScriptedRecogniser

KEY = "a-key-for-tests"
DEADLINE_S = 15.0
RATE_HZ = 100  # of recordings whose length matters, and not their sound


@dataclass
class World:
    """A service, a folder of recordings, and an output folder.

    Attributes:
        events: Of all runs so far.
    """

    service: LocalService
    recogniser: ScriptedRecogniser
    faults: Faults
    recordings: Path
    out: Path
    events: list[Event] = field(default_factory=list)

    def record(self, name: str, text: str | None = None, size_bytes: int = 0) -> Path:
        """Make a recording of these words (its own name's, unless given), padded to a size.

        A file without words and size is empty.
        """
        path = self.recordings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        words = f"words of {name}" if text is None else text
        path.write_bytes(words.encode().ljust(size_bytes, b"\0"))
        return path

    def record_wav(self, name: str, length_s: int, text: str | None = None) -> Path:
        """Make a real recording of so many seconds and of these words (its own name's, unless given)."""
        path = self.recordings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        words = f"words of {name}" if text is None else text
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(RATE_HZ)
            file.writeframes(words.encode().ljust(length_s * RATE_HZ, b"\0"))
        return path

    def settings(self, **changes: object) -> Settings:
        """Return settings with waits that suit a service next door."""
        quick: dict[str, object] = {
            "api_key": KEY,
            "base_url": self.service.base_url,
            "poll_interval_s": 0.02,
            "poll_interval_max_s": 0.1,
            "retry_wait_initial_s": 0.01,
            "retry_wait_max_s": 0.05,
            "submit_again_after_s": 0.01,
            "lookup_delays_s": (0.05, 0.1, 0.2),
            "unseen_after_s": 0.3,
        }
        return Settings.model_validate(quick | changes)

    async def run(
        self, *sources: Source, stop: asyncio.Event | None = None, **changes: object
    ) -> BatchReport:
        """Transcribe the sources, or all recordings where none is named."""
        return await transcribe_batch(
            sources or [self.recordings],
            out=self.out,
            settings=self.settings(**changes),
            sink=self.events.append,
            stop=stop,
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as a condition holds; fails after a while."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is waited for lies in another process, or on disk
                await asyncio.sleep(0.005)

    def client(self, **changes: object) -> TranscriptionClient:
        """Return a client of the service; enter it to use it."""
        return TranscriptionClient(self.settings(**changes))

    def texts(self) -> dict[str, str]:
        """Return all outputs by their path below the output folder."""
        return {
            str(path.relative_to(self.out)): path.read_text()
            for path in sorted(self.out.rglob("*"))
            if path.name != FAILED
            and not path.name.startswith(".")
            and FOLDER not in path.parts
            and path.is_file()
        }

    def told(self) -> str:
        """Return what people were told, a line each."""
        return "\n".join(event.message for event in self.events if isinstance(event, Notice))

    def seen(self, kind: type[Event]) -> int:
        """How many events of a kind there were."""
        return Counter(type(event) for event in self.events)[kind]


def serve(
    recogniser: Recogniser,
    faults: Faults | None = None,
    ledger: Ledger | None = None,
    *,
    concurrency: int = 200,
) -> LocalService:
    """Return a service for tests; enter it to start it."""
    return LocalService(
        recogniser,
        key=KEY,
        concurrency=concurrency,
        middlewares=[part.middleware for part in (faults, ledger) if part is not None],
        data_dir=None if ledger is None else ledger.data_dir,
    )
