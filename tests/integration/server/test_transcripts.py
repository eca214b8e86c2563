"""A transcript's life over the API, and the forms of all replies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.server import NotAudioError

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.server import LocalService
    from tests.integration.server.conftest import Caller
    from tests.support.scripted import ScriptedRecogniser

REQUIRED = {
    "id",
    "speech_model",
    "language_model",
    "acoustic_model",
    "status",
    "audio_url",
    "webhook_auth",
    "auto_highlights",
    "redact_pii",
    "summarization",
    "language_confidence_threshold",
    "language_confidence",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
UNKNOWN = (400, {"error": "Transcript lookup error, transcript id not found"})


async def test_a_transcript_is_complete(api: Caller) -> None:
    url = await api.upload(b"Hello there. How are you?")
    made = await api.submit(url, punctuate=True, colour="blue")
    assert set(made) >= REQUIRED
    assert made["status"] == "queued"
    assert (made["text"], made["words"], made["error"], made["audio_duration"]) == (None, None, None, None)
    done = await api.until_ended(made["id"])
    assert set(done) >= REQUIRED
    assert done["status"] == "completed"
    assert done["text"] == "Hello there. How are you?"
    assert done["words"][1] == {
        "text": "there.",
        "start": 300,
        "end": 600,
        "confidence": 0.9,
        "speaker": None,
    }
    assert done["confidence"] == pytest.approx(0.9)
    assert done["audio_duration"] == 2  # seconds, whole
    assert (done["audio_url"], done["colour"], done["speech_models"]) == (url, "blue", ["universal-2"])
    assert done["speech_model_used"] == "scripted"


@pytest.mark.parametrize("name", ["paragraphs", "sentences"])
async def test_paragraphs_and_sentences(api: Caller, name: str) -> None:
    done = await api.transcribe(b"Hello there. How are you?")
    body = await api.get(f"/v2/transcript/{done['id']}/{name}")
    assert set(body) == {name, "id", "confidence", "audio_duration", "speech_model_used"}
    assert (body["id"], body["audio_duration"], body["speech_model_used"]) == (done["id"], 2, "scripted")
    assert " ".join(part["text"] for part in body[name]) == done["text"]
    assert [word for part in body[name] for word in part["words"]] == done["words"]
    first = body[name][0]
    assert (first["start"], first["end"]) == (first["words"][0]["start"], first["words"][-1]["end"])
    assert first["confidence"] == pytest.approx(0.9)
    assert ("speaker" in first) == (name == "sentences")  # of a paragraph its words alone tell


async def test_captions(api: Caller) -> None:
    done = await api.transcribe(b"Hello there. How are you?")
    srt = await api.get(f"/v2/transcript/{done['id']}/srt")
    assert srt == "1\n00:00:00,000 --> 00:00:01,500\nHello there. How are you?\n\n"
    vtt = await api.get(f"/v2/transcript/{done['id']}/vtt", chars_per_caption=13)
    assert vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.600\nHello there.\n\n")
    status, body = await api.call("GET", f"/v2/transcript/{done['id']}/srt?chars_per_caption=0")
    assert (status, body) == (400, {"error": "chars_per_caption must be an Integer above 0"})


async def test_silence_is_a_completed_transcript_without_words(api: Caller) -> None:
    done = await api.transcribe(b"\0")
    assert (done["status"], done["text"], done["words"]) == ("completed", "", [])
    assert (await api.get(f"/v2/transcript/{done['id']}/paragraphs"))["paragraphs"] == []


async def test_what_is_no_audio_fails_with_the_services_text(
    api: Caller, recogniser: ScriptedRecogniser
) -> None:
    recogniser.errors["noise"].append(NotAudioError.too_short())
    failed = await api.transcribe(b"noise")
    assert (failed["status"], failed["error"]) == ("error", "Audio duration is too short.")
    assert (failed["text"], failed["words"]) == (None, None)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("paragraphs", "paragraphs"),
        ("sentences", "sentences"),
        ("srt", "captions"),
        ("vtt", "captions"),
    ],
)
async def test_parts_are_asked_for_too_early(
    api: Caller, recogniser: ScriptedRecogniser, call: str, wanted: str
) -> None:
    recogniser.gate.clear()
    made = await api.submit(await api.upload(b"later"))
    await api.until(made["id"], {"processing"})
    assert await api.call("GET", f"/v2/transcript/{made['id']}/{call}") == (
        400,
        {
            "error": "This transcript has a status of 'processing'. "
            f"Transcripts must have a status of 'completed' before requesting {wanted}."
        },
    )


async def test_delete_removes_words_and_keeps_the_place_in_the_list(api: Caller) -> None:
    done = await api.until_ended((await api.submit(await api.upload(b"Hello there.")))["id"])
    other = await api.until_ended((await api.submit(await api.upload(b"And another.")))["id"])
    status, deleted = await api.call("DELETE", f"/v2/transcript/{done['id']}")
    assert status == 200
    assert (deleted["status"], deleted["text"], deleted["words"]) == ("completed", "Deleted by user.", None)
    assert deleted["audio_url"] == deleted["webhook_url"] == "http://deleted_by_user"
    assert (deleted["punctuate"], deleted["language_code"]) == (None, None)
    assert (deleted["id"], deleted["audio_duration"]) == (done["id"], done["audio_duration"])
    assert await api.get(f"/v2/transcript/{done['id']}") == deleted
    items = (await api.get("/v2/transcript"))["transcripts"]
    assert [item["audio_url"] for item in items] == [other["audio_url"], "http://deleted_by_user"]
    status, body = await api.call("GET", f"/v2/transcript/{done['id']}/paragraphs")
    assert (status, body) == (400, {"error": "This transcript was deleted by its user."})
    assert (await api.get(f"/v2/transcript/{other['id']}"))["text"] == "And another."


async def test_a_recording_is_gone_once_nobody_waits_for_it(
    api: Caller, folder: Path, recogniser: ScriptedRecogniser
) -> None:
    recogniser.gate.clear()
    url = await api.upload(b"Hello there.")
    first, second = [(await api.submit(url))["id"] for _ in range(2)]
    recogniser.gate.set()
    assert (await api.until_ended(first))["text"] == "Hello there."
    assert (await api.until_ended(second))["text"] == "Hello there."
    assert not any((folder / "uploads").iterdir())
    refused = await api.call("POST", "/v2/transcript", json={"audio_url": url, "speech_models": ["any"]})
    assert refused == (403, {"error": "Cannot access uploaded file"})


async def test_deleting_a_failed_transcript_takes_its_recording_from_those_that_wait_for_it(
    api: Caller, recogniser: ScriptedRecogniser
) -> None:
    recogniser.errors["Hello there."].append(NotAudioError("Audio duration is too short."))
    url = await api.upload(b"Hello there.")
    failed = await api.until_ended((await api.submit(url))["id"])
    recogniser.gate.clear()
    for text in (b"one", b"two"):  # both places are taken
        taken = await api.submit(await api.upload(text))
        await api.until(taken["id"], {"processing"})
    waiting = await api.submit(url)
    await api.call("DELETE", f"/v2/transcript/{failed['id']}")
    recogniser.gate.set()
    ended = await api.until_ended(waiting["id"])
    assert ended["error"] == f"Download error, unable to access file at {url}"


async def test_what_is_deleted_before_its_turn_is_never_heard(
    api: Caller, recogniser: ScriptedRecogniser, folder: Path
) -> None:
    recogniser.gate.clear()
    made = [await api.submit(await api.upload(b"number %d" % number)) for number in range(4)]
    await api.until(made[1]["id"], {"processing"})
    for transcript in (made[0], made[2]):  # one is being heard, one waits
        status, body = await api.call("DELETE", f"/v2/transcript/{transcript['id']}")
        assert (status, body["text"]) == (200, "Deleted by user.")
    recogniser.gate.set()
    for transcript in (made[1], made[3]):
        assert (await api.until_ended(transcript["id"]))["status"] == "completed"
    assert sorted(recogniser.heard) == ["number 1", "number 3"]
    assert (await api.get(f"/v2/transcript/{made[0]['id']}"))["text"] == "Deleted by user."
    assert not any((folder / "uploads").iterdir())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_unknown_id_is_400_and_not_404(api: Caller, method: str) -> None:
    assert await api.call(method, "/v2/transcript/nobody") == UNKNOWN
    assert await api.call("GET", "/v2/transcript/nobody/paragraphs") == UNKNOWN


async def test_the_list_shows_items_as_the_service_does(
    api: Caller, service: LocalService, recogniser: ScriptedRecogniser
) -> None:
    recogniser.errors["noise"].append(NotAudioError.too_short())
    failed, done = await api.transcribe(b"noise"), await api.transcribe(b"Hello.")
    body = await api.get("/v2/transcript")
    assert [item["id"] for item in body["transcripts"]] == [done["id"], failed["id"]]
    good, bad = body["transcripts"]
    assert good == {
        "id": done["id"],
        "resource_url": f"{service.base_url}/v2/transcript/{done['id']}",
        "status": "completed",
        "created": good["created"],
        "completed": good["completed"],
        "audio_url": done["audio_url"],
        "error": "",
    }
    assert TIME.fullmatch(good["created"])
    assert TIME.fullmatch(good["completed"])
    assert (bad["status"], bad["error"], bad["completed"]) == ("error", failed["error"], None)


async def test_the_list_is_walked_by_prev_url(
    api: Caller, service: LocalService, recogniser: ScriptedRecogniser
) -> None:
    recogniser.gate.clear()
    url = await api.upload(b"Hello.")
    made = [(await api.submit(url))["id"] for _ in range(7)]
    seen: list[str] = []
    page: Any = await api.get("/v2/transcript", limit=3)
    assert page["page_details"]["limit"] == page["page_details"]["result_count"] == 3
    while True:
        seen += [item["id"] for item in page["transcripts"]]
        prev_url = page["page_details"]["prev_url"]
        if prev_url is None:
            break
        assert prev_url == f"{service.base_url}/v2/transcript?limit=3&before_id={seen[-1]}"
        page = await api.get(prev_url)
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "status=done", "created_on=today", "before_id=nobody"]
)
async def test_a_list_query_that_makes_no_sense_is_refused(api: Caller, query: str) -> None:
    status, body = await api.call("GET", f"/v2/transcript?{query}")
    assert (status, list(body)) == (400, ["error"])


async def test_a_refused_request_makes_no_transcript(api: Caller, service: LocalService) -> None:
    url = await api.upload(b"Hello.")
    for body in (
        {"audio_url": url, "speech_models": []},
        {"audio_url": url, "speech_models": ["x"], "speaker_labels": True},
    ):
        status, reply = await api.call("POST", "/v2/transcript", json=body)
        assert (status, list(reply)) == (400, ["error"])
    assert (await api.get("/v2/transcript"))["transcripts"] == []
    assert service.books.transcripts == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff"])
async def test_a_body_that_is_no_json_object_is_refused(api: Caller, body: bytes) -> None:
    assert await api.call("POST", "/v2/transcript", data=body) == (
        400,
        {"error": "The request's body must be a JSON object"},
    )
