"""`report`: a page about a run, as programs write it and as a browser shows it."""

from __future__ import annotations

import asyncio
import json
import os
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from batch_transcriber.errors import ExitCode
from tests.support.browser import chromium, show
from tests.support.faults import ALWAYS, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from tests.e2e.conftest import Cli
    from tests.support.ledger import Ledger
    from tests.support.world import World

HOSTILE = [
    "<script>document.title='taken'</script>.mp3",
    "<img src=x onerror=\"document.title='taken'\">.mp3",
    "'\"><svg onload=alert(1)>.mp3",
    "{{ 7 * 7 }} {% raw %} &amp; &lt;b&gt;.mp3",
    "javascript:alert(1).mp3",
    "a#b?c%20d e.mp3",
    "--> ]]> \u202egnp.3pm.mp3",
    "\N{GRINNING FACE} ü\n\x1b[31m.mp3",
]
SMALL_BYTES = 100_000


class Page(HTMLParser):
    """What a page holds: its links, its elements, its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.outside: list[str] = []
        text = path.read_text(encoding="utf-8")
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [
            f"{tag} {name}" for name, _ in attrs if name in {"src", "onerror", "onload", "srcset"}
        ]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def browser() -> Iterator[Chrome]:
    with chromium() as chrome:
        yield chrome


async def hostile_run(world: World, cli: Cli) -> Page:
    """Run over names of every kind, one of which fails, and return the page."""
    for name in HOSTILE:
        world.record(name, "words")
    world.record("<b>empty</b>.mp3", "")
    ended = await cli("run", "recordings", "--report")
    assert ended.code == ExitCode.SOME_FAILED
    assert ended.stderr.splitlines()[-1] == "report: transcripts/report.html"
    return Page(world.out / "report.html")


async def test_it_tells_what_came_of_a_run_and_leads_to_every_text(world: World, cli: Cli) -> None:
    for number in range(3):
        world.record_wav(f"day {number}/talk.wav", 1800)
    world.record("empty.mp3", "")
    await cli("run", "recordings", "missing.mp3", "-f", "txt,srt")
    ended = await cli("report")
    assert (ended.code, ended.stdout, ended.stderr) == (ExitCode.OK, "transcripts/report.html\n", "")
    page = Page(world.out / "report.html")
    assert "Texts 3 of 5 recordings" in page.text
    assert "Audio 1 h 30 min" in page.text
    assert "the file is empty; record or copy it again" in page.text
    assert "no such file or folder; check the name" in page.text
    assert page.text.index("What failed") < page.text.index("All recordings")
    texts = [link for link in page.links if not link.startswith("#")]
    assert len(texts) == 6
    assert all((world.out / unquote(link)).is_file() for link in texts)
    assert cli.environ["AAI_API_KEY"] not in (world.out / "report.html").read_text()
    assert not list(world.out.glob(".*.part"))


async def test_hostile_names_are_nothing_but_names(world: World, cli: Cli) -> None:
    page = await hostile_run(world, cli)
    assert page.outside == []
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "object", "link", "b"} & set(page.tags)
    assert HOSTILE[0] in page.text
    texts = [link for link in page.links if not link.startswith("#")]
    assert len(texts) == len(HOSTILE)
    assert all(":" not in link for link in texts)
    for link in texts:
        assert (world.out / os.fsdecode(unquote(link, errors="surrogateescape"))).read_text() == "words\n"


async def test_one_of_a_run_at_work_can_be_made_and_leaves_it_alone(
    world: World, cli: Cli, ledger: Ledger
) -> None:
    for number in range(3):
        world.record(f"{number}.mp3")
    world.recogniser.gate.clear()
    run = await cli.start("run", "recordings", "--poll-interval", "0.1")
    await world.until(lambda: ledger.transcripts.total() == 3)
    ended = await cli("report", "transcripts", "-O", "page.html")
    assert (ended.code, ended.stderr) == (ExitCode.OK, "")
    assert f"Process {run.pid} on " in Page(cli.folder / "page.html").text
    world.recogniser.gate.set()
    await run.communicate()
    assert run.returncode == ExitCode.OK
    assert (await cli("report", "-O", "page.html")).code == ExitCode.OK
    page = Page(cli.folder / "page.html")
    assert "The last run ended at" in page.text
    assert {link for link in page.links if link[0] != "#"} == {f"transcripts/{n}.txt" for n in range(3)}


async def test_what_may_be_a_key_in_an_address_is_not_on_the_page(world: World, cli: Cli) -> None:
    await cli("run", "https://ann:word@h.invalid/talk.mp3?X-Signature=token#t", "--report")
    page = Page(world.out / "report.html")
    assert "https://h.invalid/talk.mp3" in page.text
    text = (world.out / "report.html").read_text()
    assert not any(secret in text for secret in ("word@", "token"))


async def test_before_anything_is_known_there_is_a_page_too(world: World, cli: Cli) -> None:
    (world.recordings / "deep").mkdir()
    await cli("run", "recordings")
    assert (await cli("report")).code == ExitCode.OK
    assert "No recording is known yet." in Page(world.out / "report.html").text


async def test_the_service_warns_and_the_page_says_it(world: World, cli: Cli) -> None:
    from aiohttp import web

    async def warn(request: web.Request, handler: Any) -> web.StreamResponse:
        reply = await handler(request)
        thing = json.loads(reply.body)
        thing["metadata"] = {"warnings": [{"message": "say <which> model"}], "domain_used": None}
        return web.json_response(thing)

    world.record("a.mp3")
    world.faults.add(STATUS, warn, times=ALWAYS)
    assert (await cli("run", "recordings", "-f", "json")).code == ExitCode.OK
    await cli("report")
    assert "What the service warns of say <which> model" in Page(world.out / "report.html").text
    # A later run that fetches what tells of none changes nothing.
    assert (await cli("run", "recordings", "-f", "json,txt")).code == ExitCode.OK
    (thing,) = json.loads(f"[{(await cli('status', '--file', 'recordings/a.mp3', '--json')).stdout}]")
    assert thing["warnings"] == ["say <which> model"]


async def test_a_file_of_somebody_else_stays_and_a_page_of_ours_is_replaced(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    await cli("run", "recordings")
    theirs = world.out / "report.html"
    theirs.write_text("<p>mine</p>")
    ended = await cli("report")
    assert ended.code == ExitCode.LOCAL
    assert "is no report of ours, and stays; name another file with --page" in ended.stderr
    assert theirs.read_text() == "<p>mine</p>"
    assert (await cli("report", "-O", "transcripts/report.html")).code == ExitCode.OK
    assert (await cli("report")).code == ExitCode.OK


async def test_a_named_place_costs_no_recording_text_or_journal(world: World, cli: Cli) -> None:
    kept = world.record("a.mp3"), world.out / "a.txt"
    await cli("run", "recordings", "-q")
    before = [path.read_bytes() for path in kept]
    for path in (*kept, world.out / ".batch-transcriber" / "journal.db"):
        ended = await cli("report", "-O", path)
        assert ended.code == ExitCode.LOCAL
        assert ended.stderr.endswith(f"{path}: is no page, and stays; name another file with --page\n")
        ended = await cli("run", "recordings", "-q", f"--report={path}")
        assert ended.code == ExitCode.LOCAL
        assert ended.stderr.endswith("is no page, and stays; name another file with --report=FILE\n")
    assert [path.read_bytes() for path in kept] == before
    assert (await cli("status")).code == ExitCode.OK
    (cli.folder / "empty").touch()
    os.mkfifo(cli.folder / "pipe")
    assert (await cli("report", "-O", "pipe")).code == ExitCode.LOCAL
    assert (await cli("report", "-O", "empty")).code == ExitCode.OK


async def test_a_place_that_cannot_be_written_to_is_one_line(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    await cli("run", "recordings")
    ended = await cli("report", "-O", "recordings")
    assert ended.code == ExitCode.LOCAL
    (line,) = ended.stderr.splitlines()
    assert "recordings: the report cannot be written (Is a directory)" in line
    ended = await cli("run", "recordings", "--report=recordings", "-q")
    assert ended.code == ExitCode.LOCAL
    assert "the report cannot be written" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("typed", "said", "place"),
    [
        (["--report", "recordings"], ("", ""), "transcripts/report.html"),
        (["recordings", "--report"], ("", ""), "transcripts/report.html"),
        (["recordings", "--report=night.htm"], ("", ""), "night.htm"),
        (["--report", "night.html", "recordings"], ("", ""), "night.html"),
        (["recordings"], ("1", ""), "transcripts/report.html"),
        (["recordings"], ("night.html", ""), "night.html"),
        (["recordings"], ("", "report = true"), "transcripts/report.html"),
        (["recordings"], ("", 'report = "night.html"'), "night.html"),
        (["recordings"], ("0", "report = true"), None),
        (["recordings", "--report=no"], ("1", ""), None),
        (["recordings"], ("", ""), None),
    ],
)
async def test_a_run_writes_one_where_it_is_told_to(
    world: World, cli: Cli, typed: list[str], said: tuple[str, str], place: str | None
) -> None:
    world.record("a.mp3")
    environ, config = said  # the variable, the file
    if environ:
        cli.environ["BATCH_TRANSCRIBER_REPORT"] = environ
    if config:
        (cli.folder / "config.toml").write_text(config)
        cli.environ["BATCH_TRANSCRIBER_CONFIG"] = "config.toml"
    ended = await cli("run", *typed)
    assert ended.code == ExitCode.OK, ended.stderr
    pages = [str(path.relative_to(cli.folder)) for path in cli.folder.rglob("*.htm*")]
    assert pages == ([place] if place else [])
    assert (f"report: {place}" in ended.stderr) is bool(place)


@pytest.mark.parametrize(
    ("typed", "place"), [("--report=night.htm", "night.htm"), ("--report", "transcripts/report.html")]
)
async def test_the_way_on_keeps_the_report(world: World, cli: Cli, typed: str, place: str) -> None:
    world.record("a.mp3", "")
    ended = await cli("run", "recordings", typed)
    assert f"  batch-transcriber retry transcripts {typed}" in ended.stderr.splitlines()
    assert (cli.folder / place).exists()


@pytest.mark.timeout(90)
async def test_a_browser_shows_it_by_day_and_by_night_without_a_network(
    world: World, cli: Cli, browser: Chrome
) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    await hostile_run(world, cli)
    colours = set()
    for width, dark in ((1280, False), (390, True)):
        await asyncio.to_thread(show, browser, world.out / "report.html", width=width, dark=dark)
        assert browser.title == "transcripts: 8 texts"
        wide, seen = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, "nothing sticks out"
        colours.add(browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"))
        paths = browser.find_elements(By.CSS_SELECTOR, ".ways path")
        assert {path.get_attribute("class") for path in paths} >= {"failed", "processing"}
    assert len(colours) == 2

    await asyncio.to_thread(show, browser, world.out / "report.html")

    def rows() -> list[str]:
        shown = browser.find_elements(By.CSS_SELECTOR, "#list tbody tr:not([hidden])")
        return [row.text for row in shown]

    assert "failed" in rows()[0]
    head = browser.find_element(By.CSS_SELECTOR, "#list thead th")
    assert head.get_attribute("aria-sort") is None
    button = head.find_element(By.TAG_NAME, "button")
    button.send_keys(Keys.ENTER)
    assert head.get_attribute("aria-sort") == "ascending"
    ascending = rows()
    button.send_keys(Keys.SPACE)
    assert head.get_attribute("aria-sort") == "descending"
    assert rows() == ascending[::-1]
    find = browser.find_element(By.ID, "find")
    find.send_keys("svg onload")
    assert len(rows()) == 1
    assert browser.find_element(By.ID, "found").text == "1 of 9"

    log: Any = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert log == [], "nothing was refused by the page's own policy, and nothing went wrong"
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]  # type: ignore[no-untyped-call]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert asked
    assert {urlsplit(url).scheme for url in asked} <= {"file", "data", "chrome"}, asked
