"""Job lists through the command: what each job asks for, where its files go, and what is refused."""

from __future__ import annotations

import asyncio
import json
import signal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.faults import UPLOAD

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli, Ended
    from tests.support.asked import Asked
    from tests.support.ledger import Ledger
    from tests.support.world import World

ROOT = Path(__file__).parents[2]
EXAMPLE = "run -j jobs.example.yaml --offline -o out"
PROGRAM = "batch-transcriber"
LAUGHS = (
    "version: 1\na: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
    + "".join(f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n" for below, name in pairwise("abcdefghi"))
    + "\njobs: [*i]\n"
)
MODELS = ["universal-3-5-pro", "universal-2"]


def write_list(cli: Cli, text: str, name: str = "jobs.yaml") -> None:
    """Write a list whose jobs, or defaults and jobs, are given."""
    path = cli.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"version: 1\n{text}", encoding="utf-8")


async def run(cli: Cli, *arguments: str) -> Ended:
    ended = await cli("run", *arguments, "--poll-interval", "0.1")
    assert (ended.code, ended.failed) == (ExitCode.OK, {})
    return ended


@pytest.mark.timeout(180)
async def test_the_example_runs_as_it_is_documented(cli: Cli) -> None:
    pytest.importorskip("faster_whisper")
    for documented in ("README.md", "jobs.example.yaml"):
        assert f"batch-transcriber {EXAMPLE}\n" in (ROOT / documented).read_text(encoding="utf-8")
    for name in ("jobs.example.yaml", "tests"):
        (cli.folder / name).symlink_to(ROOT / name)
    ended = await cli(*EXAMPLE.split())
    assert ended.code == ExitCode.OK, ended.stderr
    out = cli.folder / "out"
    texts = {
        str(path.relative_to(out)) for path in out.rglob("*.*") if ".batch-transcriber" not in path.parts
    }
    assert texts == {
        "meeting-note.txt",
        "telephone/2024-05-delivery.txt",
        "telephone/2024-05-delivery.srt",
        "telephone/2024-06-plumber.txt",
        "telephone/2024-06-plumber.srt",
        "visits/museum-guide.txt",
        "interviews/bakery.txt",
        "interviews/bakery.srt",
        "interviews/bakery.vtt",
        "lectures/lecture-rivers.txt",
    }
    assert "harbor" in (out / "interviews" / "bakery.txt").read_text(encoding="utf-8").lower()


async def test_each_job_has_its_own_parameters_formats_and_outputs(
    world: World, cli: Cli, asked: Asked
) -> None:
    for name in ("a", "b", "folder/c", "folder/d"):
        world.record(f"{name}.mp3")
    write_list(
        cli,
        """
defaults: {formats: [srt], language: de, options: {punctuate: true, disfluencies: true}}
jobs:
  - recordings/a.mp3
  - source: recordings/b.mp3
    output: interviews/b
    formats: [txt, json]
    language: auto
    speakers: 2
    model: universal-2
    options: {disfluencies: null, keyterms_prompt: [bakery, Ann Lee]}
  - {source: recordings/folder, output: both, formats: [txt]}
""",
    )
    await run(cli, "-j", "jobs.yaml")
    texts = world.texts()
    assert set(texts) == {"a.srt", "interviews/b.txt", "interviews/b.json", "both/c.txt", "both/d.txt"}
    assert texts["interviews/b.txt"] == "words of b.mp3\n"
    defaults = {"punctuate": True, "disfluencies": True, "language_code": "de", "speech_models": MODELS}
    assert asked.of("words of a.mp3") == asked.of("words of folder/c.mp3") == defaults
    assert asked.of("words of b.mp3") == {
        "punctuate": True,
        "language_detection": True,
        "speaker_labels": True,
        "speakers_expected": 2,
        "speech_models": ["universal-2"],
        "keyterms_prompt": ["bakery", "Ann Lee"],
    }
    requests = len(world.faults.arrivals)
    ended = await run(cli, "-j", "jobs.yaml")
    assert "4 texts written before, and left alone" in ended.stderr
    assert len(world.faults.arrivals) == requests


async def test_one_recording_in_two_languages_is_two_transcripts_and_a_rerun_is_none(
    world: World, cli: Cli, asked: Asked
) -> None:
    world.record("a.mp3", "words")
    write_list(
        cli,
        """
jobs:
  - {source: recordings/a.mp3, language: de, output: german/}
  - {source: recordings/a.mp3, language: fr, output: french/}
""",
    )
    for _ in range(2):
        await run(cli, "-j", "jobs.yaml")
        assert world.texts() == dict.fromkeys(("german/a.txt", "french/a.txt"), "words\n")
        assert [body["language_code"] for body in asked.bodies["words"]] == ["de", "fr"]


