"""Whatever happens to a transcript, the journal has it, and no id is ever lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_transcriber.journal import FOLDER, NAME, Database, Entry, Journal, State
from batch_transcriber.journal.states import MOVES, IllegalMoveError
from batch_transcriber.model import Origin

CONTENT = b"content"
OPTIONS = b"options"


def opened(out: Path) -> Journal:
    return Journal(Database(out / FOLDER / NAME), out, service="https://h")


def facts(entry: Entry) -> tuple[object, ...]:
    return (entry.state, entry.content, entry.transcript_id, tuple(entry.past_ids), entry.failed_in)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(State), max_size=40))
def test_any_sequence_of_moves_is_legal_or_refused_and_keeps_every_id(states: list[State]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        given_ids: set[str] = set()
        with opened(Path(folder)) as journal:
            entry = journal.begin(CONTENT, OPTIONS)
            for number, state in enumerate(states):
                before = facts(entry)
                if state not in MOVES[entry.state]:
                    with pytest.raises(IllegalMoveError, match=f"{entry.state} to {state}"):
                        journal.move(entry, state)
                    assert facts(entry) == before
                elif state is State.SUBMITTED and entry.state is State.SUBMITTING:
                    given_ids.add(f"t-{number}")
                    past = [*entry.past_ids, entry.transcript_id] if entry.transcript_id else entry.past_ids
                    journal.move(entry, state, transcript_id=f"t-{number}", past_ids=past)
                else:
                    journal.move(entry, state)
        with opened(Path(folder)) as journal:
            found = journal.find(CONTENT, OPTIONS)
            assert found is not None
            assert facts(found) == facts(entry)
            assert {*found.past_ids, found.transcript_id} - {""} == given_ids
            assert all(journal.knows(transcript_id) for transcript_id in given_ids)


def test_the_same_content_with_other_options_is_another_transcript(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.begin(CONTENT, b"one")
    with opened(tmp_path) as journal:
        assert journal.find(CONTENT, b"two") is None
        journal.begin(CONTENT, b"two")
    with opened(tmp_path) as journal:
        assert journal.find(CONTENT, b"one") is not None


def test_a_recording_is_known_by_its_place_as_long_as_it_does_not_change(tmp_path: Path) -> None:
    here = Origin("/calls/a.mp3", 5, 7)
    with opened(tmp_path) as journal:
        journal.place(here, journal.begin(CONTENT, OPTIONS))
    with opened(tmp_path) as journal:
        assert journal.content_of(here) == CONTENT
        assert journal.content_of(Origin("/calls/a.mp3", 5, 8)) is None
        assert journal.of_size(5, except_for="/calls/b.mp3", limit=9) == [here]
        assert journal.of_size(5, except_for="/calls/b.mp3", limit=0) == []
        assert journal.of_size(5, except_for="/calls/a.mp3", limit=9) == []
        assert journal.of_size(6, except_for="", limit=9) == []
