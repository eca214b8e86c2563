"""Tell systemd that the run is ready, where it stands, and that it lives.

The protocol is one datagram of lines (sd_notify(3)); the libraries for it are either bindings to systemd's
own, or without a release for years.
"""

from __future__ import annotations

import math
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from batch_transcriber.events import RunStarted
from batch_transcriber.ui.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_transcriber.events import Event
    from batch_transcriber.ui.summary import Ending

STATUS_INTERVAL_S = 10.0
TELLS_PER_WATCHDOG = 3


class ServiceManager:
    """Say READY once the run has begun, and then, from the event loop, how far it is and that it turns.

    Args:
        address: A path, or a name in the abstract namespace behind an `@`.
        watchdog_s: It must be told of within this time, or ends the process; None where there is none.
    """

    def __init__(self, address: str, watchdog_s: float | None = None) -> None:
        self.interval_s = min(STATUS_INTERVAL_S, (watchdog_s or math.inf) / TELLS_PER_WATCHDOG)
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog = [] if watchdog_s is None else ["WATCHDOG=1"]
        self._tally = Tally()

    def show(self, event: Event) -> None:
        """Count the event; the first one of a run makes it ready."""
        self._tally.add(event)
        if isinstance(event, RunStarted):
            self._send("READY=1", *self._watchdog, "STATUS=begun")

    def tick(self) -> None:
        """Say where the run stands."""
        tally = self._tally
        failed = f", {tally.failed:,} failed" if tally.failed else ""
        self._send(*self._watchdog, f"STATUS={tally.done:,} of {tally.known:,} done{failed}")

    def end(self, ending: Ending) -> None:
        """Say that it ends, and how."""
        account = ending.account
        self._send("STOPPING=1", f"STATUS={account.written:,} written, {len(account.failed):,} failed")

    def close(self) -> None:
        """Do nothing: every datagram has a socket of its own."""

    def _send(self, *lines: str) -> None:
        # A service manager that is gone, or busy, is no trouble of the run.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(lines).encode(), self._address)


def find_manager(environ: Mapping[str, str]) -> ServiceManager | None:
    """Return what tells the systemd that started this process; None where it wants none."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return None
    watchdog_s = None
    with suppress(KeyError, ValueError):
        if int(environ.get("WATCHDOG_PID", os.getpid())) == os.getpid():
            watchdog_s = int(environ["WATCHDOG_USEC"]) / 1_000_000 or None
    return ServiceManager(address, watchdog_s)
