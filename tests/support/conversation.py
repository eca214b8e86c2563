"""A recogniser of several languages that hears who speaks on which channel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_transcriber.server import Heard, Wanted


class Conversation(ScriptedRecogniser):
    """Hear words as a scripted recogniser does; told by channel, each sentence is on the other one.

    Attributes:
        sure: How sure it is that German is spoken.
    """

    name = "conversation"
    languages = frozenset({"de", "en"})

    def __init__(self, sure: float = 0.75) -> None:
        super().__init__()
        self.sure = sure

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        heard = await super().hear(audio, wanted, on_progress=on_progress)
        if wanted.language is None:
            heard = replace(heard, language="de", language_confidence=self.sure)
        if wanted.by_channel:
            channel, words = 1, []
            for word in heard.words:
                words.append(replace(word, channel=channel))
                channel = 3 - channel if word.text.endswith((".", "?", "!")) else channel
            heard = replace(heard, words=tuple(words), channels=2)
        return heard
