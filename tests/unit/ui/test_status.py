"""Where everything stands, in words and in objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.journal import State, look
from batch_transcriber.journal.story import find_story
from batch_transcriber.ui.explanation import UPLOAD_KEPT_S, explain
from batch_transcriber.ui.standing import take_standing
from batch_transcriber.ui.status import status_lines
from batch_transcriber.ui.status_objects import schema, status_object
from tests.support.written import bring, journal_in

if TYPE_CHECKING:
    from typing import Any

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
KEPT_SCHEMA = Path(__file__).parents[2] / "data" / "status.schema.json"


def told(out: Path) -> list[str]:
    with look(out, None) as found:
        return [line.plain for line in status_lines(take_standing(found, NOW), NOW)]


def run_of(out: Path, **columns: Any) -> None:
    """Enter a run that began an hour ago."""
    values = {"began_at": NOW - 3600, "seen_at": NOW, "inputs": 100, "done": 40} | columns
    with journal_in(out) as journal:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        journal.database.write(f"INSERT INTO runs ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608


def hold(out: Path, pid: int = 1, since: str = "2026-11-22T11:00:00Z") -> None:
    """Have another machine's run hold the folder, for nobody here can tell whether that is gone."""
    text = json.dumps({"pid": pid, "host": "elsewhere", "since": since})
    (out / ".batch-transcriber" / "lock.json").write_text(text)


def test_the_schema_is_the_one_that_programs_rely_on() -> None:
    kept = json.loads(KEPT_SCHEMA.read_text(encoding="utf-8"))
    assert kept == schema(), (
        "programs read these objects: fields may be added (renew the file), never changed"
    )


def test_the_rest_takes_as_long_as_the_last_minutes_say(tmp_path: Path) -> None:
    run_of(tmp_path)
    hold(tmp_path)
    with journal_in(tmp_path) as journal:
        for number in range(10):  # one a minute, and earlier ones were ten times as fast
            bring(journal, f"/{number}", State.WRITTEN, at=NOW - 60 * number - 1, audio_duration_s=600.0)
        for number in range(30):
            bring(journal, f"/early{number}", State.WRITTEN, at=NOW - 3000)
    lines = told(tmp_path)
    assert "process 1 on elsewhere since " in lines[0]
    assert lines[0].endswith(" is at work")
    assert lines[1] == "40 of 100 recordings done (40 %), about 1 h to go"
    assert lines[2] == "60 texts an hour, 10 h of audio an hour"
    assert lines[3].split() == ["written", "40", "1", "h", "40", "min", "of", "audio"]
    with look(tmp_path, None) as found:
        thing = status_object(take_standing(found, NOW))
    assert thing.to_go_s == pytest.approx(3600)
    assert thing.texts_per_s == pytest.approx(1 / 60, rel=1e-3)


def test_while_they_are_counted_nobody_knows_how_long_it_takes(tmp_path: Path) -> None:
    run_of(tmp_path, inputs=None, done=1)
    hold(tmp_path)
    with journal_in(tmp_path) as journal:
        bring(journal, "/a", State.UPLOADING)
    assert told(tmp_path)[1:] == ["1 recording done; all are still being counted", "  uploading  1"]


def test_a_run_that_waits_for_recordings_to_come_has_no_share(tmp_path: Path) -> None:
    run_of(tmp_path, inputs=None, done=1, is_endless=1)
    hold(tmp_path)
    assert told(tmp_path)[1] == "1 recording done, and more may come"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"ended_at": NOW - 60, "ending": "done"}, "the last run ended at "),
        ({"ended_at": NOW - 60, "ending": "stopped"}, "the last run was stopped at "),
        ({"ended_at": NOW - 60, "ending": "limit"}, "the last run reached a limit of yours, and ended at "),
        ({"ended_at": NOW - 60, "ending": "no credit; add some"}, ": no credit; add some"),
        ({}, "was killed or cut off; the same command goes on"),
    ],
    ids=["done", "stopped", "limit", "fatal", "killed"],
)
def test_how_the_last_run_ended_is_said(tmp_path: Path, columns: dict[str, Any], words: str) -> None:
    run_of(tmp_path, **columns)
    assert words in told(tmp_path)[0]


def test_a_journal_of_an_older_program_is_told_without_a_run(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        bring(journal, "/a", State.WRITTEN, audio_duration_s=61.0)
    assert told(tmp_path) == [f"{tmp_path}: no run is at work", "  written    1   1 min 1 s of audio"]


URL = "https://h/a.mp3"


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        (State.PLANNED, {}, "sends it"),
        (State.UPLOADED, {"at": NOW - 60}, "asks for its transcript; it is sent already"),
        (State.UPLOADED, {"at": NOW - UPLOAD_KEPT_S - 1}, "sends it again"),
        (State.SUBMITTING, {}, "looks for its transcript at the service"),
        (State.SUBMITTED, {"transcript_id": "t"}, "waits for its transcript, which is paid for already"),
        (State.COMPLETED, {"transcript_id": "t"}, "fetches its text, which is paid for already"),
        (State.FAILED, {"error": "gone"}, "sends it"),
        (State.SKIPPED, {}, "tries it again"),
        (State.WRITTEN, {}, "leaves it alone"),
    ],
)
def test_what_comes_next_follows_from_where_it_is(
    tmp_path: Path, state: State, changes: dict[str, Any], words: str
) -> None:
    with journal_in(tmp_path) as journal:
        bring(journal, URL, state, **changes)
    with look(tmp_path, None) as found:
        story = find_story(found, URL)
        assert story is not None
        assert explain(found, story, NOW).next.startswith(words)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (State.SUBMITTING, "looks for its transcript"),
        (State.SUBMITTED, "waits for its transcript"),
        (State.COMPLETED, "fetches its text"),
        (State.UPLOADING, "sends it"),
    ],
)
def test_what_failed_where_it_may_be_paid_for_is_not_paid_for_again(
    tmp_path: Path, before: State, words: str
) -> None:
    with journal_in(tmp_path) as journal:
        entry = bring(journal, URL, before)
        journal.move(entry, State.FAILED, error="gone", transcript_id="t")
    with look(tmp_path, None) as found:
        story = find_story(found, URL)
        assert story is not None
        assert explain(found, story, NOW).next.startswith(words)


def test_what_was_deleted_at_the_service_is_never_promised(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.note_deleted(bring(journal, URL, State.COMPLETED, transcript_id="t").row)
    with look(tmp_path, None) as found:
        story = find_story(found, URL)
        assert story is not None
        assert "--force asks, and pays, for another" in explain(found, story, NOW).next
