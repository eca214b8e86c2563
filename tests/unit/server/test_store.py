"""The store: pages of the list, and what becomes of a transcript."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.model import TranscriptStatus, Word
from batch_transcriber.server import Heard
from batch_transcriber.server.paging import PageQuery
from batch_transcriber.server.refusals import RefusedError
from batch_transcriber.server.store import Store
from batch_transcriber.server.transcript import DELETED_URL, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

HEARD = Heard((Word("Hello", 0, 400, 0.9), Word("you.", 450, 800, 0.7)), 1.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def ids(store: Store, query: PageQuery) -> list[str]:
    return [transcript.id for transcript in store.page(query)[0]]


def start(store: Store) -> Transcript:
    started = store.start_next()
    assert started is not None
    return started


def test_a_transcript_is_queued_started_and_completed(store: Store) -> None:
    made = store.create("http://a/1", {"punctuate": True})
    assert (made.status, made.completed, made.error) == (TranscriptStatus.QUEUED, None, "")
    started = start(store)
    assert store.get(made.id).status is TranscriptStatus.PROCESSING
    store.complete(started, HEARD)
    done = store.get(made.id)
    assert (done.status, done.duration_s) == (TranscriptStatus.COMPLETED, 1.5)
    assert done.completed is not None
    assert done.completed >= done.created
    assert store.words(done) == HEARD.words


def test_the_oldest_is_started_first(store: Store) -> None:
    made = [store.create(f"http://a/{number}", {}).id for number in range(5)]
    assert [start(store).id for _ in made] == made


def test_a_failed_transcript_is_never_completed(store: Store) -> None:
    store.create("http://a/1", {})
    failed = start(store)
    store.fail(failed, "Audio duration is too short.")
    failed = store.get(failed.id)
    assert (failed.status, failed.completed) == (TranscriptStatus.ERROR, None)
    assert failed.error == "Audio duration is too short."


def test_a_deleted_transcript_keeps_its_place_and_loses_its_words(store: Store) -> None:
    store.create("http://a/1", {"secret": "yes"})
    started = start(store)
    store.complete(started, HEARD)
    deleted = store.delete(started.id)
    assert deleted.is_deleted
    assert (deleted.status, deleted.audio_url) == (TranscriptStatus.COMPLETED, DELETED_URL)
    assert (deleted.options, deleted.duration_s) == ("{}", 1.5)
    assert store.words(deleted) == ()
    assert ids(store, PageQuery()) == [started.id]


def test_a_transcript_that_waits_is_deleted_and_never_started(store: Store) -> None:
    made = store.create("http://a/1", {})
    assert store.delete(made.id).is_deleted
    assert store.start_next() is None


def test_an_unknown_id_is_refused_with_400(store: Store) -> None:
    with pytest.raises(RefusedError, match="Transcript lookup error, transcript id not found") as refused:
        store.get("nobody")
    assert refused.value.http_status == 400


def test_two_cursors_are_refused_unless_after_is_the_newer(store: Store) -> None:
    older, newer = (store.create(f"http://a/{number}", {}).id for number in range(2))
    with pytest.raises(RefusedError, match="'after_id' must be a newer transcript than 'before_id'"):
        store.page(PageQuery(before_id=newer, after_id=older))
    assert ids(store, PageQuery(before_id=older, after_id=newer)) == []


def test_filters_take_status_and_day(store: Store) -> None:
    first, second = (store.create(f"http://a/{number}", {}) for number in range(2))
    store.start_next()
    assert ids(store, PageQuery(status=TranscriptStatus.PROCESSING)) == [first.id]
    assert ids(store, PageQuery(status=TranscriptStatus.QUEUED)) == [second.id]
    assert ids(store, PageQuery(created_on=first.created[:10])) == [second.id, first.id]
    assert ids(store, PageQuery(created_on="2001-01-01")) == []


@given(st.integers(0, 30), st.integers(1, 8))
def test_walking_older_shows_each_transcript_once_newest_first(number: int, limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "db")
        made = [store.create(f"http://a/{n}", {}).id for n in range(number)]
        seen, before_id, has_older = [], None, True
        while has_older:
            page, has_older = store.page(PageQuery(limit=limit, before_id=before_id))
            assert len(page) == limit or not has_older
            seen += [transcript.id for transcript in page]
            before_id = seen[-1] if seen else None
        store.close()
    assert seen == made[::-1]


@given(st.integers(1, 30), st.integers(1, 8))
def test_walking_newer_from_the_oldest_shows_all_others_once(number: int, limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "db")
        made = [store.create(f"http://a/{n}", {}).id for n in range(number)]
        seen = made[:1]
        while page := store.page(PageQuery(limit=limit, after_id=seen[-1]))[0]:
            seen += [transcript.id for transcript in reversed(page)]
        store.close()
    assert seen == made
