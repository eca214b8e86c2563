"""What a user of the vendor's own Python SDK writes to turn a folder into texts; nothing of ours is in it.

`group` is the call that the SDK has for many files; errors that the service answers come back beside the
transcripts, but one cut connection raises, and then nothing comes back. `asyncio` is what somebody writes
who takes care: its asyncio client, 200 files at a time, and a `try` round each of them.
"""

from __future__ import annotations

import asyncio
import sys
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
            if transcript.status == aai.TranscriptStatus.completed:
                write(out / f"{transcript.id}.txt", transcript.get_paragraphs())
        except TROUBLE as error:
            print(error, file=sys.stderr)


async def one_by_one(recordings: list[Path], out: Path) -> None:
    turns = asyncio.Semaphore(AT_A_TIME)
    async with aai.AsyncTranscriber(config=CONFIG) as transcriber, asyncio.TaskGroup() as tasks:

        async def one(path: Path) -> None:
            async with turns:
                try:
                    transcript = await transcriber.transcribe(str(path))
                    if transcript.status == aai.TranscriptStatus.completed:
                        write(out / f"{path.stem}.txt", await transcript.get_paragraphs())
                except TROUBLE as error:
                    print(path, error, file=sys.stderr)

        for path in recordings:
            tasks.create_task(one(path))


def write(path: Path, paragraphs: list[Any]) -> None:
    path.write_text("\n\n".join(paragraph.text for paragraph in paragraphs) + "\n")


if __name__ == "__main__":
    _, way, folder, texts = sys.argv
    files = sorted(Path(folder).iterdir())
    if way == "group":
        group(files, Path(texts))
    else:
        asyncio.run(one_by_one(files, Path(texts)))
