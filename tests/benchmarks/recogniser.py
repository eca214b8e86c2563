"""What the recogniser does: how fast it hears, how much memory that takes, how many words it gets wrong.

The speech is that of the sample recordings, over and over. Each row is a process of its own; its memory is
that of the whole tree, looked at ten times a second, in which pages that processes share count for each.
A machine that does other work makes the times worse; the column of CPU time knows less of that. Words are
those of the samples, as they are and with noise that is a third as loud as the voices. The ticker
is what a server in the same process feels: how late, in the middle, something comes that is due every 5 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jiwer
import numpy as np
import psutil

from batch_transcriber.server import Wanted
from batch_transcriber.server.children import Decoders
from batch_transcriber.server.decoding import Decoding
from batch_transcriber.server.framing import RATE_HZ
from batch_transcriber.server.machine import usable_cores
from batch_transcriber.server.recogniser import Effort
from batch_transcriber.server.whisper import WhisperRecogniser
from tests.benchmarks.sheet import Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPEECH = Path(__file__).parents[1] / "data" / "speech"
TICK_S = 0.005
LOOK_S = 0.1
MIB = 1024**2
NOISE = 0.3  # of the voice's loudness


@dataclass(frozen=True)
class Result:
    """What one process did; `late_ms` is the ticker's median, the words wrong are parts of all."""

    audio_s: float
    wall_s: float
    cpu_s: float
    late_ms: float
    wrong_part: float
    wrong_in_noise: float


def samples_of_speech() -> list[Path]:
    recordings = (path for path in SPEECH.rglob("*.*") if path.suffix not in {".py", ".txt"})
    return sorted(path for path in recordings if path.is_file())


def make_talk(path: Path, seconds: float) -> Path:
    """Write all samples, one after the other and again, as one recording."""
    talk = np.concatenate([decoded(sample) for sample in samples_of_speech()])
    return write(path, np.resize(talk, round(seconds * RATE_HZ)))


def make_noisy(path: Path, sample: Path) -> Path:
    """Write a sample with white noise, the same each time."""
    voice = decoded(sample).astype(np.float64)
    noise = np.random.default_rng(1).normal(scale=NOISE * np.sqrt(np.mean(voice**2)), size=len(voice))
    return write(path, np.clip(voice + noise, -32_768, 32_767).astype(np.int16))


def decoded(audio: Path) -> NDArray[np.int16]:
    decoders = Decoders(memory_bytes=2**31)
    try:
        decoding = Decoding(decoders, audio, Wanted(), most_s=None)
        return np.concatenate([piece.samples[:, 0] for piece in iter(decoding.next_piece, None)])
    finally:
        decoders.close()


def write(path: Path, samples: NDArray[np.int16]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def words_of(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


async def tick(lateness_s: list[float]) -> None:
    while True:
        due_s = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        lateness_s.append(time.perf_counter() - due_s)


async def hear(effort: Effort, recordings: list[Path]) -> Result:
    """Hear recordings together, then the samples for their words."""
    lateness_s: list[float] = []
    async with WhisperRecogniser(effort=effort) as recogniser, asyncio.TaskGroup() as group:
        ticking = group.create_task(tick(lateness_s))
        began_s, cpu_began_s = time.perf_counter(), _cpu_s()
        async with asyncio.TaskGroup() as hearings:
            heard = [hearings.create_task(recogniser.hear(path, Wanted())) for path in recordings]
        wall_s, cpu_s = time.perf_counter() - began_s, _cpu_s() - cpu_began_s
        ticking.cancel()
        samples = samples_of_speech()
        with tempfile.TemporaryDirectory() as folder:
            noisy = [make_noisy(Path(folder, f"{n}.wav"), sample) for n, sample in enumerate(samples)]
            texts = [await recogniser.hear(path, Wanted()) for path in (*samples, *noisy)]
    said = [words_of(path.with_suffix(".txt").read_text(encoding="utf-8")) for path in samples]
    understood = [words_of(" ".join(word.text for word in text.words)) for text in texts]
    audio_s = sum(task.result().duration_s for task in heard)
    return Result(
        audio_s,
        wall_s,
        cpu_s,
        statistics.median(lateness_s) * 1000,
        jiwer.wer(said, understood[: len(said)]),
        jiwer.wer(said, understood[len(said) :]),
    )


def _cpu_s() -> float:
    return sum(sum(each.cpu_times()[:2]) for each in _tree(psutil.Process()))


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def measured(effort: Effort, recordings: list[Path]) -> tuple[Result, float]:
    """Return a result, and the most memory that its processes had together, MiB."""
    command = [sys.executable, "-m", "tests.benchmarks.recogniser", "--inside", effort, *map(str, recordings)]
    peak_bytes = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            try:
                tree = _tree(psutil.Process(process.pid))
                peak_bytes = max(peak_bytes, sum(each.memory_info().rss for each in tree))
            except psutil.NoSuchProcess:  # one that has just ended
                continue
            time.sleep(LOOK_S)
        output = process.communicate()[0]
    if process.returncode:
        sys.exit(process.returncode)
    return Result(**json.loads(output)), peak_bytes / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="of speech in each row")
    parser.add_argument("--hours", type=float, help="one row alone, of one long recording")
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        effort, *paths = options.inside
        result = asyncio.run(hear(Effort(effort), [Path(path) for path in paths]))
        print(json.dumps(asdict(result)))
        return
    cores = usable_cores()
    headings = (
        *("times real time", "the same of CPU time", "peak, MiB"),
        *("words wrong, %", "in noise, %", "tick late, ms"),
    )
    with tempfile.TemporaryDirectory() as folder:
        if options.hours:
            long = make_talk(Path(folder, "long.wav"), options.hours * 3600)
            rows = [(f"normal, one file of {options.hours:g} hours", Effort.NORMAL, [long])]
        else:
            whole_s = options.minutes * 60
            one = [make_talk(Path(folder, "one.wav"), whole_s)]
            many = [make_talk(Path(folder, f"{n}.wav"), whole_s / cores) for n in range(cores)]
            kinds = (("one file", one), (f"{cores} files", many))
            rows = [(f"{effort}, {kind}", effort, files) for effort in Effort for kind, files in kinds]
        title = (
            f"Hearing {options.hours * 60 if options.hours else options.minutes:g} minutes on {cores} cores"
        )
        sheet = Sheet(title, headings)
        for name, effort, recordings in rows:
            result, peak_mib = measured(effort, recordings)
            speed, by_cpu = result.audio_s / result.wall_s, result.audio_s / result.cpu_s * cores
            wrong = (result.wrong_part * 100, result.wrong_in_noise * 100)
            sheet.add(name, speed, by_cpu, peak_mib, *wrong, result.late_ms, digits=1)
    print(sheet.markdown())


if __name__ == "__main__":
    main()
