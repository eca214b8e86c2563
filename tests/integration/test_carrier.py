"""What a worker of a cluster does about uploads, without the cluster: the same functions, a real service."""

from __future__ import annotations

import asyncio
import os
import pickle
import platform
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.client import carrier
from batch_transcriber.client.answer import Answer
from batch_transcriber.client.carrier import carry, check_worker
from batch_transcriber.client.errand import Delivery, Errand, Proof, Service, Terms
from batch_transcriber.client.look import Stamp
from batch_transcriber.errors import FatalError, NotSeenError, PermanentError, RetryableError
from tests.support.faults import UPLOAD, error
from tests.support.world import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.world import World

LARGE_BYTES = 2_000_000


class Link:
    address = "tcp://worker:1"

    def __init__(self) -> None:
        self.sent: list[object] = []

    def send(self, message: object) -> None:
        self.sent.append(message)


@pytest.fixture(autouse=True)
async def _key(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Give this machine the key of the service, and close what the uploads opened."""
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", KEY)
    yield
    for line in list(carrier._lines.values()):
        if line.closing is not None:
            line.closing.cancel()
        await line.session.close()
    carrier._lines.clear()


def errand(world: World, path: Path, digest: bytes | None = None, **changes: int) -> Errand:
    stamp = Stamp.of(path.stat())._replace(**changes)
    return Errand(Service.of(world.settings()), str(path), stamp, digest)


async def test_what_is_sent_comes_back_with_its_digest(world: World) -> None:
    small, large = world.record("small.mp3"), world.record("large.mp3", size_bytes=LARGE_BYTES)
    results = await carry([errand(world, small), errand(world, large)], Link())
    for result, path in zip(results, (small, large), strict=True):
        assert isinstance(result, Delivery)
        assert isinstance(result.answer, Answer)
        assert result.answer.status == 200
        assert (result.digest, result.stamp) == (sha256(path.read_bytes()).digest(), Stamp.of(path.stat()))
        assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own


@pytest.mark.parametrize("size_bytes", [0, LARGE_BYTES])
async def test_a_digest_that_the_run_knows_holds_for_the_same_file_alone(
    world: World, size_bytes: int
) -> None:
    path = world.record("one.mp3", size_bytes=size_bytes)
    same = errand(world, path, b"known")
    other = errand(world, path, b"known", mtime_ns=1)
    results = await carry([same, other], Link())
    digests = [result.digest for result in results if isinstance(result, Delivery)]
    assert digests == [b"known", sha256(path.read_bytes()).digest()]


async def test_what_is_not_there_or_another_one_is_said_and_the_others_are_sent(world: World) -> None:
    path, gone, empty = world.record("one.mp3"), world.record("gone.mp3"), world.record("empty.mp3", "")
    missing, nothing = errand(world, gone), errand(world, empty)
    gone.unlink()
    errands = [missing, errand(world, path, size_bytes=7), nothing, errand(world, path)]
    unseen, another, refused, sent = await carry(errands, Link())
    assert isinstance(unseen, NotSeenError)
    assert str(unseen) == f"worker tcp://worker:1 does not see {gone}"
    assert isinstance(another, NotSeenError)
    assert "(16 bytes instead of 7)" in str(another)
    assert isinstance(refused, PermanentError)
    assert str(refused).startswith("at worker tcp://worker:1: the file is empty")
    assert isinstance(sent, Delivery)
    assert world.faults.count(UPLOAD) == 1


async def test_a_round_ends_where_the_service_refuses(world: World) -> None:
    errands = [errand(world, world.record(f"{number}.mp3")) for number in range(5)]
    world.faults.add(UPLOAD, error(429, "slow down"), after=2)
    results = await carry(errands, Link())
    statuses = [getattr(getattr(result, "answer", None), "status", None) for result in results]
    assert statuses == [200, 200, 429]


async def test_a_service_that_is_away_is_an_answer_with_the_workers_name(world: World) -> None:
    one = errand(world, world.record("one.mp3"))
    nobody = one._replace(service=one.service._replace(base_url="http://127.0.0.1:9"))
    (result,) = await carry([nobody, one], Link())
    assert isinstance(result, Delivery)
    assert isinstance(result.answer, RetryableError)
    assert result.answer.service_wide
    assert str(result.answer).startswith("at worker tcp://worker:1: cannot connect to 127.0.0.1:9")


async def test_one_session_is_kept_open_and_closes_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "KEEP_ALIVE_S", 0.05)
    path = world.record("one.mp3")
    for _ in range(2):
        await asyncio.gather(*(carry([errand(world, path)], Link()) for _ in range(3)))
        (line,) = carrier._lines.values()
    await world.until(lambda: line.session.closed)
    assert not carrier._lines


def terms(world: World, *places: str, **changes: object) -> Terms:
    return Terms.of(world.settings(**changes), places)


async def test_a_worker_like_the_run_takes_as_many_uploads_as_it_has_threads(world: World) -> None:
    assert check_worker(3, terms(world, str(world.recordings))) == 3


async def test_a_worker_that_cannot_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(of: Terms) -> str:
        with pytest.raises(FatalError) as refused:
            check_worker(3, of)
        assert KEY not in str(refused.value)
        return str(refused.value)

    usual = terms(world)
    assert "does not see /nowhere; is the folder mounted there" in refusal(terms(world, "/nowhere"))
    assert refusal(usual._replace(host="another")).endswith("is on another alone; check --base-url")
    with_bundle = usual._replace(service=usual.service._replace(ca_bundle="/nowhere.pem"))
    assert refusal(with_bundle) == "it does not see /nowhere.pem (--ca-bundle)"
    plain = usual._replace(service=usual.service._replace(base_url="http://example.org"))
    assert "unencrypted" in refusal(plain)
    assert refusal(usual._replace(proof=Proof.of("another"))) == "its API key is not that of the run"
    monkeypatch.setenv("BATCH_TRANSCRIBER_API_KEY_FILE", "/nowhere")
    assert refusal(usual).startswith("/nowhere: the key file cannot be read")
    monkeypatch.delenv("BATCH_TRANSCRIBER_API_KEY_FILE")
    monkeypatch.delenv("ASSEMBLYAI_API_KEY")
    assert refusal(usual) == "it has no API key; set AAI_API_KEY in its environment"


def test_nothing_that_is_sent_to_a_worker_holds_the_key(world: World) -> None:
    sent = pickle.dumps((terms(world), errand(world, world.record("one.mp3"))))
    assert KEY.encode() not in sent
    assert platform.node().encode() in sent
    assert os.fsencode(world.recordings) in sent
    assert Proof.of(KEY) != Proof.of(KEY)
