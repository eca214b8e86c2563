"""The key, and the form of every error."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from batch_transcriber import __version__
from batch_transcriber.server import LocalService
from tests.integration.server.conftest import KEY, Caller
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp.typedefs import Handler

UNAUTHORISED = (401, {"error": "Authentication error, API token missing/invalid"})


@pytest.mark.parametrize("key", [None, "", "wrong", f"Bearer {KEY}", KEY.upper(), "kéy"])
async def test_only_the_raw_key_opens(service: LocalService, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": key}
    async with aiohttp.ClientSession(service.base_url, headers=headers) as session:
        for method, path in (("GET", "/v2/transcript"), ("POST", "/v2/upload"), ("GET", "/nowhere")):
            assert await Caller(session).call(method, path) == UNAUTHORISED


async def test_the_headers_name_may_be_lower_case(service: LocalService) -> None:
    async with aiohttp.ClientSession(service.base_url, headers={"authorization": KEY}) as session:
        assert (await Caller(session).call("GET", "/v2/transcript"))[0] == 200


async def test_health_needs_no_key(service: LocalService) -> None:
    async with aiohttp.ClientSession(service.base_url) as session:
        status, body = await Caller(session).call("GET", "/health")
    assert status == 200
    assert body == {
        "status": "ok",
        "version": __version__,
        "model": "scripted",
        "queued": 0,
        "processing": 0,
    }


async def test_a_wrong_path_or_method_is_answered_in_json(api: Caller) -> None:
    assert await api.call("GET", "/v2/nothing") == (404, {"error": "Not found"})
    assert await api.call("PUT", "/v2/upload") == (405, {"error": "Method not allowed"})


async def test_a_body_over_the_limit_is_answered_in_json(api: Caller) -> None:
    status, body = await api.call("POST", "/v2/transcript", data=io.BytesIO(b" " * 2_000_000))
    assert (status, list(body)) == (413, ["error"])


async def test_a_bug_is_answered_in_json_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ScriptedRecogniser):
        @property
        def name(self) -> str:  # type: ignore[override]
            raise ZeroDivisionError

    async with (
        LocalService(Broken(), key=KEY) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        answer = await Caller(session).call("GET", "/health")
    assert answer == (500, {"error": "Internal Server Error"})
    assert [record.message for record in caplog.records] == ["GET /health failed"]


async def test_a_disk_that_fails_is_named(api: Caller, folder: Path) -> None:
    (folder / "uploads").rmdir()
    answer = await api.call("POST", "/v2/upload", data=b"x")
    assert answer == (500, {"error": "Internal Server Error: No such file or directory"})


async def test_middlewares_see_requests_before_the_key_is_checked(recogniser: ScriptedRecogniser) -> None:
    seen: list[tuple[str, int]] = []

    @web.middleware
    async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        seen.append((request.path, reply.status))
        return reply

    async with (
        LocalService(recogniser, key=KEY, middlewares=[watch]) as service,
        aiohttp.ClientSession(service.base_url) as session,
    ):
        await Caller(session).call("GET", "/v2/transcript")
        await Caller(session).call("GET", "/nowhere")
    assert seen == [("/v2/transcript", 401), ("/nowhere", 401)]


async def test_a_lost_reply_leaves_a_transcript_that_the_list_shows(recogniser: ScriptedRecogniser) -> None:
    @web.middleware
    async def lose_replies(request: web.Request, handler: Handler) -> web.StreamResponse:
        reply = await handler(request)
        if request.path == "/v2/transcript" and request.method == "POST":
            assert request.transport is not None
            request.transport.abort()
        return reply

    async with (
        LocalService(recogniser, key=KEY, middlewares=[lose_replies]) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        api = Caller(session)
        url = await api.upload(b"Hello.")
        with pytest.raises(aiohttp.ClientError):
            await api.submit(url)
        (item,) = (await api.get("/v2/transcript"))["transcripts"]
        assert item["audio_url"] == url
        assert service.books.transcripts_by_audio_url == {url: 1}


async def test_the_books_count_by_route(api: Caller, service: LocalService) -> None:
    done: Any = await api.transcribe(b"Hello.")
    await api.get(f"/v2/transcript/{done['id']}/paragraphs")
    await api.call("GET", "/nowhere")
    assert service.books.requests["POST", "/v2/upload"] == 1
    assert service.books.requests["POST", "/v2/transcript"] == 1
    assert service.books.requests["GET", "/v2/transcript/{transcript_id}"] >= 1
    assert service.books.requests["GET", "/v2/transcript/{transcript_id}/paragraphs"] == 1
    assert service.books.requests["*", "unmatched"] == 1


@pytest.mark.parametrize("value", [r'"\ud800"', "1e400", '{"a": [-1e999]}', '{"\\udfff": 1}'])
async def test_what_no_reply_could_hold_is_refused(api: Caller, value: str) -> None:
    body = f'{{"audio_url": "https://example.org/a.mp3", "colour": {value}}}'
    refused = (400, {"error": "The request's body must be a JSON object"})
    assert await api.call("POST", "/v2/transcript", data=body) == refused
