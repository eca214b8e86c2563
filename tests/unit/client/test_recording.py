"""A file as the body of an upload."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_transcriber.client.look import SMALL_SIZE_BYTES, look_at
from batch_transcriber.client.recording import SLICE_SIZE_BYTES, UPLOAD_MAX_BYTES, open_recording
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.model import CHUNK_SIZE_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from batch_transcriber.client.look import Look
    from batch_transcriber.client.recording import Recording

boundaries = st.builds(
    lambda size_bytes, off_by: size_bytes + off_by,
    st.sampled_from([SLICE_SIZE_BYTES, 2 * SLICE_SIZE_BYTES, CHUNK_SIZE_BYTES, 2 * CHUNK_SIZE_BYTES]),
    st.integers(-2, 2),
)


async def read(path: Path, between: Callable[[], object] = lambda: None) -> tuple[list[bytes], list[int]]:
    """Read a recording as an upload does; return its slices and the totals that were told."""
    slices: list[bytes] = []
    totals: list[int] = []
    async with open_recording(path) as recording:
        async for piece in recording.slices(totals.append):
            slices.append(bytes(piece))
            if len(slices) == 1:
                between()
        assert recording.failure is None
        await recording.check_unchanged()
    return slices, totals


async def exhaust(slices: AsyncIterator[memoryview]) -> None:
    async for _ in slices:
        pass


@settings(max_examples=20)
@given(st.one_of(st.integers(1, 1000), boundaries))
def test_the_slices_join_to_the_file_whatever_its_size(size_bytes: int) -> None:
    content = os.urandom(1024) * (size_bytes // 1024) + os.urandom(size_bytes % 1024)
    with TemporaryDirectory() as folder:
        path = Path(folder, "call.mp3")
        path.write_bytes(content)
        slices, totals = asyncio.run(read(path))
    assert b"".join(slices) == content
    assert max(map(len, slices)) <= SLICE_SIZE_BYTES
    assert totals == [sum(map(len, slices[: n + 1])) for n in range(len(slices))]


async def test_a_slice_is_told_only_once_the_next_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * (SLICE_SIZE_BYTES + 1))
    totals: list[int] = []
    async with open_recording(path) as recording:
        slices = aiter(recording.slices(totals.append))
        await anext(slices)
        assert totals == []
        await anext(slices)
        assert totals == [SLICE_SIZE_BYTES]


async def test_every_opening_reads_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"words")
    assert await read(path) == await read(path) == ([b"words"], [5])


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    with pytest.raises(PermanentError, match="is empty"):
        await read(tmp_path / "empty.mp3")


@pytest.mark.parametrize("size_bytes", [UPLOAD_MAX_BYTES + 1, 2_300_000_000])
async def test_a_file_above_the_limit_is_refused_unread(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "film.mp4"
    path.touch()
    os.truncate(path, size_bytes)
    with pytest.raises(PermanentError, match=r"over 2\.2 GB.*URL"):
        await read(path)


async def test_a_file_at_the_limit_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.touch()
    os.truncate(path, UPLOAD_MAX_BYTES)
    async with open_recording(path) as recording:
        assert recording.size_bytes == UPLOAD_MAX_BYTES


async def test_a_missing_file_is_said_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await read(tmp_path / "gone.mp3")


async def test_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"cannot be read \(Is a directory\)"):
        await read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_forbidden_file_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp3"
    path.write_bytes(b"words")
    path.chmod(0)
    with pytest.raises(PermanentError, match=r"cannot be read \(Permission denied\); allow it"):
        await read(path)


@pytest.mark.parametrize("size_bytes", [10, SLICE_SIZE_BYTES + 10, CHUNK_SIZE_BYTES + 10])
async def test_a_file_that_grows_is_noticed(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * size_bytes)
    with pytest.raises(RetryableError, match="changed while it was sent") as caught:
        await read(path, lambda: os.truncate(path, size_bytes + 1))
    assert not caught.value.maybe_done


async def test_a_file_that_shrinks_is_noticed_and_the_body_ends(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * (CHUNK_SIZE_BYTES + 10))
    async with open_recording(path) as recording:
        slices = recording.slices(lambda _: None)
        await anext(slices)
        os.truncate(path, 1)
        with pytest.raises(RetryableError, match="changed while it was sent"):
            await exhaust(slices)
        assert isinstance(recording.failure, RetryableError)


async def test_a_file_that_is_overwritten_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * 10)
    os.utime(path, ns=(1, 1))
    with pytest.raises(RetryableError, match="changed while it was sent"):
        await read(path, lambda: path.write_bytes(b"y" * 10))


async def test_a_file_that_is_deleted_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * (CHUNK_SIZE_BYTES + 10))
    slices, _ = await read(path, path.unlink)
    assert sum(map(len, slices)) == CHUNK_SIZE_BYTES + 10


async def test_a_recording_is_closed_even_where_its_upload_is_cancelled_twice(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"words")
    busy = Event()
    opened: list[Recording] = []

    async def hold() -> None:
        async with open_recording(path) as recording:
            opened.append(recording)
            await asyncio.get_running_loop().run_in_executor(None, busy.wait)

    with ThreadPoolExecutor(1) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        holding = asyncio.ensure_future(hold())
        while not opened:  # noqa: ASYNC110 - a thread opens it
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
            holding.cancel()
        await asyncio.wait([holding])
        busy.set()
    with pytest.raises(ValueError, match="closed"):
        await opened[0].check_unchanged()


async def send(path: Path, look: Look, before: Callable[[], object] = lambda: None) -> tuple[bytes, bytes]:
    """Return what is sent of a recording that was looked at, and the digest that is told of it."""
    before()
    async with open_recording(path, look) as recording:
        sent = b"".join([bytes(piece) async for piece in recording.slices(lambda _: None)])
        await recording.check_unchanged()
        return sent, recording.digest


@pytest.mark.parametrize("size_bytes", [1, SMALL_SIZE_BYTES, SMALL_SIZE_BYTES + 1])
async def test_what_was_looked_at_is_sent_as_it_was(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(content := os.urandom(size_bytes))
    look = look_at(str(path))
    assert (look.content is None) == (size_bytes > SMALL_SIZE_BYTES)
    assert await send(path, look) == (content, sha256(content).digest())


@pytest.mark.parametrize("size_bytes", [5, SMALL_SIZE_BYTES + 1])
async def test_what_changed_since_it_was_looked_at_is_never_told_by_the_old_digest(
    tmp_path: Path, size_bytes: int
) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"x" * size_bytes)
    look = look_at(str(path))

    def change() -> None:
        path.write_bytes(b"y" * size_bytes)
        os.utime(path, ns=(0, look.stamp.mtime_ns + 1))

    if look.content:
        with pytest.raises(RetryableError, match="changed while it was sent"):
            await send(path, look, change)
    else:
        assert await send(path, look, change) == (
            b"y" * size_bytes,
            sha256(b"y" * size_bytes).digest(),
        )


async def test_a_small_one_that_is_deleted_after_the_look_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"words")
    assert await send(path, look_at(str(path)), path.unlink) == (b"words", sha256(b"words").digest())


def test_a_pipe_is_not_looked_at(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(OSError, match="not a regular file"):
        look_at(str(tmp_path / "pipe.mp3"))


async def test_a_small_one_whose_folder_is_out_of_reach_after_the_look_is_sent(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "call.mp3").write_bytes(b"words")

    def take_away() -> None:
        folder.rename(tmp_path / "elsewhere")
        folder.touch()  # so that its path leads through a file

    look = look_at(str(folder / "call.mp3"))
    assert await send(folder / "call.mp3", look, take_away) == (b"words", sha256(b"words").digest())
