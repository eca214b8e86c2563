"""Values out of the events of a YAML parser, with bounds on what a hostile text can make of them."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from batch_transcriber.plan.mistakes import show

if TYPE_CHECKING:
    from collections.abc import Callable, Container

DEPTH_MAX = 50
NAMES_MAX = 1000  # that are remembered
ALIASED_VALUES_MAX = 5_000_000  # that all aliases of a text stand for, together
TRUE = frozenset(["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"])
FALSE = frozenset(["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"])
NULL = frozenset(["", "~", "null", "Null", "NULL"])
# Only what all versions of YAML read alike: not 010 (8 in one of them), 1e5, 1_000, 1:30 (90) or a date.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
_MAYBE_NO_TEXT = frozenset("~nNtTfFyYoO+-.0123456789")


class Place(NamedTuple):
    """Where something stands: line and column from 1, the latter in characters."""

    line: int
    column: int


class YamlError(Exception):
    """The text cannot be read any further.

    Attributes:
        place: Where it stops.
    """

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


class Flaw(NamedTuple):
    """A name that is none, or stands there twice; it and its value are left out."""

    event: Any
    message: str


class _Anchored(NamedTuple):
    value: Any
    values: int  # in it, those that aliases stand for included
    depth: int  # levels below it, likewise


class ValueReader:
    """Read values, and keep their events for as long as somebody may ask where something stands.

    Args:
        next_event: Gives the parser's next event.

    Attributes:
        events: Of what was read since they were last replaced.
        flaws: Found likewise.
    """

    events: list[Any]
    flaws: list[Flaw]

    def __init__(self, next_event: Callable[[], Any]) -> None:
        self._next = next_event
        self._anchors: dict[str, _Anchored] = {}
        self._count = 0  # of values so far, those that aliases stand for included
        self._count_aliased = 0
        self._deepest = 0
        self._names: set[str] = set()  # that are names; a list has few, and each very often
        self.start_afresh()

    def start_afresh(self) -> None:
        """Forget events and flaws, but not what aliases stand for."""
        self.events = []
        self.flaws = []

    def read(self, event: Any) -> Any:
        """Return the value that begins with an event: null, a text, a number, a list and so on.

        Parts that an alias stands for are shared.

        Raises:
            YamlError: It cannot be read.
        """
        self.events.append(event)
        return self._read(event, 0)

    def read_name(self, event: Any, beside: Container[str]) -> str | None:
        """Return a name, or None where it is a flaw.

        Args:
            event: Of the name.
            beside: Names that stand there already.

        Raises:
            YamlError: It is a list, a mapping or an alias.
        """
        if type(event) is not ScalarEvent:
            raise YamlError("a name must be a word, not a list, a mapping or an alias", place_of(event))
        name: str = event.value
        if name in beside:
            message = "stands there twice; remove one"
        elif not isinstance(value := self._scalar(event), str):
            reads_as = f"YAML reads the name {name} as {kind_of(value)}; quote it if it is meant"
            message = reads_as if name else "a name is missing before the colon"
        elif name == "<<":
            message = "<< is not read; put what jobs share into defaults, or name it: options: *anchor"
        else:
            if len(self._names) < NAMES_MAX and event.implicit[0]:
                self._names.add(name)
            return name
        self.flaws.append(Flaw(event, message))
        return None

    def _read(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is AliasEvent:
            return self._aliased_value(event, depth)
        if kind is ScalarEvent:
            value = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(value, 1, 0)
            return value
        if depth >= DEPTH_MAX:
            raise YamlError(f"more than {DEPTH_MAX} levels deep; flatten it", place_of(event))
        check_tag(event)
        read = self._list if kind is SequenceStartEvent else self._mapping
        if not event.anchor:
            return read(depth + 1)
        self._anchors.pop(event.anchor, None)  # within itself it stands for nothing
        count, deepest = self._count, self._deepest
        self._deepest = depth
        value = read(depth + 1)
        self._anchors[event.anchor] = _Anchored(value, self._count - count, self._deepest - depth)
        self._deepest = max(self._deepest, deepest)
        return value

    def _list(self, depth: int) -> list[Any]:
        items: list[Any] = []
        next_event, events = self._next, self.events
        while type(event := next_event()) is not SequenceEndEvent:
            events.append(event)
            items.append(self._read(event, depth))
        events.append(event)
        self._leave(len(items), depth)
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        next_event, events, names = self._next, self.events, self._names
        while type(event := next_event()) is not MappingEndEvent:
            # Most are known names with a text, and there are millions: calls are saved.
            is_known = type(event) is ScalarEvent and event.implicit[0] and event.value in names
            is_new = is_known and event.value not in members
            name = event.value if is_new else self.read_name(event, members)
            events.append(event)
            event = next_event()
            events.append(event)
            is_text = type(event) is ScalarEvent and not event.anchor
            value = self._scalar(event) if is_text else self._read(event, depth)
            if name is not None:
                members[name] = value
        events.append(event)
        self._leave(len(members), depth)
        return members

    def _leave(self, count: int, depth: int) -> None:
        self._count += count + 1
        self._deepest = max(self._deepest, depth)

    def _scalar(self, event: Any) -> Any:
        if event.tag:
            check_tag(event)
        text = event.value
        if not event.implicit[0] or (text and text[0] not in _MAYBE_NO_TEXT):
            return text
        return plain_value(text)

    def _aliased_value(self, event: Any, depth: int) -> Any:
        alias = f"*{event.anchor}"
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            raise YamlError(f"{alias} stands for nothing: no &{event.anchor} ends before it", place_of(event))
        self._count += anchored.values
        self._count_aliased += anchored.values
        self._deepest = max(self._deepest, depth + anchored.depth)
        if self._count_aliased > ALIASED_VALUES_MAX or self._deepest > DEPTH_MAX:
            raise YamlError(
                f"aliases such as {alias} stand for too much; write out what is needed", place_of(event)
            )
        return anchored.value


def check_tag(event: Any) -> None:
    """Refuse a tag, which asks for a value of some other kind.

    Raises:
        YamlError: There is one.
    """
    if event.tag:
        raise YamlError(f"the tag {show(event.tag)} is not read; write the value without it", place_of(event))


def place_of(event: Any) -> Place:
    """Return where an event begins."""
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def kind_of(value: bool | float | None) -> str:  # noqa: FBT001 - any kind of value that is no text
    """Return the word for what YAML makes of a text."""
    return show(value) if isinstance(value, bool | None) else "a number"


@lru_cache(maxsize=1024)
def plain_value(text: str) -> bool | int | float | str | None:
    """Return what a text without quotes stands for.

    A date, and a number that the versions of YAML read differently, is text.
    """
    if text in NULL:
        return None
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
