"""A report on disk: made from a journal that is looked at, and whole or absent like every output."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from batch_transcriber import __version__
from batch_transcriber.engine.write import Draft
from batch_transcriber.errors import ExitCode, FatalError, PermanentError
from batch_transcriber.journal import lists_of, look
from batch_transcriber.ui.report import NAME, is_ours, is_page, make_page

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from batch_transcriber.journal import Look


def write_report(look: Look, page: Path | None, own_usd_per_hour: Decimal | None, *, option: str) -> Path:
    """Write the page, and return where it is; what was there before stays until it is whole.

    Args:
        look: At the journal.
        page: Where to, which replaces no file but a page; None for its place in the output folder, where
            only another report is replaced.
        own_usd_per_hour: The user's own price of an hour of audio; None for the table's.
        option: That names another place, for what is said.

    Raises:
        FatalError: the journal cannot be read, or the page cannot be written.
    """
    place = lists_of(look.out) / NAME if page is None else page
    try:
        if page is None and place.exists() and not is_ours(place):
            raise FatalError(
                f"{place}: is no report of ours, and stays; name another file with {option}", ExitCode.LOCAL
            )
        # A recording, a text, the journal itself: a slip of the hand must not cost it.
        if page is not None and place.exists() and not place.is_dir() and not is_page(place):
            raise FatalError(
                f"{place}: is no page, and stays; name another file with {option}", ExitCode.LOCAL
            )
        text = make_page(look, place, time(), version=__version__, own_usd_per_hour=own_usd_per_hour)
        with Draft(place, text) as draft:
            draft.publish()
    except (PermanentError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or error
        raise FatalError(
            f"{place}: the report cannot be written ({reason}); name another file with {option}",
            ExitCode.LOCAL,
        ) from error
    return place


def report_a_run(
    out: Path, journal: Path | None, page: Path | None, own_usd_per_hour: Decimal | None
) -> Path:
    """Write the page of a run that has ended, and return where it is.

    Raises:
        FatalError: that cannot be done.
    """
    with look(out, journal) as found:
        return write_report(found, page, own_usd_per_hour, option="--report=FILE")
