"""Names and quantities as people read them."""

from __future__ import annotations

import math
import re
from urllib.parse import urlsplit

from rich.cells import cell_len, set_cell_size

from batch_transcriber.settings import is_this_machine

# What opens an address to others: a user, the name of an upload, a query.
_SECRETS = (
    (re.compile(r"(?<=://)[^\s/@'\"]*@"), ""),
    (re.compile(r"(://[^\s'\"]*?/upload/)[^\s'\"]+"), r"\1..."),
    (re.compile(r"(://[^\s?'\"]*\?)[^\s'\"]+"), r"\1..."),
)


def printable(text: str) -> str:
    """Return foreign text so that it does a terminal no harm: control characters are spelt out."""
    if text.isprintable():  # as nearly all is
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shorten(text: str, width: int) -> str:
    """Fit a path into `width` cells by leaving out its middle; its end tells most."""
    if cell_len(text) <= width:
        return text
    head = set_cell_size(text, max(0, width - 1) // 3).rstrip()
    room = max(0, width - 1 - cell_len(head))
    tail = text[len(text) - room :]
    while cell_len(tail) > room:
        tail = tail[1:]
    return f"{head}…{tail}"


def size(count_bytes: float) -> str:
    """Return a size with three digits or less: `980 kB`, `1.4 GB`."""
    for unit in ("B", "kB", "MB"):
        if count_bytes < 999.5:
            return (
                f"{count_bytes:.0f} {unit}"
                if unit != "MB" or count_bytes >= 10
                else f"{count_bytes:.1f} {unit}"
            )
        count_bytes /= 1000
    return f"{count_bytes:.1f} GB"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `42 s`, `3 min 5 s`, `7 h 20 min`."""
    whole_s = round(seconds)
    if whole_s < 60:
        return f"{whole_s} s"
    if whole_s < 3600:
        return _two(whole_s // 60, "min", whole_s % 60, "s")
    return _two(whole_s // 3600, "h", whole_s % 3600 // 60, "min")


def about(seconds: float) -> str:
    """Return an estimate in steps as coarse as it is vague: `10 s`, `4 min`, `2 h 40 min`."""
    for below_s, step_s in ((50, 10), (600, 60), (3600, 300), (36_000, 600)):
        if seconds <= below_s:
            return duration(max(1, math.ceil(seconds / step_s)) * step_s)
    return duration(math.ceil(seconds / 3600) * 3600)


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large:,} {large_unit}" + (f" {small} {small_unit}" if small else "")


def is_local(base_url: str) -> bool:
    """Tell whether a service is on this machine, so that nothing that it gets leaves the house."""
    return is_this_machine(urlsplit(base_url).hostname or "")


def sent_word(base_url: str) -> str:
    """Return what became of a recording's bytes: a service on this machine only reads them."""
    return "read" if is_local(base_url) else "sent"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def without_secrets(text: str) -> str:
    """Return a text without what opens an address in it to others, for where it is kept or sent on."""
    if "://" in text:
        for secret, shown in _SECRETS:
            text = secret.sub(shown, text)
    return text
