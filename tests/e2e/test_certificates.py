"""Certificates: one that is not trusted ends the run and names the way out, which works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from batch_transcriber.errors import ExitCode
from tests.support.tls import tls_relay

if TYPE_CHECKING:
    from tests.e2e.conftest import Cli
    from tests.support.world import World


async def test_an_unknown_authority_ends_the_run_and_ca_bundle_makes_it_known(world: World, cli: Cli) -> None:
    world.record("a.mp3")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(cli.folder / "authority.pem")
    async with tls_relay(authority.issue_cert("localhost"), world.service.base_url) as address:
        ended = await cli("run", "recordings", "--base-url", address)
        assert ended.code == ExitCode.UNREACHABLE
        assert "the certificate of localhost is not trusted (" in ended.stderr
        assert "; behind a company proxy, pass its authority with --ca-bundle" in ended.stderr
        assert world.faults.arrivals == []
        ended = await cli("run", "recordings", "--base-url", address, "--ca-bundle", "authority.pem")
    assert ended.code == ExitCode.OK
    assert world.texts() == {"a.txt": "words of a.mp3\n"}


async def test_the_certificate_of_another_host_ends_the_run_and_the_address_is_in_doubt(
    world: World, cli: Cli
) -> None:
    world.record("a.mp3")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(cli.folder / "authority.pem")
    async with tls_relay(authority.issue_cert("other.example"), world.service.base_url) as address:
        ended = await cli("run", "recordings", "--base-url", address, "--ca-bundle", "authority.pem")
    assert ended.code == ExitCode.UNREACHABLE
    assert "Hostname mismatch" in ended.stderr
    assert "); check --base-url" in ended.stderr
    assert world.faults.arrivals == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), ("no certificate", "it holds no certificates in PEM form")],
)
async def test_a_bundle_that_cannot_be_used_is_wrong_usage_and_nothing_is_sent_or_made(
    world: World, cli: Cli, content: str | None, reason: str
) -> None:
    world.record("a.mp3")
    if content is not None:
        (cli.folder / "authority.pem").write_text(content)
    ended = await cli("run", "recordings", "--ca-bundle", "authority.pem")
    assert ended.code == ExitCode.USAGE
    assert ended.stderr.count(f"authority.pem: cannot be used ({reason}); check --ca-bundle") == 1
    assert world.faults.arrivals == []
    assert not world.out.exists()
