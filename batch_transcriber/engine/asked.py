"""What a run is asked for, however it was said."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from batch_transcriber.formats import find_formats
from batch_transcriber.plan import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_transcriber.settings import Settings

Source: TypeAlias = "str | os.PathLike[str] | Request"
TOLD_MAX = 100  # of the sources that an event names


class Asked:
    """The requests of a run, made as they are read; they can be read again and again.

    Args:
        sources: One source or several. What can be read only once, such as a generator, is kept in memory;
            all else is read anew each time, and may be longer than memory.
        settings: Formats and parameters of sources that bring none.
    """

    def __init__(self, sources: Source | Iterable[Source], settings: Settings) -> None:
        if isinstance(sources, str | os.PathLike | Request):
            sources = [sources]  # not its letters, of which "/" would be the whole disk
        elif iter(sources) is sources:
            sources = list(sources)
        self._sources = sources
        self._formats = tuple(dict.fromkeys(settings.formats))
        self._parameters = settings.parameters()

    def __iter__(self) -> Iterator[Request]:
        """Yield the requests in order.

        Raises:
            FatalError: one names a format that there is not.
        """
        for source in self._sources:
            if isinstance(source, Request):
                find_formats(source.formats)  # there are
                yield source
            else:
                yield Request(os.fspath(source), self._formats, self._parameters)

    def told(self) -> tuple[str, ...]:
        """Return the first sources, for those who read along."""
        return tuple(request.source for request in islice(self, TOLD_MAX))
