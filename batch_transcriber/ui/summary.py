"""The closing summary: every input accounted for, failures last, because the last lines are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.text import Text

from batch_transcriber.ui.words import count, duration, is_local, printable, sent_word, size

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from batch_transcriber.errors import FatalError
    from batch_transcriber.events import Failed, Skipped, SkipReason

NAMED_ALL_MAX = 20  # so many failures are named each
NAMED_PER_REASON_MAX = 5  # of more than these
VARIABLE = re.compile(r"[0-9a-f]{8}[0-9a-f-]*|\d[\d.,:]*")  # ids and figures, in otherwise equal reasons


class Account(Protocol):
    """What became of a run; `engine.BatchReport` is one, and says what each name means."""

    written: int
    without_words: list[str]
    already_written: int
    filtered: int
    over_limit: Counter[SkipReason]
    copies: int
    copies_audio_duration_s: float
    audio_duration_s: float
    sent_bytes: int
    requests: Counter[str]
    failed: list[Failed]
    failed_list: Path | None
    skipped: list[Skipped]
    fatal: FatalError | None
    stopped: bool
    time_is_up: bool

    @property
    def to_go(self) -> int:
        """Inputs without an outcome, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known at the end of a run.

    Attributes:
        account: The run's report.
        out: The output folder as it was named.
        elapsed_s: Time that the run took.
        command: What goes on with the run, as it would be typed; empty where that is too long to show.
        exit_code: What the command ends with.
        base_url: Of the service; empty where it is not known.
        retry: What tries again what failed, and nothing else; likewise.
    """

    account: Account
    out: Path
    elapsed_s: float
    command: str
    exit_code: int
    base_url: str = ""
    retry: str = ""


def summary_lines(ending: Ending, *, everything: bool = False) -> Iterator[Text]:
    """Yield the lines that close a run.

    Args:
        ending: What became of it.
        everything: Name every failure, however many there are.
    """
    account = ending.account
    yield from _outcomes(ending)
    if account.without_words:
        yield Text(f"no words heard in {len(account.without_words):,}, whose text is empty:")
        yield from _sources(account.without_words, everything=everything)
    for reason, inputs in account.over_limit.items():
        yield Text(f"{count(inputs, 'recording')} not sent: {reason}", style="bold yellow")
    yield from _skipped(account.skipped, everything=everything)
    yield from _failed(account, everything=everything)
    if account.fatal is not None:
        yield Text(f"stopped: {printable(str(account.fatal))}", style="bold red")
    elif account.time_is_up:
        yield Text("stopped at the time that you set", style="bold yellow")
    elif account.stopped:
        yield Text("stopped as asked", style="bold yellow")
    yield from _way_on(ending)


def _outcomes(ending: Ending) -> Iterator[Text]:
    account = ending.account
    if account.already_written:
        yield Text(f"{count(account.already_written, 'text')} written before, and left alone")
    if account.written:
        line = f"{count(account.written, 'text')} written to {printable(str(ending.out))}"
        if account.audio_duration_s:
            line += f", of {duration(account.audio_duration_s)} of audio"
        yield Text(line, style="bold green")
        if account.copies:
            are = count(account.copies, "of them is a copy", "of them are copies")
            yield Text(f"{are}, heard once: {duration(account.copies_audio_duration_s)} of audio saved")
    elif not any(
        (
            account.already_written,
            account.failed,
            account.skipped,
            account.over_limit,
            account.fatal,
            account.stopped,
        )
    ):
        yield Text("nothing to transcribe")
    if account.filtered:
        yield Text(f"{count(account.filtered, 'recording')} left out by filters", style="dim")
    if requests := sum(account.requests.values()):
        took = [f"{size(account.sent_bytes)} {sent_word(ending.base_url)}"] if account.sent_bytes else []
        if not is_local(ending.base_url):
            took.append(count(requests, "request"))
        yield Text(", ".join([*took, duration(ending.elapsed_s)]), style="dim")


def _skipped(skipped: list[Skipped], *, everything: bool) -> Iterator[Text]:
    if skipped:
        yield Text(f"{len(skipped):,} skipped:", style="bold yellow")
        yield from _named(((entry.source, str(entry.reason)) for entry in skipped), everything=everything)


def _failed(account: Account, *, everything: bool) -> Iterator[Text]:
    if account.failed:
        listed = f", listed in {printable(str(account.failed_list))}" if account.failed_list else ""
        yield Text(f"{len(account.failed):,} failed{listed}:", style="bold red")
        yield from _named(((entry.source, entry.error) for entry in account.failed), everything=everything)


def _named(entries: Iterable[tuple[str, str]], *, everything: bool) -> Iterator[Text]:
    """Yield the entries by reason, the most frequent reason last; few are named in full."""
    groups: dict[str, list[tuple[str, str]]] = {}
    total = 0
    for source, reason in entries:
        groups.setdefault(VARIABLE.sub("#", reason), []).append((source, reason))
        total += 1
    for group in sorted(groups.values(), key=len):
        is_one_text = len({reason for _, reason in group}) == 1
        if len(group) == 1 or (total <= NAMED_ALL_MAX and not is_one_text):
            for source, reason in group:
                yield Text(f"  {printable(source)}: {printable(reason)}")
            continue
        yield Text(f"  {len(group):,} times: {printable(group[0][1])}")
        few = everything or total <= NAMED_ALL_MAX
        yield from _sources([source for source, _ in group], indent="    ", everything=few)


def _sources(sources: list[str], *, indent: str = "  ", everything: bool) -> Iterator[Text]:
    shown = len(sources) if everything or len(sources) <= NAMED_PER_REASON_MAX else NAMED_PER_REASON_MAX
    for source in sorted(sources)[:shown]:
        yield Text(indent + printable(source))
    if len(sources) > shown:
        yield Text(f"{indent}and {len(sources) - shown:,} more (-v names them all)", style="dim")


def _way_on(ending: Ending) -> Iterator[Text]:
    account, command = ending.account, ending.command
    they_are, them = ("it is", "it") if len(account.failed) == 1 else ("they are", "them")
    if account.to_go:
        mended = "" if account.fatal is None else "once that is mended, "
        words = f"{count(account.to_go, 'recording')} to go; {mended}the same command goes on"
    elif account.failed_list and ending.retry:
        words, command = f"when {they_are} mended, try {them} again", ending.retry
    elif account.failed:
        words = f"when {they_are} mended, the same command tries {them} again"
    else:
        return
    yield Text(f"{words}:" if command else words)
    if command:
        # Never broken, so that it can be copied.
        yield Text(f"  {printable(command)}", style="bold", no_wrap=True, overflow="ignore")
