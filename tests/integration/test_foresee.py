"""What a run would do, foretold, is what it then does."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batch_transcriber.engine import foresee
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, Notice, Skipped, SkipReason
from batch_transcriber.journal import FOLDER, NAME
from batch_transcriber.plan.forecast import Expected, Forecast
from tests.support.faults import PARAGRAPHS

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.engine.asked import Source
    from batch_transcriber.plan.forecast import Prospect
    from tests.support.world import World

LENGTH_S = 100


def foretold(world: World, *sources: Source, **changes: object) -> dict[str, Prospect]:
    """Return the prospects by the name of their input."""
    found = foresee(sources or [world.recordings], out=world.out, settings=world.settings(**changes))
    return {"" if isinstance(one, Notice) else _name(one): one for one in found}


def _name(prospect: Expected | Failed | Skipped) -> str:
    source = prospect.job.source if isinstance(prospect, Expected) else prospect.source
    return source.rpartition("/")[2]


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what is in a folder, with size and time of the last change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
    }


def total(prospects: dict[str, Prospect]) -> Forecast:
    forecast = Forecast()
    for prospect in prospects.values():
        forecast.note(prospect)
    return forecast


async def test_nothing_is_sent_and_nothing_is_written(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    before = listing(world.out.parent)
    (expected,) = foretold(world).values()
    assert isinstance(expected, Expected)
    assert (expected.audio_s, expected.is_paid, expected.refusal) == (LENGTH_S, False, None)
    assert expected.cost_usd == Decimal("0.21") * LENGTH_S / 3600
    assert listing(world.out.parent) == before
    assert world.faults.arrivals == []


async def test_what_is_written_is_skipped_and_what_is_paid_for_is_fetched_for_nothing(world: World) -> None:
    for name in ("a", "b"):
        world.record_wav(f"{name}.wav", LENGTH_S)
    await world.run()
    (world.out / "b.txt").unlink()
    world.record_wav("new.wav", LENGTH_S)
    before, requests = listing(world.out), len(world.faults.arrivals)
    prospects = foretold(world, max_cost_usd="0.01")
    assert listing(world.out) == before
    assert len(world.faults.arrivals) == requests
    match [prospects[f"{name}.wav"] for name in ("a", "b", "new")]:
        case [
            Skipped(reason=SkipReason.ALREADY_WRITTEN),
            Expected(is_paid=True, refusal=None),
            Expected(is_paid=False),
        ]:
            pass
        case others:
            pytest.fail(f"foretold: {others}")
    forecast = total(prospects)
    assert (forecast.paid, forecast.estimate.inputs, forecast.skipped.total()) == (1, 1, 1)
    report = await world.run(max_cost_usd="0.01")
    assert (report.already_written, report.written) == (1, 2)
    assert world.service.books.transcripts == 3


async def test_with_other_options_or_by_force_it_is_paid_for_again(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    await world.run()
    for changes in (
        {"force": True},
        {"options": {"punctuate": False}},
        {"base_url": "https://other.example"},
    ):
        (world.out / "a.txt").unlink(missing_ok="base_url" in changes)
        (prospect,) = foretold(world, **changes).values()
        assert isinstance(prospect, Expected), changes
        assert not prospect.is_paid, changes
        (world.out / "a.txt").write_text("words of a.wav\n")


async def test_what_a_stopped_run_submitted_is_paid_for(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    world.recogniser.gate.clear()
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.run(stop=stop, grace_s=0.01))
    await world.until(lambda: world.service.books.transcripts == 1)
    stop.set()
    await running
    (prospect,) = foretold(world).values()
    assert isinstance(prospect, Expected)
    assert prospect.is_paid
    assert prospect.cost_usd == 0
    world.recogniser.gate.set()
    assert (await world.run()).written == 1
    assert world.service.books.transcripts == 1


async def test_limits_keep_back_as_many_as_they_do_in_a_run(world: World) -> None:
    for number in range(5):
        world.record_wav(f"{number}.wav", LENGTH_S)
    world.record("raw.aac", "no header tells how long this is")
    limit: dict[str, Any] = {"max_hours": 2 * LENGTH_S / 3600}
    forecast = total(foretold(world, **limit))
    assert forecast.refused == {SkipReason.OVER_HOURS: 3, SkipReason.LENGTH_UNKNOWN: 1}
    report = await world.run(in_flight=1, **limit)
    assert report.over_limit == forecast.refused
    assert report.written == forecast.estimate.inputs == 2
    assert report.exit_code is ExitCode.LIMIT


async def test_every_failure_that_can_be_known_has_the_words_of_the_run(world: World) -> None:
    (world.recordings / "empty.wav").touch()
    with (world.recordings / "huge.wav").open("wb") as file:
        file.truncate(3_000_000_000)
    (world.recordings / "nowhere.wav").symlink_to("gone.wav")
    sources: list[str | Path] = [world.recordings, "no such file.wav", "ftp://host/a.mp3"]
    foreseen = {
        source: prospect.error
        for source, prospect in foretold(world, *sources).items()
        if isinstance(prospect, Failed)
    }
    report = await world.run(*sources)
    assert foreseen == {failed.source.rpartition("/")[2]: failed.error for failed in report.failed}
    assert len(foreseen) == 5


async def test_a_run_at_work_in_the_folder_is_no_obstacle(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    world.recogniser.gate.clear()
    running = asyncio.ensure_future(world.run())
    await world.until(lambda: world.service.books.transcripts == 1)
    prospects = await asyncio.to_thread(foretold, world)
    world.recogniser.gate.set()
    assert (await running).written == 1
    (prospect,) = prospects.values()
    assert isinstance(prospect, Expected)


async def test_the_first_is_foretold_before_the_last_is_looked_for(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    asked: list[str] = []

    class Sources:
        def __iter__(self) -> object:
            for number in range(3):
                asked.append(f"{number}")
                yield str(world.recordings / "a.wav") if not number else f"missing {number}"

    prospects = foresee(Sources(), out=world.out, settings=world.settings())  # type: ignore[arg-type]
    assert isinstance(next(prospects), Expected)
    assert asked == ["0"]
    assert sum(isinstance(one, Failed) for one in prospects) == 2


async def test_a_journal_that_is_no_journal_is_refused(world: World) -> None:
    path = world.out / FOLDER / NAME
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(FatalError, match="empty"):
        foretold(world)
    assert path.stat().st_size == 0


async def test_a_journal_of_another_folder_is_refused(world: World, tmp_path: Path) -> None:
    world.record_wav("a.wav", LENGTH_S)
    journal = tmp_path / "kept.db"
    await world.run(journal=journal)
    world.out = tmp_path / "another"
    with pytest.raises(FatalError, match="is the journal of") as raised:
        foretold(world, journal=journal)
    assert raised.value.exit_code is ExitCode.USAGE
    assert not world.out.exists()


async def test_formats_that_are_there_are_not_named_again(world: World) -> None:
    world.record_wav("a.wav", LENGTH_S)
    await world.run()
    (prospect,) = foretold(world, formats=("txt", "srt")).values()
    assert isinstance(prospect, Expected)
    assert list(prospect.job.missing) == ["srt"]
    assert prospect.is_paid
    assert world.faults.count(PARAGRAPHS) == 1
