"""The routes of the API and what each of them does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from batch_transcriber.model import TranscriptStatus
from batch_transcriber.server.captions import DEFAULT_CHARS_PER_CAPTION, srt, vtt
from batch_transcriber.server.middlewares import (
    OPEN_PATH,
    UPLOAD_PATH,
    answer_errors,
    counting,
    in_time,
    json_reply,
    key_check,
    tell_requests,
)
from batch_transcriber.server.paging import PageQuery
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.replies import list_item, parts_reply, search_reply, transcript_reply
from batch_transcriber.server.requests import read_submission
from batch_transcriber.server.script import Script
from batch_transcriber.server.word_search import read_phrases, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.typedefs import Middleware

    from batch_transcriber.server.books import Books
    from batch_transcriber.server.hearing import Hearing
    from batch_transcriber.server.recogniser import Recogniser
    from batch_transcriber.server.store import Store
    from batch_transcriber.server.transcript import Transcript
    from batch_transcriber.server.uploads import Uploads

_VERSION = version("batch-transcriber")
_HOST = re.compile(r"[A-Za-z0-9_.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
_ONE = "/v2/transcript/{transcript_id}"
_MANY_DIGITS = 10  # no caption is that long; Python gives up at 4300


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The handlers, over the parts that do the work.

    Attributes:
        base_url: For clients that do not say under which name they know this service.
    """

    base_url: str
    recogniser: Recogniser
    store: Store
    uploads: Uploads
    hearing: Hearing
    books: Books

    def application(self, key: str | None, middlewares: Sequence[Middleware]) -> web.Application:
        """Return the application; the given middlewares see requests before the key is checked."""
        inner = (answer_errors, key_check(key), in_time())
        app = web.Application(middlewares=[tell_requests, counting(self.books), *middlewares, *inner])
        app.add_routes(
            [
                web.get(OPEN_PATH, self._health),
                web.post(UPLOAD_PATH, self._upload),
                web.post("/v2/transcript", self._submit),
                web.get("/v2/transcript", self._list, allow_head=False),
                web.get(_ONE, self._get, allow_head=False),
                web.delete(_ONE, self._delete),
                web.get(f"{_ONE}/paragraphs", self._paragraphs, allow_head=False),
                web.get(f"{_ONE}/sentences", self._sentences, allow_head=False),
                web.get(f"{_ONE}/srt", self._srt, allow_head=False),
                web.get(f"{_ONE}/vtt", self._vtt, allow_head=False),
                web.get(f"{_ONE}/word-search", self._word_search, allow_head=False),
                web.get(f"{_ONE}/redacted-audio", self._redacted_audio, allow_head=False),
            ]
        )
        return app

    async def _health(self, _: web.Request) -> web.Response:
        return json_reply(
            {
                "status": "ok",
                "version": _VERSION,
                "model": self.recogniser.name,
                "queued": self.store.count(TranscriptStatus.QUEUED),
                "processing": self.store.count(TranscriptStatus.PROCESSING),
            }
        )

    async def _upload(self, request: web.Request) -> web.Response:
        path, size_bytes = await self.uploads.receive(
            request.content.iter_any(), announced_bytes=request.content_length
        )
        self.books.upload_received(size_bytes)
        return json_reply({"upload_url": self._url(request, path)})

    async def _submit(self, request: web.Request) -> web.Response:
        body = _json_of(await request.read())
        submission = read_submission(body, self.recogniser)
        upload = self.uploads.find(submission.audio_url)  # refuses an upload that is not here
        transcript = self.store.create(
            submission.audio_url, submission.options, upload=upload.name if upload else None
        )
        self.hearing.transcript_queued(transcript)
        self.books.transcript_created(submission.audio_url)
        return self._whole(transcript)

    async def _list(self, request: web.Request) -> web.Response:
        query = PageQuery.parse(request.query)
        transcripts, has_older = self.store.page(query)
        if query.throttled_only:  # nothing ever is, here
            transcripts, has_older = [], False
        ids = [transcript.id for transcript in transcripts]
        list_url = self._url(request, "/v2/transcript")
        return json_reply(
            {
                "page_details": query.page_details(list_url, ids, has_older=has_older),
                "transcripts": [
                    list_item(one, list_url, self.hearing.progress(one.id)) for one in transcripts
                ],
            }
        )

    async def _get(self, request: web.Request) -> web.Response:
        return self._whole(self.store.get(request.match_info["transcript_id"]))

    async def _delete(self, request: web.Request) -> web.Response:
        return self._whole(self.hearing.delete(request.match_info["transcript_id"]))

    async def _paragraphs(self, request: web.Request) -> web.Response:
        transcript, script = self._completed(request, "paragraphs")
        parts = script.paragraphs()
        return json_reply(parts_reply(transcript, script, self.recogniser.name, "paragraphs", parts))

    async def _sentences(self, request: web.Request) -> web.Response:
        transcript, script = self._completed(request, "sentences")
        parts = script.sentences()
        return json_reply(parts_reply(transcript, script, self.recogniser.name, "sentences", parts))

    async def _srt(self, request: web.Request) -> web.Response:
        _, script = self._completed(request, "captions")
        return web.Response(text=srt(script.turns, _chars_per_caption(request)))

    async def _vtt(self, request: web.Request) -> web.Response:
        _, script = self._completed(request, "captions")
        return web.Response(text=vtt(script.turns, _chars_per_caption(request)))

    async def _word_search(self, request: web.Request) -> web.Response:
        transcript, script = self._completed(request, "a word search")
        phrases = read_phrases(request.query.getall("words", []))
        return json_reply(search_reply(transcript, search(script.turns, phrases)))

    async def _redacted_audio(self, request: web.Request) -> web.Response:
        self.store.get(request.match_info["transcript_id"])
        raise RefusedError(f"There is no redacted audio here: {self.recogniser.name} cannot redact")

    def _url(self, request: web.Request, path: str) -> str:
        """Return a URL of this service, under the name that the client knows it by."""
        named = _HOST.fullmatch(request.host)
        return f"{request.scheme}://{request.host}{path}" if named else f"{self.base_url}{path}"

    def _whole(self, transcript: Transcript) -> web.Response:
        options = json.loads(transcript.options)
        script = Script(self.store.words(transcript), options)
        progress = self.hearing.progress(transcript.id)
        return json_reply(transcript_reply(transcript, options, script, self.recogniser.name, progress))

    def _completed(self, request: web.Request, wanted: str) -> tuple[Transcript, Script]:
        """Return the request's transcript and its words, or refuse what there is nothing to take from."""
        transcript = self.store.get(request.match_info["transcript_id"])
        if transcript.is_deleted:
            raise RefusedError("This transcript was deleted by its user.")
        if transcript.status is not TranscriptStatus.COMPLETED:
            raise RefusedError(
                f"This transcript has a status of '{transcript.status}'. "
                f"Transcripts must have a status of 'completed' before requesting {wanted}."
            )
        return transcript, Script(self.store.words(transcript), json.loads(transcript.options))


def _json_of(body: bytes) -> object:
    """Return a body's JSON; what Python takes for it and no reply could hold is none.

    That is NaN and infinity, also where a number is too large for any other, and halves of letters.
    """
    try:
        value: object = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RefusedError("The request's body must be a JSON object") from error
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _chars_per_caption(request: web.Request) -> int:
    text = request.query.get("chars_per_caption")
    if text is None:
        return DEFAULT_CHARS_PER_CAPTION
    if text.isascii() and text.isdigit() and len(text) < _MANY_DIGITS and int(text) > 0:
        return int(text)
    raise RefusedError("chars_per_caption must be an Integer above 0")
