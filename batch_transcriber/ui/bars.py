"""Bars for a terminal: one for all inputs, one for each running upload, never more than the window."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Group
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from batch_transcriber.events import Failed
from batch_transcriber.ui.keys import hidden_control_keys
from batch_transcriber.ui.lines import stages
from batch_transcriber.ui.tally import RunningUpload, Tally
from batch_transcriber.ui.words import duration, printable, shorten, size

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from batch_transcriber.events import Event

FRAME_INTERVAL_S = 0.1
FIXED_LINES = 4  # overall bar, counts, notice, and one that stays free


class Bars:
    """Redraw at most ten times a second, whatever the load: events only change numbers."""

    interval_s = FRAME_INTERVAL_S

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally = Tally()
        self._leaving = ExitStack()
        self._leaving.enter_context(hidden_control_keys())
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._leaving.enter_context(self._live)

    def show(self, event: Event) -> None:
        """Count the event; print a failure above the bars, where it stays."""
        self._tally.add(event)
        if isinstance(event, Failed):
            line = f"failed: {event.source}: {event.error}"
            self._console.print(Text(printable(line), style="red"))

    def tick(self) -> None:
        """Draw a frame."""
        self._live.update(self._frame(), refresh=True)

    def close(self) -> None:
        """Take the bars off the screen."""
        self._leaving.close()

    def _frame(self) -> RenderableType:
        lines: list[RenderableType] = [
            self._overall(),
            Text(" · ".join(stages(self._tally)), style="dim", overflow="ellipsis", no_wrap=True),
        ]
        room = max(1, self._console.height - FIXED_LINES)
        if self._tally.uploads:
            lines.append(self._uploads(list(self._tally.uploads.values())[:room]))
        if self._tally.notice:
            lines.append(
                Text(printable(self._tally.notice), style="yellow", overflow="ellipsis", no_wrap=True)
            )
        # The last column stays free: a key pressed there would wrap the line and shift the frame.
        return Constrain(Group(*lines), self._console.width - 1)

    def _overall(self) -> RenderableType:
        tally = self._tally
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(
            Text("Transcribing", style="bold"),
            ProgressBar(total=max(tally.known, 1), completed=tally.done),
            f"{tally.done:,}/{tally.known:,} · {duration(monotonic() - tally.began_at)}",
        )
        return grid

    def _uploads(self, uploads: list[RunningUpload]) -> RenderableType:
        now = monotonic()
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(ratio=1, no_wrap=True)
        bar, sizes, speed = self._console.width // 8, len("999 MB of 999 MB"), len("999 MB/s")
        grid.add_column(width=bar)
        grid.add_column(width=sizes, justify="right", no_wrap=True)
        grid.add_column(width=speed, justify="right", no_wrap=True)
        name_width = self._console.width - bar - sizes - speed - len("↑ ") - 5  # gaps and the free column
        for upload in uploads:
            done = upload.sent_bytes == upload.total_bytes
            grid.add_row(
                Text("↑ " + shorten(printable(upload.job.source), max(name_width, 10))),
                ProgressBar(total=max(upload.total_bytes, 1), completed=upload.sent_bytes),
                f"{size(upload.sent_bytes)} of {size(upload.total_bytes)}",
                "sent" if done else f"{size(upload.bytes_per_s(now))}/s",
            )
        return grid
