from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.bucket import serve_s3

if TYPE_CHECKING:
    from collections.abc import Iterator

hypothesis.settings.register_profile("shared machine", deadline=None)  # no test is a matter of time
hypothesis.settings.load_profile("shared machine")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for what a shell starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

OURS = ("AAI_", "ASSEMBLYAI_", "BATCH_TRANSCRIBER_")


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own key and settings out of every test."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BATCH_TRANSCRIBER_CONFIG", "")  # their configuration file


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Where S3 is served for one `Bucket` after the other."""
    with serve_s3() as server:
        yield server
