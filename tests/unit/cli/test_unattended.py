"""A run that never came to its summary, as those hear of it who do not look."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from batch_transcriber.cli.unattended import Attendants
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.ui import Verbosity


def attendants(folder: Path, said: list[str], **options: Any) -> Attendants:
    unsaid = dict.fromkeys(("stats_every", "notify", "ca_bundle", "uploads", "stalled_after"))
    files = {"log_file": folder / "log", "metrics_file": folder / "run.prom"}
    told = {"out": Path("texts"), "on_finish": f"echo $BATCH_TRANSCRIBER_RUN_TEXT > '{folder}/told'"}
    context: Any = SimpleNamespace(params=unsaid | files | told | options)
    return Attendants(context, Verbosity.NORMAL, said.append)


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (FatalError("no key; set it", ExitCode.AUTH), "no key; set it", ExitCode.AUTH),
        (ExceptionGroup("bug", [KeyError("a secret")]), "internal error: KeyError", ExitCode.INTERNAL),
    ],
)
def test_its_reason_is_in_the_log_and_the_metrics_and_is_told(
    tmp_path: Path, error: Exception, message: str, code: ExitCode
) -> None:
    said: list[str] = []
    with pytest.raises(type(error)), attendants(tmp_path, said):
        raise error
    (line,) = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (line["event"], line["level"], line["message"]) == ("ended", "critical", message)
    assert f'exit_code{{out="texts"}} {code:.1f}' in (tmp_path / "run.prom").read_text()
    assert (tmp_path / "told").read_text() == f"texts: {message}\n"
    assert said == []


def test_wrong_usage_is_between_the_program_and_who_typed_it(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter), attendants(tmp_path, []):
        raise typer.BadParameter("no")
    assert not (tmp_path / "told").exists()
    assert (tmp_path / "log").read_text() == ""


def test_what_cannot_be_told_is_said_even_to_those_who_want_errors_only(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(FatalError), attendants(tmp_path, said, on_finish="exit 5"):
        raise FatalError("no key", ExitCode.AUTH)
    assert said == ["the command of --on-finish: it ended with 5"]
    last = json.loads((tmp_path / "log").read_text().splitlines()[-1])
    assert (last["event"], last["message"]) == ("notice", said[0])
