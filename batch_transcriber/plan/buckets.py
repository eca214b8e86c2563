"""Recordings in a bucket: an object, all below a prefix, or what a pattern matches; listed page by page."""

from __future__ import annotations

import glob
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING

from batch_transcriber.buckets.address import Address
from batch_transcriber.buckets.store import store_of, wait
from batch_transcriber.buckets.trouble import NoRightError
from batch_transcriber.errors import PermanentError, RetryableError
from batch_transcriber.events import Failed, Notice, Skipped
from batch_transcriber.model import Stage
from batch_transcriber.plan.filters import NO_FILTERS, Filters
from batch_transcriber.plan.found import LEFT_OUT, NO_RECORDINGS, Finding, Found
from batch_transcriber.plan.search import is_media

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_transcriber.buckets.objects import Stored
    from batch_transcriber.buckets.store import Store

NOTHING_THERE = "no such object, and none below it; check the name"
NO_MATCH = "no object matches this pattern; check it"
_MAGIC = "*?["


def read_bucket(source: str, filters: Filters = NO_FILTERS, out: Address | None = None) -> Iterator[Finding]:
    """Yield what an address in a bucket holds, sorted by the names that the store has; blocking.

    What a folder is to a search, all objects are here whose names go on after the address and a slash. As
    there, names that begin with a dot are left out, and so are those of no recording, unless they are named,
    and what lies below `out`, where that is inside of what is searched.
    To match a pattern, all names are read that begin like it, up to its first wildcard.
    """
    try:
        address = Address.parse(source)
        yield from _read(source, address, store_of(address), _Search(address, filters, out))
    except ValueError as error:
        yield Failed(source, Stage.PLAN, str(error))
    except PermanentError as error:
        yield Failed(source, Stage.PLAN, str(error))
    except RetryableError as error:
        yield Failed(source, Stage.PLAN, f"{error}; {error.advice}")
    except FileNotFoundError:
        yield Failed(source, Stage.PLAN, NOTHING_THERE)


def _read(source: str, address: Address, store: Store, search: _Search) -> Iterator[Finding]:
    if address.key and not address.key.endswith("/"):
        try:
            stored = wait(store.look(address))
        except FileNotFoundError:
            pass
        except NoRightError as error:  # also said of what is not there to those who may not list
            yield from _read_many(source, address, store, search, refused=error)
            return
        else:
            place = _place(address.key.rpartition("/")[2]) or "object"
            yield _found(str(address), place, stored, search.filters)
            return
    yield from _read_many(source, address, store, search)


def _read_many(
    source: str,
    address: Address,
    store: Store,
    search: _Search,
    *,
    refused: NoRightError | None = None,
) -> Iterator[Finding]:
    """Yield what is below an address; `refused` is what was said of the address itself."""
    read = found = 0
    try:
        for stored in store.objects(address.at(search.begins_with)):
            read += 1
            names = search.match(stored.key)
            if names is not None:
                found += 1
                yield _found(str(address.at(stored.key)), _place("/".join(names)), stored, search.filters)
    except NoRightError as error:
        if refused:
            raise NoRightError(
                f"no right to read it, or it is not there ({error.__cause__}); "
                "check the name, and allow it (on S3: s3:GetObject and s3:ListBucket)"
            ) from error
        raise
    if found:
        return
    if refused and not read:
        raise refused
    if search.pruned:
        yield Notice(f"{source}: {LEFT_OUT}")
    elif search.is_pattern:
        yield Failed(source, Stage.PLAN, NO_MATCH)
    elif read or not address.key:
        yield Notice(f"{source}: {NO_RECORDINGS}")
    else:
        yield Failed(source, Stage.PLAN, NOTHING_THERE)


def _found(source: str, place: str, stored: Stored, filters: Filters) -> Finding:
    reason = filters.refuse_name(place) or filters.refuse_file(stored.size_bytes, stored.stamp_ns)
    return Skipped(source, reason) if reason else Found(source, place, stored.size_bytes, stored.stamp_ns)


def _place(key: str) -> str:
    """Return a place below the output folder; names that would lead out of it lead nowhere."""
    return "/".join(name.replace("\0", "_") for name in key.split("/") if name.strip("."))


class _Search:
    """Which keys are wanted.

    Args:
        address: As typed: of a folder, with or without a slash at its end, or a pattern.
        filters: Of its patterns, those that keep a folder from being looked into.
        out: Of the texts.

    Attributes:
        filters: As they were given.
        begins_with: What all wanted keys begin with.
        is_pattern: Whether there are wildcards.
        pruned: Objects that were left out together with their folder.
    """

    def __init__(self, address: Address, filters: Filters, out: Address | None) -> None:
        key = address.key
        parts = key.rstrip("/").split("/")
        fixed = list(takewhile(lambda part: not glob.has_magic(part), parts))
        self.is_pattern = len(fixed) < len(parts)
        self._parts = parts[len(fixed) :]
        if self.is_pattern:
            self._base = "".join(f"{part}/" for part in fixed)
            first = self._parts[0]
            self.begins_with = self._base + first[: min(map(first.find, (c for c in _MAGIC if c in first)))]
        else:
            self._base = self.begins_with = f"{key.rstrip('/')}/" if key.rstrip("/") else ""
        texts = f"{out.key}/" if out is not None and out.at(key) == address else self._base
        self._texts = texts if texts.startswith(self._base) and texts != self._base else None
        self.filters = filters
        self._judged: tuple[list[str], bool] = [], True  # the last folder, for many lie in one
        self.pruned = 0

    def match(self, key: str) -> list[str] | None:
        """Return the parts of a key below the fixed ones; None where it is not wanted."""
        if not key.startswith(self._base) or key.endswith("/"):
            return None
        if self._texts is not None and key.startswith(self._texts):
            return None
        names = [name for name in key[len(self._base) :].split("/") if name]
        if not names or any(name.startswith(".") for name in names):
            return None
        if not (self._matches_folder(names) and is_media(names[-1])) and not self._matches_whole(names):
            return None
        if not self._is_entered(names[:-1]):
            self.pruned += 1
            return None
        return names

    def _matches_whole(self, names: Sequence[str]) -> bool:
        return self.is_pattern and _matches(self._parts, names)[-1]

    def _matches_folder(self, names: Sequence[str]) -> bool:
        """Tell whether one of the folders on the way is what was asked for."""
        if not self.is_pattern:
            return True
        return any(_matches(self._parts, names[:-1]))

    def _is_entered(self, folders: list[str]) -> bool:
        if self._judged[0] != folders:
            paths = ("/".join(folders[:end]) for end in range(1, len(folders) + 1))
            self._judged = folders, not any(map(self.filters.excludes_folder, paths))
        return self._judged[1]


def _matches(parts: Sequence[str], names: Sequence[str]) -> list[bool]:
    """Tell of each beginning of names, the shortest first, whether it matches the parts of a pattern.

    Each part is for a name, and `**` for any number of them, in the end for one at least.
    """
    matches = []
    last = len(parts) - 1
    reached = {0}  # so many parts are done with
    for name in names:
        for at in range(last):
            if at in reached and parts[at] == "**":
                reached.add(at + 1)  # it may stand for none
        stays = {at for at in reached if at <= last and parts[at] == "**"}
        goes_on = {
            at + 1 for at in reached if at <= last and at not in stays and fnmatchcase(name, parts[at])
        }
        reached = stays | goes_on | ({last + 1} if last in stays else set())
        matches.append(last + 1 in reached)
    return matches
