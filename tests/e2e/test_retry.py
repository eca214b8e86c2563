"""failed.yaml and `retry`: what failed, once more, into the very same places."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from batch_transcriber.errors import ExitCode
from batch_transcriber.plan.lists.failed import MARK
from tests.support.faults import SUBMIT, UPLOAD, stall

if TYPE_CHECKING:
    from typing import Any

    from tests.e2e.conftest import Cli
    from tests.support.world import World


def read(world: World) -> list[dict[str, Any]]:
    """Return the entries of the list."""
    text = (world.out / "failed.yaml").read_text(encoding="utf-8")
    assert text.startswith(MARK)
    jobs: list[dict[str, Any]] = yaml.safe_load(text)["jobs"]
    return jobs


def is_listed(world: World) -> bool:
    return (world.out / "failed.yaml").exists()


async def test_a_run_leaves_a_list_of_what_failed_and_retry_puts_its_texts_where_they_belong(
    world: World, cli: Cli
) -> None:
    world.record("good.mp3")
    world.record("empty/call.mp3", "")
    world.record("empty/call.wav", "")
    ended = await cli("run", "recordings", "missing.mp3")
    assert ended.code == ExitCode.SOME_FAILED
    jobs = read(world)
    assert {Path(job["source"]).name for job in jobs} == {"missing.mp3", "call.mp3", "call.wav"}
    assert len(jobs) == 3
    assert all(Path(job["source"]).is_absolute() for job in jobs)
    text = (world.out / "failed.yaml").read_text()
    assert "  # the file is empty; record or copy it again\n" in text
    assert "  # no such file or folder; check the name\n" in text
    assert ended.stderr.splitlines()[-2:] == [
        "when they are mended, try them again:",
        "  batch-transcriber retry transcripts",
    ]
    assert "3 failed, listed in transcripts/failed.yaml:" in ended.stderr

    world.record("empty/call.mp3", "first")
    world.record("empty/call.wav", "second")
    (cli.folder / "missing.mp3").write_bytes(b"third")
    uploads = world.faults.count(UPLOAD)
    again = await cli("retry")
    assert again.code == ExitCode.OK, again.stderr
    assert "3 texts written to transcripts" in again.stderr
    assert world.faults.count(UPLOAD) == uploads + 3
    assert world.texts() == {
        "good.txt": "words of good.mp3\n",
        "empty/call.txt": "first\n",
        "empty/call.wav.txt": "second\n",
        "missing.txt": "third\n",
    }
    assert not is_listed(world)
    # And the first command finds it all done.
    submits = world.faults.count(SUBMIT)
    assert (await cli("run", "recordings", "missing.mp3")).code == ExitCode.OK
    assert world.faults.count(SUBMIT) == submits


async def test_the_list_runs_as_it_is_from_any_folder(world: World, cli: Cli) -> None:
    world.record("a.mp3", "")
    assert (await cli("run", "recordings", "-f", "srt,txt")).code == ExitCode.SOME_FAILED
    world.record("a.mp3", "mended")
    (cli.folder / "elsewhere").mkdir()
    cli.folder /= "elsewhere"
    ended = await cli("run", "-j", "../transcripts/failed.yaml", "-o", "../transcripts")
    assert ended.code == ExitCode.OK, ended.stderr
    assert {path.name for path in world.out.glob("a.*")} == {"a.srt", "a.txt"}
    assert not is_listed(world)


async def test_what_a_job_list_said_of_a_job_is_said_again(world: World, cli: Cli) -> None:
    for name in ("a.mp3", "b.mp3", "visits/c.mp3"):
        world.record(name, "")
    (cli.folder / "jobs.yaml").write_text(
        """
version: 1
defaults: {formats: [txt], language: en}
jobs:
  - source: recordings/a.mp3
    output: deep/one.md
    formats: [md, json]
    options: {language_code: null, punctuate: true}
  - {source: recordings/b.mp3, output: letters/}
  - {source: recordings/visits, output: visits}
  - {source: "recordings/none*.mp3", output: none}
