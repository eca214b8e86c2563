"""The queue: order, number at once, and what a failure costs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from batch_transcriber.model import Word
from batch_transcriber.server import Heard, LocalService
from batch_transcriber.server.downloads import Downloads
from batch_transcriber.server.hearing import SERVER_ERROR, Hearing
from batch_transcriber.server.store import Store
from batch_transcriber.server.uploads import Uploads
from tests.integration.server.conftest import DEADLINE_S, Caller
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from batch_transcriber.server import Recogniser


async def statuses(api: Caller) -> list[str]:
    """Return the status of every transcript, oldest first."""
    items = (await api.get("/v2/transcript", limit=200))["transcripts"]
    return [item["status"] for item in reversed(items)]


async def test_two_at_once_are_heard_and_the_others_wait(api: Caller, recogniser: ScriptedRecogniser) -> None:
    recogniser.gate.clear()
    made = [await api.submit(await api.upload(f"number {number}".encode())) for number in range(5)]
    await api.until(made[1]["id"], {"processing"})
    assert await statuses(api) == ["processing", "processing", "queued", "queued", "queued"]
    recogniser.gate.set()
    for transcript in made:
        await api.until_ended(transcript["id"])
    assert recogniser.heard == [f"number {number}" for number in range(5)]


async def test_what_is_fetched_ahead_is_not_heard_before_its_turn(
    tmp_path: Path, recogniser: ScriptedRecogniser, elsewhere: str
) -> None:
    recogniser.gate.clear()
    service = LocalService(recogniser, key="k", data_dir=tmp_path, concurrency=3, heard_at_once=1)
    async with (
        service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": "k"}) as session,
    ):
        api = Caller(session)
        made = [await api.submit(await api.upload(b"first")), await api.submit(f"{elsewhere}/talk")]
        async with asyncio.timeout(DEADLINE_S):
            while not list(tmp_path.glob("*/downloads/*")):  # noqa: ASYNC110, ASYNC240 - a file
                await asyncio.sleep(0)
        assert await statuses(api) == ["processing", "processing"]
        recogniser.gate.set()
        for transcript in made:
            await api.until_ended(transcript["id"])
    assert recogniser.heard == ["first", "From elsewhere."]


async def test_what_is_being_heard_tells_how_far_it_is_and_nothing_else_does(
    api: Caller, recogniser: ScriptedRecogniser
) -> None:
    recogniser.gate.clear()
    recogniser.heard_first = 1 / 3
    made = [await api.submit(await api.upload(f"number {number}".encode())) for number in range(3)]
    async with asyncio.timeout(DEADLINE_S):
        while (await api.until(made[1]["id"], {"processing"})).get("progress") != 0.333:
            pass
    rows = (await api.get("/v2/transcript"))["transcripts"]
    assert [row.get("progress") for row in rows] == [None, 0.333, 0.333]
    recogniser.gate.set()
    for transcript in made:
        assert "progress" not in await api.until_ended(transcript["id"])
    assert not any("progress" in row for row in (await api.get("/v2/transcript"))["transcripts"])


async def test_a_bug_in_the_recogniser_costs_its_own_transcript(
    api: Caller, recogniser: ScriptedRecogniser, caplog: pytest.LogCaptureFixture
) -> None:
    recogniser.errors["bad"].append(ZeroDivisionError())
    failed, done = await api.transcribe(b"bad"), await api.transcribe(b"good")
    assert (failed["status"], failed["error"]) == ("error", SERVER_ERROR)
    assert (done["status"], done["text"]) == ("completed", "good")
    assert "ZeroDivisionError" in caplog.text


async def test_what_was_heard_stays_heard_where_its_upload_cannot_be_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Blocking(ScriptedRecogniser):
        def read(self, audio: Path) -> tuple[str, float | None]:
            heard = super().read(audio)
            audio.unlink()
            audio.mkdir()  # which cannot be unlinked, not even by root
            return heard

    async with (
        LocalService(Blocking(), key="k", data_dir=tmp_path) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": "k"}) as session,
    ):
        done = await Caller(session).transcribe(b"Hello.")
    assert (done["status"], done["text"], done["error"]) == ("completed", "Hello.", None)
    assert f"the upload of {done['id']} cannot be removed" in caplog.text


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[str]:
    """Serve recordings as a website would, and give its address."""

    async def talk(_: web.Request) -> web.Response:
        return web.Response(body=b"From elsewhere.")

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query.get("to", "/moved"))

    async def broken(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Length": "1000"})
        await reply.prepare(request)
        await reply.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return reply

    app = web.Application()
    app.add_routes([web.get("/talk", talk), web.get("/moved", moved), web.get("/broken", broken)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("path", ["/talk", "/moved?to=/talk"])
async def test_a_web_address_is_fetched_and_not_kept(
    api: Caller, elsewhere: str, folder: Path, path: str
) -> None:
    done = await api.until_ended((await api.submit(elsewhere + path))["id"])
    assert (done["text"], done["audio_url"]) == ("From elsewhere.", elsewhere + path)
    assert not any((folder / "downloads").iterdir())


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/nothing", "Download error to {}, 404 Client Error: Not Found"),
        ("/moved", "Download error, unable to download {}. Please make sure"),
        ("/broken", "Download error, unable to download {}. Please make sure"),
    ],
)
async def test_a_web_address_that_gives_nothing_is_a_download_error(
    api: Caller, elsewhere: str, folder: Path, path: str, error: str
) -> None:
    failed = await api.until_ended((await api.submit(elsewhere + path))["id"])
    assert failed["status"] == "error"
    assert failed["error"].startswith(error.format(elsewhere + path))
    assert not any((folder / "downloads").iterdir())


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.mp3", "http://[", "http://", "https://a b/c"])
async def test_an_address_without_a_host_to_answer_is_a_download_error(api: Caller, url: str) -> None:
    failed = await api.until_ended((await api.submit(url))["id"])
    assert failed["error"].startswith(f"Download error, unable to download {url}.")


async def test_leaving_cancels_what_is_being_heard(tmp_path: Path) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    class Endless:
        name = "endless"
        languages = frozenset({"en"})

        def takes(self, _: Sequence[str]) -> bool:
            return True

        async def hear(self, audio: Path, *_: Any, **__: Any) -> Heard:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
            raise AssertionError(audio)

    async with LocalService(Endless(), key="k", data_dir=tmp_path) as service:
        async with aiohttp.ClientSession(service.base_url, headers={"Authorization": "k"}) as session:
            api = Caller(session)
            await api.submit(await api.upload(b"x"))
        async with asyncio.timeout(DEADLINE_S):
            await started.wait()
    assert cancelled.is_set()


@asynccontextmanager
async def one_heard(
    store: Store, folder: Path, recogniser: Recogniser, *, again_s: float = 5.0
) -> AsyncIterator[asyncio.Event]:
    """Have the store's transcripts heard, whatever their address, and tell of the first that ended."""
    (folder / "recording").write_bytes(b"Hello there.")

    class Found(Downloads):
        @asynccontextmanager
        async def fetched(self, _: str) -> AsyncIterator[Path]:
            yield folder / "recording"

    ended = asyncio.Event()
    uploads, downloads = Uploads(folder), Found(folder)
    async with (
        asyncio.timeout(DEADLINE_S),
        Hearing(recogniser, store, uploads, downloads, concurrency=1, on_ended=ended.set, again_s=again_s),
    ):
        yield ended


async def test_a_disk_that_is_full_at_the_end_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "db", is_kept=True)
    made = store.create("http://a/1", {})
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    async with one_heard(store, tmp_path, Wordy(), again_s=0.01) as ended:
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        while "the database takes nothing (database or disk is full)" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert store.get(made.id).status == "processing"
        store._db.execute("PRAGMA max_page_count = 100000")
        await ended.wait()
    assert len(store.words(store.get(made.id))) == Wordy.WORDS
    store.close()


class Wordy:
    name = "wordy"
    languages = frozenset({"en"})
    WORDS = 10_000

    def takes(self, _: Sequence[str]) -> bool:
        return True

    async def hear(self, *_: Any, **__: Any) -> Heard:
        return Heard((Word("more", 0, 1, 0.5),) * self.WORDS, 1.0)
