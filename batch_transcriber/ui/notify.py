"""Tell others of a run: a POST to a web address, a command. Neither can change the run, or hold up its end.

Each goes out in a thread of its own that nobody has to wait for: a name server, a proxy or a command that
hangs would keep an event loop, and the end of the process, waiting.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import asdict
from functools import partial
from http.client import HTTPException
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from batch_transcriber.ui.news import News

TOLD_WITHIN_S = 5.0  # the end of a run waits no longer
RUN_PREFIX = "BATCH_TRANSCRIBER_RUN_"  # of the variables that a command gets
# ntfy would show the JSON itself; these have it make a message of two of the fields. Others pass over them.
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "batch-transcriber",
    "X-Template": "yes",
    "X-Title": "{{.title}}",
    "X-Message": "{{.text}}",
}


class Notifier:
    """Tell news to all who want them.

    Args:
        urls: Each gets a POST of JSON. They may hold secrets: no line of ours shows more than their host.
        command: For the shell; None for none.
        run: The run's name in the JSON.
        ca_bundle: A PEM file of certificate authorities to trust instead of the system's.
    """

    def __init__(
        self, urls: Sequence[str], command: str | None, *, run: str, ca_bundle: str | None = None
    ) -> None:
        self._urls = urls
        # A run that such a command starts has none of its own, or it would go on for ever.
        self._command = None if f"{RUN_PREFIX}STATUS" in os.environ else command
        self._run = run
        self._ca_bundle = ca_bundle
        self._threads: list[tuple[threading.Thread, str]] = []
        self._troubles: SimpleQueue[str] = SimpleQueue()

    @property
    def has_listeners(self) -> bool:
        """Whether anybody wants to hear."""
        return bool(self._urls) or self._command is not None

    def tell(self, news: News) -> None:
        """Begin to tell, and return at once."""
        payload = {"text": news.text, "title": news.title, "run": self._run, **asdict(news)}
        body = json.dumps(payload).encode()
        for url in self._urls:
            host = urlsplit(url).hostname  # and no more, which may be a secret
            self._start(partial(_post, url, body, self._ca_bundle), f"no word got to {host} (--notify)")
        if self._command is not None:
            figures = {"id": self._run, "title": news.title, **asdict(news)}
            self._start(partial(_run, self._command, figures), "the command of --on-finish")

    def wait(self, within_s: float = TOLD_WITHIN_S) -> None:
        """Return when all is told, but by then at the latest; what hangs is left to itself."""
        until = monotonic() + min(max(within_s, 0.0), TOLD_WITHIN_S)
        for thread, what in self._threads:
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive():
                self._troubles.put(f"{what}: not done in time, and left to itself")
        self._threads.clear()

    def troubles(self) -> Iterator[str]:
        """Yield a line for each who could not be told since the last call."""
        while True:
            try:
                yield self._troubles.get_nowait()
            except Empty:
                return

    def _start(self, act: Callable[[], str | None], what: str) -> None:
        def tell() -> None:
            if problem := act():
                self._troubles.put(f"{what}: {problem}")

        thread = threading.Thread(target=tell, name="notify", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more
            self._troubles.put(f"{what}: {error}")
        else:
            self._threads.append((thread, what))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET, without its body."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(url: str, body: bytes, ca_bundle: str | None) -> str | None:
    """Return why it failed, without the address; None where it did not."""
    try:
        parts = urlsplit(url)
        headers = dict(_HEADERS)
        user, at, place = parts.netloc.rpartition("@")
        if at:
            headers["Authorization"] = f"Basic {base64.b64encode(unquote(user).encode()).decode()}"
        bare = urlunsplit(parts._replace(netloc=place, fragment=""))
        request = urllib.request.Request(bare, body, headers)  # noqa: S310 - http(s) alone, by its parser
        certificates = ssl.create_default_context(cafile=ca_bundle)
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=certificates))
        with opener.open(request, timeout=TOLD_WITHIN_S):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered {error.code}"
    except (OSError, HTTPException, ValueError) as error:  # whose own words may hold the address
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return "no answer in time"
        return str(getattr(reason, "strerror", None) or type(reason).__name__)


def _run(command: str, figures: dict[str, Any]) -> str | None:
    """Return why it failed; None where it did not."""
    environ = dict(os.environ)
    environ.pop("NOTIFY_SOCKET", None)  # what it tells systemd would be taken for ours
    for name, value in figures.items():
        environ[f"{RUN_PREFIX}{name.upper()}"] = "" if value is None else str(value)
    try:
        code = subprocess.run(  # noqa: S602 - that is what the user asks for
            command,
            shell=True,
            check=False,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # stdout is for results
            start_new_session=True,  # Ctrl-C is for the run
        ).returncode
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return f"it ended with {code}" if code else None
