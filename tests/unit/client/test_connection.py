"""The session: which way its requests go, and with which key."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from batch_transcriber.client.connection import open_session
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOBODY = "http://127.0.0.1:9"  # the discard port: refused at once
NOBODY_ELSE = "http://0.0.0.0:9"  # the same, by an address that is not known as this machine
FAR_AWAY = "http://service.invalid"  # cannot be reached but through a proxy


def settings(base_url: str, **changes: object) -> Settings:
    return Settings.model_validate({"api_key": "the-key", "base_url": base_url, "insecure": True} | changes)


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[str, list[str]]]:
    """Answer every request; yield the address, and the heads of the requests that came."""
    heads: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nConnection: close\r\n\r\nok"
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


async def get(base_url: str) -> str:
    async with open_session(settings(base_url)) as session, session.get(base_url + "/v2/x") as reply:
        return await reply.text()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
@pytest.mark.parametrize("form", ["http://{}", "http://{}/", "{}"])
async def test_the_usual_variables_name_a_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    async with listener() as (address, heads):
        monkeypatch.delenv("REQUEST_METHOD", raising=False)  # under CGI, HTTP_PROXY is the visitor's word
        monkeypatch.setenv(name, form.format(address.removeprefix("http://")))
        assert await get(FAR_AWAY) == "ok"
    assert heads[0].startswith(f"GET {FAR_AWAY}/v2/x HTTP/1.1")


async def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    async with listener() as (address, heads):
        assert await get(address) == "ok"
    assert heads[0].startswith("GET /v2/x HTTP/1.1")


async def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listener() as (address, heads):
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "other.example,0.0.0.0")
        with pytest.raises(OSError, match="Cannot connect to host"):
            await get(NOBODY_ELSE)
    assert not heads


async def test_the_key_is_sent_raw_whatever_netrc_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with listener() as (address, heads):
        await get(address)
    assert "\r\nAuthorization: the-key\r\n" in heads[0]
    assert "\r\nUser-Agent: batch-transcriber/" in heads[0]


async def test_cookies_are_not_kept() -> None:
    async with listener() as (address, heads), open_session(settings(address)) as session:
        for _ in range(2):
            async with session.get(address) as reply:
                await reply.read()
    assert len(heads) == 2
    assert "Cookie" not in heads[1]


async def test_a_long_upload_has_no_total_timeout() -> None:
    async with open_session(settings(NOBODY, connect_timeout_s=3, read_timeout_s=4)) as session:
        assert session.timeout.total is None
        assert (session.timeout.sock_connect, session.timeout.sock_read) == (3, 4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), ("no certificate", "it holds no certificates in PEM form")],
)
async def test_an_unreadable_bundle_of_certificates_is_wrong_usage(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FatalError) as caught:
        open_session(settings(NOBODY, ca_bundle=str(path)))
    assert str(caught.value) == f"{path}: cannot be used ({reason}); check --ca-bundle"
    assert caught.value.exit_code is ExitCode.USAGE
