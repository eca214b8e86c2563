"""Plain lines for a pipe, a log, a cron mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.events import Failed, Notice
from batch_transcriber.model import Stage
from batch_transcriber.ui.tally import Tally
from batch_transcriber.ui.words import printable

if TYPE_CHECKING:
    from rich.console import Console

    from batch_transcriber.events import Event

SUMMARY_INTERVAL_S = 30.0


class Lines:
    """One line for a failure and for a notice, and one summary line each 30 seconds."""

    interval_s = SUMMARY_INTERVAL_S

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._tally = Tally()

    def show(self, event: Event) -> None:
        """Print a failure or a notice; count the rest."""
        self._tally.add(event)
        if isinstance(event, Failed):
            self._print(f"failed: {event.source}: {event.error}")
        elif isinstance(event, Notice) and not self._quiet:
            self._print(event.message)

    def tick(self) -> None:
        """Print where the run stands."""
        if not self._quiet:
            self._print(stand(self._tally))

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _print(self, line: str) -> None:
        self._console.print(printable(line), markup=False, emoji=False, highlight=False, soft_wrap=True)


def stand(tally: Tally) -> str:
    """Return the counts by stage in one line."""
    counts = {
        "failed": tally.failed,
        "waiting": tally.at[Stage.PLAN],
        "uploading": tally.at[Stage.UPLOAD],
        "submitting": tally.at[Stage.SUBMIT],
        "at the service": tally.at[Stage.POLL],
        "writing": tally.at[Stage.EXPORT],
    }
    parts = [f"{tally.done:,} of {tally.known:,} done"]
    parts += [f"{number:,} {name}" for name, number in counts.items() if number]
    return " · ".join(parts)
