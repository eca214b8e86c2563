"""Decoders: what happens to one, and what a file does to it, costs no other recording."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

np = pytest.importorskip("numpy")
av = pytest.importorskip("av")
psutil = pytest.importorskip("psutil")

from batch_transcriber.server import NotAudioError, Wanted  # noqa: E402
from batch_transcriber.server.children import Decoders  # noqa: E402
from batch_transcriber.server.decoding import Decoding  # noqa: E402
from batch_transcriber.server.framing import BrokenPipesError, receive  # noqa: E402
from tests.integration.server.signals import sparse_wav, tone, wav  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_transcriber.server.cutting import Piece

GIB = 1024**3
DEADLINE_S = 10.0


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    own = Decoders(memory_bytes=2 * GIB, stall_s=0.2)
    yield own
    pids = own.pids
    own.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.fixture
def hour(tmp_path: Path) -> Path:
    """Return a recording that is decoded for a while."""
    return sparse_wav(tmp_path / "hour.wav", 3600)


def begin(decoders: Decoders, path: Path) -> Decoding:
    return Decoding(decoders, path, Wanted(), most_s=None)


def rest(decoding: Decoding) -> list[Piece]:
    return list(iter(decoding.next_piece, None))


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s
        os.sched_yield()


def test_a_child_is_used_again_and_replaced_when_it_has_gone(decoders: Decoders, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1.0))
    assert rest(begin(decoders, path))
    (first,) = decoders.pids
    assert rest(begin(decoders, path))
    assert decoders.pids == [first]
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait(DEADLINE_S)
    assert rest(begin(decoders, path))
    (second,) = decoders.pids
    assert second != first


def test_a_refused_file_does_not_cost_its_child(decoders: Decoders, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no audio")
    with pytest.raises(NotAudioError):
        rest(begin(decoders, tmp_path / "text"))
    (pid,) = decoders.pids
    assert rest(begin(decoders, wav(tmp_path / "a.wav", tone(1.0))))
    assert decoders.pids == [pid]


def test_what_is_killed_from_outside_goes_on_where_it_was(decoders: Decoders, hour: Path) -> None:
    decoding = begin(decoders, hour)
    first = decoding.next_piece()
    assert first is not None
    os.kill(decoders.pids[0], signal.SIGKILL)
    others = rest(decoding)
    ends_s = [piece.end_s for piece in (first, *others)]
    assert [piece.start_s for piece in others] == pytest.approx(ends_s[:-1])
    assert ends_s[-1] == 3600
    assert decoding.duration_s == 3600


def test_it_is_tried_once_more_and_not_for_ever(decoders: Decoders, hour: Path) -> None:
    decoding = begin(decoders, hour)
    for _ in range(2):
        assert decoding.next_piece()
        os.kill(decoders.pids[0], signal.SIGKILL)
    with pytest.raises(NotAudioError, match=r"^Transcoding failed\. The file breaks the decoder\.$"):
        rest(decoding)


def test_a_crash_is_the_files_own_fault(decoders: Decoders, hour: Path, tmp_path: Path) -> None:
    decoding = begin(decoders, hour)
    assert decoding.next_piece()
    os.kill(decoders.pids[0], signal.SIGSEGV)
    with pytest.raises(NotAudioError, match=r"^Transcoding failed\. The file breaks the decoder\.$"):
        rest(decoding)
    assert rest(begin(decoders, wav(tmp_path / "a.wav", tone(1.0))))


def test_a_child_that_says_nothing_is_ended(decoders: Decoders, hour: Path) -> None:
    decoding = begin(decoders, hour)
    assert decoding.next_piece()
    os.kill(decoders.pids[0], signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(rest, decoding)

        def has_ended() -> bool:
            decoding.end_if_stalled()
            return reading.done()

        until(has_ended)
    with pytest.raises(NotAudioError, match=r"^Transcoding failed\. Decoding the file gets nowhere\.$"):
        reading.result()


def test_cancelling_ends_a_reader_that_waits(decoders: Decoders, hour: Path) -> None:
    decoding = begin(decoders, hour)
    assert decoding.next_piece()
    os.kill(decoders.pids[0], signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(rest, decoding)
        until(reading.running)
        decoding.cancel()
        with pytest.raises(CancelledError):
            reading.result(DEADLINE_S)
    assert decoders.pids == []


def test_closing_amid_a_recording_ends_its_child(decoders: Decoders, hour: Path) -> None:
    decoding = begin(decoders, hour)
    assert decoding.next_piece()
    (pid,) = decoders.pids
    decoding.close()
    assert decoders.pids == []
    assert not psutil.pid_exists(pid)
    decoding.close()


def hog(path: Path) -> Path:
    """Write a small file of one sample a second, all in one packet: at 16 kHz that is a gigabyte."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=1, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 32_000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    decoders = Decoders(memory_bytes=400 * 1024**2)
    try:
        with pytest.raises(NotAudioError) as error:
            rest(begin(decoders, hog(tmp_path / "hog.mkv")))
        assert str(error.value) == "Transcoding failed. Decoding the file takes too much memory."
        assert rest(begin(decoders, wav(tmp_path / "a.wav", tone(1.0))))
    finally:
        decoders.close()


def test_a_child_learns_no_key_and_heeds_its_parent_alone(
    decoders: Decoders, hour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", "secret")
    decoding = begin(decoders, hour)
    assert decoding.next_piece()
    child = psutil.Process(decoders.pids[0])
    assert "ASSEMBLYAI_API_KEY" not in child.environ()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        child.send_signal(number)
    assert len(rest(decoding)) > 10
    assert decoders.pids == [child.pid]
    assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_AS) == (2 * GIB, 2 * GIB)


PARENT = """
import sys, time
from pathlib import Path
from batch_transcriber.server import Wanted
from batch_transcriber.server.children import Decoders
from batch_transcriber.server.decoding import Decoding
decoders = Decoders(memory_bytes=2**31)
decodings = [Decoding(decoders, Path(path), Wanted(), most_s=None) for path in sys.argv[1:]]
for decoding in decodings:
    decoding.next_piece()
print(*decoders.pids, flush=True)
time.sleep(600)
"""


def test_children_end_with_a_parent_that_is_killed(hour: Path, tmp_path: Path) -> None:
    short = wav(tmp_path / "a.wav", tone(1.0))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(hour), str(short)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(children) == 2  # one amid its work, one at rest
        parent.kill()
    for child in children:
        child.wait(DEADLINE_S)


def test_what_a_child_says_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "said"
    for said in (b"", b"S", b"?\0\0\0\0", b"S\xff\xff\xff\xff", b"O\0\0\1\0", b"S\2\0\0\0\1"):
        path.write_bytes(said)
        with path.open("rb") as pipe, pytest.raises(BrokenPipesError):
            receive(pipe)