"""
    )
    assert (await cli("run", "-j", "jobs.yaml", "-f", "txt")).code == ExitCode.SOME_FAILED
    jobs = {Path(job["source"]).name: job for job in read(world)}
    assert jobs["a.mp3"]["output"] == "deep/one.md"
    assert jobs["a.mp3"]["formats"] == ["md", "json"]
    assert jobs["a.mp3"]["options"] == {"punctuate": True}
    assert jobs["b.mp3"]["output"] == "letters/b.txt"
    assert jobs["b.mp3"]["options"] == {"language_code": "en"}
    assert jobs["c.mp3"]["output"] == "visits/c.txt"
    assert set(jobs) == {"a.mp3", "b.mp3", "c.mp3", "none*.mp3"}

    for name in ("a.mp3", "b.mp3", "visits/c.mp3", "none1.mp3"):
        world.record(name, f"mended {name}")
    cli.environ |= {"BATCH_TRANSCRIBER_LANGUAGE": "de", "BATCH_TRANSCRIBER_FORMAT": "vtt"}  # of other runs
    ended = await cli("retry", "transcripts")
    assert ended.code == ExitCode.OK, ended.stderr
    assert set(world.texts()) == {
        "deep/one.md",
        "deep/one.json",
        "letters/b.txt",
        "visits/c.txt",
        "none/none1.txt",
    }


STRANGE = r"""
    a:|b|#c.mp3  '"`.mp3  -|x.mp3  [1]*?.mp3  no  *a.mp3  ~.mp3  \n.mp3  |.mp3  {a:|b}.mp3  &a.mp3  %.mp3
