"""Where everything stands, in lines for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from batch_transcriber.journal.overview import Step
from batch_transcriber.ui.words import about, count, duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.journal.overview import Failure, Run
    from batch_transcriber.ui.standing import Pace, Standing

_STYLES = {Step.WRITTEN: "green", Step.FAILED: "red", Step.SKIPPED: "yellow"}
_ENDINGS = {
    "done": "ended",
    "stopped": "was stopped",
    "limit": "reached a limit of yours, and ended",
}
CUT_OFF = "was killed or cut off; the same command goes on"


def status_lines(standing: Standing, now: float) -> Iterator[Text]:
    """Yield the lines.

    Args:
        standing: What to tell.
        now: Seconds since 1970.
    """
    today = datetime.fromtimestamp(now, UTC).astimezone()
    yield _line(f"{standing.out}: {who(standing, today)}", "bold")
    if standing.holder is not None and standing.run is not None:
        yield _line(_how_far(standing.run, standing.pace))
    if standing.pace is not None:
        yield _line(how_fast(standing.pace))
    width = max((len(f"{number:,}") for number in standing.steps.values()), default=1)
    for step in Step:
        if number := standing.steps[step]:
            more = f"   {duration(standing.heard.audio_s)} of audio" if step is Step.WRITTEN else ""
            yield _line(f"  {step:<10} {number:>{width},}{more}", _STYLES.get(step, ""))
    if not standing.inputs:
        yield _line("  no recording yet")
    if standing.failures:
        failed, shown = standing.steps[Step.FAILED], len(standing.failures)
        yield _line("failed:" if failed <= shown else f"failed, the last {shown} (--failed lists all):")
        for failure in standing.failures:
            yield failure_line(failure)


def failure_line(failure: Failure) -> Text:
    """Return a failure as a line."""
    return _line(f"  {failure.source}: {failure.reason}", "red")


def moment(seconds: float, today: datetime) -> str:
    """Return a time as people here read it; the day is told where it is another."""
    then = datetime.fromtimestamp(seconds, UTC).astimezone()
    return then.strftime("%H:%M" if then.date() == today.date() else "%Y-%m-%d %H:%M")


def who(standing: Standing, today: datetime) -> str:
    """Return who is at work, or how the last run ended."""
    if standing.holder is not None:
        return f"{standing.holder.words(today)} is at work"
    run = standing.run
    if run is None:
        return "no run is at work"
    if run.ended_at is None:
        return f"the run of {moment(run.began_at, today)} {CUT_OFF}"
    then, took = moment(run.ended_at, today), duration(run.ended_at - run.began_at)
    if run.ending in _ENDINGS:
        return f"the last run {_ENDINGS[run.ending]} at {then}, after {took}"
    return f"the last run ended early at {then}: {run.ending}"


def _how_far(run: Run, pace: Pace | None) -> str:
    if run.is_endless:
        return f"{count(run.done, 'recording')} done, and more may come"
    if run.inputs is None:
        return f"{count(run.done, 'recording')} done; all are still being counted"
    share = f" ({100 * run.done // run.inputs} %)" if run.inputs else ""
    to_go = f", about {about(pace.to_go_s)} to go" if pace and pace.to_go_s is not None else ""
    return f"{run.done:,} of {count(run.inputs, 'recording')} done{share}{to_go}"


def how_fast(pace: Pace) -> str:
    """Return what is written in a time."""
    per_minute, per_hour = pace.texts_per_s * 60, pace.texts_per_s * 3600
    texts = f"{per_minute:,.0f} texts a minute" if per_minute >= 10 else f"{per_hour:,.0f} texts an hour"
    return f"{texts}, {duration(pace.audio_s_per_s * 3600)} of audio an hour"


def _line(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)
