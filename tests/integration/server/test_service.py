"""The service as a whole: it comes, it goes, and nothing is left."""

from __future__ import annotations

import asyncio
import socket
import stat
import threading
from typing import TYPE_CHECKING

import aiohttp
import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server import LocalService
from tests.integration.server.conftest import DEADLINE_S, KEY, Caller

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.scripted import ScriptedRecogniser


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def test_recordings_lie_in_a_private_folder(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_nothing_is_left_when_it_ends(recogniser: ScriptedRecogniser, tmp_path: Path) -> None:
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    async with (
        LocalService(recogniser, key=KEY, concurrency=50, data_dir=tmp_path) as service,
        aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
    ):
        await Caller(session).transcribe(b"Hello.")
    assert asyncio.all_tasks() == tasks
    assert {thread for thread in threading.enumerate() if "asyncio" not in thread.name} == threads
    assert is_empty(tmp_path)
    with socket.socket() as probe:  # nobody listens any more
        port = int(service.base_url.rpartition(":")[2])
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_nothing_is_left_when_its_body_fails(recogniser: ScriptedRecogniser, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with LocalService(recogniser, key=KEY, data_dir=tmp_path):
            raise ZeroDivisionError
    assert is_empty(tmp_path)


async def test_nothing_is_left_when_it_is_cancelled(recogniser: ScriptedRecogniser, tmp_path: Path) -> None:
    entered = asyncio.Event()

    async def serve() -> None:
        async with LocalService(recogniser, key=KEY, data_dir=tmp_path):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    async with asyncio.timeout(DEADLINE_S):
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert is_empty(tmp_path)


async def test_a_request_that_hangs_does_not_hold_up_the_end(
    recogniser: ScriptedRecogniser, tmp_path: Path
) -> None:
    now_s = asyncio.get_running_loop().time
    async with LocalService(recogniser, key=KEY, data_dir=tmp_path) as service:
        host, port = service.base_url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v2/upload HTTP/1.1\r\nHost: x\r\nAuthorization: {KEY}\r\nContent-Length: 9999\r\n\r\nx"
        writer.write(head.encode())
        async with asyncio.timeout(DEADLINE_S):
            while not service.books.requests:  # noqa: ASYNC110 - a count gives no event
                await asyncio.sleep(0)
        left_s = now_s()
    assert now_s() - left_s < 2.5
    writer.close()
    assert is_empty(tmp_path)


async def test_a_taken_port_is_said(service: LocalService, recogniser: ScriptedRecogniser) -> None:
    port = int(service.base_url.rpartition(":")[2])
    with pytest.raises(FatalError, match=f"cannot listen on 127.0.0.1 port {port}: ") as fatal:
        async with LocalService(recogniser, key=KEY, port=port):
            pass
    assert fatal.value.exit_code is ExitCode.LOCAL


async def test_a_folder_that_cannot_be_made_is_said(recogniser: ScriptedRecogniser, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="cannot make a folder for recordings") as fatal:
        async with LocalService(recogniser, key=KEY, data_dir=tmp_path / "missing"):
            pass
    assert fatal.value.exit_code is ExitCode.LOCAL


async def test_two_services_do_not_know_each_others_uploads(
    api: Caller, recogniser: ScriptedRecogniser
) -> None:
    url = await api.upload(b"Hello.")
    async with (
        LocalService(recogniser, key=KEY) as other,
        aiohttp.ClientSession(other.base_url, headers={"Authorization": KEY}) as session,
    ):
        body = {"audio_url": url, "speech_models": ["any"]}
        refused = await Caller(session).call("POST", "/v2/transcript", json=body)
    assert refused == (403, {"error": "Cannot access uploaded file"})
