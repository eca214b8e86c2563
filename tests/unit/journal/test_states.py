"""The life of a transcript."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.journal.states import MOVES, IllegalMoveError, State, check_move

WAY = [
    State.PLANNED,
    State.UPLOADING,
    State.UPLOADED,
    State.SUBMITTING,
    State.SUBMITTED,
    State.COMPLETED,
    State.WRITTEN,
]


def test_every_state_has_its_moves_and_every_state_can_be_come_to() -> None:
    assert set(MOVES) == set(State)
    assert set().union(*MOVES.values()) == set(State)


def test_the_way_is_legal_and_no_step_of_it_can_be_left_out_after_the_upload() -> None:
    for before, after in pairwise(WAY):
        check_move(before, after, "a story")
    for number, before in enumerate(WAY[1:], 1):
        for after in WAY[number + 2 :]:
            with pytest.raises(IllegalMoveError):
                check_move(before, after, "a story")


def test_a_transcript_is_only_ever_submitted_after_it_was_noted_that_it_would_be() -> None:
    assert {before for before in State if State.SUBMITTED in MOVES[before]} == {
        State.SUBMITTING,
        State.FAILED,
    }


@given(st.sampled_from(State), st.sampled_from(State))
def test_an_illegal_move_is_told_with_its_story(before: State, after: State) -> None:
    if after in MOVES[before]:
        check_move(before, after, "a story")
    else:
        with pytest.raises(IllegalMoveError, match=rf"{before} to {after}: .a story."):
            check_move(before, after, "a story")


@given(st.sampled_from(State))
def test_every_state_leads_to_a_text(start: State) -> None:
    reached, new = {start}, [start]
    while new:
        fresh = MOVES[new.pop()] - reached
        reached |= fresh
        new += fresh
    assert State.WRITTEN in reached
