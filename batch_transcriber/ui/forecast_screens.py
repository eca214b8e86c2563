"""Where an estimate goes: stdout, for it is a result; in lines, or in objects."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console, Group

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.plan.forecast import Expected
from batch_transcriber.plan.prices import AS_OF
from batch_transcriber.ui.forecast import prospect_line, total_lines
from batch_transcriber.ui.json_lines import outcome
from batch_transcriber.ui.json_objects import AnyLine, EstimateLine, ExpectedLine, NoticeLine, PricePart

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from typing import TextIO

    from rich.text import Text

    from batch_transcriber.plan.forecast import Forecast, Prospect
    from batch_transcriber.ui.forecast import Terms


class ForecastLines:
    """A line for every input as soon as it is known, and the totals.

    Args:
        file: Gets the lines: broken at words where it is a terminal, or else whole.
        say: Prints a word on the run where no result goes.
        quiet: Only failures and the totals.
    """

    def __init__(self, file: TextIO, say: Callable[[str], None], *, quiet: bool) -> None:
        self._file = file
        self._say = say
        self._quiet = quiet
        self._console = Console(file=file) if file.isatty() else None  # many lines, and it takes its time

    def show(self, prospect: Prospect) -> None:
        """Print an input's line."""
        if isinstance(prospect, Notice):
            self._say(prospect.message)
        elif isinstance(prospect, Failed) or not self._quiet:
            self._print(prospect_line(prospect))

    def end(self, forecast: Forecast, terms: Terms) -> None:
        """Print the totals."""
        for line in total_lines(forecast, terms):
            self._print(line)

    def _print(self, line: Text) -> None:
        if self._console is None:
            _write(self._file, line.plain + "\n")
            return
        with self._console.capture() as captured:
            self._console.print(Group(line))
        _write(self._file, captured.get())


class ForecastObjects:
    """An object for every input, and one for the totals."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def show(self, prospect: Prospect) -> None:
        """Write an input's object."""
        match prospect:
            case Notice():
                self._put(NoticeLine(message=prospect.message))
            case Failed() | Skipped():
                line = outcome(prospect)
                if line is not None:
                    self._put(line)
            case Expected(job=job):
                paths = [str(path) for path in job.missing.values()]
                self._put(
                    ExpectedLine(
                        source=job.source,
                        output=paths[0],
                        outputs=paths,
                        size_bytes=job.size_bytes,
                        is_paid=prospect.is_paid,
                        audio_duration_s=prospect.audio_s,
                        cost_usd=_number(prospect.cost_usd),
                        limit=None if prospect.refusal is None else prospect.refusal.value,
                    )
                )

    def end(self, forecast: Forecast, terms: Terms) -> None:
        """Write the totals."""
        estimate = forecast.estimate
        least_s = None if terms.is_offline else estimate.least_s(terms.max_requests, terms.window_s)
        self._put(
            EstimateLine(
                to_transcribe=estimate.inputs,
                size_bytes=estimate.size_bytes,
                audio_duration_s=round(estimate.audio_s, 3),
                unknown_lengths=estimate.unknown_lengths,
                cost_usd=_number(estimate.cost_usd) or 0.0,
                unknown_costs=estimate.unknown_costs,
                prices_as_of=None if terms.price_per_hour_usd is not None else AS_OF.isoformat(),
                prices={
                    name: PricePart(
                        usd_per_hour=float(part.usd_per_hour),
                        audio_duration_s=round(part.audio_s, 3),
                        cost_usd=_number(part.cost_usd) or 0.0,
                    )
                    for name, part in forecast.parts.items()
                },
                unpriced=dict(forecast.unpriced),
                least_s=least_s,
                paid=forecast.paid,
                over_limit=forecast.refused.total(),
                skipped=forecast.skipped.total(),
                failed=forecast.failed,
            )
        )

    def _put(self, line: AnyLine) -> None:
        _write(self._file, json.dumps({"type": line.type} | asdict(line)) + "\n")


def _number(usd: Decimal | None) -> float | None:
    return None if usd is None else round(float(usd), 6)


def _write(file: TextIO, text: str) -> None:
    """Write, at once, to where somebody may be waiting for it.

    Raises:
        BrokenPipeError: nobody is.
        FatalError: it cannot be written.
    """
    try:
        file.write(text)
        file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FatalError(
            f"the estimate cannot be written ({error.strerror}); make room, or write it elsewhere",
            ExitCode.LOCAL,
        ) from error