async def test_sources_that_are_typed_listed_and_in_a_job_list_are_one_run(
    world: World, cli: Cli, asked: Asked
) -> None:
    for name in "abc":
        world.record(f"{name}.mp3", name)
    (cli.folder / "names").write_text("recordings/b.mp3\n")
    write_list(cli, "defaults: {language: de}\njobs: [recordings/c.mp3, recordings/a.mp3]\n")
    ended = await run(cli, "recordings/a.mp3", "--files-from", "names", "-j", "jobs.yaml", "--language", "fr")
    assert world.texts() == {f"{name}.txt": f"{name}\n" for name in "abc"}
    assert {words: asked.of(words)["language_code"] for words in "abc"} == dict.fromkeys("abc", "fr")
    # The same parameters, so the same text; the list's word on it is the second one.
    assert "named twice" in ended.stderr


async def test_a_job_goes_before_a_flag_before_a_variable_before_the_defaults(
    world: World, cli: Cli, asked: Asked
) -> None:
    names = ("plain", "own")
    jobs = """
jobs:
  - {source: recordings/plain.mp3}
  - {source: recordings/own.mp3, formats: [md], language: es, options: {speech_threshold: 0.4}}
"""
    defaults = "defaults: {formats: [srt], language: de, options: {speech_threshold: 0.1}}"
    flags = ["-f", "json", "--language", "it", "--set", "speech_threshold=0.3"]
    variables = {"FORMAT": "vtt", "LANGUAGE": "fr", "SET": "speech_threshold=0.2"}
    seen = []
    for out, text, environ, arguments in (
        ("built-in", jobs, {}, []),
        ("defaults", defaults + jobs, {}, []),
        ("variables", defaults + jobs, variables, []),
        ("flags", defaults + jobs, variables, flags),
    ):
        for name in names:
            world.record(f"{name}.mp3", f"{name} {out}")
        write_list(cli, text)
        before = dict(cli.environ)
        cli.environ |= {f"BATCH_TRANSCRIBER_{name}": value for name, value in environ.items()}
        await run(cli, "-j", "jobs.yaml", "-o", out, *arguments)
        cli.environ = before
        body = asked.of(f"plain {out}")
        (plain,) = (cli.folder / out).glob("plain.*")
        seen.append((plain.suffix, body.get("language_code"), body.get("speech_threshold")))
        own = asked.of(f"own {out}")
        assert (own["language_code"], own["speech_threshold"]) == ("es", 0.4)
        assert [path.suffix for path in (cli.folder / out).glob("own.*")] == [".md"]
    assert seen == [(".txt", None, None), (".srt", "de", 0.1), (".vtt", "fr", 0.2), (".json", "it", 0.3)]


async def test_the_first_upload_of_a_long_list_starts_while_the_rest_is_planned(
    world: World, cli: Cli
) -> None:
    jobs = 2000
    for number in range(jobs):
        world.record(f"{number}.mp3", f"words {number}")
    lines = [f"  - {{source: recordings/{n}.mp3, output: texts/{jobs - n}}}\n" for n in range(jobs)]
    write_list(cli, "jobs:\n" + "".join(lines))
    world.recogniser.gate.clear()
    process = await cli.start("run", "-j", "jobs.yaml", "--in-flight", "20", "--json", "-v")
    await world.until(lambda: world.faults.count(UPLOAD) >= 20)
    process.send_signal(signal.SIGINT)
    world.recogniser.gate.set()
    stdout, _ = await process.communicate()
    objects = [json.loads(line) for line in stdout.splitlines()]
    assert 20 <= len([thing for thing in objects if thing["type"] == "found"]) < 100
    await run(cli, "-j", "jobs.yaml", "--limit", "100")
    assert world.texts() == {f"texts/{jobs - n}.txt": f"words {n}\n" for n in range(100)}


async def test_sources_are_relative_to_the_list_and_outputs_to_the_output_folder(
    world: World, cli: Cli
) -> None:
    for name in ("a", "deep/b"):
        world.record(f"{name}.mp3", name)
    write_list(
        cli, "jobs: [../recordings/a.mp3, {source: ../recordings/*/b.mp3, output: x/}]\n", "[lists]/jobs.yaml"
    )
    (cli.folder / "elsewhere").mkdir()
    for cwd, path in (("elsewhere", "../[lists]/jobs.yaml"), ("[lists]", "jobs.yaml")):
        world.out, cli.folder = cli.folder / cwd / "texts", cli.folder / cwd
        await run(cli, "-j", path, "-o", "texts")
        assert world.texts() == {"a.txt": "a\n", "x/deep/b.txt": "deep/b\n"}
        cli.folder = cli.folder.parent


