"""What a user of the vendor's own Python SDK writes to turn a folder into texts; nothing of ours is in it.

`group` is the call that the SDK has for many files; errors that the service answers come back beside the
transcripts, but one cut connection raises, and then nothing comes back. `each` is what somebody writes
who takes care: a thread for each file that the service can hear at a time, and a `try` round each file.
The SDK's asyncio client in the place of the threads took half as long again at its best, of 50, 100, 200
and 300 files at a time.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import assemblyai as aai
import httpx

CONFIG = aai.TranscriptionConfig(speech_models=["universal-3-5-pro", "universal-2"])
AT_A_TIME = 200
TROUBLE = (aai.AssemblyAIError, httpx.HTTPError)


def group(recordings: list[Path], out: Path) -> None:
    names = [str(path) for path in recordings]
    transcripts, failures = aai.Transcriber(config=CONFIG).transcribe_group(names, return_failures=True)
    for failure in failures:
        print(failure, file=sys.stderr)
    for transcript in transcripts:
        try:
            # The group comes back in no order and without the files' names.
            write(out / f"{transcript.id}.txt", transcript)
        except TROUBLE as error:
            print(error, file=sys.stderr)


def each(recordings: list[Path], out: Path) -> None:
    transcriber = aai.Transcriber(config=CONFIG)

    def one(path: Path) -> None:
        try:
            write(out / f"{path.stem}.txt", transcriber.transcribe(str(path)))
        except TROUBLE as error:
            print(path, error, file=sys.stderr)

    with ThreadPoolExecutor(AT_A_TIME) as threads:
        for done in [threads.submit(one, path) for path in recordings]:
            done.result()


def write(path: Path, transcript: Any) -> None:
    if transcript.status == aai.TranscriptStatus.completed:
        paragraphs = transcript.get_paragraphs()
        path.write_text("\n\n".join(paragraph.text for paragraph in paragraphs) + "\n")


if __name__ == "__main__":
    _, way, folder, texts = sys.argv
    {"group": group, "each": each}[way](sorted(Path(folder).iterdir()), Path(texts))
