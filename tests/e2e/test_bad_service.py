"""Services that refuse, misbehave or are none: a line says what to do; passing trouble costs no text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support import faults
from tests.support.faults import LIST, PARAGRAPHS, STATUS, SUBMIT, UPLOAD

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.faults import Trouble
    from tests.support.world import World

NO_KEY = "no API key; get one at https://www.assemblyai.com and set AAI_API_KEY (or pass --api-key-file)"
KEY_REFUSED = (
    "the service refused the key; check AAI_API_KEY (or --api-key-file); European accounts need --eu"
)
NO_CREDIT = "the account has no credit; top it up, then run the same command again"
NEGATIVE = "Your current account balance is negative. Please top up to continue using the API."
MODELS = "'speech_models' must be a non-empty list containing one or more of: 'universal-2'"
PAGE = "<html><title>Welcome</title></html>"
WRONG = {
    "slow": faults.slow(0.3),
    "half JSON": faults.half_json,
    "cut body": faults.cut_body,
    "lost reply": faults.lose_reply,
    "HTML with 200": faults.carry_out_and_reply(200, PAGE),
    "JSON of another kind": faults.carry_out_and_reply(200, '{"ok": true}'),
}
NOT_CARRIED_OUT = {
    "reset": faults.reset,
    "503 HTML": faults.reply(503, PAGE),
    "504 empty": faults.reply(504),
    "429": faults.reply(429, PAGE, {"Retry-After": "0"}),
}


async def test_without_a_key_nothing_is_sent_and_the_ways_to_give_one_are_named(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    del cli.environ["AAI_API_KEY"]
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.AUTH
    (line,) = ended.stderr.splitlines()
    assert NO_KEY in line
    assert "--offline" in line
    assert world.faults.arrivals == []


async def test_a_wrong_key_stops_the_run_with_one_line(world: World, cli: Cli) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    cli.environ["AAI_API_KEY"] = "wrong-key-of-mine"
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.AUTH
    assert ended.stderr.count(KEY_REFUSED) == 1
    assert ended.failed == {}
    assert "wrong-key-of-mine" not in ended.stderr


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (NEGATIVE, NO_CREDIT),
        (MODELS, f"the service refused the model ({MODELS}); choose with --model"),
    ],
)
async def test_an_account_without_credit_or_model_stops_the_run_with_one_line(
    world: World, cli: Cli, said: str, line: str
) -> None:
    for number in range(20):
        world.record(f"{number}.mp3")
    world.faults.add(SUBMIT, faults.error(400, said), times=99)
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.ACCOUNT
    assert ended.stderr.count(line) == 1
    assert ended.failed == {}
    assert world.service.books.transcripts == 0


@pytest.mark.timeout(90)
async def test_a_host_that_is_away_or_another_one_ends_the_run_after_half_a_minute(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    world.faults.add(".*", faults.reply(404, PAGE), times=9999)
    lines = {
        world.service.base_url: f"{world.service.base_url} is not the AssemblyAI API (it answered 404: "
        "an HTML page, 'Welcome'), and nothing else for 30 s",
        "http://127.0.0.1:9": "cannot connect to 127.0.0.1:9 (Connection refused), and nothing else for 30 s",
        "https://no-such-host.invalid": "the host name no-such-host.invalid is not known, and nothing else",
        f"https{world.service.base_url.removeprefix('http')}": " (no TLS: ",
    }
    runs = [cli("run", "recordings", "-o", f"{n}", "--base-url", url) for n, url in enumerate(lines)]
    for ended, line in zip(await asyncio.gather(*runs), lines.values(), strict=True):
        assert ended.code == ExitCode.UNREACHABLE
        assert line in ended.stderr
        assert "; check the network and --base-url, then run the same command again" in ended.stderr
        assert ended.failed == {}


async def test_a_service_that_stays_away_is_given_up_after_what_was_asked_for(world: World, cli: Cli) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.faults.add(".*", faults.reply(503, PAGE), times=9999)
    ended = await cli("run", "recordings", "--retries", "0", "--give-up-after", "2s")
    assert ended.code == ExitCode.UNREACHABLE
    why = "the service answered 503: an HTML page, 'Welcome'"
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("waiting ")]  # once
    assert "the service is away since " in line
    assert line.endswith(f" ({why})")
    assert f"stopped: {why}, and nothing got through for 2 s (--give-up-after); " in ended.stderr
    assert ended.failed == {}
    assert "3 recordings to go; " in ended.stderr


@pytest.mark.parametrize("call", [UPLOAD, SUBMIT, LIST, STATUS, PARAGRAPHS])
async def test_slow_wrong_and_half_answers_to_any_call_cost_no_text_and_no_second_payment(
    world: World, cli: Cli, call: str
) -> None:
    troubles = WRONG if call == SUBMIT else WRONG | NOT_CARRIED_OUT
    for number in range(len(troubles)):
        world.record(f"{number}.mp3")

    def begin() -> None:
        for trouble in troubles.values():
            # One list asks for all, so its tries are in a row; more than one in vain would wait for long.
            world.faults.add(call, trouble, after=int(call == LIST))

    def all_submitted() -> bool:
        return world.service.books.transcripts == len(troubles)

    def all_had() -> bool:
        return not any(fault.times for fault in world.faults.script)

    by = "id" if call == STATUS else "sweep"
    world.recogniser.gate.clear()
    if call != STATUS:
        begin()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(cli("run", "recordings", "--poll-interval", "0.05", "--poll-by", by))
        if call == STATUS:  # the tries of a single one, before the others are there, are in a row as well
            await world.until(all_submitted)
            begin()
        if call != PARAGRAPHS:  # these come when all has been heard
            await world.until(all_had)
        world.recogniser.gate.set()
    ended = running.result()
    assert all_had()
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    assert len(world.texts()) == len(troubles)
    assert world.service.books.transcripts == len(troubles)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (faults.reply(503, PAGE), "the service answered 503: an HTML page, 'Welcome'"),
        (faults.error(500, "Internal Server Error"), "the service answered 500: Internal Server Error"),
        (faults.half_json, "the service's answer cannot be read (half of it)"),
        (faults.reset, "the connection broke (2 tries)"),
    ],
)
async def test_trouble_that_stays_fails_its_recordings_and_says_how_often_each_was_tried(
    world: World, cli: Cli, trouble: Trouble, reason: str
) -> None:
    world.record("0-good.mp3")
    for number in (1, 2):
        world.record(f"{number}.mp3", size_bytes=1_000_000)
    world.faults.add(UPLOAD, trouble, times=999, smallest_bytes=1_000_000)
    ended = await cli("run", "recordings", "--retries", "1")
    assert ended.code == ExitCode.SOME_FAILED
    assert set(ended.failed) == {"recordings/1.mp3", "recordings/2.mp3"}
    (line,) = set(ended.failed.values())
    assert line.startswith(reason)
    assert line.endswith(" (2 tries); the same command tries again")
    assert set(world.texts()) == {"0-good.txt"}
