"""Uploads by the workers of a Dask cluster: the command, a scheduler and workers that come to harm."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from batch_transcriber.client import TranscriptionClient
from batch_transcriber.engine.asked import Asked
from batch_transcriber.engine.elsewhere import open_cluster
from batch_transcriber.errors import ExitCode
from batch_transcriber.events import UploadProgress
from tests.support.cluster import DaskCluster, dask_cluster
from tests.support.faults import ALWAYS, UPLOAD, error, reset
from tests.support.machine import with_other_files
from tests.support.points import Point
from tests.support.slow_link import slow_link
from tests.support.world import DEADLINE_S, KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from aiohttp import web

    from tests.e2e.conftest import Cli
    from tests.support.faults import Handler
    from tests.support.ledger import Ledger
    from tests.support.world import World

pytestmark = pytest.mark.timeout(90)
STOPPED_WITHIN_S = 5.5  # the command promises 5
LARGE_BYTES = 3_000_000  # more than goes in a look, and more than sockets take in


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    """A cluster of two workers with the run's key."""
    with dask_cluster(tmp_path / "dask", env={"AAI_API_KEY": KEY}) as cluster:
        yield cluster


@pytest.fixture
def no_workers(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        yield cluster


class Senders:
    """Who sends each upload, as a middleware sees it."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    async def trouble(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.note(request)
        return await handler(request)

    def note(self, request: web.Request) -> None:
        assert request.transport is not None
        port = request.transport.get_extra_info("peername")[1]
        self.pids += [
            one.pid
            for one in psutil.net_connections("tcp4")
            if one.laddr and one.laddr.port == port and one.pid is not None and one.pid != os.getpid()
        ]


def watch_senders(world: World) -> Senders:
    senders = Senders()
    world.faults.add(UPLOAD, senders.trouble, times=ALWAYS)
    return senders


async def test_recordings_are_sent_by_the_workers_and_by_nobody_else(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster
) -> None:
    senders = watch_senders(world)
    for number in range(40):
        world.record(f"small {number}.mp3")
    for number in range(4):
        world.record(f"large {number}.mp3", size_bytes=LARGE_BYTES)
    ended = await cli("run", "recordings", "--dask", dask.address)
    assert (ended.code, ended.failed) == (0, {})
    assert world.texts()["small 7.txt"] == "words of small 7.mp3\n"
    assert len(world.texts()) == 44
    assert set(senders.pids) == {worker.pid for worker in dask.workers}
    assert (ledger.uploads.total(), ledger.transcripts.total(), ledger.paid_twice) == (44, 44, 0)
    # What was sent is known here by its digest, as if it had been sent from here: a rerun has nothing to do.
    again = await cli("run", "recordings", "--dask", dask.address)
    assert (again.code, ledger.uploads.total()) == (0, 44)


async def test_the_bytes_of_a_slow_upload_are_told_now_and_then(world: World, dask: DaskCluster) -> None:
    size_bytes = 5 * LARGE_BYTES  # sockets take in much
    world.record("large.mp3", size_bytes=size_bytes)
    world.record("small.mp3")
    async with slow_link(world.service.base_url, 4_000_000) as address:
        report = await world.run(dask=dask.address, base_url=address)
    assert report.written == 2, world.told()
    told = [event for event in world.events if isinstance(event, UploadProgress)]
    large = [event.sent_bytes for event in told if event.total_bytes == size_bytes]
    assert large == sorted(large)
    assert (large[0], large[-1]) == (0, size_bytes)
    assert 4 <= len(large) <= 12
    assert len(told) == len(large) + 2  # of a small one, its begin and its end alone


async def test_the_key_is_in_no_message_and_in_no_log(world: World, cli: Cli, dask: DaskCluster) -> None:
    name = world.record("one.mp3", size_bytes=100_000)
    world.faults.add(UPLOAD, error(422, f"bad {KEY}"))
    async with eavesdrop(dask.port) as (address, heard):
        ended = await cli("run", "recordings", "--dask", address)
    assert ended.code == 0, ended.stderr
    assert str(name).encode() in heard  # or else nothing could be read in it anyway
    assert KEY.encode() not in heard
    logs = b"".join(path.read_bytes() for path in dask.folder.glob("*.log"))
    assert KEY.encode() not in logs


@asynccontextmanager
async def eavesdrop(port: int) -> AsyncIterator[tuple[str, bytearray]]:
    """Yield an address that leads to a scheduler, and all that goes either way."""
    heard = bytearray()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            heard.extend(data)
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            forward(reader, there_writer), forward(there_reader, writer), return_exceptions=True
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
        server.close()


async def test_trouble_of_the_service_is_met_as_it_is_for_uploads_from_here(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster
) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    world.faults.add(UPLOAD, error(503, "busy"), times=2)
    world.faults.add(UPLOAD, reset, times=2)
    world.faults.add(UPLOAD, error(400, "no such thing"), times=1, after=3)
    ended = await cli("run", "recordings", "--dask", dask.address)
    assert (ended.code, list(ended.failed.values())) == (1, ["the service answered 400: no such thing"])
    assert len(world.texts()) == 19
    assert ledger.paid_twice == 0


async def test_an_upload_whose_worker_dies_is_made_by_another_and_paid_once(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster
) -> None:
    senders, point = Senders(), Point()

    async def note_and_hold(request: web.Request, handler: Handler) -> web.StreamResponse:
        senders.note(request)
        return await point.arriving(request, handler)

    world.faults.add(UPLOAD, note_and_hold)
    world.record("one.mp3", size_bytes=LARGE_BYTES)
    run = await cli.start("run", "recordings", "--dask", dask.address)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    (sender,) = senders.pids
    os.kill(sender, signal.SIGKILL)
    point.let_go.set()
    _, stderr = await run.communicate()
    assert run.returncode == 0, stderr
    assert "went away; what it had is begun anew" in " ".join(stderr.decode().split())
    assert world.texts() == {"one.txt": "words of one.mp3\n"}
    assert (ledger.uploads.total(), ledger.transcripts.total()) == (1, 1)


@pytest.mark.parametrize("ending", [("here", 0), ("stop", 8)], ids=["here", "stop"])
async def test_a_scheduler_that_dies_ends_the_run_or_not_as_was_said(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster, ending: tuple[str, int]
) -> None:
    lost, code = ending
    for number in range(5):
        world.record(f"{number}.mp3", size_bytes=LARGE_BYTES + number)
    point = Point()
    world.faults.add(UPLOAD, point.arriving, times=2)
    options = ("run", "recordings", "--dask", dask.address, "--dask-lost", lost, "--dask-wait", "1")
    run = await cli.start(*options)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    dask.kill(dask.scheduler)
    stdout, stderr = await run.communicate()
    point.let_go.set()
    said = " ".join(stderr.decode().split())
    assert run.returncode == code, said
    assert "Traceback" not in said + stdout.decode()
    if lost == "here":
        assert said.count("uploads go on from this machine until the cluster is back") == 1
    else:
        assert "(--dask-lost stop); the same command goes on" in said
        ended = await cli("run", "recordings")
        assert ended.code == 0, ended.stderr
    assert len(world.texts()) == 5
    assert ledger.paid_twice == 0


async def test_uploads_go_to_the_workers_again_once_these_are_back(world: World, dask: DaskCluster) -> None:
    senders, source = watch_senders(world), world.record("one.mp3")
    settings = world.settings(dask=dask.address, dask_wait_s=0.5)
    asked = Asked([source], settings)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(TranscriptionClient(settings))
        uploads = await open_cluster(
            stack, client, settings, asked, world.events.append, stop=asyncio.Event()
        )
        assert uploads is not None
        await uploads.upload(source)
        assert len(senders.pids) == 1
        dask.kill(dask.scheduler)
        await world.until(lambda: "went away" in world.told())
        await uploads.upload(source)
        await uploads.upload(source)
        assert len(senders.pids) == 1  # the others came from here
        assert world.told().count("uploads go on from this machine") == 1
        await asyncio.to_thread(dask.start_scheduler)
        await asyncio.to_thread(dask.start_worker, env={"AAI_API_KEY": KEY})
        await world.until(lambda: "joined" in world.told())
        await uploads.upload(source)
        assert len(senders.pids) == 2
    lost = 1  # found no scheduler
    assert client.requests["upload"] == world.faults.count(UPLOAD) + lost


async def test_what_waits_for_a_worker_when_the_time_is_up_is_not_begun(
    world: World, dask: DaskCluster
) -> None:
    for number in range(20):
        world.record(f"{number}.mp3", size_bytes=LARGE_BYTES + number)
    let_go = asyncio.Event()

    async def hold(request: web.Request, handler: Handler) -> web.StreamResponse:
        await let_go.wait()
        return await handler(request)

    world.faults.add(UPLOAD, hold, times=ALWAYS)
    running = asyncio.create_task(world.run(dask=dask.address, max_duration_s=6.0))
    await world.until(lambda: world.faults.count(UPLOAD) == 2 and "the time is up" in world.told())
    let_go.set()
    report = await running
    assert report.time_is_up
    assert report.fatal is None
    # What was sent is asked for, and waits for the next run.
    assert report.requests["upload"] == report.requests["submit"] == world.faults.count(UPLOAD) == 2


async def test_workers_without_the_key_or_the_folder_are_left_out_by_name(
    world: World, cli: Cli, no_workers: DaskCluster
) -> None:
    world.record("one.mp3")
    for environ in ({}, {"ASSEMBLYAI_API_KEY": "another-key-than-ours"}):
        await asyncio.to_thread(no_workers.start_worker, env=environ)
    ended = await cli("run", "recordings", "--dask", no_workers.address)
    said = " ".join(ended.stderr.split())
    assert ended.code == 2, said
    assert "is left out: it has no API key; set AAI_API_KEY in its environment" in said
    assert "is left out: its API key is not that of the run" in said
    assert "another-key" not in said
    key_file = cli.folder / "key"
    key_file.write_text(KEY)
    with_file = {"BATCH_TRANSCRIBER_API_KEY_FILE": str(key_file)}
    await asyncio.to_thread(no_workers.start_worker, env=with_file)
    ended = await cli("run", "recordings", "--dask", no_workers.address)
    assert ended.code == 0, ended.stderr
    assert " ".join(ended.stderr.split()).count("is left out") == 2


async def test_a_worker_that_does_not_see_the_recordings_is_left_out_or_asked_in_vain(
    world: World, cli: Cli, no_workers: DaskCluster
) -> None:
    world.record("seen.mp3")
    world.record("below/unseen.mp3")
    hidden = world.recordings / "below"
    await asyncio.to_thread(
        no_workers.start_worker, env={"AAI_API_KEY": KEY}, through=with_other_files(hidden)
    )
    options = ("run", "recordings", "--dask", no_workers.address)
    ended = await cli(*options, "--dask-lost", "stop")
    assert (ended.code, len(ended.failed)) == (1, 1)
    (reason,) = ended.failed.values()
    assert reason.startswith("worker tcp://127.0.0.1:")
    assert reason.endswith(
        f"does not see {hidden / 'unseen.mp3'} (3 tries); is the folder mounted there, at the same path?"
    )
    assert world.texts() == {"seen.txt": "words of seen.mp3\n"}
    ended = await cli(*options)
    assert ended.code == 0, ended.stderr
    assert "Such recordings are sent from this machine" in " ".join(ended.stderr.split())
    assert len(world.texts()) == 2
    ended = await cli("run", "recordings/below/unseen.mp3", "--dask", no_workers.address)
    assert ended.code == 2
    assert f"it does not see {hidden / 'unseen.mp3'}; is the folder mounted" in " ".join(ended.stderr.split())
    for number in range(10):
        world.record(f"below/{number}.mp3")
    ended = await cli("run", "recordings/below", "--dask", no_workers.address, "-o", "other")
    assert (ended.code, ended.failed) == (2, {})
    assert "nor did a worker see any of the 9 before" in " ".join(ended.stderr.split())


async def test_another_file_on_the_worker_is_not_sent(
    world: World, cli: Cli, ledger: Ledger, no_workers: DaskCluster
) -> None:
    world.record("below/one.mp3", size_bytes=1000)
    world.record("below/two.mp3", size_bytes=1000)
    folder = world.recordings / "below"
    script = 'echo longer >"$0/one.mp3" && head -c 1000 /dev/zero >"$0/two.mp3"'
    through = with_other_files(folder, script)
    await asyncio.to_thread(no_workers.start_worker, env={"AAI_API_KEY": KEY}, through=through)
    ended = await cli("run", "recordings", "--dask", no_workers.address, "--dask-lost", "stop")
    assert (ended.code, len(ended.failed)) == (1, 2), ended.stderr
    one, two = (ended.failed[f"recordings/below/{name}.mp3"] for name in ("one", "two"))
    assert "sees another" in one
    assert "(7 bytes instead of 1,000) (3 tries); is the same folder mounted there?" in one
    assert "a worker sent another" in two
    assert ledger.transcripts.total() == 0


async def test_no_scheduler_is_one_line(world: World, cli: Cli) -> None:
    world.record("one.mp3")
    ended = await cli("run", "recordings", "--dask", "tcp://127.0.0.1:9")
    assert ended.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9 (--dask)" in " ".join(ended.stderr.split())


async def test_a_run_of_addresses_alone_needs_no_cluster(world: World, cli: Cli, ledger: Ledger) -> None:
    ended = await cli("run", "https://example.org/a.mp3", "--dask", "tcp://127.0.0.1:9")
    assert ended.code in {0, 1}
    assert ledger.transcripts.total() == 1
    assert not world.faults.count(UPLOAD)


async def test_a_run_that_is_stopped_amid_remote_uploads_is_gone_in_time_and_goes_on(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster
) -> None:
    for number in range(6):
        world.record(f"{number}.mp3", size_bytes=LARGE_BYTES + number)
    point = Point()
    world.faults.add(UPLOAD, point.arriving, times=2, after=1)
    run = await cli.start("run", "recordings", "--dask", dask.address)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
        run.terminate()
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await run.communicate()
    assert run.returncode == ExitCode.TERMINATED
    point.let_go.set()
    ended = await cli("run", "recordings", "--dask", dask.address)
    assert (ended.code, len(world.texts()), ledger.paid_twice) == (0, 6, 0)


async def test_a_run_killed_amid_remote_uploads_goes_on_and_pays_once(
    world: World, cli: Cli, ledger: Ledger, dask: DaskCluster
) -> None:
    for number in range(12):
        world.record(f"{number}.mp3", size_bytes=LARGE_BYTES + number)
    point = Point()
    world.faults.add(UPLOAD, point.carried_out, times=2, after=5)
    run = await cli.start("run", "recordings", "--dask", dask.address)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    run.kill()
    await run.communicate()
    point.let_go.set()
    ended = await cli("run", "recordings", "--dask", dask.address)
    assert (ended.code, len(world.texts())) == (0, 12)
    assert (ledger.paid_twice, ledger.transcripts.total()) == (0, 12)


@pytest.mark.parametrize("who", ["workers", "scheduler"])
async def test_a_stop_waits_for_nobody_who_hangs(world: World, cli: Cli, dask: DaskCluster, who: str) -> None:
    assert dask.scheduler is not None
    world.record("one.mp3", size_bytes=LARGE_BYTES)
    if who == "workers":  # while they are prepared
        for worker in dask.workers:
            worker.send_signal(signal.SIGSTOP)
        run = await cli.start("run", "recordings", "--dask", dask.address)
        log = dask.log(dask.scheduler)
        await world.until(lambda: "Receive client connection" in log.read_text())
    else:  # while they upload
        point = Point()
        world.faults.add(UPLOAD, point.arriving)
        run = await cli.start("run", "recordings", "--dask", dask.address)
        await world.until(point.reached.is_set)
        dask.scheduler.send_signal(signal.SIGSTOP)
    began_at = asyncio.get_running_loop().time()
    run.send_signal(signal.SIGINT)
    _, stderr = await run.communicate()
    took_s = asyncio.get_running_loop().time() - began_at
    if who == "scheduler":
        point.let_go.set()
    assert run.returncode == ExitCode.INTERRUPTED
    assert took_s < STOPPED_WITHIN_S
    # It is not cut off, but comes to its own end.
    assert "stopped as asked" in stderr.decode()
