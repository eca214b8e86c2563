from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dask import config

from batch_transcriber.cluster import Cluster, ClusterLostError, Preparation, WorkerDiedError
from batch_transcriber.cluster.connection import Connection
from batch_transcriber.errors import FatalError, PermanentError
from tests.support import called
from tests.support.cluster import DaskCluster, dask_cluster, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN_S = 20
CLOSED_WITHIN_S = 1.5  # a stop has other things to wait for, too


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path / "dask") as cluster:
        yield cluster


def open_cluster(dask: DaskCluster, **options: Any) -> Cluster:
    preparation = options.pop("preparation", None) or Preparation(
        "tests", called.prepared, (str(dask.folder),)
    )
    return Cluster(dask.address, preparation, **options)


class Said(list[str]):
    """Lines, and the next that has some words."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.append(line)
        self._more.set()

    async def line_with(self, words: str) -> str:
        async with asyncio.timeout(WITHIN_S):
            while not (found := [line for line in self if words in line]):
                self._more.clear()
                await self._more.wait()
        return found[0]


async def begun(start: Callable[[Callable[[Any], None]], Any]) -> tuple[asyncio.Task[Any], Any]:
    """Start a call, and return it with its first message."""
    messages: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.create_task(start(messages.put_nowait))
    async with asyncio.timeout(WITHIN_S):
        return task, await messages.get()


async def test_calls_run_on_all_workers_and_send_messages(dask: DaskCluster) -> None:
    got: list[Any] = []
    async with open_cluster(dask) as cluster:
        assert cluster.places == 2
        lengths = await asyncio.gather(
            cluster.call(called.length, b"12345", on_message=got.append),
            cluster.call(called.length_later, bytes(10_000_000), on_message=got.append),
        )
        processes = await asyncio.gather(*(cluster.call(called.process_id) for _ in range(8)))
    assert list(lengths) == [5, 10_000_000]
    assert sorted(map(str, got)) == ["(0, 'of three')", "(1, 'of three')", "(2, 'of three')", "async"]
    assert set(processes) == {worker.pid for worker in dask.workers}
    prepared = (dask.folder / "prepared").read_text().split()
    assert sorted(map(int, prepared)) == sorted(worker.pid for worker in dask.workers)


async def test_what_a_call_raises_comes_back(dask: DaskCluster) -> None:
    async with open_cluster(dask) as cluster:
        with pytest.raises(PermanentError, match="no good") as raised:
            await cluster.call(called.fail)
    assert raised.value.http_status == 400


@pytest.mark.parametrize("function", [called.wait_for_file, called.wait_for_ever])
async def test_a_cancelled_call_ends_at_the_worker(
    dask: DaskCluster, function: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "never"
    async with open_cluster(dask) as cluster:
        task, _ = await begun(lambda take: cluster.call(function, str(path), on_message=take))
        task.cancel()
        async with asyncio.timeout(WITHIN_S):
            while not (tmp_path / "never.stopped").exists():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await cluster.call(called.length, b"1") == 1


async def test_a_lost_workers_call_is_begun_anew_on_another(dask: DaskCluster, tmp_path: Path) -> None:
    said, path = Said(), tmp_path / "let go"
    async with open_cluster(dask, say=said) as cluster:
        task, process = await begun(
            lambda take: cluster.call(called.wait_for_file, str(path), on_message=take)
        )
        os.kill(process, signal.SIGKILL)
        assert "begun anew" in await said.line_with("went away")
        path.touch()
        async with asyncio.timeout(WITHIN_S):
            assert await task in {worker.pid for worker in dask.workers} - {process}
        assert cluster.places == 1


async def test_a_worker_that_joins_is_prepared_and_gets_calls(dask: DaskCluster) -> None:
    said = Said()
    async with open_cluster(dask, say=said) as cluster:
        joined = await asyncio.to_thread(dask.start_worker, threads=3)
        await said.line_with("joined")
        assert cluster.places == 5
        assert joined.pid in await asyncio.gather(*(cluster.call(called.process_id) for _ in range(5)))


async def test_a_call_that_kills_workers_is_given_up(dask: DaskCluster) -> None:
    await asyncio.to_thread(dask.start_worker)
    async with open_cluster(dask) as cluster:
        with pytest.raises(WorkerDiedError, match="3 workers died"):
            await cluster.call(called.die)


async def test_a_scheduler_that_stays_away_is_said_and_comes_back(dask: DaskCluster, tmp_path: Path) -> None:
    said = Said()
    async with open_cluster(dask, say=said, patience_s=1.5) as cluster:
        call = lambda take: cluster.call(called.wait_for_file, str(tmp_path / "x"), on_message=take)  # noqa: E731
        task, _ = await begun(call)
        dask.kill(dask.scheduler)
        with pytest.raises(
            ClusterLostError, match=r"scheduler at tcp://127\.0\.0\.1:\d+ stayed away for 2 s"
        ):
            async with asyncio.timeout(WITHIN_S):
                await task
        assert "it is waited for, 2 s" in await said.line_with("went away")
        await asyncio.to_thread(dask.start_scheduler)
        await asyncio.to_thread(dask.start_worker)
        await said.line_with("joined")
        assert await cluster.call(called.length, b"12") == 2


async def test_workers_that_are_all_gone_are_waited_for(dask: DaskCluster) -> None:
    said = Said()
    async with open_cluster(dask, say=said) as cluster:
        for worker in dask.workers:
            dask.kill(worker)
        await said.line_with("went away")
        task = asyncio.create_task(cluster.call(called.length, b"123"))
        await asyncio.to_thread(dask.start_worker)
        async with asyncio.timeout(WITHIN_S):
            assert await task == 3


async def test_a_worker_that_cannot_is_left_out(dask: DaskCluster) -> None:
    (dask.folder / "places").write_text("it has no model")
    with pytest.raises(FatalError, match=r"no worker of .* at tcp://\S+ can be used") as raised:
        await open_cluster(dask).__aenter__()
    assert raised.value.exit_code == 2
    assert [line.partition(" is left out: ")[2] for line in raised.value.details] == ["it has no model"] * 2


async def test_other_versions_on_a_worker_are_said(
    dask: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = dask.folder / "installed" / "only_some-1.0.dist-info"  # here, and at the scheduler
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: only-some\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(package.parent)
    setup = dask.folder / "with_package.py"
    setup.write_text(f"import sys\n\ndef dask_setup(_):\n    sys.path.append({str(package.parent)!r})\n")
    dask.kill(dask.scheduler)
    await asyncio.to_thread(dask.start_scheduler, "--preload", str(setup))
    await asyncio.to_thread(dask.start_worker)
    needing = Preparation("tests", called.prepared, (str(dask.folder),), packages=("only-some",))
    with pytest.raises(FatalError, match=r"no worker of .* can be used") as raised:
        await open_cluster(dask, preparation=needing).__aenter__()
    (line,) = raised.value.details
    assert "it has no only-some, this machine 1.0; install the same packages there" in line
    assert not (dask.folder / "prepared").exists()


async def test_other_versions_at_the_scheduler_are_one_line(dask: DaskCluster) -> None:
    class Other(Preparation):
        def versions(self) -> dict[str, str]:
            return super().versions() | {"distributed": "1.0", "Python": "2.7"}

        def __reduce__(self) -> tuple[Any, ...]:
            return Preparation, (self.kind, self.function, self.args, self.packages)

    other = Other("tests", called.prepared, (str(dask.folder),))
    with pytest.raises(FatalError, match=r"cannot be used: it has Python 3\.\d+, this machine 2\.7"):
        await open_cluster(dask, preparation=other).__aenter__()
    assert not (dask.folder / "prepared").exists()


async def test_no_workers_no_scheduler_and_no_address_are_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batch_transcriber.cluster.cluster.CONNECT_S", 1.0)
    with dask_cluster(tmp_path / "dask", workers=0) as dask:
        with pytest.raises(FatalError, match="has no workers; start some with: dask worker tcp://") as none:
            await open_cluster(dask).__aenter__()
        dask.kill(dask.scheduler)
        with pytest.raises(FatalError, match="no Dask scheduler answers at tcp://") as away:
            await open_cluster(dask).__aenter__()
        dask.port = 0
        wrong = Cluster("http://127.0.0.1:1", Preparation("tests", called.prepared))
        with pytest.raises(FatalError, match="it looks like tcp://host:8786") as odd:
            await wrong.__aenter__()
    assert {error.value.exit_code for error in (none, away, odd)} == {2}


async def test_who_is_there_is_known_whatever_dask_has_noted_of_it(dask: DaskCluster) -> None:
    importlib.import_module("distributed")  # or else its defaults go with what is set here
    with config.set({"distributed.client.scheduler-info-interval": "3ms"}):
        connection = await Connection.open(
            dask.address, Preparation("tests", called.prepared, (str(dask.folder),)), WITHIN_S
        )
    try:
        assert {len(await connection.workers()) for _ in range(2000)} == {2}
    finally:
        await connection.close()


async def test_a_scheduler_that_hangs_counts_as_away(
    dask: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batch_transcriber.cluster.connection.ANSWER_S", 0.5)
    said = Said()
    async with open_cluster(dask, say=said, patience_s=0.5) as cluster:
        task, _ = await begun(
            lambda take: cluster.call(called.wait_for_file, str(tmp_path / "x"), on_message=take)
        )
        assert dask.scheduler is not None
        dask.scheduler.send_signal(signal.SIGSTOP)
        with pytest.raises(ClusterLostError):
            async with asyncio.timeout(WITHIN_S):
                await task
        left_at = time.monotonic()
    assert time.monotonic() - left_at < CLOSED_WITHIN_S


async def test_a_worker_that_hangs_keeps_nobody_from_others_nor_from_the_end(tmp_path: Path) -> None:
    said = Said()
    with dask_cluster(tmp_path / "dask", workers=1, threads=8) as dask:
        async with open_cluster(dask, say=said) as cluster:
            calls = [
                (
                    await begun(
                        lambda take: cluster.call(called.wait_for_ever, str(tmp_path / "x"), on_message=take)
                    )
                )[0]
                for _ in range(8)
            ]
            dask.workers[0].send_signal(signal.SIGSTOP)
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            joined = await asyncio.to_thread(dask.start_worker)
            await said.line_with("joined")
            left_at = time.monotonic()
        assert time.monotonic() - left_at < CLOSED_WITHIN_S
        assert joined.poll() is None


async def test_a_scheduler_that_dies_while_workers_are_prepared_is_one_line(dask: DaskCluster) -> None:
    late = Preparation("tests", called.prepared_late, (str(dask.folder),))
    opening = asyncio.create_task(open_cluster(dask, preparation=late).__aenter__())
    await asyncio.to_thread(until, (dask.folder / "begun").exists)
    dask.kill(dask.scheduler)
    with pytest.raises(FatalError, match="went away") as raised:
        async with asyncio.timeout(WITHIN_S):
            await opening
    assert raised.value.exit_code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="it counts what is open in /proc")
async def test_a_scheduler_that_is_looked_for_in_vain_leaves_nothing_open() -> None:
    def left() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    async def look_for() -> tuple[int, int]:
        with pytest.raises((OSError, TimeoutError)):
            await Connection.open("tcp://127.0.0.1:1", Preparation("tests", called.prepared), 0.2)
        return left()

    first = await look_for()
    assert max([await look_for() for _ in range(4)]) <= first


async def test_messages_come_again_once_a_scheduler_was_replaced(dask: DaskCluster) -> None:
    said, got = Said(), list[Any]()
    async with open_cluster(dask, say=said) as cluster:
        dask.kill(dask.scheduler)
        await asyncio.to_thread(dask.start_scheduler)
        await asyncio.to_thread(dask.start_worker)
        await said.line_with("joined")
        assert await cluster.call(called.length, b"12", on_message=got.append) == 2
    assert len(got) == 3


OTHER_THERE = """
import sys
import distributed.versions


