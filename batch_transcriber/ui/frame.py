"""One frame of the live display: lines of text that fit the window, from what the events add up to."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rich.text import Text

from batch_transcriber.ui.tally import Step
from batch_transcriber.ui.words import about, duration, printable, sent_word, shorten, size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_transcriber.events import Failed
    from batch_transcriber.ui.estimate import Estimate
    from batch_transcriber.ui.moving import Hearing, RunningUpload
    from batch_transcriber.ui.tally import Tally, Trouble

T = TypeVar("T")
SHOWN_AFTER_S = 0.3  # a line that comes and goes at once can't be read
TROUBLE_SHOWN_AFTER_S = 3.0  # what the next try mends is not worth a line
SMALL_WINDOW_LINES = 12
BAR_MIN_CELLS = 8
SMALL_BAR_CELLS = 8
NAME_MIN_CELLS = 24  # where there is less room, the figures give way
SIZES_CELLS = len("999 MB of 999 MB")
SPEED_CELLS = len("999 MB/s")
TO_GO_CELLS = len("9 h 50 min")
PER_CENT_CELLS = len("100 %")
DONE, TO_DO = "━", "─"  # they differ without colour
UP, AGAIN, HEARD, DOT = "↑", "↻", "♪", " · "


class Window(NamedTuple):
    """Room for a frame, in cells."""

    columns: int
    lines: int


def frame(tally: Tally, estimate: Estimate, now: float, window: Window) -> Text:
    """Return the lines of one frame; at most `window.lines`, each at most `window.columns` cells.

    What changes its height stands below what does not, so that as little as possible jumps.
    """
    lines = [
        _overall(tally, estimate, now, window),
        _bytes(tally, estimate, now, window),
        _counts(tally, window),
    ]
    if waiting := waiting_words(tally.trouble, now):
        lines.append(_cut(waiting, "yellow", window))
    failures = list(tally.last_failures)
    if window.lines < SMALL_WINDOW_LINES:
        failures = failures[-1:]
    lines += [_failure(failed, window) for failed in failures]
    lines += _moving(tally, now, window, max(0, window.lines - len(lines)))
    return Text("\n", no_wrap=True, overflow="crop", end="").join(lines[: max(1, window.lines)])


def _overall(tally: Tally, estimate: Estimate, now: float, window: Window) -> Text:
    elapsed_s = now - tally.began_at
    words = [f"{tally.done:,} of {tally.known:,}", duration(elapsed_s)]
    if (to_go_s := estimate.to_go_s(tally, now)) is not None and tally.done < tally.known:
        words.append(f"about {about(to_go_s)} left")
    text = DOT.join(words)
    bar_cells = window.columns - len(text) - 1
    if bar_cells < BAR_MIN_CELLS:
        return _cut(text, "bold", window)
    share = (tally.done + tally.heard_parts) / max(tally.known, 1)
    return Text.assemble(_bar(share, bar_cells, "cyan"), " ", (text, "bold"))


def _bytes(tally: Tally, estimate: Estimate, now: float, window: Window) -> Text:
    words = []
    if tally.to_send_bytes:
        sizes = f"{size(tally.moved_bytes)} of {size(tally.to_send_bytes)} {sent_word(tally.base_url)}"
        speed = estimate.bytes_per_s(tally, now)
        words.append(f"{sizes}, {size(speed)}/s" if tally.uploads and speed else sizes)
    if tally.audio_duration_s:
        words.append(f"{duration(tally.audio_duration_s)} of audio transcribed")
    if tally.already_written:
        words.append(f"{tally.already_written:,} written before")
    return _cut(DOT.join(words), "", window)


def _counts(tally: Tally, window: Window) -> Text:
    failed = [f"{tally.failed:,} failed"] if tally.failed else []
    rest = step_counts(tally)
    text = _cut(DOT.join(failed + rest), "dim", window)
    if failed:
        text.stylize("not dim red", 0, len(failed[0]))
    return text


def step_counts(tally: Tally) -> list[str]:
    """Return how many jobs are at each step, in the order of their way; nothing of steps without any."""
    return [f"{number:,} {step}" for step in Step if (number := tally.at[step])]


def waiting_words(trouble: Trouble | None, now: float) -> str:
    """Return what the run waits for, and how long; empty where it does not, or only just began to."""
    if trouble is None:
        return ""
    reason = printable(trouble.reason)
    lasting = f" (for {duration(now - trouble.since)} so far)" if now - trouble.since >= 60 else ""
    if trouble.until > now:
        return f"waiting {duration(trouble.until - now)}{lasting}: {reason}"
    if now - trouble.since < TROUBLE_SHOWN_AFTER_S:
        return ""
    return f"trying again{lasting}: {reason}"


def _failure(failed: Failed, window: Window) -> Text:
    room = window.columns - len("failed: ") - 2
    error = printable(failed.error)
    name = shorten(printable(failed.source), max(10, room - len(error), room * 2 // 5))
    return _cut(f"failed: {name}: {error}", "red", window)


def _moving(tally: Tally, now: float, window: Window, room: int) -> list[Text]:
    """Return a line for each recording that is heard or sent; of each kind, one for those without room."""
    hearings = [one for one in tally.being_heard if now - one.began_at >= SHOWN_AFTER_S]
    uploads = [
        one for one in tally.uploads.values() if one.sent_bytes and now - one.began_at >= SHOWN_AFTER_S
    ]
    lines = _as_room_is(
        hearings,
        lambda one: _hearing(one, now, window),
        lambda number: _cut(f"{HEARD} {number} more being heard", "dim", window),
        room - min(len(uploads), room // 2),
    )
    return lines + _as_room_is(
        uploads,
        lambda one: _upload(one, now, window),
        lambda number: _cut(f"{UP} {number} more uploads", "dim", window),
        room - len(lines),
    )


def _as_room_is(
    shown: Sequence[T], draw: Callable[[T], Text], draw_more: Callable[[int], Text], room: int
) -> list[Text]:
    """Return a line for each, or for as many as fit, and then one for the others."""
    if len(shown) <= room:
        return [draw(one) for one in shown]
    if room < 1:
        return []
    return [*map(draw, islice(shown, room - 1)), draw_more(len(shown) - room + 1)]


def _hearing(hearing: Hearing, now: float, window: Window) -> Text:
    to_go_s = hearing.to_go_s(now)
    columns = [
        _bar(hearing.part, SMALL_BAR_CELLS, "green"),
        Text(f"{int(hearing.part * 100)} %".rjust(PER_CENT_CELLS)),
        Text(("" if to_go_s is None else about(to_go_s)).rjust(TO_GO_CELLS + 1)),
    ]
    return _row(f"{HEARD} ", hearing.job.source, columns, window)


def _upload(upload: RunningUpload, now: float, window: Window) -> Text:
    bytes_per_s = upload.bytes_per_s(now)
    is_sent = upload.sent_bytes == upload.total_bytes
    to_go = "" if is_sent else about((upload.total_bytes - upload.sent_bytes) / bytes_per_s)
    columns = [
        _bar(upload.sent_bytes / max(upload.total_bytes, 1), SMALL_BAR_CELLS, "blue"),
        Text(f"{size(upload.sent_bytes)} of {size(upload.total_bytes)}".rjust(SIZES_CELLS)),
        Text(("sent" if is_sent else f"{size(bytes_per_s)}/s").rjust(SPEED_CELLS + 1)),
        Text(to_go.rjust(TO_GO_CELLS + 1)),
    ]
    return _row(f"{UP if upload.attempt == 1 else AGAIN} ", upload.job.source, columns, window)


def _row(sign: str, source: str, columns: list[Text], window: Window) -> Text:
    """Return a recording's line: its name, and of its figures as many as leave room for that."""
    name_cells = window.columns - len(sign) - sum(len(column) + 1 for column in columns)
    while columns and name_cells < NAME_MIN_CELLS:
        name_cells += len(columns.pop()) + 1
    name = Text(shorten(printable(source), name_cells))
    name.pad_right(max(0, name_cells - name.cell_len))
    return Text(" ").join([Text(sign, end="") + name, *columns])


def _bar(share: float, cells: int, style: str) -> Text:
    done = min(cells, int(share * cells))
    return Text.assemble((DONE * done, style), (TO_DO * (cells - done), "dim"))


def _cut(text: str, style: str, window: Window) -> Text:
    line = Text(text, style=style)
    line.truncate(window.columns, overflow="ellipsis")
    return line
