"""The vendor's own Node.js SDK works against the server, with an address and a key and no other change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from batch_transcriber.server import LocalService, NotAudioError
from tests.integration.server.conftest import KEY
from tests.support.conversation import Conversation
from tests.support.strangers import DEADLINE_S, told
from tests.support.tools import node_packages, tool

if TYPE_CHECKING:
    from tests.support.scripted import ScriptedRecogniser

USER = Path(__file__).parents[2] / "data" / "node" / "user.cjs"


@pytest_asyncio.fixture
async def recogniser() -> Conversation:
    return Conversation()


@pytest.mark.timeout(DEADLINE_S + 10)
async def test_all_that_the_sdk_does_with_recordings(
    service: LocalService, recogniser: ScriptedRecogniser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "talk").write_text("Hello there. How are you?")
    (folder / "noise").write_text("noise")
    recogniser.errors["noise"].append(NotAudioError.too_short())
    node, environment = tool("node", package="nodejs"), {"NODE_PATH": str(node_packages())}
    environment |= {"BASE_URL": service.base_url, "API_KEY": KEY}
    assert await told(node, USER, folder / "talk", folder / "noise", environment=environment) == {
        "alone": {
            "status": "completed",
            "text": "Hello there. How are you?",
            "words": 5,
            "model": "conversation",
            "paragraphs": ["Hello there. How are you?"],
            "sentences": ["Hello there.", "How are you?"],
            "srt": "1\n00:00:00,000 --> 00:00:01,500\nHello there. How are you?\n\n",
            "vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:01.200\nHello there. How are\n\n"
            "00:00:01.200 --> 00:00:01.500\nyou?\n\n",
            "found": 2,
            "deleted": "Deleted by user.",
        },
        "turns": [["1", "HOWDY there"], ["2", "How are you"]],
        "refused": '"summarization" is not available here: conversation cannot summarize',
        "failed": ["error", "Audio duration is too short."],
        "listed": ["error", "completed", "completed"],
    }
