"""Where the answers of `status` go: stdout, in lines or in objects, once or again and again."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from io import TextIOWrapper
from threading import Event
from time import time
from typing import TYPE_CHECKING

from rich.console import Console, Group

from batch_transcriber.cli.results import print_result, silence_stdout
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal.overview import all_failures
from batch_transcriber.journal.story import find_story
from batch_transcriber.ui.explanation import explain, explanation_lines
from batch_transcriber.ui.keys import hidden_control_keys
from batch_transcriber.ui.standing import take_standing
from batch_transcriber.ui.status import status_lines
from batch_transcriber.ui.status_objects import failure_object, input_object, status_object
from batch_transcriber.ui.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from rich.text import Text

    from batch_transcriber.journal import Look
    from batch_transcriber.ui.standing import Standing
    from batch_transcriber.ui.status_objects import AnyStatusLine

WATCH_EVERY_S = 2.0


def show_standing(look: Look, *, as_json: bool) -> None:
    """Print where everything stands.

    Raises:
        FatalError: the journal cannot be read, or stdout cannot be written to; so do the others here.
    """
    _put(take_standing(look, time()), as_json=as_json)


def show_input(look: Look, name: str, *, as_json: bool) -> None:
    """Print all that is known of one input."""
    story = find_story(look, name)
    if story is None:
        raise FatalError(
            f"{name}: {look.path} knows no recording and no text of this name; name it as the run did",
            ExitCode.USAGE,
        )
    explanation = explain(look, story, time())
    if as_json:
        print_result(_json(input_object(explanation)))
    else:
        _print(explanation_lines(explanation, datetime.now(UTC).astimezone()))


def show_failures(look: Look, *, as_json: bool) -> None:
    """Print what failed, a line each: a name, a tab, and the reason."""
    _tolerate_names()
    try:
        for failure in all_failures(look.database):
            if as_json:
                line = _json(failure_object(failure))
            else:
                line = f"{printable(failure.source)}\t{printable(failure.reason)}"
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()  # nobody reads on
    except OSError as error:
        silence_stdout()
        raise FatalError(f"the failures could not be written: {error.strerror}", ExitCode.LOCAL) from None


def watch(look: Look, *, as_json: bool) -> None:
    """Print it again and again, until no run is at work, or Ctrl-C."""
    console = Console()
    with _until_interrupted() as interrupted:
        if as_json or not console.is_terminal or console.is_dumb_terminal:
            _print_again_and_again(look, interrupted, as_json=as_json)
        else:
            _draw(look, console, interrupted)


def _print_again_and_again(look: Look, interrupted: Event, *, as_json: bool) -> None:
    is_first = True
    while True:
        standing = take_standing(look, time())
        is_read = as_json or is_first or print_result("")  # between two blocks
        is_first = False
        if not (is_read and _put(standing, as_json=as_json)) or standing.holder is None:
            return
        if interrupted.wait(WATCH_EVERY_S):
            return


def _draw(look: Look, console: Console, interrupted: Event) -> None:
    from rich.live import Live  # noqa: PLC0415 - nothing else draws

    with hidden_control_keys(), Live(console=console, auto_refresh=False) as live:
        console.show_cursor()  # or a kill would leave the terminal without one
        while True:
            standing = take_standing(look, time())
            live.update(Group(*status_lines(standing, time())), refresh=True)
            if standing.holder is None or interrupted.wait(WATCH_EVERY_S):
                return


@contextmanager
def _until_interrupted() -> Iterator[Event]:
    """Turn Ctrl-C into an event: to leave is no error."""
    interrupted = Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _put(standing: Standing, *, as_json: bool) -> bool:
    if as_json:
        return print_result(_json(status_object(standing)))
    return _print(status_lines(standing, time()))


def _print(lines: Iterable[Text]) -> bool:
    """Print lines: broken at words on a terminal, whole in a pipe."""
    _tolerate_names()
    console = Console()
    if not sys.stdout.isatty():
        return print_result("\n".join(line.plain for line in lines))
    with console.capture() as captured:
        console.print(Group(*lines))
    return print_result(captured.get().rstrip("\n"))


def _tolerate_names() -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for a terminal that knows few letters


def _json(line: AnyStatusLine) -> str:
    return json.dumps({"type": line.type} | asdict(line))