class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "batch_transcriber":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def dask_setup(scheduler):
    if IS_MISSING:
        sys.meta_path.insert(0, Missing())
    of_here = distributed.versions.get_package_info
    distributed.versions.get_package_info = lambda names: {**of_here(names), "msgpack": "0.5"}
"""


@pytest.mark.parametrize("is_missing", [True, False])
async def test_a_scheduler_that_cannot_pass_calls_on_is_one_line(
    dask: DaskCluster, *, is_missing: bool
) -> None:
    dask.kill(dask.scheduler)
    setup = dask.folder / "other_there.py"
    setup.write_text(f"IS_MISSING = {is_missing}\n{OTHER_THERE}")
    await asyncio.to_thread(dask.start_scheduler, "--preload", str(setup))
    await asyncio.to_thread(dask.start_worker)
    if is_missing:
        with pytest.raises(
            FatalError, match="cannot be used: batch-transcriber, as it is here, is not"
        ) as raised:
            await open_cluster(dask).__aenter__()
        assert raised.value.exit_code == 2
    else:  # other versions of what does not matter here are no warning, which would fail this test
        async with open_cluster(dask) as cluster:
            assert await cluster.call(called.length, b"12") == 2


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_the_port_of_something_else_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """A web server, such as Dask's own page, waits for the rest of a request, or refuses it."""
    monkeypatch.setattr("batch_transcriber.cluster.cluster.CONNECT_S", 1.0)
    writers = []

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(answer)

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server, asyncio.timeout(WITHIN_S):
        port = server.sockets[0].getsockname()[1]
        cluster = Cluster(f"tcp://127.0.0.1:{port}", Preparation("tests", called.prepared))
        with pytest.raises(FatalError, match="no Dask scheduler answers at tcp://"):
            await cluster.__aenter__()
        assert writers
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def test_that_the_last_worker_went_away_is_said(dask: DaskCluster) -> None:
    said = Said()
    async with open_cluster(dask, say=said, patience_s=7):
        for worker in list(dask.workers):
            dask.kill(worker)
        assert "one is waited for, 7 s" in await said.line_with("no worker left")
