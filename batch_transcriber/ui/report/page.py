"""The page itself: what the journal knows, in words, and put into the template."""

from __future__ import annotations

import os
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.formats import txt
from batch_transcriber.journal.listing import list_inputs, list_kinds
from batch_transcriber.journal.overview import Step
from batch_transcriber.plan.prices import AS_OF, SOURCE
from batch_transcriber.ui.forecast import money
from batch_transcriber.ui.report.spend import add_up
from batch_transcriber.ui.report.timeline import WIDTH, draw
from batch_transcriber.ui.standing import take_standing
from batch_transcriber.ui.status import how_fast, who
from batch_transcriber.ui.words import about, count, duration, printable

if TYPE_CHECKING:
    from decimal import Decimal

    from batch_transcriber.journal import Look
    from batch_transcriber.journal.listing import Listed

NAME = "report.html"  # in the output folder, where nothing else is said
MARK = '<meta name="generator" content="batch-transcriber">'
MARK_WITHIN_BYTES = 1024
LISTED_MAX = 15_000  # a browser is slow beyond, and so is mail
_LONG_S = 100 * 3600
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """An input as the page shows it; names are spelt out where they are no text.

    Attributes:
        links: Of its files that are there: format and address, relative to the page.
        missing: Formats of those that are not.
        took_s: From its first move to its last, in this try.
        at_s: When its way ended, seconds since 1970.
    """

    name: str
    step: Step
    reason: str
    audio_s: float | None
    took_s: float | None
    at_s: float | None
    at: str
    links: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def make_page(look: Look, page: Path, now: float, *, version: str, own_usd_per_hour: Decimal | None) -> str:
    """Return the page as HTML; blocking, and looks which texts are still there.

    Args:
        look: At the journal.
        page: Where it will lie: its links lead from there.
        now: Seconds since 1970.
        version: Of this program.
        own_usd_per_hour: The user's own price; None for the table's.

    Raises:
        FatalError: the journal cannot be read.
    """
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - few commands make a page
    from markupsafe import Markup  # noqa: PLC0415

    standing = take_standing(look, now)
    inputs = list_inputs(look.database, LISTED_MAX)
    run = standing.run
    began_at = run.began_at if run else 0.0
    root = _root(inputs)
    rows = [_row(one, look, page, root) for one in inputs]
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "duration": duration,
        "money": money,
        "count": count,
        "about": about,
        "hours": _hours,
    }
    today = datetime.fromtimestamp(now, UTC).astimezone()
    return environment.get_template("page.html.j2").render(
        mark=Markup(MARK),  # noqa: S704 - ours
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        script_digest=b64encode(sha256(script.encode()).digest()).decode(),
        version=version,
        today=today,
        folder=printable(os.fspath(look.out.absolute().name)),
        root=printable(root),
        standing=standing,
        who=printable(who(standing, today)),
        pace=how_fast(standing.pace) if standing.pace else "",
        spend=add_up(list_kinds(look.database), own_usd_per_hour),
        lately=add_up(list_kinds(look.database, began_at), own_usd_per_hour),
        own_usd_per_hour=own_usd_per_hour,
        prices_as_of=AS_OF,
        prices_source=SOURCE,
        timeline=draw(inputs, began_at, now if standing.holder else None),
        width=WIDTH,
        steps=[(step, standing.steps[step]) for step in Step if standing.steps[step]],
        failures=[row for row in rows if row.reason],
        rows=rows,
        warnings=Counter(printable(warning) for one in inputs for warning in one.warnings).most_common(),
        Step=Step,
    )


def is_ours(path: Path) -> bool:
    """Tell whether a file is such a page, which a newer one may take the place of.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return MARK.encode() in file.read(MARK_WITHIN_BYTES)


def is_page(path: Path) -> bool:
    """Tell whether a file is some page, or empty: what may be lost where a report was asked for by name.

    A device is neither, for a file would take its place; and to look into a pipe could take for ever.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(MARK_WITHIN_BYTES)
    return not head or head.lstrip().startswith((b"<", b"\xef\xbb\xbf<"))


def _root(inputs: list[Listed]) -> str:
    """Return the folder that all recordings lie below; empty where there is none worth naming."""
    folders = {os.path.dirname(one.source) for one in inputs if "://" not in one.source}  # noqa: PTH120
    root = os.path.commonpath(folders) if folders else ""
    return "" if root == os.sep else root


def _row(one: Listed, look: Look, page: Path, root: str) -> Row:
    times = {move: at for move, at in one.times.items() if at >= one.times.get("planned", 0.0)}
    end = max((times.get(move, 0.0) for move in ("written", "failed")), default=0.0) or None
    there, missing = [], []
    for output in sorted(one.outputs, key=lambda path: not path.endswith(txt.SUFFIX)):
        form, path = printable(output.rpartition(".")[2]), look.out / output
        if is_in_bucket(path):  # it is not asked for each of them
            there.append((form, quote(str(path), safe=":/")))
        elif os.path.lexists(path):
            there.append((form, _link(path, page)))
        else:
            missing.append(form)
    below = f"{root}{os.sep}"
    return Row(
        printable(_without_query(one.source).removeprefix(below)),
        one.step,
        printable(one.reason or ""),
        one.audio_s,
        end - times["planned"] if end and "planned" in times else None,
        end,
        datetime.fromtimestamp(end, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S") if end else "",
        tuple(there),
        tuple(missing),
    )


def _without_query(source: str) -> str:
    """Return an address without what may be somebody's key, for the page may be passed on."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _hours(seconds: float) -> str:
    """Return a duration that may be long, short."""
    return duration(seconds) if seconds < _LONG_S else f"{seconds / 3600:,.0f} h"


def _link(path: Path, page: Path) -> str:
    relative = os.path.relpath(path.absolute(), page.absolute().parent)
    return quote(os.fsencode(relative.replace(os.sep, "/")))
