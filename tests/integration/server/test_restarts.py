"""A service that comes back to its folder, after a stop and after kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import sys
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp
import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server import LocalService
from batch_transcriber.server.hearing import SERVER_ERROR
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.scripted import ScriptedRecogniser


@asynccontextmanager
async def served(folder: Path, *, end: signal.Signals = signal.SIGKILL) -> AsyncIterator[Caller]:
    """Run a service in a process of its own, and end it with a signal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.served", str(folder)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            base_url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession(base_url, headers={"Authorization": KEY}) as session:
            yield Caller(session)
    finally:
        if process.returncode is None:
            process.send_signal(end)
        await process.wait()


async def until_dead(api: Caller) -> None:
    """Return when the service does not answer any more."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await api.get("/health")
            except aiohttp.ClientError:
                return


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_what_was_answered_is_there_after_the_end_and_goes_on_in_order(
    tmp_path: Path, end: signal.Signals
) -> None:
    async with served(tmp_path / "data", end=end) as api:
        done = await api.transcribe(b"Done before.")
        endless = [await api.submit(await api.upload(b"wait")) for _ in range(2)]
        await api.until(endless[1]["id"], {"processing"})
        queued = [await api.submit(await api.upload(b"number %d" % number)) for number in range(3)]
        unused = await api.upload(b"Submitted later.")
    async with served(tmp_path / "data") as api:
        assert (await api.get(f"/v2/transcript/{done['id']}")) == done
        for transcript in endless:
            await api.until(transcript["id"], {"processing"})
        rows = (await api.get("/v2/transcript", limit=10))["transcripts"]
        assert [row["id"] for row in rows] == [one["id"] for one in reversed([done, *endless, *queued])]
        for transcript in endless:  # they are in the way of the others
            await api.call("DELETE", f"/v2/transcript/{transcript['id']}")
        texts = [(await api.until_ended(transcript["id"]))["text"] for transcript in queued]
        assert texts == ["number 0", "number 1", "number 2"]
        later = await api.until_ended((await api.submit(unused))["id"])
        assert later["text"] == "Submitted later."


async def test_what_kills_the_service_twice_fails_and_takes_no_others_along(tmp_path: Path) -> None:
    async with served(tmp_path / "data") as api:
        waits = await api.submit(await api.upload(b"wait"))
        await api.until(waits["id"], {"processing"})
        deadly = await api.submit(await api.upload(b"die"))
        await until_dead(api)
    async with served(tmp_path / "data") as api:  # the first one is heard alone, and is in the way
        await api.until(deadly["id"], {"processing"})
        await api.call("DELETE", f"/v2/transcript/{waits['id']}")
        await until_dead(api)
    async with served(tmp_path / "data") as api:
        failed = await api.until_ended(deadly["id"])
        assert (failed["status"], failed["error"]) == ("error", SERVER_ERROR)
        assert (await api.transcribe(b"Alive."))["text"] == "Alive."


async def test_a_stop_forgives_what_was_heard_and_not_what_only_waited(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    recogniser.gate.clear()
    recogniser.heard_first = 0.5
    folder = tmp_path / "data"

    async def attempts_after_a_stop(*, heard: int) -> list[int]:
        async with (
            LocalService(recogniser, key=KEY, kept_in=folder, concurrency=2) as service,
            aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
        ):
            api = Caller(session)
            async with asyncio.timeout(DEADLINE_S):
                while len(rows := (await api.get("/v2/transcript"))["transcripts"]) < 2:
                    await api.submit(await api.upload(b"x"))
                while [row.get("progress") for row in rows].count(0.5) < heard:
                    rows = (await api.get("/v2/transcript"))["transcripts"]
        return sorted(row for (row,) in ask(folder, "SELECT attempts FROM transcripts"))

    assert await attempts_after_a_stop(heard=2) == [0, 0]
    ask(folder, "UPDATE transcripts SET attempts = 1")  # as a crash leaves it: now each is heard alone
    assert await attempts_after_a_stop(heard=1) == [1, 1]


def ask(folder: Path, statement: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(folder / "transcripts.db")) as database, database:
        return database.execute(statement).fetchall()


async def test_halves_that_a_crash_left_are_removed_and_nothing_else(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    async with LocalService(recogniser, key=KEY, kept_in=folder):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "transcripts.db").stat().st_mode) == 0o600
    (folder / "uploads" / f"{uuid4()}.part").touch()
    (folder / "downloads" / str(uuid4())).touch()
    (folder / "uploads" / "mine.part").touch()
    async with LocalService(recogniser, key=KEY, kept_in=folder):
        assert [path.name for path in folder.glob("*loads/*")] == ["mine.part"]


async def test_an_upload_that_nobody_had_transcribed_goes_after_a_day(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    recogniser.gate.clear()
    folder = tmp_path / "data"
    async with (
        LocalService(recogniser, key=KEY, kept_in=folder) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        api = Caller(session)
        awaited, old, new = [await api.upload(b"x") for _ in range(3)]
        await api.submit(awaited)
    for url in (awaited, old):
        os.utime(folder / "uploads" / url.rpartition("/")[2], (0, 0))
    async with LocalService(recogniser, key=KEY, kept_in=folder), asyncio.timeout(DEADLINE_S):
        while (folder / "uploads" / old.rpartition("/")[2]).exists():  # noqa: ASYNC110 - a file gives no event
            await asyncio.sleep(0)
        names = {path.name for path in (folder / "uploads").iterdir()}
        assert names == {url.rpartition("/")[2] for url in (awaited, new)}


async def test_one_folder_is_of_one_service(recogniser: ScriptedRecogniser, tmp_path: Path) -> None:
    async with LocalService(recogniser, key=KEY, kept_in=tmp_path / "data"):
        with pytest.raises(FatalError, match="another service is at work in") as fatal:
            async with LocalService(recogniser, key=KEY, kept_in=tmp_path / "data"):
                pass
    assert fatal.value.exit_code is ExitCode.LOCKED
    async with LocalService(recogniser, key=KEY, kept_in=tmp_path / "data"):
        pass


async def test_a_folder_of_something_else_is_left_alone(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    (tmp_path / "holiday.mp3").write_bytes(b"the sea")
    with pytest.raises(FatalError, match=r"'holiday\.mp3' is in it"):
        async with LocalService(recogniser, key=KEY, kept_in=tmp_path):
            pass
    assert not (tmp_path / "uploads").exists()


async def test_an_upload_is_found_by_whatever_name_the_client_knows_the_service(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    async with (
        LocalService(recogniser, key=KEY, kept_in=tmp_path / "data") as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        api = Caller(session)
        status, reply = await api.call("POST", "/v2/upload", data=b"Hello.", headers={"Host": "box.lan:8765"})
        assert status == 200
        assert reply["upload_url"].startswith("http://box.lan:8765/upload/")
        body = {"audio_url": reply["upload_url"], "speech_models": ["any"]}
        _, made = await api.call("POST", "/v2/transcript", json=body)
        assert (await api.until_ended(made["id"]))["text"] == "Hello."
        _, page = await api.call("GET", "/v2/transcript", headers={"Host": "box.lan:8765"})
        assert page["transcripts"][0]["resource_url"] == f"http://box.lan:8765/v2/transcript/{made['id']}"
        assert page["page_details"]["current_url"].startswith("http://box.lan:8765/v2/transcript?")
        _, page = await api.call("GET", "/v2/transcript", headers={"Host": "<script>"})
        assert page["page_details"]["current_url"].startswith(f"{service.base_url}/v2/transcript?")
