"""The list's query and page details."""

from __future__ import annotations

import pytest

from batch_transcriber.model import TranscriptStatus
from batch_transcriber.server.paging import PageQuery
from batch_transcriber.server.refusals import RefusedError

LIST_URL = "http://127.0.0.1:1/v2/transcript"


def test_an_empty_query_is_the_newest_ten() -> None:
    assert PageQuery.parse({}) == PageQuery(limit=10)


def test_a_query_is_read_whole() -> None:
    query = {"limit": "200", "status": "error", "created_on": "2026-11-22", "before_id": "b", "other": "x"}
    assert PageQuery.parse(query) == PageQuery(
        limit=200, status=TranscriptStatus.ERROR, created_on="2026-11-22", before_id="b"
    )


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "", "1.5", "²", "9" * 5000])
def test_a_limit_is_1_to_200(limit: str) -> None:
    with pytest.raises(RefusedError, match="limit must be an Integer from 1 to 200"):
        PageQuery.parse({"limit": limit})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("created_on", "yesterday"),
        ("created_on", "20261122"),
        ("created_on", "2026-W47-7"),
        ("throttled_only", "1"),
    ],
)
def test_other_values_are_checked_too(name: str, value: str) -> None:
    with pytest.raises(RefusedError, match=f"{name} must be"):
        PageQuery.parse({name: value})


def test_prev_leads_to_older_and_next_to_newer() -> None:
    details = PageQuery(limit=2).page_details(LIST_URL, ["new", "old"], has_older=True)
    assert details == {
        "limit": 2,
        "result_count": 2,
        "current_url": f"{LIST_URL}?limit=2",
        "prev_url": f"{LIST_URL}?limit=2&before_id=old",
        "next_url": f"{LIST_URL}?limit=2&after_id=new",
    }


def test_the_last_page_has_no_older_and_an_empty_one_no_neighbours() -> None:
    assert PageQuery().page_details(LIST_URL, ["a"], has_older=False)["prev_url"] is None
    empty = PageQuery().page_details(LIST_URL, [], has_older=False)
    assert (empty["prev_url"], empty["next_url"], empty["result_count"]) == (None, None, 0)


def test_filters_stay_on_the_way() -> None:
    query = PageQuery(limit=5, status=TranscriptStatus.QUEUED, created_on="2026-11-22", before_id="x")
    details = query.page_details(LIST_URL, ["a"], has_older=True)
    assert details["prev_url"] == f"{LIST_URL}?limit=5&status=queued&created_on=2026-11-22&before_id=a"
    assert str(details["current_url"]).endswith("&before_id=x")


def test_only_throttled_ones_are_asked_for_on_every_page() -> None:
    query = PageQuery.parse({"throttled_only": "true"})
    assert query == PageQuery(throttled_only=True)
    assert query.url(LIST_URL) == f"{LIST_URL}?limit=10&throttled_only=true"
    assert PageQuery.parse({"throttled_only": "false"}) == PageQuery()
