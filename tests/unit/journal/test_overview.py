"""What a journal adds up to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.journal import FOLDER, NAME, State, look
from batch_transcriber.journal.overview import (
    AT_A_TIME,
    Step,
    all_failures,
    count_steps,
    heard_since,
    last_run,
    latest_failures,
)
from batch_transcriber.journal.story import find_story
from batch_transcriber.model import Origin
from tests.support.written import bring, journal_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

    from batch_transcriber.journal.database import Database


@contextmanager
def database_of(out: Path) -> Iterator[Database]:
    with look(out, None) as found:
        yield found.database


@pytest.mark.parametrize("most", [State.WRITTEN, State.FAILED, State.PLANNED])
def test_every_input_counts_once_wherever_most_of_them_are(tmp_path: Path, most: State) -> None:
    expected = {
        State.PLANNED: Step.PENDING,
        State.UPLOADING: Step.UPLOADING,
        State.UPLOADED: Step.SUBMITTING,
        State.SUBMITTING: Step.SUBMITTING,
        State.SUBMITTED: Step.QUEUED,
        State.COMPLETED: Step.WRITING,
        State.WRITTEN: Step.WRITTEN,
        State.FAILED: Step.FAILED,
        State.SKIPPED: Step.SKIPPED,
    }
    with journal_in(tmp_path) as journal:
        for state in State:
            for number in range(5 if state is most else 1):
                bring(journal, f"/{state}{number}", state)
    with database_of(tmp_path) as database:
        steps = count_steps(database)
    assert steps.total() == 9 + 4
    for state, step in expected.items():
        same = sum(other is step for other in expected.values())
        assert steps[step] == same + (4 if state is most or expected[most] is step else 0), step


def test_copies_count_each_and_what_no_input_has_any_more_does_not(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        entry = bring(journal, "/a", State.WRITTEN, audio_duration_s=60.0)
        journal.place(Origin("/copy", 7, 8), entry)
        journal.place(Origin("/a", 9, 9), bring(journal, "/a2", State.SUBMITTED))  # its content changed
    with database_of(tmp_path) as database:
        assert count_steps(database) == {Step.WRITTEN: 1, Step.QUEUED: 2}
        assert heard_since(database).transcripts == 1


def test_what_the_service_is_seen_to_hear_is_no_longer_queued(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        entry = bring(journal, "/a", State.SUBMITTED)
        journal.runs.note_processing(entry.row)
        bring(journal, "/b", State.SUBMITTED)
        bring(journal, "/c", State.WRITTEN)
        bring(journal, "/d", State.WRITTEN)
    with database_of(tmp_path) as database:
        assert count_steps(database) == {Step.PROCESSING: 1, Step.QUEUED: 1, Step.WRITTEN: 2}


def test_what_the_last_run_said_goes_before_what_the_transcript_tells(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.runs.begin()
        bring(journal, "/a", State.COMPLETED)
        bring(journal, "/b", State.WRITTEN)
        journal.runs.note_outcome("/a", "failed", "its text cannot be written", "write")
        journal.runs.note_outcome("/missing", "failed", "no such file", "plan")
        journal.runs.note_outcome("/limit", "skipped", "it would cost more")
        journal.runs.note_outcome("/filtered", "filtered", "left out by --exclude")
    with database_of(tmp_path) as database:
        assert count_steps(database) == {Step.WRITTEN: 1, Step.FAILED: 2, Step.SKIPPED: 1}
        assert {failure.source for failure in all_failures(database)} == {"/a", "/missing"}
    with journal_in(tmp_path) as journal:
        journal.runs.begin()  # the next run has its own say
    with database_of(tmp_path) as database:
        assert count_steps(database) == {Step.WRITTEN: 1, Step.WRITING: 1}


def test_all_failures_are_told_once_however_many_they_are(tmp_path: Path) -> None:
    names = {f"/{number:05}" for number in range(AT_A_TIME + 5)}
    with journal_in(tmp_path) as journal:
        for name in names:
            entry = bring(journal, name, State.FAILED, error="gone")
        journal.place(Origin("/copy", 7, 8), entry)
        for number in range(AT_A_TIME + 5):
            journal.runs.note_outcome(f"/missing{number}", "failed", "no such file")
        journal.runs.note_outcome("/00001", "failed", "said again")
    with database_of(tmp_path) as database:
        failures = list(all_failures(database))
        assert len(latest_failures(database, 5)) == 5
    assert len(failures) == len({failure.source for failure in failures}) == 2 * (AT_A_TIME + 5) + 1


def test_the_latest_failures_come_first(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        for number in range(8):
            bring(journal, f"/{number}", State.FAILED, at=1000.0 + number, error="gone")
    with database_of(tmp_path) as database:
        assert [failure.source for failure in latest_failures(database, 3)] == ["/7", "/6", "/5"]


def test_a_run_tells_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.runs.begin()
        journal.runs.count(None, 3)
        journal.sync().result()
        with database_of(tmp_path) as database:
            run = last_run(database)
            assert run is not None
            assert (run.inputs, run.done, run.ended_at) == (None, 3, None)
        journal.runs.count(10, 10)
        journal.runs.end("done")
    with database_of(tmp_path) as database:
        run = last_run(database)
        assert run is not None
        assert (run.inputs, run.done, run.ending) == (10, 10, "done")


def test_of_what_was_asked_for_only_names_are_noted(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        values: dict[str, JsonValue] = {
            "speech_models": ["m"],
            "webhook_auth_header_value": "secret",
            "prompt": "secret",
        }
        journal.runs.note_asked(b"1", values, ("prompt", "speaker_labels"))
    with database_of(tmp_path) as database:
        ((names,),) = database.read("SELECT names FROM asked")
    assert "secret" not in names
    assert "speaker_labels" not in names
    assert '"prompt": true' in names


def test_an_input_is_found_by_its_path_its_address_and_its_text(tmp_path: Path) -> None:
    url, source = "https://h/a.mp3", str(tmp_path / "rec" / "b.mp3")
    with journal_in(tmp_path) as journal:
        bring(journal, url, State.SUBMITTED, transcript_id="t-1")
        entry = bring(journal, source, State.WRITTEN)
        journal.outputs.record(tmp_path / "deep" / "b.txt", Origin(source, 7, 8), b"x" * 32, entry)
        journal.runs.note_outcome(str(tmp_path / "c.mp3"), "filtered", "left out by --exclude")
    with look(tmp_path, None) as found:
        story = find_story(found, url)
        assert story is not None
        assert story.entry is not None
        assert story.entry.transcript_id == "t-1"
        assert set(story.times) >= {"planned", "uploading", "submitted"}
        for name in (source, str(tmp_path / "deep" / "b.txt")):
            story = find_story(found, name)
            assert story is not None
            assert (story.source, [output.path for output in story.outputs]) == (source, ["deep/b.txt"])
        story = find_story(found, str(tmp_path / "c.mp3"))
        assert story is not None
        assert story.outcome is not None
        assert story.outcome.kind == "filtered"
        assert find_story(found, "nobody knows") is None


def test_where_there_is_none_the_line_says_what_to_name(tmp_path: Path) -> None:
    for out, path, word in (
        (tmp_path, None, "no run has left a journal here"),
        (tmp_path / "none", None, "no such folder"),
        (None, tmp_path / "none.db", "no such journal"),
    ):
        with pytest.raises(FatalError, match=word) as raised, look(out, path):
            pass
        assert raised.value.exit_code is ExitCode.USAGE
    assert not list(tmp_path.iterdir())


def test_a_journal_elsewhere_tells_its_folder_and_refuses_another_one(tmp_path: Path) -> None:
    out, path = tmp_path / "out", tmp_path / "out" / FOLDER / NAME
    with journal_in(out) as journal:
        journal.check_folder()
    with look(None, path) as found:
        assert found.out == out
    with pytest.raises(FatalError, match="is the journal of") as raised, look(tmp_path / "other", path):
        pass
    assert raised.value.exit_code is ExitCode.USAGE
