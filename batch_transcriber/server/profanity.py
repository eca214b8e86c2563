"""Words that `filter_profanity` masks: a short list, so that nothing harmless is ever masked."""

from __future__ import annotations

import re

LANGUAGES = frozenset({"en"})

# Whole words only: Scunthorpe, cockpit, Dickens and assess are none of them.
_PROFANE = re.compile(
    r"""
    (mother|cluster|mind|un)?fuck\w* | \w*fucker(s|['\u2019]s)?
    | (bull|horse|dip|ape|bat|chicken)?shit(s|ty|tier|tiest|ting|ted|ters?|heads?|holes?|show|load)?
    | bitch(es|y|ing|ed)? | bastards? | (ass|arse)holes? | (dumb|jack)ass(es)?
    | cunts? | twats? | wank(er|ers|ing)? | bollocks | pricks? | pussy | pussies
    | dickheads? | cocksuck(er|ers|ing) | (god)dam(n|ned|mit|nit) | piss(ed|ing|es|er)?
    | sluts? | slutty | whores? | niggers? | niggas? | faggots? | kikes?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def masked(word: str) -> str:
    """Return a word as it is, or its first letter and asterisks; a word with hyphens part by part."""
    return "-".join(_masked_part(part) for part in word.split("-"))


def _masked_part(part: str) -> str:
    return part[0] + "*" * (len(part) - 1) if _PROFANE.fullmatch(part) else part
