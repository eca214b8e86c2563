"""The client: a method for each call of the API that a run needs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.buckets.address import is_bucket
from batch_transcriber.client.recording import open_recording
from batch_transcriber.client.replies import (
    CaptionKind,
    Paragraphs,
    Sentences,
    Transcript,
    TranscriptPage,
    Upload,
    WholeTranscript,
    read_captions,
)
from batch_transcriber.client.retry import retried
from batch_transcriber.client.transport import StallTimeout, Transport
from batch_transcriber.errors import TranscriberError
from batch_transcriber.events import ignore

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from types import TracebackType
    from typing import Self, TypeVar

    from pydantic import JsonValue

    from batch_transcriber.client.look import Look, Stamp
    from batch_transcriber.client.recording import Recording
    from batch_transcriber.errors import RetryableError
    from batch_transcriber.events import Sink
    from batch_transcriber.settings import Settings

    T = TypeVar("T")

LIST_LIMIT = 200  # the service's maximum for one page


class TranscriptionClient:
    """Speak the AssemblyAI v2 API; use it as an async context manager, within one event loop.

    Every method retries what may work later, keeps to one pace with all others, and raises a
    `TranscriberError` otherwise:

    - `RetryableError` when it still fails after all retries,
    - `PermanentError` when this request will never work,
    - `FatalError` when none will: a wrong key, no credit, an unreachable host.

    Args:
        settings: Key, base URL, timeouts and limits.
        sink: Gets a `RequestEnded` for every try of every request, and a `Waiting` for every pause.
    """

    def __init__(self, settings: Settings, *, sink: Sink = ignore) -> None:
        self.settings = settings
        self._transport = Transport(settings, sink)

    async def __aenter__(self) -> Self:
        self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def requests(self) -> Counter[str]:
        """Requests sent so far, by name of the call, tries included."""
        return self._transport.requests

    def service_time(self, at: float) -> datetime:
        """Return what the service's clock showed, to about a second; by ours before its first reply.

        Args:
            at: A time of the event loop's clock.
        """
        return self._transport.clock.time_at(at)

    @property
    def away_s(self) -> float:
        """How long the service was away so far, seconds, but for an outage that is not over."""
        return self._transport.outage.past_s

    async def went_away(self) -> None:
        """Return once the service, which was there, is away: at once where it is."""
        await self._transport.outage.is_on.wait()

    async def upload(
        self,
        path: Path | str,
        on_progress: Callable[[int, int, int], None] | None = None,
        on_digest: Callable[[bytes, Stamp], None] | None = None,
        look: Look | None = None,
    ) -> str:
        """Send a recording and return its `upload_url`. Safe to repeat, and free.

        Args:
            path: A file, or an object's address in a bucket; it is read in chunks of 5 MiB, afresh for every
                attempt.
            on_progress: Called with the bytes sent by this attempt, the bytes in all, and the number
                of the attempt (from 1).
            on_digest: Called with the SHA-256 of what was sent, and the size and time of the file that it
                was, once all of it is there.
            look: What a look at it just before found, so that the first attempt need not find it out.

        Raises:
            FileNotFoundError: the file is gone.
        """

        async def attempt(number: int) -> str:
            async with self._opened(path, look if number == 1 else None) as recording:

                def on_sent(sent_bytes: int) -> None:
                    if on_progress is not None:
                        on_progress(sent_bytes, recording.size_bytes, number)

                upload_url = await self._send(recording, on_sent)
                if on_digest is not None:
                    on_digest(recording.digest, recording.stamp)
                return upload_url

        return await self._retried(attempt)

    async def submit(
        self,
        audio_url: str,
        parameters: Mapping[str, JsonValue] | None = None,
        on_start: Callable[[], Awaitable[None]] | None = None,
    ) -> Transcript:
        """Ask for a transcript of `audio_url`. THIS COSTS MONEY each time that it is carried out.

        It is repeated only where the service certainly did not carry it out (no connection, 429). A
        `RetryableError` with `maybe_done` means that it may have: look `audio_url` up in `list`
        before calling again.

        Args:
            audio_url: An `upload_url`, or a web address that the service can fetch.
            parameters: All that is asked for besides, in the API's words; None for what the settings say.
            on_start: Awaited when the request is about to leave, after all waits; what it raises keeps
                the request from being sent.
        """
        asked = self.settings.parameters().values if parameters is None else parameters
        request = {**asked, "audio_url": audio_url}
        return await self._retried(
            lambda _: self._transport.call(
                Transcript.model_validate_json,
                "submit",
                "POST",
                "/transcript",
                on_start=on_start,
                json=request,
            ),
            lambda error: not error.maybe_done,
        )

    async def status(self, transcript_id: str) -> Transcript:
        """Return a transcript as it is now, with its text once completed."""
        return await self._get(Transcript.model_validate_json, "status", f"/transcript/{transcript_id}")

    async def whole(self, transcript_id: str) -> WholeTranscript:
        """Return a transcript with its JSON as it came: all fields, also those that nothing here knows."""
        return await self._get(WholeTranscript.read, "transcript", f"/transcript/{transcript_id}")

    async def list(self, *, limit: int = LIST_LIMIT, before_id: str | None = None) -> TranscriptPage:
        """Return a page of the project's transcripts, newest first.

        Args:
            limit: 1 to 200 transcripts.
            before_id: Only transcripts older than this one: the last of the page before.
        """
        query = {"limit": str(limit)} | ({"before_id": before_id} if before_id else {})
        return await self._get(TranscriptPage.model_validate_json, "list", "/transcript", query)

    async def paragraphs(self, transcript_id: str) -> Paragraphs:
        """Return the paragraphs of a completed transcript."""
        path = f"/transcript/{transcript_id}/paragraphs"
        return await self._get(Paragraphs.model_validate_json, "paragraphs", path)

    async def sentences(self, transcript_id: str) -> Sentences:
        """Return the sentences of a completed transcript."""
        path = f"/transcript/{transcript_id}/sentences"
        return await self._get(Sentences.model_validate_json, "sentences", path)

    async def captions(
        self, transcript_id: str, kind: CaptionKind, *, chars_per_caption: int | None = None
    ) -> str:
        """Return the subtitles of a completed transcript, as the service cut and wrote them.

        Args:
            transcript_id: Of a transcript with words; the service may refuse to cut one without.
            kind: `srt` (SubRip) or `vtt` (WebVTT).
            chars_per_caption: Characters that one caption may have, from 1; None leaves it to the service.
        """
        path = f"/transcript/{transcript_id}/{kind}"
        query = None if chars_per_caption is None else {"chars_per_caption": str(chars_per_caption)}
        read = partial(read_captions, kind)
        return await self._get(read, kind, path, query, wanted=f"{kind.upper()} captions")

    async def delete(self, transcript_id: str) -> None:
        """Delete a transcript and its recording at the service. Safe to repeat."""
        await self._retried(
            lambda _: self._transport.call(
                Transcript.model_validate_json, "delete", "DELETE", f"/transcript/{transcript_id}"
            )
        )

    @staticmethod
    def _opened(path: Path | str, look: Look | None) -> AbstractAsyncContextManager[Recording]:
        if isinstance(path, str) and is_bucket(path):
            from batch_transcriber.client.streamed import open_object  # noqa: PLC0415 - few runs need it

            return open_object(path)
        return open_recording(Path(path), look)

    async def _retried(
        self,
        attempt: Callable[[int], Awaitable[T]],
        may_repeat: Callable[[RetryableError], bool] = lambda _: True,
    ) -> T:
        return await retried(attempt, self.settings, may_repeat, self._transport.was_away)

    async def _send(self, recording: Recording, on_sent: Callable[[int], None]) -> str:
        stall = StallTimeout(self.settings.stall_timeout_s, self.settings.reply_timeout_s)

        def moved(sent_bytes: int) -> None:
            on_sent(sent_bytes)
            if sent_bytes < recording.size_bytes:
                stall.moved()
            else:
                stall.all_sent()

        on_sent(0)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(recording.size_bytes),
        }
        try:
            reply = await self._transport.call(
                Upload.model_validate_json,
                "upload",
                "POST",
                "/upload",
                on_start=stall.moved,
                stall=stall.timeout,
                data=recording.slices(moved),
                headers=headers,
            )
        except TranscriberError as error:
            if recording.failure is not None:
                raise recording.failure from error
            raise
        await recording.check_unchanged()
        return reply.upload_url

    async def _get(
        self,
        read: Callable[[bytes], T],
        name: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        wanted: str = "JSON",
    ) -> T:
        return await self._retried(
            lambda _: self._transport.call(read, name, "GET", path, wanted=wanted, params=query)
        )
