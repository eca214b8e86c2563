"""Runs against a host that is not the service: they end soon, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError, PermanentError
from tests.support import faults
from tests.support.faults import LIST, UPLOAD

if TYPE_CHECKING:
    from tests.support.faults import Trouble
    from tests.support.world import World

EVERY_CALL = r"[A-Z]+ /v2/.*"
PAGE = "<html><title>Welcome</title></html>"
STRANGE = {
    "HTML 404": (faults.reply(404, PAGE), "404: an HTML page, 'Welcome'"),
    "HTML 403": (faults.reply(403, PAGE), "403: an HTML page, 'Welcome'"),
    "API without these calls": (faults.error(404, "Not found"), "404: Not found"),
    "JSON 400 of another form": (faults.reply(400, '{"message": "no"}'), '400: {"message": "no"}'),
    "empty 405": (faults.reply(405), "405"),
    "HTML 200": (faults.reply(200, PAGE), "200: an HTML page, 'Welcome'"),
    "JSON of another kind": (faults.reply(200, '{"ok": true}'), "200: JSON of another kind"),
    "empty 200": (faults.reply(200), "200: nothing"),
}


@pytest.mark.parametrize(("trouble", "words"), STRANGE.values(), ids=STRANGE.keys())
async def test_a_host_that_never_spoke_as_the_api_does_ends_the_run(
    world: World, trouble: Trouble, words: str
) -> None:
    for number in range(50):
        world.record(f"{number}.mp3")
    world.faults.add(EVERY_CALL, trouble, times=1000)
    report = await world.run(unreachable_after_s=0.5)
    assert str(report.fatal).startswith(
        f"{world.service.base_url} is not the AssemblyAI API (it answered {words}), and nothing else for "
    )
    assert "check the network and --base-url" in str(report.fatal)
    assert report.exit_code is ExitCode.UNREACHABLE
    assert world.faults.count(UPLOAD) <= 200
    assert report.failed == []
    assert world.service.books.transcripts == 0


@pytest.mark.parametrize("status", [200, 403, 404])
async def test_pages_of_a_gateway_at_the_very_start_do_not_end_a_run(world: World, status: int) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    world.faults.add(EVERY_CALL, faults.reply(status, PAGE), times=20)
    report = await world.run(retries=0)
    assert report.fatal is None
    assert report.written == 20


@pytest.mark.parametrize(("trouble", "written"), [(faults.reply(404, PAGE), 2), (faults.reply(200, PAGE), 3)])
async def test_a_page_of_a_gateway_in_the_middle_of_a_run_does_not_end_it(
    world: World, trouble: Trouble, written: int
) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.faults.add(UPLOAD, trouble, after=1)
    report = await world.run(uploads=1)
    assert report.fatal is None
    assert report.written == written


@pytest.mark.parametrize("status", [408, 413, 429, 502, 503])
async def test_what_a_gateway_of_the_service_may_answer_at_first_proves_nothing(
    world: World, status: int
) -> None:
    world.record("a.mp3")
    world.faults.add(UPLOAD, faults.reply(status, PAGE, {"Retry-After": "0"}))
    report = await world.run()
    assert report.fatal is None


async def test_a_service_without_a_list_is_still_the_service(world: World) -> None:
    world.faults.add(LIST, faults.error(404, "Not found"))
    async with world.client() as client:
        with pytest.raises(PermanentError, match="404"):
            await client.list()


async def test_the_clients_callers_are_told_of_a_strange_host_too(world: World) -> None:
    world.faults.add(LIST, faults.reply(404, PAGE), times=1000)
    async with world.client(unreachable_after_s=0.1) as client:
        with pytest.raises(FatalError, match="is not the AssemblyAI API"):
            await client.list()


async def test_replies_that_were_cut_are_no_sign_of_another_host(world: World) -> None:
    for number in range(8):
        world.record(f"{number}.mp3")
    world.faults.add(UPLOAD, faults.half_json, times=8)
    report = await world.run()
    assert report.written == 8
