"""A service with a scripted recogniser in a process of its own, which can be killed.

`python -m tests.support.served FOLDER` prints its address. A recording that says `die` kills the process,
one that says `wait` is never heard.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.server import Heard, LocalService
from batch_transcriber.server.webhooks import Pace
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.server import Wanted

KEY = "a-key-for-tests"


class Deadly(ScriptedRecogniser):
    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        text, _ = self.read(audio)
        if text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "wait":
            await asyncio.Event().wait()
        return await super().hear(audio, wanted, on_progress=on_progress)


async def main(folder: Path) -> None:
    pace = Pace(answer_within_s=1, again_in_s=0.1)
    async with LocalService(Deadly(), key=KEY, kept_in=folder, concurrency=2, pace=pace) as service:
        print(service.base_url, flush=True)
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
