"""Webhooks over sockets: who answers is told once, who does not is told again, and delays nobody else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from batch_transcriber.server import Heard, LocalService
from batch_transcriber.server.store import Store
from batch_transcriber.server.webhooks import Pace, Webhooks
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.support.scripted import ScriptedRecogniser

QUICK = Pace(answer_within_s=0.3, attempts=4, again_in_s=0.01)
SECRET = "a-secret-of-the-listener"


class Listener:
    """Answers calls as it is told, and keeps them.

    Attributes:
        answers: Statuses of the next answers; 200 when they are used up, 0 for none at all.
        calls: Body and headers of each call.
    """

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.calls: list[tuple[Any, dict[str, str]]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append((await request.json(), dict(request.headers)))
        status = self.answers.pop(0) if self.answers else 200
        if not status:
            await asyncio.Event().wait()
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    app = web.Application()
    app.router.add_post("/{path:.*}", listener.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook?me=1"
    yield listener
    await runner.cleanup()


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db", is_kept=True)
    yield store
    store.close()


def ended(store: Store, url: str, *, error: str = "", **options: object) -> str:
    """Make a transcript with a webhook that has ended, and return its id."""
    made = store.create("http://a/1", {"webhook_url": url, **options})
    assert store.start_next() is not None
    if error:
        store.fail(made, error)
    else:
        store.complete(made, Heard((), 1.0))
    return made.id


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - a row gives no event
            await asyncio.sleep(0.005)


def is_over(store: Store) -> bool:
    return store.outbox.next_due_in_s() is None


@pytest.mark.parametrize(("error", "status"), [("", "completed"), ("Audio duration is too short.", "error")])
async def test_the_end_is_told_once_with_the_header_that_was_asked_for(
    store: Store, listener: Listener, error: str, status: str
) -> None:
    made = ended(
        store,
        listener.url,
        error=error,
        webhook_auth_header_name="X-Proof",
        webhook_auth_header_value=SECRET,
    )
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    ((body, headers),) = listener.calls
    assert body == {"transcript_id": made, "status": status}
    assert headers["X-Proof"] == SECRET
    assert store.get(made).webhook_status_code == 200


async def test_the_headers_value_is_nowhere_else(store: Store, listener: Listener) -> None:
    made = ended(store, listener.url, webhook_auth_header_name="X-Proof", webhook_auth_header_value=SECRET)
    assert SECRET not in store.get(made).options
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    (delivered,) = store._db.execute("SELECT count(*) FROM deliveries").fetchone()
    assert delivered == 0


async def test_nothing_is_called_before_the_end_or_after_a_deletion(store: Store, listener: Listener) -> None:
    store.create("http://a/1", {"webhook_url": listener.url})
    deleted = ended(store, listener.url)
    store.delete(deleted)
    assert is_over(store)


@pytest.mark.parametrize("answers", [[500], [503, 302, 500], [0]])
async def test_who_fails_is_called_again(store: Store, listener: Listener, answers: list[int]) -> None:
    listener.answers = list(answers)
    made = ended(store, listener.url)
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    assert len(listener.calls) == len(answers) + 1
    assert store.get(made).webhook_status_code == 200


async def test_it_is_given_up_after_so_many_calls(store: Store, listener: Listener) -> None:
    listener.answers = [500] * 9
    made = ended(store, listener.url)
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    assert len(listener.calls) == QUICK.attempts
    assert store.get(made).webhook_status_code == 500


async def test_an_answer_of_400_and_more_ends_it(store: Store, listener: Listener) -> None:
    listener.answers = [410]
    made = ended(store, listener.url)
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    assert len(listener.calls) == 1
    assert store.get(made).webhook_status_code == 410


@pytest.mark.parametrize("url", ["http://[", "nowhere", "http://a b/", "http://127.0.0.1:9/"])
async def test_who_cannot_be_called_at_all_ends_it_too(store: Store, url: str) -> None:
    made = ended(
        store, url, webhook_auth_header_name="X-Proof", webhook_auth_header_value=f"{SECRET}\r\nX: y"
    )
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    assert store.get(made).webhook_status_code is None


async def test_who_never_answers_delays_nobody_else(store: Store, listener: Listener) -> None:
    patient = Pace(answer_within_s=60, again_in_s=0.2, at_a_time=4, at_a_time_by_host=2)
    async with listening() as silent:
        silent.answers = [0] * 100
        for _ in range(20):
            ended(store, silent.url)
        listener.answers = [500] * 5  # these are called once more, later
        others = [ended(store, listener.url) for _ in range(20)]
        async with Webhooks(store.outbox, allow_private=True, pace=patient):
            await until(lambda: len(listener.calls) == len(others) + 5)
            assert len(silent.calls) == patient.at_a_time_by_host
    assert {body["transcript_id"] for body, _ in listener.calls} == set(others)


async def test_what_was_not_delivered_is_delivered_after_a_restart(
    tmp_path: Path, listener: Listener
) -> None:
    store = Store(tmp_path / "kept", is_kept=True)
    made = ended(store, listener.url)
    store.close()
    store = Store(tmp_path / "kept", is_kept=True)
    async with Webhooks(store.outbox, allow_private=True, pace=QUICK):
        await until(lambda: is_over(store))
    store.close()
    assert [body["transcript_id"] for body, _ in listener.calls] == [made]


async def test_a_listener_in_the_house_is_not_called_where_the_guard_holds(
    store: Store, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    ended(store, listener.url, webhook_auth_header_name="X-Proof", webhook_auth_header_value=SECRET)
    async with Webhooks(store.outbox, pace=QUICK):
        await until(lambda: is_over(store))
    assert listener.calls == []
    (record,) = caplog.records
    assert "private" in record.getMessage()
    assert SECRET not in record.getMessage()
    assert "127.0.0.1" not in record.getMessage()


async def test_the_service_calls_when_a_transcript_ends_and_shows_what_came_of_it(
    tmp_path: Path, listener: Listener, recogniser: ScriptedRecogniser
) -> None:
    async with (
        LocalService(recogniser, key=KEY, kept_in=tmp_path / "data", pace=QUICK) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        api = Caller(session)
        made = await api.submit(
            await api.upload(b"Hello."),
            webhook_url=listener.url,
            webhook_auth_header_name="X-Proof",
            webhook_auth_header_value=SECRET,
        )
        await until(lambda: bool(listener.calls))
        async with asyncio.timeout(DEADLINE_S):
            while (whole := await api.get(f"/v2/transcript/{made['id']}"))["webhook_status_code"] is None:
                pass
    ((body, headers),) = listener.calls
    assert body == {"transcript_id": made["id"], "status": "completed"}
    assert headers["X-Proof"] == SECRET
    assert (whole["webhook_status_code"], whole["webhook_auth"]) == (200, True)
    assert SECRET not in str(made) + str(whole)
