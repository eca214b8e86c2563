"""The whole transcript."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.formats import Parts
from batch_transcriber.formats.json import to_text

# Any character, halves of pairs included: JSON can spell all of them.
texts = st.text(st.characters(exclude_categories=()))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(reply=st.dictionaries(texts, values), escaped=st.booleans())
def test_what_the_service_gave_comes_through_whole_and_in_its_order(
    *, reply: dict[str, Any], escaped: bool
) -> None:
    body = json.dumps(reply, ensure_ascii=escaped)
    written = to_text(Parts(transcript=body)).encode("utf-8")  # every such text has a form in UTF-8
    assert json.loads(written) == json.loads(body)
    assert list(json.loads(written)) == list(json.loads(body))


def test_it_is_read_by_people_too() -> None:
    assert to_text(Parts(transcript='{"text":"caf\\u00e9 😀","words":[{"start":1}]}')) == (
        '{\n  "text": "café 😀",\n  "words": [\n    {\n      "start": 1\n    }\n  ]\n}\n'
    )
