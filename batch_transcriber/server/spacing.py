"""Where a space stands between two words: Chinese and Japanese are written without any."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Brackets of Chinese and Japanese.
OPENING = "\u300c\u300e\uff08\u3010\u3008\u300a\u3014\uff3b\uff5b"
CLOSING = "\u300d\u300f\uff09\u3011\u3009\u300b\u3015\uff3d\uff5d"
# Han, kana, and the marks that are set among them.
_UNSPACED = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af]"
)


def gap(before: str, after: str) -> str:
    """Return what stands between two words that follow each other: a space, or nothing."""
    is_unspaced = _UNSPACED.match(before[-1:]) or _UNSPACED.match(after[:1])
    return "" if is_unspaced else " "


def joined(words: Iterable[str]) -> str:
    """Return words as a text."""
    parts: list[str] = []
    for before, after in pairwise(("", *words)):
        parts += [gap(before, after), after] if parts else [after]
    return "".join(parts)


def is_word_apart(before: str, after: str) -> bool:
    """Tell whether a part that follows a word without a space is a word of its own, and no mark of it."""
    if gap(before, after) or before[-1:] in OPENING:
        return False
    return after[:1].isalnum() or after[:1] in OPENING
