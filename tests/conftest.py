from __future__ import annotations

import os

import pytest

OURS = ("AAI_", "ASSEMBLYAI_", "BATCH_TRANSCRIBER_")


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own key and settings out of every test."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
