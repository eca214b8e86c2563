"""The books: right counts in bounded memory."""

from __future__ import annotations

from batch_transcriber.server.books import KEPT_AUDIO_URLS, Books


def test_a_transcript_made_twice_shows() -> None:
    books = Books()
    for url in ("a", "b", "a"):
        books.transcript_created(url)
    assert books.transcripts == 3
    assert books.transcripts_by_audio_url == {"b": 1, "a": 2}


def test_only_the_newest_urls_are_kept() -> None:
    books = Books()
    for number in range(KEPT_AUDIO_URLS + 10):
        books.transcript_created(str(number))
    assert books.transcripts == KEPT_AUDIO_URLS + 10
    assert len(books.transcripts_by_audio_url) == KEPT_AUDIO_URLS
    assert "9" not in books.transcripts_by_audio_url
    assert "10" in books.transcripts_by_audio_url
