"""Words in a unit file."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch_transcriber.cli.units import UnitPlan, quoted


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("plain-word/1.mp3", "plain-word/1.mp3"),
        ("a b", '"a b"'),
        ("100%", "100%%"),
        ('say "x"', '"say \\"x\\""'),
        ("it's", '"it\'s"'),
        ("back\\slash", '"back\\\\slash"'),
        (";", '";"'),
        ("", '""'),
    ],
)
def test_a_word_means_itself(word: str, written: str) -> None:
    assert quoted(word) == written


@pytest.mark.parametrize(
    ("reads", "homes"), [("/srv/x", "yes"), ("/home/ann/x", "read-only"), ("/homes", "yes")]
)
def test_homes_are_hidden_unless_something_in_them_is_needed(reads: str, homes: str) -> None:
    plan = UnitPlan(["/bin/x", "$HOME"], Path("/srv/$out"), [], [Path(reads)], "ann", False, True, None)
    service = plan.files()["batch-transcriber.service"]
    assert f"ProtectHome={homes}\n" in service
    assert "ExecStart=/bin/x $$HOME -o /srv/$$out\n" in service
    assert "ReadWritePaths=/srv/$out\n" in service
