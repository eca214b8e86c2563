"""`check`: what is wrong is named with what to do, and the exit code is that of the run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import trustme
from jsonschema import Draft202012Validator

from batch_transcriber.errors import ExitCode
from batch_transcriber.journal import FOLDER, RunLock
from batch_transcriber.ui.json_objects import schema
from tests.support.faults import ALWAYS, LIST, clock_off_by, error
from tests.support.machine import with_small_disk, without_override
from tests.support.tls import tls_relay

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Cli, Ended
    from tests.support.world import World

NAMES = [
    "key",
    "recogniser",
    "folder",
    "journal",
    "disk",
    "limits",
    "host",
    "certificate",
    "service",
    "clock",
]


def found(ended: Ended) -> dict[str, tuple[str, str]]:
    """Return verdict and words of each check, by its name."""
    lines = (
        re.fullmatch(r"(ok|warning|problem) +([a-z ]+): (.*)", line)
        for line in ended.stdout.splitlines()[:-1]
    )
    return {line[2]: (line[1], line[3]) for line in lines if line}


async def test_a_machine_and_a_service_that_are_ready_are_told_in_a_line_each(world: World, cli: Cli) -> None:
    before = sorted(cli.folder.rglob("*"))
    ended = await cli("check")
    assert ended.code == ExitCode.OK
    assert ended.stderr == ""
    lines = found(ended)
    assert list(lines) == NAMES
    assert {verdict for verdict, _ in lines.values()} <= {"ok", "warning"}
    assert ended.stdout.endswith("\nready\n")
    assert lines["key"] == ("ok", "from AAI_API_KEY, not shown")
    assert lines["service"] == ("ok", f"{world.service.base_url} accepts the key")
    assert [name for _, name in world.faults.arrivals] == ["GET /v2/transcript"]
    assert sorted(cli.folder.rglob("*")) == before


async def test_programs_get_an_object_a_line(world: World, cli: Cli) -> None:
    cli.environ["AAI_API_KEY"] = "another-key"
    ended = await cli("check", "--json")
    assert ended.code == ExitCode.AUTH
    objects = [json.loads(line) for line in ended.stdout.splitlines()]
    for thing in objects:
        Draft202012Validator(schema()).validate(thing)
    assert [thing["name"] for thing in objects] == NAMES[:-1]
    assert (objects[-1]["verdict"], objects[-1]["exit_code"]) == ("problem", ExitCode.AUTH)
    assert objects[-1]["advice"].startswith("check AAI_API_KEY")
    assert "another-key" not in ended.stdout
    assert len(world.faults.arrivals) == 1


async def test_without_a_key_the_way_to_the_service_is_looked_at_all_the_same(world: World, cli: Cli) -> None:
    del cli.environ["AAI_API_KEY"]
    ended = await cli("check")
    assert ended.code == ExitCode.AUTH
    assert list(found(ended)) == NAMES[:-2]
    assert found(ended)["key"][0] == "problem"
    assert world.faults.arrivals == []
    assert ended.stdout.endswith("\na run would end with 4\n")


async def test_two_keys_that_differ_are_a_warning(world: World, cli: Cli) -> None:
    cli.environ["ASSEMBLYAI_API_KEY"] = "another-key"
    ended = await cli("check")
    assert ended.code == ExitCode.OK
    verdict, words = found(ended)["key"]
    assert verdict == "warning"
    assert "AAI_API_KEY and ASSEMBLYAI_API_KEY hold different keys" in words
    assert world.faults.arrivals


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "http://127.0.0.1:9",
            "cannot connect to 127.0.0.1:9 (Connection refused); check the network and --base-url",
        ),
        ("https://no-such-host.invalid", "cannot connect to no-such-host.invalid:443 ("),
    ],
)
async def test_a_host_that_cannot_be_reached_is_what_the_run_would_end_with(
    cli: Cli, address: str, words: str
) -> None:
    cli.environ |= {"AAI_API_KEY": "k", "ASSEMBLYAI_BASE_URL": address}
    ended = await cli("check")
    assert ended.code == ExitCode.UNREACHABLE
    verdict, said = found(ended)["host"]
    assert (verdict, said[: len(words)]) == ("problem", words)
    assert list(found(ended))[-1] == "host"


async def test_a_certificate_is_trusted_or_not(world: World, cli: Cli) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(cli.folder / "authority.pem")
    async with tls_relay(authority.issue_cert("localhost"), world.service.base_url) as address:
        distrusted = await cli("check", "--base-url", address)
        trusted = await cli("check", "--base-url", address, "--ca-bundle", "authority.pem")
    assert distrusted.code == ExitCode.UNREACHABLE
    verdict, words = found(distrusted)["certificate"]
    assert verdict == "problem"
    assert "pass its authority with --ca-bundle" in words
    assert trusted.code == ExitCode.OK
    assert re.fullmatch(r"trusted, until \d{4}-\d\d-\d\d \(TLSv1\.[23]\)", found(trusted)["certificate"][1])


async def test_a_service_that_is_busy_is_a_warning_and_one_without_credit_a_problem(
    world: World, cli: Cli
) -> None:
    world.faults.add(LIST, error(503, "busy"))
    ended = await cli("check")
    assert ended.code == ExitCode.OK
    assert found(ended)["service"] == (
        "warning",
        "the service answered 503: busy; a run would wait, and try again",
    )
    world.faults.add(LIST, error(402, "no"))
    ended = await cli("check")
    assert ended.code == ExitCode.ACCOUNT
    assert found(ended)["service"][0] == "problem"


async def test_a_clock_that_is_off_is_a_warning(world: World, cli: Cli) -> None:
    world.faults.add(LIST, clock_off_by(3600), times=ALWAYS)
    verdict, words = found(await cli("check"))["clock"]
    assert verdict == "warning"
    assert re.match(r"(1 h|59 min \d+ s) behind that of the service; set it", words)


async def test_a_folder_that_takes_nothing_is_a_problem_of_this_machine(world: World, cli: Cli) -> None:
    world.out.mkdir(0o500)
    ended = await cli("check", through=without_override())
    assert ended.code == ExitCode.LOCAL
    assert found(ended)["folder"] == (
        "problem",
        (
            "transcripts: the output folder cannot be written to (Permission denied); "
            "allow it, or name another with -o"
        ),
    )


async def test_a_damaged_journal_and_another_run_are_found(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    await world.run()
    with RunLock(world.out / FOLDER, world.out):
        ended = await cli("check")
    assert ended.code == ExitCode.LOCKED
    assert found(ended)["journal"][0] == "problem"
    assert (await cli("check")).code == ExitCode.OK
    (world.out / FOLDER / "journal.db").write_bytes(b"no journal" * 1000)
    ended = await cli("check")
    assert ended.code == ExitCode.LOCAL
    assert found(ended)["journal"][0] == "problem"


async def test_a_journal_elsewhere_is_looked_at_there(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    journal = cli.folder / "elsewhere" / "one.db"
    assert (await cli("run", "recordings", "--journal", journal)).code == ExitCode.OK
    ended = await cli("check", "--journal", journal)
    assert found(ended)["journal"] == ("ok", f"{journal} is whole")
    with RunLock(journal.parent, journal, prefix=f"{journal.name}-"):
        assert (await cli("check", "--journal", journal)).code == ExitCode.LOCKED
    journal.chmod(0o400)
    ended = await cli("check", "--journal", journal, through=without_override())
    assert ended.code == ExitCode.LOCAL
    assert found(ended)["journal"] == ("problem", f"{journal} cannot be written to; allow it")


async def test_a_folder_that_may_not_be_looked_into_is_a_problem_in_one_line(world: World, cli: Cli) -> None:
    closed = cli.folder / "closed"
    closed.mkdir(0)
    ended = await cli("check", "-o", closed / "texts", through=without_override())
    closed.chmod(0o700)
    assert ended.code == ExitCode.LOCAL
    assert found(ended)["folder"][0] == "problem"
    assert world.texts() == {}


async def test_limits_that_cannot_be_kept_are_a_warning(world: World, cli: Cli) -> None:
    lines = found(await cli("check", "--max-requests", "30000"))
    assert lines["limits"][0] == "warning"
    ended = await cli("check", through=("sh", "-c", 'ulimit -n 64; exec "$@"', "sh"))
    verdict, words = found(ended)["limits"]
    assert verdict == "warning"
    assert words.endswith("64 open files; allow 232 open files: ulimit -n 1024")
    assert world.faults.arrivals


async def test_offline_looks_at_what_that_needs_alone(cli: Cli) -> None:
    pytest.importorskip("faster_whisper")
    ended = await cli("check", "--offline")
    assert ended.code == ExitCode.OK
    assert list(found(ended)) == ["recogniser", "folder", "journal", "disk", "temporary disk", "limits"]
    assert found(ended)["recogniser"][1].startswith("whisper-tiny.en, English only, ")
    assert found(ended)["temporary disk"][1].endswith(", for copies of what waits to be heard")


async def test_offline_loads_the_recogniser_that_a_run_would_hear_with(cli: Cli) -> None:
    pytest.importorskip("faster_whisper")
    ended = await cli("check", "--offline", "--fast", "--workers", "3")
    assert found(ended)["recogniser"] == ("ok", "whisper-tiny.en (fast), English only, 3 at a time")
    ended = await cli("check", "--offline", "--model", "./none")
    assert ended.code == ExitCode.LOCAL
    verdict, words = found(ended)["recogniser"]
    assert verdict == "problem"
    assert words.startswith("no Whisper model for CTranslate2 in none: config.json is missing; name the ")


async def test_a_small_disk_is_a_warning(world: World, cli: Cli, tmp_path: Path) -> None:
    disk = tmp_path / "small"
    disk.mkdir()
    ended = await cli("check", "-o", disk, through=with_small_disk(disk, 1000, '"$@"'))
    assert found(ended)["disk"] == ("warning", f"1.0 MB free in {disk}; make room: 200 MB or more")
    assert world.faults.arrivals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--offline", "--eu"], "--offline cannot be used with --eu"),
        (["--model", "small"], "--model needs --offline"),
        (["--base-url", "http://elsewhere"], "--base-url: http://elsewhere would send the key"),
        (["--in-flight", "0"], "--in-flight must be 1 or more"),
        (["somewhere"], "check takes no arguments"),
    ],
)
async def test_wrong_usage_is_what_it_is_for_a_run(cli: Cli, arguments: list[str], words: str) -> None:
    ended = await cli("check", *arguments)
    assert ended.code == ExitCode.USAGE
    assert words in ended.stderr
    assert ended.stdout == ""
