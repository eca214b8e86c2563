"""Limits on money and audio: many jobs side by side, and never a submit beyond them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.errors import ExitCode
from batch_transcriber.events import Skipped, SkipReason
from batch_transcriber.ui.summary import Ending, summary_lines
from tests.support import faults
from tests.support.faults import SUBMIT, UPLOAD
from tests.support.scripted import transcript_error

if TYPE_CHECKING:
    from batch_transcriber.engine import BatchReport
    from tests.support.world import World

LENGTH_S = 100
CENT: dict[str, Any] = {"price_per_hour_usd": "0.36"}  # for a hundred seconds


def hours(recordings: int) -> dict[str, Any]:
    """Return the limit that has room for so many recordings of a hundred seconds."""
    return {"max_hours": recordings * LENGTH_S / 3600}


def reasons(world: World) -> Counter[SkipReason]:
    return Counter(event.reason for event in world.events if isinstance(event, Skipped))


def told_in_the_end(world: World, report: BatchReport) -> str:
    ending = Ending(report, world.out, 1.0, "the command", report.exit_code)
    return "\n".join(line.plain for line in summary_lines(ending))


@pytest.mark.parametrize(
    ("limit", "reason", "option"),
    [
        ({"max_cost_usd": "0.07", **CENT}, SkipReason.OVER_COST, "--max-cost"),
        (hours(7), SkipReason.OVER_HOURS, "--max-hours"),
    ],
    ids=["cost", "hours"],
)
async def test_no_more_is_submitted_than_fits_however_many_are_on_their_way(
    world: World, limit: dict[str, Any], reason: SkipReason, option: str
) -> None:
    for number in range(40):
        world.record_wav(f"{number:02}.wav", LENGTH_S)
    world.recogniser.gate.clear()  # nothing is settled before all have asked
    running = asyncio.ensure_future(world.run(uploads=16, **limit))
    await world.until(lambda: reasons(world)[reason] == 33)
    world.recogniser.gate.set()
    report = await running
    assert (report.written, report.over_limit) == (7, {reason: 33})
    assert world.service.books.transcripts == world.faults.count(UPLOAD) == 7
    assert report.exit_code is ExitCode.LIMIT
    closing = told_in_the_end(world, report)
    assert "33 recordings not sent" in closing
    assert option in closing
    assert "33 recordings to go" in closing


async def test_the_same_command_with_a_higher_limit_goes_on(world: World) -> None:
    for number in range(6):
        world.record_wav(f"{number}.wav", LENGTH_S)
    assert (await world.run(**hours(2))).written == 2
    report = await world.run(**hours(3))  # of this run alone, which pays for nothing again
    assert (report.already_written, report.written, report.over_limit.total()) == (2, 3, 1)
    report = await world.run()
    assert (report.already_written, report.written, report.exit_code) == (5, 1, ExitCode.OK)
    assert world.service.books.transcripts == 6


@pytest.mark.parametrize("limit", [{"max_cost_usd": "1", **CENT}, {"max_hours": 1}], ids=["cost", "hours"])
async def test_what_has_no_known_length_is_not_sent_under_a_limit(
    world: World, limit: dict[str, Any]
) -> None:
    world.record("raw.aac", "no header tells how long this is")
    world.record_wav("a.wav", LENGTH_S)
    report = await world.run(world.recordings, "https://example.org/talk.mp3", **limit)
    assert (report.written, report.over_limit) == (1, {SkipReason.LENGTH_UNKNOWN: 2})
    assert world.faults.count(UPLOAD) == world.service.books.transcripts == 1
    assert "its length is not known" in told_in_the_end(world, report)


async def test_what_has_no_known_price_is_not_sent_under_a_limit_of_money(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    limit: dict[str, Any] = {"max_cost_usd": "1", "speech_models": ("universal-9",)}
    report = await world.run(**limit)
    assert report.over_limit == {SkipReason.PRICE_UNKNOWN: 1}
    assert "--price" in told_in_the_end(world, report)
    assert (await world.run(**limit, **CENT)).written == 1


async def test_what_a_refused_upload_had_reserved_is_used_by_another(world: World) -> None:
    for number in range(4):
        world.record_wav(f"{number}.wav", LENGTH_S)
    world.faults.add(UPLOAD, faults.reply(413), times=2)
    report = await world.run(in_flight=1, **hours(2))
    assert (report.written, len(report.failed), report.over_limit.total()) == (2, 2, 0)


async def test_what_a_failed_transcript_had_reserved_is_kept_for_it_may_be_on_the_bill(world: World) -> None:
    for number in range(3):
        world.record_wav(f"{number}.wav", LENGTH_S)
    world.recogniser.errors["words of 0.wav"].append(transcript_error("not a recording"))
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run(uploads=1, **hours(2)))
    await world.until(lambda: world.service.books.transcripts == 2 and bool(reasons(world)))
    world.recogniser.gate.set()
    report = await running
    assert (report.written, len(report.failed), report.over_limit.total()) == (1, 1, 1)


async def test_a_recording_that_turns_out_shorter_makes_room_for_another(world: World) -> None:
    for number in range(3):
        world.record_wav(f"{number}.wav", LENGTH_S)
    whole = world.recordings / "0.wav"  # its header says more than is there: it was cut off a little
    whole.write_bytes(whole.read_bytes()[: -LENGTH_S * 2])
    report = await world.run(uploads=1, in_flight=1, **hours(3))
    assert (report.written, report.exit_code) == (3, ExitCode.OK)


async def test_copies_cost_nothing(world: World) -> None:
    for number in range(9):
        world.record_wav(f"{number}.wav", LENGTH_S, "the same words")
    report = await world.run(**hours(1))
    assert report.fatal is None
    assert (report.written, report.copies, report.exit_code) == (9, 8, ExitCode.OK)
    assert world.service.books.transcripts == 1


async def test_a_copy_of_what_did_not_fit_does_not_fit_either(world: World) -> None:
    for number in range(5):
        world.record_wav(f"{number}.wav", LENGTH_S, "the same words")
    report = await world.run(max_hours=0)
    assert (report.written, report.over_limit) == (0, {SkipReason.OVER_HOURS: 5})
    assert world.faults.count(UPLOAD) == 0


async def test_what_an_earlier_run_paid_for_costs_nothing(world: World) -> None:
    for number in range(5):
        world.record_wav(f"{number}.wav", LENGTH_S)
    world.recogniser.gate.clear()
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(stop=stop, grace_s=0.01))
    await world.until(lambda: world.service.books.transcripts == 5)
    stop.set()
    assert (await running).unfinished == 5
    world.recogniser.gate.set()
    world.record_wav("one more.wav", LENGTH_S)
    report = await world.run(max_cost_usd="0", **CENT)
    assert (report.written, report.over_limit) == (5, {SkipReason.OVER_COST: 1})
    assert world.service.books.transcripts == 5


async def test_a_lost_reply_that_is_adopted_is_reserved_once(world: World) -> None:
    for number in range(3):
        world.record_wav(f"{number}.wav", LENGTH_S)
    world.faults.add(SUBMIT, faults.lose_reply, times=2)
    report = await world.run(**hours(3))
    assert (report.written, report.exit_code) == (3, ExitCode.OK)
    assert world.service.books.transcripts == 3


async def test_without_a_limit_nothing_is_held_back(world: World) -> None:
    world.record("raw.aac", "no header tells how long this is")
    assert (await world.run(speech_models=("universal-9",))).written == 1
