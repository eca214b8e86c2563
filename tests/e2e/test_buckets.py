"""Recordings in a bucket: the service fetches them by a signed address, and each is paid for once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.bucket import NAME, SECRET, Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

SOON = ("--poll-interval", "0.1")
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def bucket(cli: Cli) -> Iterator[Bucket]:
    with Bucket() as bucket:
        cli.environ |= bucket.environ | {"XDG_STATE_HOME": str(cli.folder / "state")}
        yield bucket


def assert_is_secret(*texts: str) -> None:
    for text in texts:
        assert "X-Amz-Signature" not in text
        assert SECRET not in text


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
    assert_is_secret(ended.stdout, ended.stderr)
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
    print(again.stderr, third.stderr, status.stdout)
