"""Recordings and texts in a bucket, by runs in this process: what is found, paid for, and goes wrong."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from batch_transcriber.buckets.place import place_of
from batch_transcriber.buckets.store import forget_stores
from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Submitted
from batch_transcriber.model import CHUNK_SIZE_BYTES
from tests.support import faults
from tests.support.bucket import NAME, OTHER_SERVER, Bucket
from tests.support.faults import ALWAYS, SUBMIT, UPLOAD, Faults
from tests.support.ledger import Ledger, digest_of
from tests.support.points import Point
from tests.support.scripted import ScriptedRecogniser, transcript_error
from tests.support.world import World, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

DEADLINE_S = 20.0
LISTING = rf"GET /{NAME}/?"
A_TEXT = rf"PUT /{NAME}/.*\.txt"


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(tmp_path_factory.mktemp("service"))


@pytest_asyncio.fixture
async def world(tmp_path: Path, ledger: Ledger) -> AsyncIterator[World]:
    recogniser, trouble = ScriptedRecogniser(), Faults()
    async with serve(recogniser, trouble, ledger) as service:
        (tmp_path / "recordings").mkdir()
        yield World(service, recogniser, trouble, tmp_path / "recordings", tmp_path / "out")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, s3_server: str) -> Iterator[Bucket]:
    with Bucket(s3_server) as bucket:
        for name, value in bucket.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        forget_stores()
        yield bucket
        forget_stores()


@pytest_asyncio.fixture
async def way(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> AsyncIterator[Faults]:
    """Trouble on the way to the bucket."""
    trouble = Faults()
    async with bucket.behind(trouble) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        yield trouble


async def test_an_object_that_changed_is_another_transcript_and_one_that_did_not_is_none(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    source = bucket.record("a.mp3", "first words")
    assert (await world.run(source)).written == 1
    out, world.out = world.out, world.out.with_name("elsewhere")
    assert (await world.run(source)).written == 1
    world.out = out
    paid = ledger.transcripts.total()
    assert (await world.run(source)).already_written == 1
    assert ledger.transcripts.total() == paid
    bucket.record("a.mp3", "other words")  # as long, and within the same second perhaps
    assert (await world.run(source)).written == 1
    assert ledger.transcripts.total() == paid + 1
    assert world.texts() == {"a.txt": "other words\n"}


@pytest.mark.parametrize("scheme", ["S3", "s3a"])
async def test_an_object_is_paid_for_once_however_its_scheme_is_spelled(
    world: World, bucket: Bucket, ledger: Ledger, scheme: str
) -> None:
    bucket.record("a.mp3")
    bucket.record("calls/b.mp3")
    report = await world.run(f"s3://{NAME}/a.mp3", f"s3://{NAME}/calls")
    assert (report.written, report.failed) == (2, [])
    again = await world.run(f"{scheme}://{NAME}/a.mp3", f"{scheme}://{NAME}/calls/")
    assert (again.already_written, again.written, again.failed) == (2, 0, [])
    assert ledger.transcripts.total() == 2


async def test_through_sends_it_in_chunks_and_what_was_paid_for_is_not_sent_again(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    sources = [bucket.record("a.mp3", size_bytes=2 * CHUNK_SIZE_BYTES + 1000), bucket.record("b.mp3")]
    world.faults.add(UPLOAD, faults.reset, times=1)
    report = await world.run(*sources, through=True)
    assert (report.written, report.failed) == (2, [])
    assert ledger.uploads == {digest_of(bucket.get(key)): 1 for key in ("a.mp3", "b.mp3")}
    assert world.texts() == {"a.txt": "words of a.mp3\n", "b.txt": "words of b.mp3\n"}
    again = await world.run(sources[0], formats=("srt",))
    assert (again.written, ledger.transcripts.total()) == (1, 2)


async def test_through_reads_again_what_the_store_cut_off(
    world: World, bucket: Bucket, ledger: Ledger, way: Faults
) -> None:
    source = bucket.record("a.mp3", size_bytes=CHUNK_SIZE_BYTES + 1000)
    way.add(rf"GET /{NAME}/a\.mp3", faults.cut_body, times=2)
    report = await world.run(source, through=True)
    assert (report.written, report.failed) == (1, [])
    assert ledger.uploads == {digest_of(bucket.get("a.mp3")): 1}


async def test_a_download_error_twice_is_the_end_of_it(world: World, bucket: Bucket, ledger: Ledger) -> None:
    source = bucket.record("a.mp3")
    for _ in range(2):
        world.recogniser.errors["words of a.mp3"].append(
            transcript_error(
                "Download error to http://x/a.mp3?X-Amz-Signature=a, 403 Client Error: Forbidden"
            )
        )
    (failed,) = (await world.run(source)).failed
    assert ledger.transcripts.total() == 2  # of which those that ended in an error cost nothing
    assert "--through" in failed.error
    assert "(403)" in failed.error
    assert "Signature" not in failed.error


async def test_submits_whose_replies_are_lost_are_found_by_their_signed_addresses(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    for number in range(12):
        bucket.record(f"{number:02}.mp3")
    world.faults.add(SUBMIT, faults.one_in(3, faults.lose_reply), times=ALWAYS)
    report = await world.run(f"s3://{NAME}")
    assert (report.written, report.failed) == (12, [])
    assert ledger.transcripts.total() == 12


async def test_what_is_wrong_with_an_address_is_one_line(world: World, bucket: Bucket) -> None:
    bucket.record("calls/a.mp3")
    bucket.record("empty.mp3", "")
    said = {
        "s3://nowhere-to-be-found/a": "there is no bucket 'nowhere-to-be-found'",
        "s3://": "names no bucket",
        "s3://Not A Bucket/a": "cannot be the name of a bucket",
        f"s3://{NAME}/none.mp3": "no such object",
        f"s3://{NAME}/none/": "no such object",
        f"s3://{NAME}/*.ogg": "no object matches",
        f"s3://{NAME}/empty.mp3": "the file is empty",
        "oss://bucket/a.mp3": "needs the package ossfs",
    }
    report = await world.run(*said)
    told = {failed.source: failed.error for failed in report.failed}
    assert set(told) == set(said)
    for asked, reason in said.items():
        assert reason in told[asked]
        assert "\n" not in told[asked]
    assert not world.seen(Submitted)


async def test_rights_that_lack_are_named(
    monkeypatch: pytest.MonkeyPatch, world: World, bucket: Bucket
) -> None:
    source = bucket.record("calls/a.mp3")
    for action, verb in {"s3:ListBucket": "list", "s3:GetObject": "read"}.items():
        for name, value in bucket.deny(action).items():
            monkeypatch.setenv(name, value)
        forget_stores()
        (failed,) = (await world.run(f"s3://{NAME}/calls/" if verb == "list" else source)).failed
        assert f"no right to {verb} it" in failed.error
        assert action in failed.error
        bucket.allow_all()
    with monkeypatch.context() as wrong:
        bucket.deny("s3:PutObject")
        wrong.setenv("AWS_ACCESS_KEY_ID", "of-nobody")
        forget_stores()
        (failed,) = (await world.run(source)).failed
        assert "Access Key Id you provided does not exist" in failed.error
        bucket.allow_all()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    forget_stores()
    (failed,) = (await world.run(source)).failed
    assert "no credentials for s3://" in failed.error
    assert "AWS_PROFILE" in failed.error


async def test_a_text_that_no_run_wrote_stays_in_the_bucket(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    source = bucket.record("a.mp3")
    bucket.record("texts/a.txt", "somebody's own")
    world.out = place_of(f"s3://{NAME}/texts")
    (failed,) = (await world.run(source)).failed
    assert "no run wrote it" in failed.error
    assert bucket.texts("texts/") == {"a.txt": "somebody's own"}
    assert not ledger.transcripts


async def test_names_with_a_colon_at_their_end_are_known_again_in_a_bucket(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    bucket.record("calls/monday:/a.mp3")
    bucket.record("calls/s3:/b.mp3")
    world.out = place_of(f"s3://{NAME}/texts")
    for _ in range(2):
        report = await world.run(f"s3://{NAME}/calls")
        assert report.failed == []
    assert report.already_written == 2
    assert sorted(bucket.texts("texts/")) == ["monday:/a.txt", "s3:/b.txt"]
    assert ledger.transcripts.total() == 2


@pytest.mark.usefixtures("bucket")
async def test_the_end_of_one_run_stops_no_other_in_the_same_process(
    world: World, bucket: Bucket, way: Faults, tmp_path: Path
) -> None:
    source = bucket.record("a.mp3")
    point = Point()
    way.add(rf"HEAD /{NAME}/a\.mp3", point.delayed)
    asking = asyncio.create_task(world.run(source))
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    local = World(world.service, world.recogniser, world.faults, world.recordings, tmp_path / "other")
    local.record("local.mp3")
    assert (await local.run()).written == 1
    point.let_go.set()
    report = await asking
    assert (report.failed, report.fatal, report.written) == ([], None, 1)


async def test_a_store_that_is_away_for_a_while_is_waited_for_with_the_texts(
    world: World, bucket: Bucket, way: Faults, ledger: Ledger
) -> None:
    for number in range(3):
        bucket.record(f"calls/{number}.mp3")
    world.out = place_of(f"s3://{NAME}/texts")
    way.add(A_TEXT, faults.reply(503), times=20)  # each text is tried five times by the store's own library
    report = await world.run(f"s3://{NAME}/calls")
    assert (report.written, report.failed, report.fatal) == (3, [], None)
    assert sorted(bucket.texts("texts/")) == ["0.txt", "1.txt", "2.txt"]
    assert ledger.transcripts.total() == 3
    assert world.told().count("the texts wait for it") == 1
    assert world.told().count("the store takes texts again") == 1


async def test_a_run_that_is_stopped_while_the_store_is_away_goes_on_later_and_pays_nothing_twice(
    world: World, bucket: Bucket, way: Faults, ledger: Ledger
) -> None:
    for number in range(3):
        bucket.record(f"calls/{number}.mp3")
    world.out = place_of(f"s3://{NAME}/texts")
    way.add(A_TEXT, faults.reply(503), times=ALWAYS)
    stop = asyncio.Event()
    running = asyncio.create_task(world.run(f"s3://{NAME}/calls", stop=stop))
    await world.until(lambda: "the texts wait for it" in world.told())
    stop.set()
    report = await running
    assert (report.stopped, report.failed, report.fatal) == (True, [], None)
    way.script.clear()
    again = await world.run(f"s3://{NAME}/calls")
    assert (again.written, again.failed) == (3, [])
    assert ledger.transcripts.total() == 3
    assert sorted(bucket.texts("texts/")) == ["0.txt", "1.txt", "2.txt"]


async def test_a_place_that_is_closed_meanwhile_ends_the_run_and_costs_nothing_twice(
    world: World, bucket: Bucket, way: Faults, ledger: Ledger
) -> None:
    bucket.record("calls/a.mp3")
    world.out = place_of(f"s3://{NAME}/texts")
    way.add(A_TEXT, faults.reply(403), times=ALWAYS)
    report = await world.run(f"s3://{NAME}/calls")
    assert report.fatal is not None
    assert report.fatal.exit_code == ExitCode.LOCAL
    assert "run the same command again" in str(report.fatal)
    way.script.clear()
    again = await world.run(f"s3://{NAME}/calls")
    assert (again.written, again.failed) == (1, [])
    assert ledger.transcripts.total() == 1


@pytest.mark.parametrize("pattern", ["calls/**/*", ""])
async def test_texts_that_lie_among_the_recordings_are_none_of_them(
    world: World, bucket: Bucket, ledger: Ledger, pattern: str
) -> None:
    for key in ("calls/a.mp3", "calls/texts-of-law/b.mp3"):
        bucket.record(key)
    bucket.record("calls/texts/aside.mp3")
    world.out = place_of(f"s3://{NAME}/calls/texts")
    first = await world.run(f"s3://{NAME}/{pattern}")
    assert (first.written, first.failed) == (2, [])
    again = await world.run(f"s3://{NAME}/{pattern}")
    assert (again.written, again.already_written, again.failed) == (0, 2, [])
    assert ledger.transcripts.total() == 2


async def test_what_lies_in_another_region_is_signed_for_that_one(
    world: World, bucket: Bucket, ledger: Ledger
) -> None:
    """Or else the store refuses the signature, though it takes the requests of a run."""
    if OTHER_SERVER in os.environ:
        pytest.skip("only moto has regions")
    elsewhere = "recordings-elsewhere"
    bucket.s3.create_bucket(Bucket=elsewhere, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket.s3.put_object(Bucket=elsewhere, Key="a.mp3", Body=b"words of another region")
    report = await world.run(f"s3://{elsewhere}/a.mp3", bucket.record("b.mp3"))
    assert (report.written, report.failed) == (2, [])
    signed = {urlsplit(address).path: address for address in ledger.transcripts}
    assert "%2Feu-west-1%2Fs3" in signed[f"/{elsewhere}/a.mp3"]
    assert "%2Fus-east-1%2Fs3" in signed[f"/{NAME}/b.mp3"]


async def test_a_pattern_with_many_wildcards_is_no_riddle(world: World, bucket: Bucket) -> None:
    bucket.record(f"{'f/' * 500}deep.mp3")
    bucket.record(f"{'f/' * 500}deep.txt")
    report = await world.run(f"s3://{NAME}/**/**/**/**/*.mp3")
    assert (report.written, report.failed) == (1, [])
