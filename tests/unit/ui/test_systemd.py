"""What systemd hears of a run, on a real socket."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.events import Failed, RunStarted
from batch_transcriber.model import Stage
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.systemd import ServiceManager, find_manager

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)
        receiver.settimeout(5)
        yield receiver


def heard(receiver: socket.socket) -> list[str]:
    return receiver.recv(4096).decode().splitlines()


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_it_hears_when_the_run_is_ready_how_far_it_is_and_that_it_ends(tmp_path: Path, kind: str) -> None:
    address = f"@{tmp_path}" if kind == "abstract" else str(tmp_path / "notify")
    with listening(f"\0{tmp_path}" if kind == "abstract" else address) as receiver:
        manager = find_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"})
        assert manager is not None
        manager.show(RunStarted(("x",), Path("t"), "https://h"))
        assert heard(receiver) == ["READY=1", "WATCHDOG=1", "STATUS=begun"]
        manager.show(Failed("a.mp3", Stage.PLAN, "gone"))
        manager.tick()
        assert heard(receiver) == ["WATCHDOG=1", "STATUS=1 of 1 done, 1 failed"]
        manager.end(Ending(BatchReport(written=2), Path("t"), 1.0, "", 0))
        assert heard(receiver) == ["STOPPING=1", "STATUS=2 written, 0 failed"]


def test_the_watchdog_hears_three_times_as_often_as_it_must() -> None:
    environ = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "3000000"}
    for pid, interval_s in ((str(os.getpid()), 1.0), (str(os.getppid()), 10.0)):
        manager = find_manager(environ | {"WATCHDOG_PID": pid})
        assert manager is not None
        assert manager.interval_s == pytest.approx(interval_s)


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_what_is_no_socket_of_this_machine_is_left_alone(address: str) -> None:
    assert find_manager({"NOTIFY_SOCKET": address}) is None


def test_a_manager_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    manager = ServiceManager(str(tmp_path / "gone"))
    manager.show(RunStarted(("x",), Path("t"), "https://h"))
    manager.tick()
    assert not any(tmp_path.iterdir())
