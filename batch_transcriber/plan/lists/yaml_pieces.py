"""A large YAML mapping read piece by piece, in constant memory, with the place of everything in a piece.

The parser's events are used as they come: the nodes of 100,000 jobs would take 0.8 GB and 20 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from batch_transcriber.plan.lists.yaml_values import Flaw, Place, ValueReader, YamlError, check_tag, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batch_transcriber.plan.mistakes import Steps


_LINE_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")  # as the parser counts lines


class Spot(NamedTuple):
    """What is known of a value's place.

    Attributes:
        value: Where it begins.
        name: Where the name that it belongs to begins; the same for an item of a list.
        plain: Its text, where it is a single value without quotes.
    """

    value: Place
    name: Place
    plain: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A value out of the text.

    Attributes:
        path: From the top of the text.
        value: Null, true or false, a number, a text, or a list or mapping of those. Parts that an alias
            stands for are shared, so none may be changed.
        is_named: False where its name is none, or stood there before: a flaw.
    """

    path: Steps
    value: Any
    _events: Sequence[Any]
    _flaws: Sequence[Flaw]
    _name: Any = None
    is_named: bool = True

    def find(self, paths: Iterable[Steps]) -> Iterator[Spot]:
        """Yield the place of each value in this one, or of the nearest thing about it that has a place."""
        events: dict[Steps, tuple[Any, Any]] = {}
        for path, event, name in _walk(self._events, self._name):
            events.setdefault(path, (event, name))  # a name may stand there twice, and the first counts
        for path in paths:
            nearest = path
            while nearest not in events:
                nearest = nearest[:-1]
            event, name = events[nearest]
            is_plain = isinstance(event, ScalarEvent) and event.implicit[0]
            yield Spot(place_of(event), place_of(name or event), event.value if is_plain else None)

    def find_itself(self) -> Spot:
        """Return the place of the whole value."""
        return next(self.find([()]))

    def flaws(self) -> Iterator[tuple[Steps, Place, str]]:
        """Yield what is wrong with its form: where, from the top of the value, and how."""
        if self._flaws:
            paths = {id(name): path for path, _, name in _walk(self._events, self._name)}
            for event, message in self._flaws:
                yield paths.get(id(event), ()), place_of(event), message


@dataclass(slots=True)
class _Frame:
    path: Steps
    is_mapping: bool
    count: int = 0
    name: Any = None


def _walk(events: Sequence[Any], name: Any) -> Iterator[tuple[Steps, Any, Any]]:
    """Yield every value of a piece in order: its path, its first event, and that of its name or None."""
    above: list[_Frame] = []
    for event in events:
        if isinstance(event, SequenceEndEvent | MappingEndEvent):
            above.pop()
            continue
        path: Steps = ()
        if above:
            frame = above[-1]
            if frame.is_mapping and frame.name is None:
                frame.name = event
                continue
            path = (*frame.path, frame.name.value if frame.is_mapping else frame.count)
            name, frame.name = frame.name, None
            frame.count += 1
        yield path, event, name
        if isinstance(event, SequenceStartEvent | MappingStartEvent):
            above.append(_Frame(path, isinstance(event, MappingStartEvent)))


def read_pieces(data: bytes, *, split: str) -> Iterator[Piece]:
    """Yield the values of the mapping that a text is, in order, one of them item by item.

    A text that is no mapping is yielded whole, with an empty path; one without any value gives nothing.

    Args:
        data: UTF-8.
        split: The name whose value is yielded item by item where it is a list with items.

    Raises:
        YamlError: It is no YAML, or none that we read; what was yielded before is.
    """
    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the latter where libyaml is missing
        yield from _read(loader(data).get_event, split)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise YamlError(_explain(error, data, place), place) from None
    except ReaderError as error:
        before = data[: error.position]
        column = len(before.rpartition(b"\n")[2].decode(errors="ignore"))
        place = Place(before.count(b"\n") + 1, column + 1)
        raise YamlError("a character that YAML does not allow; remove it", place) from None


def _read(next_event: Any, split: str) -> Iterator[Piece]:
    next_event()  # the stream's start
    if isinstance(next_event(), StreamEndEvent):
        return
    reader = ValueReader(next_event)
    first = next_event()
    if isinstance(first, MappingStartEvent):
        check_tag(first)
        yield from _read_members(next_event, reader, split)
    else:
        yield Piece((), reader.read(first), reader.events, reader.flaws)
    next_event()  # the document's end
    after = next_event()
    if isinstance(after, DocumentStartEvent):
        raise YamlError("a second document begins here; a list is one, so remove the ---", place_of(after))


def _read_members(next_event: Any, reader: ValueReader, split: str) -> Iterator[Piece]:
    seen: set[str] = set()
    while not isinstance(name_event := next_event(), MappingEndEvent):
        reader.start_afresh()
        name = reader.read_name(name_event, seen)
        seen.add(name or "")
        event = next_event()
        if name == split and isinstance(event, SequenceStartEvent):
            check_tag(event)
            first = next_event()
            if not isinstance(first, SequenceEndEvent):
                yield from _read_items(next_event, reader, first, name)
                continue
            piece = Piece((name,), [], [event, first], reader.flaws, name_event)
        else:
            path = (name if name is not None else str(name_event.value),)
            value = reader.read(event)
            piece = Piece(path, value, reader.events, reader.flaws, name_event, name is not None)
        yield piece


def _read_items(next_event: Any, reader: ValueReader, event: Any, name: str) -> Iterator[Piece]:
    number = 0
    while not isinstance(event, SequenceEndEvent):
        reader.start_afresh()
        yield Piece((name, number), reader.read(event), reader.events, reader.flaws)
        number += 1
        event = next_event()


def _explain(error: yaml.MarkedYAMLError, data: bytes, place: Place) -> str:
    lines = _LINE_BREAK.split(data.decode(errors="replace"), place.line)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab indents this line; use spaces"
    problem = " ".join(filter(None, (error.problem, error.context)))
    if "mapping values are not allowed" in problem:
        return "a colon where none can be; quote a text that holds one, and check the indentation"
    return f"not valid YAML: {problem}; check the indentation, quotes and brackets about here"
