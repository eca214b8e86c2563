"""Plain lines for a pipe, a log, a cron mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.events import Failed, Notice, PlanMeasured, Written
from batch_transcriber.model import Stage
from batch_transcriber.ui.tally import Tally
from batch_transcriber.ui.words import count, printable

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
        self._last_reason = ""

    def show(self, event: Event) -> None:
        """Print a failure or a notice; count the rest."""
        self._tally.add(event)
        if isinstance(event, Failed):
            self._print(f"failed: {event.source}: {event.error}")
        elif self._quiet:
            return
        elif isinstance(event, PlanMeasured):
            self._print(f"{count(event.inputs, 'recording')} found")
        elif isinstance(event, Notice):
            reason = event.message.partition(";")[0]
            if reason != self._last_reason:  # once for a trouble, however often it is met
                self._print(event.message)
            self._last_reason = reason
        elif isinstance(event, Written):
            self._last_reason = ""

    def tick(self) -> None:
        """Print where the run stands."""
        if not self._quiet:
            done = f"{self._tally.done:,} of {self._tally.known:,} done"
            self._print(" · ".join([done, *stages(self._tally)]))

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _print(self, line: str) -> None:
        self._console.print(printable(line), markup=False, emoji=False, highlight=False, soft_wrap=True)


def stages(tally: Tally) -> list[str]:
    """Return how many jobs are in each stage, failures first; nothing of stages without any."""
    counts = {
        "failed": tally.failed,
        "waiting": tally.at[Stage.PLAN],
        "uploading": tally.at[Stage.UPLOAD],
        "submitting": tally.at[Stage.SUBMIT],
        "at the service": tally.at[Stage.POLL],
        "writing": tally.at[Stage.EXPORT],
    }
    return [f"{number:,} {name}" for name, number in counts.items() if number]
