"""Machines of a network, as far as addresses go: network namespaces that one bridge joins."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Generator

NET = "10.213.7"  # of tests alone


@dataclass(frozen=True)
class Machine:
    """One with an address of its own.

    Attributes:
        through: Words to put before a command that is to run there.
    """

    address: str
    through: tuple[str, ...]


@contextmanager
def machines(count: int) -> Generator[tuple[str, list[Machine]]]:
    """Make some, and yield the address that this one has for them; skips where that takes more rights."""
    ip = tool("ip", package="iproute2")
    bridge, made = f"bt{os.getpid() % 10_000_000}", []
    names = [f"{bridge}n{number}" for number in range(count)]
    try:
        _run(ip, f"link add {bridge} type bridge")
        made.append(f"link del {bridge}")
        _run(ip, f"addr add {NET}.1/24 dev {bridge}", f"link set {bridge} up")
        for number, name in enumerate(names):
            _run(ip, f"netns add {name}")
            made.append(f"netns del {name}")
            _run(
                *(ip, f"link add {name} type veth peer name eth0 netns {name}"),
                *(f"link set {name} master {bridge}", f"link set {name} up"),
                f"-n {name} addr add {NET}.{number + 2}/24 dev eth0",
                *(f"-n {name} link set eth0 up", f"-n {name} link set lo up"),
            )
            made.append(f"link del {name}")
        yield (
            f"{NET}.1",
            [
                Machine(f"{NET}.{number + 2}", (ip, "netns", "exec", name))
                for number, name in enumerate(names)
            ],
        )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no networks can be made here: {error.stderr.decode().strip()}")
    finally:
        for command in reversed(made):
            subprocess.run([ip, *command.split()], check=True, capture_output=True)


def _run(ip: str, *commands: str) -> None:
    for command in commands:
        subprocess.run([ip, *command.split()], check=True, capture_output=True)
