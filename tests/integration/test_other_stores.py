"""Stores that are none of S3: what fsspec's common calls can do is enough, but for signed addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

fsspec = pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

from batch_transcriber.buckets.place import place_of  # noqa: E402
from batch_transcriber.buckets.store import forget_stores  # noqa: E402
from batch_transcriber.events import Submitted  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.world import World


class Unsigned(MemoryFileSystem):  # type: ignore[misc]
    """A store in memory, under a name that people use."""

    protocol = "gs"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    fsspec.register_implementation("gs", Unsigned, clobber=True)
    forget_stores()
    store = Unsigned(skip_instance_cache=True)
    store.makedirs("/bucket")
    for key in ("calls/a.mp3", "calls/deep/b.mp3", "calls/deep/notes.pdf", "callsign.mp3"):
        store.pipe_file(f"/bucket/{key}", f"words of {key.rpartition('/')[2]}".encode())
    yield store
    store.rm("/bucket", recursive=True)
    forget_stores()


async def test_a_store_that_cannot_sign_names_through(world: World) -> None:
    report = await world.run("gs://bucket/calls")
    assert [failed.source for failed in report.failed] == [
        "gs://bucket/calls/a.mp3",
        "gs://bucket/calls/deep/b.mp3",
    ]
    assert all("--through" in failed.error and "\n" not in failed.error for failed in report.failed)
    assert not world.seen(Submitted)


async def test_through_works_with_any_store_and_texts_go_to_any(world: World, store: Any) -> None:
    world.out = place_of("gs://bucket/texts")
    report = await world.run("gs://bucket/calls", through=True)
    assert (report.written, report.failed) == (2, [])
    assert store.cat_file("/bucket/texts/deep/b.txt") == b"words of b.mp3\n"
    again = await world.run("gs://bucket/calls", through=True)
    assert (again.written, again.already_written) == (0, 2)


async def test_a_pattern_and_an_object_are_found_in_any_store(world: World) -> None:
    report = await world.run("gs://bucket/calls/**/*.mp3", "gs://bucket/callsign.mp3", through=True)
    assert report.written == 3
    assert sorted(world.texts()) == ["a.txt", "callsign.txt", "deep/b.txt"]


async def test_equal_content_is_found_after_the_upload_and_paid_for_once(world: World, store: Any) -> None:
    store.pipe_file("/bucket/calls/copy.mp3", b"words of a.mp3")
    report = await world.run("gs://bucket/calls/a.mp3", "gs://bucket/calls/copy.mp3", through=True)
    assert (report.written, report.copies) == (2, 1)
