"""Replies as the service sends them, and as it might one day."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from batch_transcriber.client.replies import Paragraphs, Transcript, TranscriptItem, TranscriptPage, Upload

ITEM: dict[str, Any] = {
    "id": "0f3c2a1e-2b4d",
    "resource_url": "https://api.example.org/v2/transcript/0f3c2a1e-2b4d",
    "status": "completed",
    "created": "2026-06-10T15:38:23.640485Z",
    "completed": "2026-06-10T15:38:28.1Z",
    "audio_url": "https://cdn.example.org/upload/1",
    "error": "",
}
BAD_IDS = ["../x", "a/b", "", "a b", "a?b", "a\n", "ä", "%2e", "a.b"]


def item(**changes: object) -> TranscriptItem:
    return TranscriptItem.model_validate_json(json.dumps(ITEM | changes))


@pytest.mark.parametrize("zone", ["Z", "", "+00:00"])
def test_times_are_utc_with_or_without_a_zone(zone: str) -> None:
    assert item(created="2026-06-10T15:38:23.640485" + zone).created == datetime(
        2026, 6, 10, 15, 38, 23, 640485, tzinfo=UTC
    )


def test_times_with_and_without_a_zone_can_be_compared() -> None:
    earlier, later = item(created="2026-06-10T15:00:00").created, item(created="2026-06-10T15:00:01Z").created
    assert earlier is not None
    assert later is not None
    assert earlier < later


def test_null_and_absent_are_the_same() -> None:
    bare = {key: ITEM[key] for key in ("id", "status", "created")}
    nulls = ITEM | {"completed": None, "audio_url": None, "error": None}
    assert TranscriptItem.model_validate(bare) == TranscriptItem.model_validate(nulls)


@pytest.mark.parametrize(
    ("told", "read"),
    [(0, 0.0), (0.437, 0.437), (1, 1.0), (None, None), (1.5, None), (-1, None), ("soon", None), ([], None)],
)
def test_how_far_a_transcript_is_is_a_part_of_one_or_unknown(told: object, read: float | None) -> None:
    assert item(progress=told).progress == read
    assert Transcript(id="x", status="processing", progress=told).progress == read  # type: ignore[arg-type]


def test_unknown_keys_and_statuses_of_a_later_service_are_taken() -> None:
    later = item(status="paused", mood={"today": ["fine"]})
    assert later.status == "paused"
    assert not hasattr(later, "mood")


@pytest.mark.parametrize("bad", BAD_IDS)
def test_an_id_that_could_leave_its_place_in_a_path_is_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        item(id=bad)
    with pytest.raises(ValidationError):
        Transcript.model_validate({"id": bad, "status": "queued"})


@pytest.mark.parametrize("url", ["ftp://x/y", "file:///etc/passwd", "/upload/1", "", "http://[bad"])
def test_an_upload_url_is_a_web_address(url: str) -> None:
    with pytest.raises(ValidationError):
        Upload.model_validate({"upload_url": url})


def test_a_page_needs_no_older_page() -> None:
    page = TranscriptPage.model_validate({"page_details": {"prev_url": None}, "transcripts": [ITEM]})
    assert page.page_details.prev_url is None
    assert [row and row.id for row in page.transcripts] == [ITEM["id"]]
    assert TranscriptPage.model_validate({"page_details": {}, "transcripts": []}).transcripts == []


@pytest.mark.parametrize("body", ["", "null", "[]", '"completed"', "{}", '{"id": "a"', "<html>"])
def test_a_body_that_is_no_transcript_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        Transcript.model_validate_json(body)


def test_a_transcript_that_is_not_done_has_no_text_yet() -> None:
    transcript = Transcript.model_validate({"id": "a", "status": "queued", "text": None, "words": None})
    assert (transcript.text, transcript.audio_duration) == (None, None)


def test_silence_has_no_paragraphs_and_a_length_all_the_same() -> None:
    reply = Paragraphs.model_validate({"id": "a", "paragraphs": [], "audio_duration": 12, "confidence": 0})
    assert (reply.paragraphs, reply.audio_duration) == ([], 12.0)


def test_a_paragraph_is_its_text_its_times_and_who_said_its_words() -> None:
    words = [{"text": "Hi", "start": 0, "end": 5, "confidence": 1.0}]
    reply = Paragraphs.model_validate({"paragraphs": [{"text": "Hi.", "start": 0, "words": words}]})
    said = {"text": "Hi", "start": 0, "end": 5, "speaker": None, "channel": None}
    assert [paragraph.model_dump() for paragraph in reply.paragraphs] == [
        {"text": "Hi.", "start": 0, "end": None, "words": [said]}
    ]


def test_a_reply_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        item().status = "queued"


def test_a_row_that_cannot_be_read_keeps_its_place_and_hides_no_other() -> None:
    rows = [ITEM, ITEM | {"id": "../x"}, None, "row", ITEM | {"created": "yesterday"}]
    page = TranscriptPage.model_validate({"page_details": {}, "transcripts": rows})
    assert [row and row.id for row in page.transcripts] == [ITEM["id"], None, None, None, None]
