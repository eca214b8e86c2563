"""Output names: the input's tree mirrored, two inputs never in one file."""

from __future__ import annotations

import os
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from batch_transcriber.model import folded, is_address
from batch_transcriber.plan.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import TracebackType

    from batch_transcriber.model import Origin, Record
    from batch_transcriber.plan.found import Found

NAME_MAX_BYTES = 255  # of one path component, on every common file system


class Records(Protocol):
    """What is known of the files that earlier runs wrote; `journal.Outputs` is one.

    All paths are below the output folder; their parts are parted by slashes everywhere.
    """

    def of_source(self, source: str) -> Mapping[str, Record]:
        """Return what `of_stem` has for each stem of this path or address; empty where it has none."""

    def of_stem(self, stem: str) -> Mapping[str, Record]:
        """Return the outputs whose path, up to its suffix, some file system takes for this one."""

    def is_edited(self, output: str) -> bool:
        """Tell whether an output was changed by somebody else since."""


class NameTakenError(Exception):
    """A recording is to have the very name that another one of this run has; holds that name."""


class Claim(NamedTuple):
    """What an input was given.

    Attributes:
        origin: The input as it was found.
        stem: Of its files: a path below the output folder.
        records: What is known of those that are there already, by their paths below the output folder.
    """

    origin: Origin
    stem: str
    records: Mapping[str, Record]


class OutputNames:
    """Give every input of a run a stem that no other has, first come, first served.

    A recording's files are its stem with the suffix of each format. The stem stays with the recording
    that it was first given to, from run to run and whatever the formats of a run are. Names that differ
    by case or by Unicode form alone count as one, for they are one file on some systems. To be entered
    before use; memory does not grow with the inputs.

    Args:
        suffixes: Of all files that any run may write, each with the one dot that it has.
        records: What earlier runs wrote.
        may_come_again: An input that was there before has what it had then.
    """

    def __init__(self, suffixes: Collection[str], records: Records, *, may_come_again: bool = False) -> None:
        self._may_come_again = may_come_again
        self._suffixes = suffixes
        self._room_bytes = NAME_MAX_BYTES - max(len(suffix.encode()) for suffix in suffixes)
        self._records = records
        self._seen = Seen()

    def __enter__(self) -> Self:
        """Make ready.

        Raises:
            FatalError: there is no room for what is to be remembered.
        """
        self._seen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen.__exit__(kind, error, trace)

    def claim(self, found: Found, options: bytes) -> Claim | None:
        """Return what a recording's files are called, or None where it already has that in this run.

        `call.mp3` becomes `call`, `call.mp3` where that is taken, then `call.mp3-2`.

        Args:
            found: The recording.
            options: Digest of what its transcript is asked for with; with others, it has other files too.

        Raises:
            NameTakenError: it has a name of its own, which another recording of this run has.
            FatalError: the journal cannot be read, or there is no room for what is to be remembered.
        """
        origin = found.origin
        folder = found.place.rpartition("/")[0]
        how = options + _asked_place(found, folder)
        if not self._seen.add_source(origin.source, how):
            if not self._may_come_again:
                return None
            stem = self._seen.stem_of(origin.source, how)
            return Claim(origin, stem, self._records.of_stem(stem))
        claim = self._claim_new(found, origin, options, folder)
        if self._may_come_again:
            self._seen.keep_stem(origin.source, how, claim.stem)
        return claim

    def _claim_new(self, found: Found, origin: Origin, options: bytes, folder: str) -> Claim:
        if found.is_named:
            return self._claim_named(found, origin)
        records = self._records.of_source(origin.source)
        for stem in _stems(records, origin.source, options):
            if found.is_placed and stem.rpartition("/")[0] != folder:
                continue
            if self._fits(stem) and self._seen.add_stem(stem):
                return Claim(origin, stem, _of_stem(records, stem))
        for name in self._candidates(found.place):
            stem = f"{folder}/{name}" if folder else name
            records = self._records.of_stem(stem)
            if self._is_of_another(origin, records) or self._is_folder_beside(origin, name):
                continue
            if self._seen.add_stem(stem):
                return Claim(origin, stem, records)
        raise AssertionError("the candidates never end")

    def _claim_named(self, found: Found, origin: Origin) -> Claim:
        if not self._fits(found.place) or not self._seen.add_stem(found.place):
            raise NameTakenError(found.place)
        return Claim(origin, found.place, self._records.of_stem(found.place))

    def _fits(self, stem: str) -> bool:
        return len(os.fsencode(stem.rpartition("/")[2])) <= self._room_bytes

    def _is_folder_beside(self, origin: Origin, name: str) -> bool:
        """Tell whether the mirrored tree needs the name of one of the files for a folder."""
        if is_address(origin.source):
            return False
        beside = os.path.join(os.path.dirname(origin.source), name)  # noqa: PTH118, PTH120
        return any(os.path.isdir(beside + suffix) for suffix in self._suffixes)  # noqa: PTH112

    def _is_of_another(self, origin: Origin, records: Mapping[str, Record]) -> bool:
        for owner in {record.origin for record in records.values()}:
            if owner.source == origin.source:
                continue
            if not (owner.is_same_recording(origin) and _is_gone_or_same(owner.source, origin.source)):
                return True
        return False

    def _candidates(self, place: str) -> Iterator[str]:
        name = place.rpartition("/")[2]
        yield self._fit(os.path.splitext(name)[0])  # noqa: PTH122 - Path.stem makes ".mp3" of ".mp3"
        yield self._fit(name)
        # The number is remembered, or a thousand inputs of one name would try half a million.
        for number in map(self._seen.next_number, repeat(place)):
            yield self._fit(name, f"-{number}")

    def _fit(self, stem: str, tail: str = "") -> str:
        room_bytes = self._room_bytes - len(tail.encode())
        encoded = stem.encode("utf-8", "surrogateescape")
        if len(encoded) > room_bytes:
            stem = encoded[:room_bytes].decode("utf-8", "ignore")
        return stem + tail


def _asked_place(found: Found, folder: str) -> bytes:
    """Return what tells a place that was asked for from all others; nothing where any will do."""
    if found.is_named:
        return found.place.encode("utf-8", "surrogateescape")
    return f"{folder}/".encode("utf-8", "surrogateescape") if found.is_placed else b""


def _stems(records: Mapping[str, Record], source: str, options: bytes) -> list[str]:
    """Return the stems that a source has had, those first whose files were asked for in the same way."""
    is_like: dict[str, bool] = {}
    for path, record in records.items():
        if record.origin.source == source:
            stem = path.rpartition(".")[0]  # `splitext` errs where all before the suffix is dots
            is_like[stem] = is_like.get(stem, False) or record.options in {None, options}
    return sorted(is_like, key=is_like.__getitem__, reverse=True)


def _of_stem(records: Mapping[str, Record], stem: str) -> Mapping[str, Record]:
    key = folded(stem)
    return {path: record for path, record in records.items() if folded(path.rpartition(".")[0]) == key}


def _is_gone_or_same(before: str, now: str) -> bool:
    """Tell whether a recording was moved from one path to the other, or is reached by both."""
    try:
        return os.path.samefile(before, now)  # noqa: PTH121
    except FileNotFoundError:
        return True
    except OSError:
        return False
