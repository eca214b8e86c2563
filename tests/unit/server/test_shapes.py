"""The document that replies are held against finds what is wrong with one."""

from __future__ import annotations

import json
from typing import Any

from tests.support.shapes import OURS, complaints

URL = "http://127.0.0.1/v2/transcript"
DETAILS = {"limit": 10, "result_count": 0, "current_url": URL, "prev_url": None, "next_url": None}
PAGE: dict[str, Any] = {"page_details": DETAILS, "transcripts": []}


def of_list(body: object, status: int = 200, media_type: str = "application/json") -> list[str]:
    return complaints("GET", "/v2/transcript", status, media_type, body)


def test_a_right_reply_is_not_complained_of() -> None:
    assert of_list(PAGE) == []
    assert of_list({"error": "no", "more": 1}, 400) == []
    assert complaints("GET", "/v2/transcript/a/srt", 200, "text/plain", "1\n") == []
    assert complaints("GET", "/health", 200, "text/plain", 3) == []


def test_what_is_missing_unknown_or_of_another_kind_is_found() -> None:
    assert len(of_list({"transcripts": []})) == 1
    assert len(of_list(PAGE | {"more": 1})) == 1
    assert len(of_list(PAGE | {"transcripts": {}})) == 1
    assert len(of_list(PAGE, 418)) == len(of_list(PAGE, 200, "text/html")) == 1
    assert len(complaints("PUT", "/v2/upload", 200, "application/json", {})) == 1


def test_every_schema_of_ours_is_used() -> None:
    text = OURS.read_text()
    for name in json.loads(text)["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name
