"""What a run would do, without doing any of it: nothing is sent, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import place_of
from batch_transcriber.client import why_not_uploaded
from batch_transcriber.engine.afford import Limits
from batch_transcriber.engine.asked import Asked
from batch_transcriber.engine.ledger import is_paid
from batch_transcriber.events import Failed, SkipReason
from batch_transcriber.formats import FORMATS, find_formats
from batch_transcriber.journal import NAME, Journal, Onlooker, home_of
from batch_transcriber.model import Job, Stage, is_address
from batch_transcriber.plan import Filters, find_jobs
from batch_transcriber.plan.forecast import Expected
from batch_transcriber.plan.lengths import audio_duration_s
from batch_transcriber.plan.prices import Price, price_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from batch_transcriber.engine.asked import Source
    from batch_transcriber.model import Parameters
    from batch_transcriber.plan.forecast import Prospect
    from batch_transcriber.settings import Settings

OWN_PRICE = "--price"


def foresee(
    sources: Source | Iterable[Source],
    *,
    out: str | os.PathLike[str],
    settings: Settings,
    filters: Filters | None = None,
) -> Iterator[Prospect]:
    """Yield what would become of every input, in the order of the run; blocking, and memory does not grow.

    Copies are told only when they are read: here, each stands for itself. What the limits would keep back
    is what does not fit in this order; in a run, whose jobs overtake each other, it may be others.

    Args:
        sources: As for `transcribe_batch`.
        out: The output folder, which need not exist.
        settings: Of the run; the key is not used.
        filters: Which of all recordings to take; None for all.

    Raises:
        FatalError: the journal cannot be read or is another folder's, or there is no room for what is to be
            remembered.
    """
    find_formats(settings.formats)
    folder = place_of(out)
    path = settings.journal or home_of(folder) / NAME
    with Journal(Onlooker(path), folder, service=settings.base_url) as journal:
        if settings.journal is not None:
            journal.check_folder(is_noted=False)
        outlook = _Outlook(journal, settings)
        for planned in find_jobs(
            Asked(sources, settings),
            folder,
            records=journal.outputs,
            suffixes={name: one.SUFFIX for name, one in FORMATS.items()},
            filters=filters or Filters(),
            force=settings.force,
            is_through=settings.through,
        ):
            yield outlook.expect(planned) if isinstance(planned, Job) else planned


class _Outlook:
    """What lies before each job."""

    def __init__(self, journal: Journal, settings: Settings) -> None:
        self._journal = journal
        self._settings = settings
        self._limits = Limits(settings)
        self._last: tuple[Parameters, Price] | None = None

    def expect(self, job: Job) -> Prospect:
        """Return what would become of a job."""
        if self._is_paid(job):
            return Expected(job, is_paid=True)
        if error := why_not_uploaded(job):
            return Failed(job.source, Stage.UPLOAD, error, job)
        audio_s = None if is_address(job.source) else audio_duration_s(job.source)
        price = self._price_of(job.parameters)
        share = self._limits.reserve(audio_s, price.usd_per_hour)
        refusal = share if isinstance(share, SkipReason) else None
        return Expected(job, audio_s=audio_s, price=price, refusal=refusal)

    def _is_paid(self, job: Job) -> bool:
        if self._settings.force:
            return False
        content = self._journal.content_of(job.origin)
        if content is None and job.is_fetched:
            content = job.origin.version
        entry = None if content is None else self._journal.find(content, job.parameters.digest)
        return entry is not None and entry.service == self._settings.base_url and is_paid(entry)

    def _price_of(self, parameters: Parameters) -> Price:
        if self._last is None or self._last[0] is not parameters:  # most jobs share theirs
            own = self._settings.price_per_hour_usd
            price = price_of(parameters.values) if own is None else Price(own, parts=((OWN_PRICE, own),))
            self._last = parameters, price
        return self._last[1]