async def test_an_output_folder_within_a_listed_one_is_not_searched(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    world.record("a.mp3")
    world.out = world.recordings / "texts"
    write_list(cli, "jobs: [{source: recordings, output: all/}, recordings]\n")
    for _ in range(2):
        await run(cli, "-j", "jobs.yaml", "-o", "recordings/texts")
        world.record("texts/all/copied-here.mp3")
        assert {name for name in world.texts() if name.endswith(".txt")} == {"a.txt", "all/a.txt"}
    assert ledger.transcripts.total() == 1


async def test_outputs_outside_are_written_found_again_and_listed_where_they_failed(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for name in "ab":
        world.record(f"{name}.mp3", name)
    empty = world.record("empty.mp3", "")
    absolute = cli.folder / "absolute"
    write_list(
        cli,
        f"""
jobs:
  - {{source: recordings/a.mp3, output: {absolute}/a.txt}}
  - {{source: recordings/b.mp3, output: ../up/b, formats: [txt, srt]}}
  - {{source: recordings/empty.mp3, output: {absolute}/empty}}
""",
    )
    refused = await cli("run", "-j", "jobs.yaml")
    assert refused.code == ExitCode.USAGE
    assert (
        refused.stderr.count("leads out of the output folder; name a place below it, or allow it with") == 3
    )
    assert world.faults.arrivals == []
    for told in ("2 texts written to transcripts", "2 texts written before, and left alone"):
        ended = await cli("run", "-j", "jobs.yaml", "--allow-outside", "--poll-interval", "0.1")
        assert ended.failed == {str(empty): "the file is empty; record or copy it again"}
        assert told in ended.stderr
        assert (absolute / "a.txt").read_text() == "a\n"
        assert {path.name for path in (cli.folder / "up").iterdir()} == {"b.txt", "b.srt"}
    empty.write_text("not any more")
    await run(cli, "-j", "transcripts/failed.yaml", "--allow-outside")
    assert (absolute / "empty.txt").read_text() == "not any more\n"
    assert ledger.transcripts.total() == 3


async def test_an_absolute_output_is_where_it_says_also_if_the_output_folder_is_a_link(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3", "words")
    (cli.folder / "far" / "away" / "disk").mkdir(parents=True)
    world.out.symlink_to("far/away/disk")
    output = cli.folder / "absolute" / "a.txt"
    write_list(cli, f"jobs: [{{source: recordings/a.mp3, output: {output}}}]\n")
    await run(cli, "-j", "jobs.yaml", "--allow-outside")
    assert output.read_text() == "words\n"


async def test_a_list_with_mistakes_is_a_line_for_each_before_a_key_is_asked_for(cli: Cli) -> None:
    write_list(
        cli,
        """
jobs:
  - {source: a.mp3, language: no, format: [txt], output: x}
  - {source: b.mp3, source: c.mp3, options: {language_cod: de}}
  - {source: c.mp3, output: x.txt}
""",
    )
    ended = await cli("run", "-j", "jobs.yaml")
    assert (ended.code, ended.stdout) == (ExitCode.USAGE, "")
    assert ended.stderr.splitlines() == [
        "jobs.yaml:4:31: jobs[0].language: YAML reads no as false; quote it: 'no'",
        "jobs.yaml:4:35: jobs[0].format: no such key; did you mean 'formats'?",
        "jobs.yaml:5:21: jobs[1].source: stands there twice; remove one",
        "jobs.yaml:5:46: jobs[1].options.language_cod: no such parameter; did you mean 'language_code'?",
        "jobs.yaml:6:29: jobs[2].output: 'x' is the file of jobs[0] too; give it another name",
        "batch-transcriber: jobs.yaml has 5 mistakes; nothing was sent",
    ]
    assert not (cli.folder / "transcripts").exists()


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (
            LAUGHS.encode(),
            ["jobs.yaml:8:32: aliases such as *f stand for too much; write out what is needed"],
        ),
        (None, [f"{PROGRAM}: jobs.yaml: a folder, not a job list; name it as a source, without -j"]),
    ],
    ids=["laughs", "folder"],
)
async def test_what_is_no_list_is_refused_at_once(cli: Cli, content: bytes | None, lines: list[str]) -> None:
    path = cli.folder / "jobs.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    async with asyncio.timeout(5):
        ended = await cli("run", "-j", "jobs.yaml")
    assert (ended.code, ended.stdout) == (ExitCode.USAGE, "")
    told = ended.stderr.splitlines()
    assert set(lines) <= set(told)
    assert len(told) <= len(LAUGHS.splitlines()) + 1


async def test_a_list_that_asks_for_what_offline_cannot_do_is_refused_before_the_start(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    (cli.folder / "jobs.yaml").write_text(
        "version: 1\njobs:\n- {source: recordings, language: de}\n"
        "- {source: recordings, options: {disfluencies: true}}\n- recordings\n"
    )
    for command in ("run", "estimate"):
        ended = await cli(command, "--offline", "-j", "jobs.yaml", "-o", "o")
        assert ended.code == ExitCode.USAGE
        german, filled, last = ended.stderr.splitlines()
        assert german.startswith("jobs.yaml: ")
        assert "'de' is not available here" in german
        assert '"disfluencies" is not available here' in filled
        assert last == "batch-transcriber: jobs.yaml asks for what --offline cannot do; nothing was done"
    assert not (cli.folder / "o").exists()
