"""What a run says of trouble that does not pass: one reason for one cause, whichever call met it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import faults
from tests.support.faults import SUBMIT, UPLOAD
from tests.support.scripted import transcript_error

if TYPE_CHECKING:
    from tests.support.world import World

TRIED_AGAIN = "; the same command tries again"
SERVER_ERROR = "Internal server error. Please retry your request."
DOWNLOAD_ERROR = "Download error, unable to access file at https://cdn.example.org/upload/{}"


@pytest.mark.parametrize("call", [UPLOAD, SUBMIT])
async def test_a_request_that_is_refused_at_each_try_names_the_refusal_and_the_tries(
    world: World, call: str
) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.faults.add(call, faults.error(500, "Internal Server Error"), times=6)
    report = await world.run(retries=1)
    reasons = {failed.error for failed in report.failed}
    assert reasons == {"the service answered 500: Internal Server Error (2 tries)" + TRIED_AGAIN}
    assert world.faults.count(call) == 6


@pytest.mark.parametrize("call", [UPLOAD, SUBMIT])
async def test_a_request_that_is_never_answered_says_so(world: World, call: str) -> None:
    world.record("a.mp3")
    world.faults.add(call, faults.stall, times=9)
    report = await world.run(retries=1, read_timeout_s=0.2)
    assert [failed.error for failed in report.failed] == ["no answer in time (2 tries)" + TRIED_AGAIN]


@pytest.mark.parametrize(
    ("error", "times", "reason"),
    [
        (SERVER_ERROR, 3, "the service failed at it (3 tries)" + TRIED_AGAIN),
        (DOWNLOAD_ERROR, 2, "the service could not read its own upload; run the same command again"),
        ("Audio duration is too short.", 1, "less than 0.16 s of audio in it; was the recording cut off?"),
        ("Something else, at {}.", 1, "the service could not transcribe it: Something else, at a.mp3."),
    ],
)
async def test_a_transcript_that_keeps_failing_has_one_reason(
    world: World, error: str, times: int, reason: str
) -> None:
    world.record("a.mp3")
    world.recogniser.errors["words of a.mp3"].extend([transcript_error(error.format("a.mp3"))] * times)
    report = await world.run()
    assert [failed.error for failed in report.failed] == [reason]
