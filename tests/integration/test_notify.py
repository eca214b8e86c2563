"""Those who are told of a run, over real sockets and by real commands."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
import trustme
from aiohttp import web

from batch_transcriber.engine.report import BatchReport
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.events import Failed, SkipReason
from batch_transcriber.model import Stage
from batch_transcriber.ui.news import News, Status, news_of_end, news_of_failure
from batch_transcriber.ui.notify import Notifier
from batch_transcriber.ui.summary import Ending
from tests.support.hook import SECRET, Inbox, hook
from tests.support.tls import tls_relay

NEWS = News(Status.SOME_FAILED, "texts: 3 written", "texts", exit_code=1, written=3, failed=1)


async def told(
    *urls: str, command: str | None = None, within_s: float = 5.0, ca_bundle: str | None = None
) -> list[str]:
    """Tell the news, and return what went wrong, which never holds the secret."""
    notifier = Notifier(urls, command, run="r1", ca_bundle=ca_bundle)
    notifier.tell(NEWS)
    await asyncio.to_thread(notifier.wait, within_s)
    troubles = list(notifier.troubles())
    assert SECRET not in " ".join(troubles)
    return troubles


async def test_each_address_gets_a_json_object_with_a_text_for_slack_and_a_template_for_ntfy() -> None:
    inbox = Inbox()
    async with hook(inbox.take) as one, hook(inbox.take) as other:
        assert await told(one, other) == []
    (request, body), (_, again) = inbox.requests
    assert body == again
    assert (request.method, request.content_type) == ("POST", "application/json")
    assert body == {
        "text": "texts: 3 written",
        "title": "Transcription finished, with failures",
        "run": "r1",
        "status": "some_failed",
        "out": "texts",
        "exit_code": 1,
        "written": 3,
        "already_written": 0,
        "failed": 1,
        "skipped": 0,
        "to_go": 0,
        "audio_duration_s": 0.0,
        "elapsed_s": 0.0,
    }
    # ntfy fills these from the fields that they name, instead of showing the JSON.
    for header, field in (("X-Title", "title"), ("X-Message", "text")):
        assert request.headers[header] == f"{{{{.{field}}}}}"
    assert request.headers["X-Template"] == "yes"


async def test_a_user_in_the_address_signs_in() -> None:
    inbox = Inbox()
    async with hook(inbox.take) as address:
        assert await told(address.replace("://", "://ann:w%40rd@")) == []
    ((request, _),) = inbox.requests
    assert request.headers["Authorization"] == "Basic YW5uOndAcmQ="


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_refusal_is_one_line_with_the_host_alone(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": f"/{SECRET}/elsewhere"}, text=SECRET)

    async with hook(refuse) as address:
        assert await told(address) == [f"no word got to 127.0.0.1 (--notify): it answered {status}"]


async def test_one_that_hangs_holds_nobody_up_and_the_others_are_told() -> None:
    arrived, inbox = asyncio.Event(), Inbox()

    async def hang(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with hook(hang) as silent, hook(inbox.take) as address:
        began_at = monotonic()
        lines = await told(silent, address, within_s=0.5)
        assert monotonic() - began_at < 3
        assert arrived.is_set()
    assert lines == ["no word got to 127.0.0.1 (--notify): not done in time, and left to itself"]
    assert len(inbox.requests) == 1


async def test_one_that_nobody_hears_is_one_line() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unheard.getsockname()[1]}/{SECRET}"
        assert await told(address) == ["no word got to 127.0.0.1 (--notify): Connection refused"]
    (line,) = await told(f"http://no-such-host.invalid/{SECRET}", within_s=5.0)
    assert line.startswith("no word got to no-such-host.invalid (--notify): ")


async def test_the_authorities_of_the_run_hold_here_too(tmp_path: Path) -> None:
    authority, inbox = trustme.CA(), Inbox()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    async with hook(inbox.take) as plain, tls_relay(authority.issue_cert("localhost"), plain) as relay:
        address = f"{relay}/{SECRET}"
        (line,) = await told(address)
        assert "certificate verify failed" in line
        assert await told(address, ca_bundle=str(tmp_path / "authority.pem")) == []
    assert len(inbox.requests) == 1


async def test_a_command_gets_the_figures_in_its_environment(tmp_path: Path) -> None:
    out = tmp_path / "environment"
    assert await told(command=f"env > '{out}.part'; mv '{out}.part' '{out}'") == []
    given = dict(line.split("=", 1) for line in out.read_text().splitlines() if "=" in line)
    prefix = "BATCH_TRANSCRIBER_RUN_"
    assert {name.removeprefix(prefix): given[name] for name in given if name.startswith(prefix)} == {
        "ID": "r1",
        "TITLE": "Transcription finished, with failures",
        "TEXT": "texts: 3 written",
        "STATUS": "some_failed",
        "OUT": "texts",
        "EXIT_CODE": "1",
        "WRITTEN": "3",
        "ALREADY_WRITTEN": "0",
        "FAILED": "1",
        "SKIPPED": "0",
        "TO_GO": "0",
        "AUDIO_DURATION_S": "0.0",
        "ELAPSED_S": "0.0",
    }


async def test_a_command_that_fails_is_one_line() -> None:
    assert await told(command="exit 3") == ["the command of --on-finish: it ended with 3"]


async def test_a_command_that_takes_long_is_left_to_itself(tmp_path: Path) -> None:
    fifo, heard = tmp_path / "fifo", tmp_path / "heard"
    os.mkfifo(fifo)
    (line,) = await told(command=f"read -r line < '{fifo}'; echo $line > '{heard}'", within_s=0.1)
    assert line == "the command of --on-finish: not done in time, and left to itself"
    await asyncio.to_thread(fifo.write_text, "go on\n")  # waits for its reader, which is still there
    async with asyncio.timeout(10):
        while not heard.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)


async def test_a_run_that_such_a_command_starts_has_no_such_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCH_TRANSCRIBER_RUN_STATUS", "finished")
    assert await told(command=f"touch '{tmp_path}/made'") == []
    assert not (tmp_path / "made").exists()


def test_the_news_of_an_end_say_what_became_of_it() -> None:
    failure = Failed("secret-name.mp3", Stage.POLL, "gone")
    report = BatchReport(written=1234, already_written=2, failed=[failure], unfinished=5)
    ending = Ending(report, Path("texts"), 65.0, "command", 1)
    news = news_of_end(ending)
    assert news.text == "texts: 1,234 written, 2 written before, 1 failed, 5 to go, in 1 min 5 s"
    assert news.status is Status.SOME_FAILED
    assert "secret-name" not in json.dumps(news.text)
    report.over_limit[SkipReason.OVER_COST] += 1
    assert news_of_end(replace(ending, exit_code=ExitCode.LIMIT)).status is Status.LIMIT
    report.stopped = True
    assert news_of_end(replace(ending, exit_code=ExitCode.TERMINATED)).status is Status.STOPPED
    report.fatal = FatalError("no credit\n", ExitCode.ACCOUNT)
    news = news_of_end(replace(ending, exit_code=ExitCode.ACCOUNT))
    assert (news.status, news.text[-11:]) == (Status.FAILED, "no credit\\n")
    assert news_of_end(replace(ending, account=BatchReport(), exit_code=0)).status is Status.FINISHED


def test_the_news_of_a_failure_keep_the_secrets_of_an_address() -> None:
    news = news_of_failure(f"https://h/a?key={SECRET}: no such file", ExitCode.USAGE, Path("texts"))
    assert news.text == "texts: https://h/a?... no such file"
    assert news.exit_code == ExitCode.USAGE
