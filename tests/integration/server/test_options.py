"""What a transcript is asked for shows in all that is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from batch_transcriber.server import LocalService, Wanted
from tests.integration.server.conftest import KEY, Caller
from tests.support.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.scripted import ScriptedRecogniser

SAID = b"In New York, it is damn cold. Bullshit! Says who?"


@pytest_asyncio.fixture
async def recogniser() -> Conversation:
    return Conversation()


@pytest_asyncio.fixture
async def done(api: Caller) -> AsyncIterator[Any]:
    """Return a transcript that was asked for with all that changes words."""
    made = await api.submit(
        await api.upload(SAID),
        punctuate=False,
        format_text=False,
        filter_profanity=True,
        custom_spelling=[{"from": ["new york"], "to": "NYC"}],
    )
    yield await api.until_ended(made["id"])


async def test_a_recording_is_heard_as_its_options_say(api: Caller, recogniser: ScriptedRecogniser) -> None:
    asked = {
        "audio_start_from": 500,
        "audio_end_at": 60_000,
        "keyterms_prompt": ["NYC"],
        "word_boost": ["Harlem"],
        "language_code": "de_ch",
        "dual_channel": True,
    }
    made = await api.submit(await api.upload(SAID), **asked)
    assert made.items() >= asked.items()
    await api.until_ended(made["id"])
    assert recogniser.wanted == [
        Wanted(language="de", key_terms=("NYC", "Harlem"), start_ms=500, end_ms=60_000, by_channel=True)
    ]


async def test_words_are_written_alike_wherever_they_are_shown(api: Caller, done: Any) -> None:
    words = ["in", "NYC", "it", "is", "damn", "cold", "b*******", "says", "who"]
    assert [word["text"] for word in done["words"]] == words
    assert done["text"] == " ".join(words)
    path = f"/v2/transcript/{done['id']}"
    sentences = (await api.get(f"{path}/sentences"))["sentences"]
    assert [part["text"] for part in sentences] == ["in NYC it is damn cold", "b*******", "says who"]
    assert [word for part in sentences for word in part["words"]] == done["words"]
    (paragraph,) = (await api.get(f"{path}/paragraphs"))["paragraphs"]
    assert paragraph["words"] == done["words"]
    assert (await api.get(f"{path}/srt")).splitlines()[2] == done["text"]
    assert (await api.get(f"{path}/vtt")).splitlines()[3] == done["text"]
    nyc = done["words"][1]
    assert (nyc["start"], nyc["end"]) == (300, 900)


async def test_words_and_phrases_are_found_as_they_are_written(api: Caller, done: Any) -> None:
    found = await api.get(f"/v2/transcript/{done['id']}/word-search", words="nyc,new york,COLD,it is")
    assert found == {
        "id": done["id"],
        "total_count": 3,
        "matches": [
            {"text": "nyc", "count": 1, "timestamps": [[300, 900]], "indexes": [1]},
            {"text": "COLD", "count": 1, "timestamps": [[1800, 2100]], "indexes": [5]},
            {"text": "it is", "count": 1, "timestamps": [[900, 1500]], "indexes": [2]},
        ],
    }
    for query in ("", "?words=", "?words=a+b+c+d+e+f"):
        status, body = await api.call("GET", f"/v2/transcript/{done['id']}/word-search{query}")
        assert (status, list(body)) == (400, ["error"])


async def test_channels_speak_in_turn(api: Caller) -> None:
    made = await api.submit(await api.upload(SAID), multichannel=True)
    done = await api.until_ended(made["id"])
    assert (done["audio_channels"], made.get("audio_channels")) == (2, None)
    assert [(turn["channel"], turn["speaker"], turn["text"]) for turn in done["utterances"]] == [
        ("1", "1", "In New York, it is damn cold."),
        ("2", "2", "Bullshit!"),
        ("1", "1", "Says who?"),
    ]
    assert [word for turn in done["utterances"] for word in turn["words"]] == done["words"]
    assert {word["channel"] for word in done["words"][:7]} == {"1"}
    for part in ("sentences", "paragraphs"):
        parts = (await api.get(f"/v2/transcript/{done['id']}/{part}"))[part]
        assert [one["text"] for one in parts] == [turn["text"] for turn in done["utterances"]]
        assert [one.get("channel") for one in parts] == (
            ["1", "2", "1"] if part == "sentences" else [None] * 3
        )


async def test_of_channels_on_which_nobody_speaks_nobody_has_a_turn(api: Caller) -> None:
    done = await api.until_ended((await api.submit(await api.upload(b"\0"), multichannel=True))["id"])
    assert (done["utterances"], done["audio_channels"], done["text"]) == ([], 2, "")
    assert (await api.until_ended((await api.submit(await api.upload(SAID)))["id"]))["utterances"] is None


async def test_a_language_that_is_found_out_is_told(api: Caller) -> None:
    made = await api.submit(await api.upload(SAID), language_detection=True)
    assert ("language_code" in made, made["language_confidence"]) == (False, None)
    done = await api.until_ended(made["id"])
    assert (done["language_code"], done["language_confidence"]) == ("de", 0.75)


async def test_who_is_not_sure_enough_of_the_language_fails_as_asked(
    api: Caller, recogniser: Conversation
) -> None:
    asked = {"language_detection": True, "language_confidence_threshold": 0.8}
    made = await api.submit(await api.upload(SAID), **asked)
    failed = await api.until_ended(made["id"])
    assert failed["error"] == (
        "detected language 'de', confidence 0.7500, "
        "is below the requested confidence threshold value of '0.8'"
    )
    recogniser.sure = 0.8
    again = await api.submit(await api.upload(SAID), **asked)
    assert (await api.until_ended(again["id"]))["status"] == "completed"


async def test_a_webhooks_secret_is_never_shown(api: Caller) -> None:
    header = {"webhook_auth_header_name": "X-Key", "webhook_auth_header_value": "a secret"}
    with_header = await api.submit(await api.upload(SAID), webhook_url="http://127.0.0.1:9/", **header)
    assert (with_header["webhook_auth"], with_header["webhook_auth_header_name"]) == (True, "X-Key")
    assert (with_header["webhook_url"], with_header["webhook_status_code"]) == ("http://127.0.0.1:9/", None)
    assert "a secret" not in str(with_header)
    assert "a secret" not in str(await api.until_ended(with_header["id"]))
    without = await api.submit(await api.upload(SAID))
    assert (without["webhook_auth"], without["webhook_auth_header_name"]) == (False, None)


async def test_models_may_be_left_out(api: Caller) -> None:
    made = await api.submit(await api.upload(SAID), speech_models=None)
    assert made["speech_models"] == ["conversation"]
    assert (await api.until_ended(made["id"]))["speech_model_used"] == "conversation"


async def test_results_are_never_taken_from_the_request(api: Caller) -> None:
    forged: dict[str, object] = dict.fromkeys(
        ("id", "status", "text", "words", "utterances", "error", "throttled", "audio_channels", "chapters"),
        "forged",
    )
    made = await api.submit(await api.upload(SAID), **forged, colour="blue")
    assert "forged" not in str(made)
    assert made["colour"] == "blue"


async def test_there_is_no_redacted_audio(api: Caller) -> None:
    done = await api.transcribe(SAID)
    assert await api.call("GET", f"/v2/transcript/{done['id']}/redacted-audio") == (
        400,
        {"error": "There is no redacted audio here: conversation cannot redact"},
    )
    assert (await api.call("GET", "/v2/transcript/nobody/redacted-audio"))[0] == 400


async def test_nothing_is_throttled_and_who_asks_for_that_alone_gets_nothing(api: Caller) -> None:
    await api.transcribe(SAID)
    body = await api.get("/v2/transcript", throttled_only="true", status="completed")
    assert (body["transcripts"], body["page_details"]["prev_url"]) == ([], None)
    assert len((await api.get("/v2/transcript", throttled_only="false"))["transcripts"]) == 1


@pytest.mark.parametrize("body", [b'{"audio_url": "http://a/", "x": NaN}', b"[" * 100_000, b"1" * 5000])
async def test_what_only_python_takes_for_json_is_refused(api: Caller, body: bytes) -> None:
    assert await api.call("POST", "/v2/transcript", data=body) == (
        400,
        {"error": "The request's body must be a JSON object"},
    )


@pytest.mark.parametrize("name", ["%00", "%FF", "%ED%A0%80", "a%2Fb", "x" * 5000])
async def test_any_id_is_answered(service: LocalService, name: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": KEY}) as session:
        for path in (f"/v2/transcript/{name}", f"/v2/transcript?before_id={name}"):
            async with session.get(URL(service.base_url + path, encoded=True)) as reply:
                assert reply.status in {400, 404}
                assert list(await reply.json()) == ["error"]
