"""`run --dry-run`, and `estimate`: what would be done, and what it would cost."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from batch_transcriber.cli.results import silence_stdout
from batch_transcriber.engine import foresee
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.forecast import Forecast
from batch_transcriber.ui.forecast import Terms
from batch_transcriber.ui.forecast_screens import ForecastLines, ForecastObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from batch_transcriber.model import Request
    from batch_transcriber.plan import Filters
    from batch_transcriber.settings import Settings


def dry_run(
    sources: Iterable[str | Request],
    out: Path,
    settings: Settings,
    say: Callable[[str], None],
    *,
    filters: Filters,
    offline: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Say on stdout what a run would do, and return the exit code: 0, whatever would become of it.

    Args:
        sources: As typed, or out of a job list.
        out: The output folder, which is neither made nor changed.
        settings: Of the run.
        say: Prints a line that is no result.
        filters: Which recordings to take.
        offline: This machine would hear them.
        quiet: Only failures and totals.
        as_json: In objects.

    Raises:
        FatalError: the journal cannot be read, or stdout cannot be written to.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for a terminal that knows few letters
    screen = ForecastObjects(sys.stdout) if as_json else ForecastLines(sys.stdout, say, quiet=quiet)
    terms = Terms(settings.max_requests, settings.request_window_s, settings.price_per_hour_usd, offline)
    forecast = Forecast()
    try:
        for prospect in foresee(sources, out=out, settings=settings, filters=filters):
            forecast.note(prospect)
            screen.show(prospect)
        screen.end(forecast, terms)
    except BrokenPipeError:
        silence_stdout()  # nobody reads on
    except FatalError:
        silence_stdout()  # what is left there would fail again at exit
        raise
    return ExitCode.OK
