"""The run's part of an upload by another machine: what is told to it, and what of its word is checked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.client.answer import Answer
from batch_transcriber.client.errand import Errand, Service
from batch_transcriber.client.look import look_at
from batch_transcriber.client.recording import changed, stamp_of
from batch_transcriber.client.replies import Upload
from batch_transcriber.errors import NotSeenError, TranscriberError
from batch_transcriber.events import RequestEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.client.errand import Courier, Delivery
    from batch_transcriber.client.look import Look, Stamp
    from batch_transcriber.client.transport import Transport
    from batch_transcriber.errors import RetryableError
    from batch_transcriber.settings import Settings

CALL, METHOD, PATH = "upload", "POST", "/v2/upload"
UNSEEN_MAX = 3  # times that a recording is not found where it was looked for


class RelayedUpload:
    """One recording, until somebody has sent it.

    Args:
        transport: At whose pace it goes, and which is told how the service is.
        settings: Of the service.
        courier: Has one attempt made.
        path: Of the recording; the worker gets the whole of it.
        look: What a look at it just before found; it holds for the first attempt.
    """

    def __init__(
        self, transport: Transport, settings: Settings, courier: Courier, path: Path | str, look: Look | None
    ) -> None:
        self._transport = transport
        self._service = Service.of(settings)
        self._courier = courier
        self._path = Path(path).absolute()
        self._look = look
        self._unseen = 0

    def may_repeat(self, error: RetryableError) -> bool:
        """Tell whether another attempt is to be made; a worker that did not see it may not be asked again."""
        if not isinstance(error, NotSeenError):
            return True
        self._unseen += 1
        error.tries = self._unseen
        return self._unseen < UNSEEN_MAX

    async def attempt(
        self,
        number: int,
        on_progress: Callable[[int, int, int], None] | None,
        on_digest: Callable[[bytes, Stamp], None] | None,
    ) -> str:
        """Have it sent once, and return its `upload_url`; `number` counts from 1."""
        look = self._look if number == 1 else None
        stamp = stamp_of(self._path) if look is None else look.stamp
        errand = Errand(self._service, str(self._path), stamp, None if look is None else look.digest)

        def on_sent(sent_bytes: int) -> None:
            if on_progress is not None:
                on_progress(sent_bytes, stamp.size_bytes, number)

        on_sent(0)
        delivery = await self._have_sent(errand, on_sent, is_alone=number > 1)
        if not isinstance(delivery.answer, Answer):
            raise self._transport.note_failure(delivery.answer)
        reply = self._transport.judge(delivery.answer, Upload.model_validate_json, CALL, METHOD)
        await self._check(delivery, errand)
        on_sent(stamp.size_bytes)
        if on_digest is not None:
            on_digest(delivery.digest, stamp)
        return reply.upload_url

    async def _have_sent(self, errand: Errand, on_sent: Callable[[int], None], *, is_alone: bool) -> Delivery:
        """Have one request sent, and tell of it as of those that are sent from here."""
        requests, times_left = self._transport.requests, 0

        async def leave() -> None:
            nonlocal times_left
            await self._transport.free()
            requests[CALL] += not times_left
            times_left += 1

        began_at = asyncio.get_running_loop().time()
        status, problem, elapsed_s = None, "given up", None  # unless something better is known
        try:
            delivery = await self._courier(errand, on_sent, leave, is_alone=is_alone)
            answer, elapsed_s = delivery.answer, delivery.elapsed_s
            status, problem = (answer.status, "") if isinstance(answer, Answer) else (None, str(answer))
        except NotSeenError:  # there was nothing to send
            requests[CALL] -= bool(times_left)
            times_left = 0
            raise
        except TranscriberError as error:
            problem = str(error)
            raise
        finally:
            if times_left:
                elapsed_s = elapsed_s or asyncio.get_running_loop().time() - began_at
                self._transport.sink(RequestEnded(CALL, METHOD, PATH, elapsed_s, status, problem or None))
        return delivery

    async def _check(self, delivery: Delivery, errand: Errand) -> None:
        """Prove that what was sent is what is here.

        Raises:
            RetryableError: it was written to since, here; or what the worker sees is another file.
        """
        try:
            if stamp_of(self._path) != errand.stamp:
                raise changed()
            if delivery.stamp == errand.stamp and errand.digest in {None, delivery.digest}:
                return
            # Another time alone may be the storage's, which tells it in another way there.
            here = errand.digest or (await asyncio.to_thread(look_at, errand.path)).digest
        except OSError:
            return  # as for one that is deleted while it is sent
        if here != delivery.digest:
            raise NotSeenError(
                f"a worker sent another {errand.path} than the one that is here",
                advice="is the same folder mounted at the workers?",
            )