""".replace("|", " ").split("  ")


async def test_names_of_every_kind_find_their_way(world: World, cli: Cli) -> None:
    strange = [name.strip("\n") for name in STRANGE if name.strip()]
    strange += ["\N{GRINNING FACE} ü.mp3", "tab\t\nline.mp3", "\x7f\x85\u2028.mp3"]
    for name in strange:
        world.record(name, "")
    arguments = [f"recordings/{name}" for name in strange]
    assert (await cli("run", *arguments)).code == ExitCode.SOME_FAILED
    assert {Path(job["source"]).name for job in read(world)} == set(strange)
    for number, name in enumerate(strange):
        world.record(name, f"number {number}")
    ended = await cli("retry")
    assert ended.code == ExitCode.OK, ended.stderr
    assert sorted(world.texts().values()) == sorted(f"number {number}\n" for number in range(len(strange)))
    assert not is_listed(world)
    assert (await cli("run", *arguments)).code == ExitCode.OK


async def test_a_name_that_is_no_text_is_named_in_a_comment(world: World, cli: Cli) -> None:
    try:
        (world.recordings / os.fsdecode(b"bad\xff.mp3")).touch()
    except OSError:
        pytest.skip("names are text on this file system")
    world.record("good.mp3", "")
    assert (await cli("run", "recordings")).code == ExitCode.SOME_FAILED
    assert [Path(job["source"]).name for job in read(world)] == ["good.mp3"]
    assert "# not listed: 'recordings/bad\\udcff.mp3'" in (world.out / "failed.yaml").read_text()


async def test_what_the_plan_refused_goes_where_it_would_have_gone(world: World, cli: Cli) -> None:
    world.record("sub/a.mp3")
    world.record("b.mp3", "")
    (world.out / "sub").mkdir(parents=True)
    (world.out / "sub" / "a.txt").write_text("somebody else's")
    assert (await cli("run", "recordings")).code == ExitCode.SOME_FAILED
    assert {job["output"] for job in read(world)} == {"sub/a.txt", "b.txt"}
    world.record("b.mp3", "mended")
    (world.out / "sub" / "a.txt").unlink()
    assert (await cli("retry")).code == ExitCode.OK
    assert world.texts() == {"sub/a.txt": "words of sub/a.mp3\n", "b.txt": "mended\n"}


async def test_of_two_with_one_name_the_second_never_overwrites_the_first(world: World, cli: Cli) -> None:
    world.record("[a].mp3", "first")
    world.record("b.mp3", "second")
    jobs = "\n".join(f"- {{source: 'recordings/{name}', output: one}}" for name in ("[a].mp3", "b.mp3"))
    (cli.folder / "jobs.yaml").write_text(f"version: 1\njobs:\n{jobs}\n")
    ended = await cli("run", "-j", "jobs.yaml")
    assert ended.code == ExitCode.SOME_FAILED
    assert "another recording of this run has the output one already" in ended.stderr
    assert "the same command tries it again" in ended.stderr
    assert not is_listed(world)
    assert world.texts() == {"one.txt": "first\n"}


async def test_what_fails_again_stays_in_the_list(world: World, cli: Cli) -> None:
    world.record("a.mp3", "")
    world.record("b.mp3", "")
    await cli("run", "recordings")
    world.record("b.mp3", "mended")
    ended = await cli("retry", "-o", "transcripts", "--uploads", "2")
    assert ended.code == ExitCode.SOME_FAILED
    assert [Path(job["source"]).name for job in read(world)] == ["a.mp3"]
    assert ended.stderr.splitlines()[-1] == "  batch-transcriber retry transcripts --uploads 2"


async def test_the_way_on_names_the_service_of_the_run_but_no_key(world: World, cli: Cli) -> None:
    world.record("a.mp3", "")
    address, key = cli.environ.pop("ASSEMBLYAI_BASE_URL"), cli.environ.pop("AAI_API_KEY")
    typed = ["--base-url", address, "--api-key", key, "--language", "en"]
    ended = await cli("run", "recordings", "-o", "my texts", *typed)
    way_on = ended.stderr.splitlines()[-1]
    assert way_on == f"  batch-transcriber retry 'my texts' --api-key ... --base-url {address}"
    world.record("a.mp3", "mended")
    words = shlex.split(way_on.replace("...", key))[1:]
    assert (await cli(*words)).code == ExitCode.OK
    assert (cli.folder / "my texts" / "a.txt").read_text() == "mended\n"


async def test_nothing_to_try_again_is_said_and_no_error(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    assert (await cli("run", "recordings")).code == ExitCode.OK
    ended = await cli("retry")
    assert (ended.code, ended.stdout) == (ExitCode.OK, "")
    assert ended.stderr == "nothing to try again: no list of failures in transcripts\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none"], "none: no such folder; name the output folder of a run"),
        (["a", "b"], "one output folder at a time, please"),
        (["a", "-o", "b"], "one output folder at a time, please"),
        (["--jobs", "x"], "--jobs"),
    ],
)
async def test_what_cannot_be_meant_is_refused(cli: Cli, arguments: list[str], line: str) -> None:
    ended = await cli("retry", *arguments)
    assert ended.code == ExitCode.USAGE
    first, second = ended.stderr.splitlines()
    assert line in first
    assert second == "see batch-transcriber retry --help"


async def test_a_list_of_somebody_else_is_neither_run_nor_overwritten(world: World, cli: Cli) -> None:
    world.record("a.mp3", "")
    world.out.mkdir()
    (world.out / "failed.yaml").write_text("version: 1\njobs: [x]\n")
    ended = await cli("run", "recordings")
    assert ended.code == ExitCode.SOME_FAILED
    assert "failed.yaml" not in ended.stderr
    assert (world.out / "failed.yaml").read_text() == "version: 1\njobs: [x]\n"
    ended = await cli("retry")
    assert ended.code == ExitCode.USAGE
    assert "transcripts/failed.yaml is no list of failures" in ended.stderr
    assert "batch-transcriber run -j transcripts/failed.yaml" in ended.stderr


async def test_a_run_that_is_stopped_leaves_the_last_list(world: World, cli: Cli) -> None:
    world.record("a.mp3", "")
    await cli("run", "recordings")
    before = read(world)
    world.record("b.mp3", "")
    world.record("c.mp3")
    world.faults.add(SUBMIT, stall)
    process = await cli.start("run", "recordings")
    await world.until(lambda: world.faults.count(SUBMIT) == 1)
    process.send_signal(signal.SIGINT)
    stderr = (await process.communicate())[1].decode()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "retry" not in stderr
    assert read(world) == before
    assert [path.name for path in world.out.iterdir() if path.name.endswith(".part")] == []


async def test_a_run_that_a_limit_ended_leaves_the_last_list(world: World, cli: Cli) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.record(name, "")
    await cli("run", "recordings")
    before = read(world)
    world.record("b.mp3", "mended")
    ended = await cli("retry", "--max-cost", "0")
    assert ended.code == ExitCode.LIMIT, ended.stderr
    assert "the same command goes on:\n  batch-transcriber retry --max-cost 0\n" in ended.stderr
    assert read(world) == before
