"""Recordings in a bucket: the service fetches them by a signed address, and each is paid for once."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sqlite3
import sys
from contextlib import closing
from time import time
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.bucket import NAME, Bucket
from tests.support.faults import ALWAYS, SUBMIT, Faults
from tests.support.points import Point
from tests.support.scripted import transcript_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

DEADLINE_S = 20.0
STOPPED_WITHIN_S = 5.5  # the command promises 5
SOON = ("--poll-interval", "0.1")
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def bucket(cli: Cli, s3_server: str) -> Iterator[Bucket]:
    with Bucket(s3_server) as bucket:
        cli.environ |= bucket.environ | {"XDG_STATE_HOME": str(cli.folder / "state")}
        yield bucket


def journal_values(world: World, column: str, value: object = None) -> list[object]:
    """Return what the journal has of all transcripts, in order; replaced, if there is a value."""
    path = world.out / ".batch-transcriber" / "journal.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        try:
            before = sorted(value for (value,) in db.execute(f"SELECT {column} FROM transcripts"))  # noqa: S608
        except sqlite3.OperationalError:  # it is being made
            return []
        if value is not None:
            db.execute(f"UPDATE transcripts SET {column} = ?", (value,))  # noqa: S608 - ours
            db.commit()
    return before


def assert_is_secret(bucket: Bucket, *texts: str) -> None:
    for text in texts:
        assert "X-Amz-Signature" not in text
        assert bucket.secret not in text


async def test_a_prefix_is_transcribed_without_a_byte_of_it_passing_through(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    bucket.record("calls/a.mp3")
    bucket.record("calls/deep/er/b.wav")
    bucket.record("calls/notes.pdf")
    bucket.record("calls/.hidden.mp3")
    bucket.record("other/c.mp3")
    ended = await cli("run", f"s3://{NAME}/calls", "-vv", "--json", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert world.texts() == {"a.txt": "words of a.mp3\n", "deep/er/b.txt": "words of b.wav\n"}
    assert not ledger.uploads
    assert ledger.transcripts.total() == 2
    assert_is_secret(bucket, ended.stdout, ended.stderr)
    again = await cli("run", f"s3://{NAME}/calls", *SOON)
    assert again.code == ExitCode.OK
    assert ledger.transcripts.total() == 2


async def test_texts_go_to_a_bucket_and_a_rerun_leaves_them_alone(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    bucket.record("calls/a.mp3")
    bucket.record("calls/deep/b.mp3")
    world.record("local.mp3")
    command = ("run", f"s3://{NAME}/calls", "recordings", "-o", f"s3://{NAME}/texts", *SOON)
    ended = await cli(*command)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    texts = {
        "a.txt": "words of a.mp3\n",
        "deep/b.txt": "words of b.mp3\n",
        "local.txt": "words of local.mp3\n",
    }
    assert bucket.texts("texts/") == texts
    assert not (world.out / "..").joinpath("s3:").exists()
    again = await cli(*command)
    assert again.code == ExitCode.OK, again.stderr
    assert "3 " in again.stderr
    bucket.delete("texts/a.txt")
    third = await cli(*command)
    assert third.code == ExitCode.OK, third.stderr
    assert bucket.texts("texts/") == texts
    assert ledger.transcripts.total() == 3
    status = await cli("status", f"s3://{NAME}/texts")
    assert status.code == ExitCode.OK, status.stderr


async def test_objects_and_patterns_are_found_as_files_are(world: World, cli: Cli, bucket: Bucket) -> None:
    for key in (
        "x/1/a.mp3",
        "x/1/b.wav",
        "x/1/no\u00a0break.mp3",
        "x/2/c.mp3",
        "x/2/old/d.mp3",
        "x/one",
        "y [1]?.mp3",
        "x/1/..mp3",
    ):
        bucket.record(key)
    ended = await cli(
        *("run", f"s3://{NAME}/x/*/*.mp3", f"s3://{NAME}/x/one", f"s3://{NAME}/y [1]?.mp3", *SOON),
    )
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert sorted(world.texts()) == ["1/a.txt", "1/no\u00a0break.txt", "2/c.txt", "one.txt", "y [1]?.txt"]
    filtered = await cli(
        *(
            "estimate",
            f"s3://{NAME}/x/**/*",
            "--exclude",
            "old",
            "--max-size",
            "15",
            "--limit",
            "2",
            "--json",
        ),
    )
    sources = re.findall(r'"source": ?"([^"]*)"', filtered.stdout)
    assert [source.removeprefix(f"s3://{NAME}/x/") for source in sources if "old" not in source][:2] == [
        "1/a.mp3",
        "1/b.wav",
    ]


async def test_lists_name_objects_too(world: World, cli: Cli, bucket: Bucket, ledger: Ledger) -> None:
    bucket.record("a.mp3")
    bucket.record("calls/b.mp3")
    bucket.record("calls/c.mp3")
    (cli.folder / "names").write_text(f"s3://{NAME}/a.mp3\n")
    (cli.folder / "jobs.yaml").write_text(
        f"version: 1\njobs:\n  - source: s3://{NAME}/calls\n    output: there\n"
        f"  - source: s3://{NAME}/a.mp3\n    output: mine.txt\n"
    )
    ended = await cli("run", "--files-from", "names", "-j", "jobs.yaml", *SOON)
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert sorted(world.texts()) == ["a.txt", "mine.txt", "there/b.txt", "there/c.txt"]
    assert ledger.transcripts.total() == 3


async def test_a_signature_is_told_nowhere_and_is_in_the_journal(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    source = bucket.record("a.mp3")
    bad = bucket.record("bad.mp3")
    world.recogniser.errors["words of bad.mp3"].append(
        transcript_error("cannot decode http://127.0.0.1/bad.mp3?X-Amz-Signature=abcdef")
    )
    ended = await cli(
        *("run", source, bad, "-f", "txt,json", "--json", "-vv", "--log-file", "log.txt", "--report", *SOON)
    )
    assert ended.code == ExitCode.SOME_FAILED
    assert list(ended.failed) == [bad] or bad in ended.stdout
    told = [ended.stdout, ended.stderr, (cli.folder / "log.txt").read_text()]
    told += [path.read_text() for path in world.out.iterdir() if path.is_file()]
    told.append((await cli("status", "--file", source, "--json")).stdout)
    assert_is_secret(bucket, *told)
    assert json.loads(world.texts()["a.json"])["audio_url"] == source
    journal = b"".join(path.read_bytes() for path in (world.out / ".batch-transcriber").iterdir())
    assert b"X-Amz-Signature" in journal
    assert [address for address in ledger.transcripts if "X-Amz-Signature" not in address] == []


async def test_a_download_error_has_it_signed_once_more(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    source = bucket.record("a.mp3")
    world.recogniser.errors["words of a.mp3"].append(
        transcript_error("Download error to http://x/a.mp3?X-Amz-Signature=a, 403 Client Error: Forbidden")
    )
    ended = await cli("run", source, *SOON)
    assert (ended.code, world.texts()) == (ExitCode.OK, {"a.txt": "words of a.mp3\n"})
    assert ledger.transcripts.total() == 2  # of which the one that ended in an error cost nothing
    assert_is_secret(bucket, ended.stdout, ended.stderr)


@pytest.mark.parametrize("how", ["carried_out", "delayed"])
async def test_a_kill_around_the_submit_costs_nothing_twice(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger, how: str
) -> None:
    """The request is carried out, at once or later: its address is in the journal."""
    source = bucket.record("a.mp3")
    point = Point()
    world.faults.add(SUBMIT, getattr(point, how), times=ALWAYS)
    process = await cli.start("run", source, *SOON)
    async with asyncio.timeout(DEADLINE_S):
        await point.reached.wait()
    process.kill()
    await process.communicate()
    world.faults.script.clear()
    point.let_go.set()
    signed = journal_values(world, "upload_url")
    if how == "delayed":
        await world.until(lambda: bool(ledger.transcripts))
    ended = await cli("run", source, *SOON)
    assert (ended.code, world.texts()) == (ExitCode.OK, {"a.txt": "words of a.mp3\n"})
    assert ledger.transcripts == dict.fromkeys(signed, 1)


@pytest.mark.parametrize("is_old", [False, True], ids=["young", "old"])
async def test_a_kill_between_signature_and_submit_costs_nothing_twice(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger, *, is_old: bool
) -> None:
    for name in ("a", "b"):
        bucket.record(f"{name}.mp3")
    # The window's only request is one submit, so that the other waits for the next window.
    process = await cli.start("run", f"s3://{NAME}", "--max-requests", "1", *SOON)
    await world.until(lambda: journal_values(world, "state") == ["submitted", "uploaded"])
    process.kill()
    await process.communicate()
    signed = journal_values(world, "upload_url")
    if is_old:
        killed_at = time()
        journal_values(world, "uploaded_at", killed_at - 21 * 3600)
        await world.until(lambda: time() - killed_at > 1)  # which a signature tells apart
    ended = await cli("run", f"s3://{NAME}", *SOON)
    assert (ended.code, ended.failed, len(world.texts())) == (ExitCode.OK, {}, 2)
    assert set(ledger.transcripts.values()) == {1}
    assert len(ledger.transcripts) == 2
    assert (set(signed) == set(ledger.transcripts)) is not is_old


async def test_an_object_that_vanishes_between_listing_and_submit_is_skipped(
    world: World, cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    for number in range(3):
        bucket.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    process = await cli.start("run", f"s3://{NAME}", "--in-flight", "1", *SOON)
    await world.until(lambda: ledger.transcripts.total() == 1)
    bucket.delete("1.mp3")
    world.recogniser.gate.set()
    _, stderr = await process.communicate()
    assert process.returncode == ExitCode.SOME_FAILED
    assert "vanished before it was sent" in stderr.decode()
    assert sorted(world.texts()) == ["0.txt", "2.txt"]


@pytest.mark.usefixtures("world")
async def test_a_place_that_cannot_be_written_to_is_said_before_anything_is_sent(
    cli: Cli, bucket: Bucket
) -> None:
    source = bucket.record("calls/a.mp3")
    ended = await cli("run", source, "-o", "s3://nowhere-to-be-found", *SOON)
    assert (ended.code, "there is no bucket" in ended.stderr) == (ExitCode.LOCAL, True)
    ended = await cli("run", source, "-o", "s3://", *SOON)
    assert (ended.code, "names no bucket" in ended.stderr) == (ExitCode.USAGE, True)
    cli.environ |= bucket.deny("s3:PutObject")
    ended = await cli("run", source, "-o", f"s3://{NAME}/texts", *SOON)
    assert ended.code == ExitCode.LOCAL
    assert "no right to write it" in ended.stderr


@pytest.mark.usefixtures("world", "bucket")
async def test_an_endpoint_that_is_away_is_said(cli: Cli) -> None:
    cli.environ |= {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    ended = await cli("run", f"s3://{NAME}/a.mp3", *SOON)
    assert ended.code == ExitCode.SOME_FAILED
    assert "cannot be reached" in ended.failed[f"s3://{NAME}/a.mp3"]
    ended = await cli("run", f"s3://{NAME}/a.mp3", "-o", f"s3://{NAME}/texts", *SOON)
    assert ended.code == ExitCode.LOCAL
    assert "AWS_ENDPOINT_URL" in ended.stderr


@pytest.mark.parametrize("options", [(), ("-o", f"s3://{NAME}/texts")], ids=["reading", "writing"])
@pytest.mark.usefixtures("world", "bucket")
async def test_a_store_that_never_answers_does_not_hold_up_the_end(
    cli: Cli, options: tuple[str, ...]
) -> None:
    asked = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        asked.set()
        await reader.read()  # until it gives up
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        cli.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        process = await cli.start("run", f"s3://{NAME}/a.mp3", *options, *SOON)
        async with asyncio.timeout(DEADLINE_S):
            await asked.wait()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOPPED_WITHIN_S):
            _, stderr = await process.communicate()
    assert process.returncode == ExitCode.TERMINATED
    assert "Traceback" not in stderr.decode()


@pytest.mark.usefixtures("world")
async def test_a_text_that_the_store_never_takes_does_not_hold_up_the_end(
    cli: Cli, bucket: Bucket, ledger: Ledger
) -> None:
    source = bucket.record("a.mp3")
    way, point = Faults(), Point()
    way.add(r"PUT /.*\.txt", point.arrived, times=ALWAYS)
    command = ("run", source, "-o", f"s3://{NAME}/texts", *SOON)
    async with bucket.behind(way) as url:
        cli.environ["AWS_ENDPOINT_URL"] = url
        process = await cli.start(*command)
        async with asyncio.timeout(DEADLINE_S):
            await point.reached.wait()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOPPED_WITHIN_S):
            _, stderr = await process.communicate()
        point.let_go.set()
    assert process.returncode == ExitCode.TERMINATED
    assert "Traceback" not in stderr.decode()
    cli.environ["AWS_ENDPOINT_URL"] = bucket.url
    assert (await cli(*command)).code == ExitCode.OK
    assert bucket.texts("texts/") == {"a.txt": "words of a.mp3\n"}
    assert ledger.transcripts.total() == 1


async def test_what_fails_is_listed_at_home_and_retried_into_the_bucket(
    world: World, cli: Cli, bucket: Bucket
) -> None:
    bucket.record("calls/a.mp3")
    bucket.record("calls/b.mp3")
    world.recogniser.errors["words of b.mp3"].append(transcript_error("cannot be heard"))
    out = f"s3://{NAME}/texts"
    ended = await cli("run", f"s3://{NAME}/calls", "-o", out, "--report", *SOON)
    assert (ended.code, list(ended.failed)) == (ExitCode.SOME_FAILED, [f"s3://{NAME}/calls/b.mp3"])
    (home,) = (cli.folder / "state" / "batch-transcriber").glob("s3-*")
    assert home.stat().st_mode & 0o077 == 0
    assert {"failed.yaml", "journal.db", "report.html"} <= {path.name for path in home.iterdir()}
    assert f"{out}/a.txt" in (home / "report.html").read_text()
    again = await cli("retry", out, *SOON)
    assert (again.code, again.failed) == (ExitCode.OK, {})
    assert bucket.texts("texts/") == {"a.txt": "words of a.mp3\n", "b.txt": "words of b.mp3\n"}
    explained = await cli("status", out, "--file", f"{out}/b.txt")
    assert f"s3://{NAME}/calls/b.mp3: written" in explained.stdout


async def test_a_run_without_a_bucket_loads_nothing_for_one(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-m", "batch_transcriber", "run", "recordings", *SOON),
        cwd=cli.folder,
        env=cli.environ,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    told = (await process.communicate())[1].decode()
    assert process.returncode == ExitCode.OK
    imported = {line.rpartition("|")[2].strip() for line in told.split("\n")}
    assert "batch_transcriber.engine" in imported
    assert not imported & {"fsspec", "s3fs", "botocore", "aiobotocore"}


async def test_offline_does_not_claim_that_texts_stay_when_they_go_to_a_bucket(
    world: World, cli: Cli, bucket: Bucket
) -> None:
    pytest.importorskip("faster_whisper")
    world.record("a.mp3", "")  # which is refused unheard
    ended = await cli("run", "recordings", "--offline", "-o", f"s3://{NAME}/texts")
    assert ended.stderr.startswith("offline, only the texts leave this machine: ")
    assert bucket.texts("texts/") == {}
