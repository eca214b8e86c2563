"""The vendor's own Python SDK works against the server, with an address and a key and no other change."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jiwer
import pytest
import pytest_asyncio

from batch_transcriber.server import LocalService, NotAudioError
from tests.integration.server.conftest import KEY
from tests.support.conversation import Conversation
from tests.support.strangers import DEADLINE_S, told

if TYPE_CHECKING:
    from tests.support.scripted import ScriptedRecogniser

ROOT = Path(__file__).parents[3]
USER = ROOT / "tests" / "support" / "sdk_user.py"
NOTE = ROOT / "tests" / "data" / "speech" / "meeting-note.wav"


@pytest_asyncio.fixture
async def recogniser() -> Conversation:
    return Conversation()


async def run(service: LocalService, program: list[str], *recordings: Path) -> Any:
    """Return the JSON that a program of the SDK's user prints; its environment says where the service is."""
    environment = {
        "ASSEMBLYAI_BASE_URL": service.base_url,
        "ASSEMBLYAI_API_KEY": KEY,
        "ASSEMBLYAI_POLLING_INTERVAL": "0.05",  # it would wait 3 s
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    return await told(sys.executable, *program, *recordings, environment=environment)


@pytest.mark.timeout(DEADLINE_S + 10)
async def test_all_that_the_sdk_does_with_recordings(
    service: LocalService, recogniser: ScriptedRecogniser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recordings")
    texts = {"a": "Hello there. How are you?", "silent": "noise", "b": "And you?", "c": "Me too."}
    for name, text in texts.items():
        (folder / name).write_text(text)
    recogniser.errors["noise"].append(NotAudioError.too_short())
    got = await run(service, [str(USER)], *(folder / name for name in texts))
    assert got["alone"] == {
        "status": "completed",
        "text": "Hello there. How are you?",
        "words": ["Hello", "there.", "How", "are", "you?"],
        "confidence": pytest.approx(0.9),
        "audio_duration": 2,
        "model": "conversation",
        "paragraphs": ["Hello there. How are you?"],
        "sentences": ["Hello there.", "How are you?"],
        "srt": "1\n00:00:00,000 --> 00:00:01,500\nHello there. How are you?\n\n",
        "vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:01.200\nHello there. How are\n\n"
        "00:00:01.200 --> 00:00:01.500\nyou?\n\n",
        "found": [["hello", 1], ["how are", 1]],
        "again": "Hello there. How are you?",
        "deleted": "Deleted by user.",
    }
    assert got["with options"] == {
        "text": "HOWDY there how are you",
        "turns": [["1", "HOWDY there"], ["2", "how are you"]],
    }
    assert '"speaker_labels" is not available here: conversation cannot tell' in got["refused"]
    assert got["failed"] == ["error", "Audio duration is too short."]
    group = ["And you?", "Hello there. How are you?", "Me too."]
    assert got["grouped"] == group
    assert sorted(got["listed"]) == [["completed", False]] * 5 + [["error", True]]
    assert got["in a loop"] == {
        "text": group[1],
        "paragraphs": [group[1]],
        "srt": got["alone"]["srt"],
        "found": [1],
        "group": group,
        "deleted": "Deleted by user.",
        "listed": 10,
    }
    wanted = recogniser.wanted[1]
    assert (wanted.key_terms, wanted.end_ms, wanted.by_channel) == (("Hello",), 60_000, True)


def plain(text: str) -> str:
    """Return a text's words without case and marks."""
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split())


USUAL = """
import json, sys
import assemblyai as aai
transcript = aai.Transcriber().transcribe(sys.argv[1])
print(json.dumps([transcript.status, transcript.text, transcript.speech_model_used]))
"""


@pytest.mark.skipif(not NOTE.exists(), reason="no speech samples here")
@pytest.mark.timeout(DEADLINE_S + 10)
async def test_five_lines_of_the_sdk_transcribe_a_real_recording() -> None:
    pytest.importorskip("faster_whisper")
    from batch_transcriber.server.whisper import WhisperRecogniser

    async with WhisperRecogniser() as whisper, LocalService(whisper, key=KEY) as service:
        status, text, model = await run(service, ["-c", USUAL], NOTE)
    assert (status, model) == ("completed", whisper.name)
    assert jiwer.wer(plain(NOTE.with_suffix(".txt").read_text()), plain(text)) < 0.2
