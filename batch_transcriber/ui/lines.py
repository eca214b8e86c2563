"""Plain lines for a pipe, a log, a cron mail; on any terminal that cannot draw, too."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from batch_transcriber.events import RunStarted, Waiting, Written
from batch_transcriber.ui.estimate import Estimate
from batch_transcriber.ui.frame import step_counts, waiting_words
from batch_transcriber.ui.journald import is_journal, level_of
from batch_transcriber.ui.summary import summary_lines
from batch_transcriber.ui.tally import Tally
from batch_transcriber.ui.telling import Verbosity, tell
from batch_transcriber.ui.words import about, printable

if TYPE_CHECKING:
    from rich.console import Console

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending

SUMMARY_INTERVAL_S = 30.0


class Lines:
    """One line for a failure and for a pause, and one summary line every `interval_s`.

    Of a run without an end there is one for each recording that is written, and no summary while nothing is
    under way.

    Each begins with its level where the journal of systemd takes them.
    """

    def __init__(
        self,
        console: Console,
        verbosity: Verbosity = Verbosity.NORMAL,
        interval_s: float = SUMMARY_INTERVAL_S,
    ) -> None:
        self.interval_s = interval_s
        self._console = console
        self._is_journal = is_journal(console.file)
        self._verbosity = verbosity
        self._tally = Tally()
        self._estimate = Estimate(self._tally.began_at)
        self._waited_for = ""
        self._is_endless = False

    def show(self, event: Event) -> None:
        """Print the event's line, if it is worth one to this reader; count it."""
        self._tally.add(event)
        if isinstance(event, Waiting):
            if event.reason == self._waited_for:  # once for a trouble, however often it is met
                return
            self._waited_for = event.reason
        elif isinstance(event, Written):
            self._waited_for = ""
        elif isinstance(event, RunStarted):
            self._is_endless = event.is_endless
        verbosity = self._verbosity
        if self._is_endless and isinstance(event, Written) and verbosity == Verbosity.NORMAL:
            verbosity = Verbosity.TRANSITIONS
        if line := tell(event, verbosity):
            self._print(line)

    def tick(self) -> None:
        """Print where the run stands."""
        tally, now = self._tally, monotonic()
        if self._verbosity < Verbosity.NORMAL or (self._is_endless and tally.done == tally.known):
            return
        words = [f"{tally.done:,} done" if self._is_endless else f"{tally.done:,} of {tally.known:,} done"]
        if tally.failed:
            words.append(f"{tally.failed:,} failed")
        words += step_counts(tally)
        if (to_go_s := self._estimate.to_go_s(tally, now)) is not None:
            words.append(f"about {about(to_go_s)} left")
        if waiting := waiting_words(tally.trouble, now):
            words.append(waiting)
        self._print(Text(" · ".join(words)))

    def end(self, ending: Ending) -> None:
        """Print what became of the run; a reader who wants errors only gets the one that ended it."""
        if self._verbosity >= Verbosity.NORMAL:
            for line in summary_lines(ending, everything=self._verbosity >= Verbosity.TRANSITIONS):
                self._print(line)
        elif ending.account.fatal is not None:
            self._print(Text(printable(str(ending.account.fatal)), style="red"))

    def close(self) -> None:
        """Do nothing: every line is out already."""

    def _print(self, line: Text) -> None:
        # A terminal breaks lines at words, a pipe gets them whole. A group, because rich forgets of a
        # bare text that it must not be broken.
        whole = not self._console.file.isatty()
        # Through a string: where a log's disk is full, rich would keep all that it could not write.
        with self._console.capture() as captured:
            self._console.print(Group(line), soft_wrap=whole, crop=False)
        self._console.file.write((level_of(line) if self._is_journal else "") + captured.get())
        self._console.file.flush()
