"""Make the README's picture: a frame of a real run, against the local service behind a slow link.

    python -m tests.data.screen.make_screen

The run is stopped as soon as the frame shows a bit of everything.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from io import StringIO
from itertools import product
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import MONOKAI

from batch_transcriber.engine import transcribe_batch
from batch_transcriber.events import Recognising
from batch_transcriber.server import Heard, Wanted
from batch_transcriber.settings import Settings
from batch_transcriber.ui.estimate import Estimate
from batch_transcriber.ui.frame import Window, frame
from batch_transcriber.ui.tally import Step, Tally
from tests.support.scripted import ScriptedRecogniser
from tests.support.slow_link import slow_link
from tests.support.world import KEY, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_transcriber.events import Event

PICTURE = Path(__file__).with_name("screen.svg")
COLUMNS, LINES = 100, 14
LINK_BYTES_PER_S = 24_000_000
SPEECH_BYTES_PER_S = 16_000  # of an mp3 with 128 kbit/s
DONE_MIN = 20


class Patient(ScriptedRecogniser):
    """Hear as many minutes as a file of this size holds."""

    async def hear(
        self, audio: Path, wanted: Wanted, *, on_progress: Callable[[float], None] | None = None
    ) -> Heard:
        heard = await super().hear(audio, wanted, on_progress=on_progress)
        return Heard(heard.words, os.stat(audio).st_size / SPEECH_BYTES_PER_S)  # noqa: PTH116 - a moment


def make_recordings(folder: Path) -> None:
    random = Random(7)  # noqa: S311 - sizes, no secret
    people = ("anna keller", "b. osei", "carla nunes", "deniz aydin", "emil holm", "farah khan")
    for year, person, part in product((2024, 2025), people, range(1, 7)):
        path = folder / "interviews" / str(year) / f"{person}, part {part}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"these are the words of an interview")
        os.truncate(path, random.randint(2_000_000, 24_000_000))
    (folder / "interviews" / "2024" / "anna keller, part 7.mp3").touch()


async def draw() -> str:
    """Run until the frame is worth a picture, and return it as SVG."""
    tally, stop = Tally(), asyncio.Event()
    estimate = Estimate(tally.began_at)
    console = Console(record=True, file=StringIO(), width=COLUMNS, force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_recordings(Path("recordings"))
        async with (
            serve(Patient(seconds=2.0)) as service,
            slow_link(service.base_url, LINK_BYTES_PER_S) as address,
            asyncio.TaskGroup() as group,
        ):
            settings = Settings.model_validate({"api_key": KEY, "base_url": address, "uploads": 8})

            def show(event: Event) -> None:
                if not isinstance(event, Recognising):  # which the service of the picture does not tell
                    tally.add(event)

            group.create_task(transcribe_batch("recordings", settings=settings, sink=show, stop=stop))
            while True:
                await asyncio.sleep(0.1)
                shown = frame(tally, estimate, monotonic(), Window(COLUMNS - 1, LINES))
                if tally.done >= DONE_MIN and str(shown).count("↑") >= 6 and tally.at[Step.PROCESSING]:
                    break
            stop.set()
    console.print("[bold]$ batch-transcriber run recordings/")
    console.print(shown)
    svg = console.export_svg(title="batch-transcriber", theme=MONOKAI, unique_id="screen")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # no font from elsewhere


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")
