"""All checks in the order in which a run would meet them, each told as soon as it is made."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from batch_transcriber.buckets.place import place_of
from batch_transcriber.cli.checks import machine
from batch_transcriber.cli.checks.finding import Finding, Verdict
from batch_transcriber.cli.checks.service import check_service
from batch_transcriber.cli.results import print_result
from batch_transcriber.cli.typed_settings import find_key_of, settings_of
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.ui import printable
from batch_transcriber.ui.json_objects import CheckLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import typer

    from batch_transcriber.settings import Settings


def check(context: typer.Context) -> int:
    """Print what is found, and return what a run would end with because of it.

    Raises:
        typer.BadParameter: an option cannot be what it is.
    """
    return asyncio.run(_check(context))


async def _check(context: typer.Context) -> int:
    as_json = context.params["json"]
    exit_code = ExitCode.OK
    async for finding in _findings(context):
        print_result(_object(finding) if as_json else _line(finding))
        exit_code = exit_code or finding.exit_code
    if not as_json:
        print_result(f"a run would end with {exit_code}" if exit_code else "ready")
    return exit_code


async def _findings(context: typer.Context) -> AsyncIterator[Finding]:
    out = place_of(context.params["out"])
    offline: bool = context.params["offline"]
    key, settings = _check_key(context)
    if not offline:
        yield key
    yield await machine.check_recogniser(context)
    yield machine.check_folder(out)
    yield machine.check_journal(out, settings)
    for finding in machine.check_disk(out, offline=offline):
        yield finding
    yield machine.check_limits(settings, offline=offline)
    if not offline:
        async for finding in check_service(settings, has_key=key.verdict is not Verdict.PROBLEM):
            yield finding


def _check_key(context: typer.Context) -> tuple[Finding, Settings]:
    """Return what is found of the key, and the settings, with the key if there is one."""
    bare = settings_of(context, {}, lambda _: None, needs_key=False)
    if context.params["offline"]:
        return Finding("key", Verdict.OK, "none is needed"), bare
    warnings: list[str] = []
    try:
        settings = settings_of(context, {}, warnings.append).model_copy(update={"share_pace_in": None})
        place = find_key_of(context).place
    except FatalError as error:
        return Finding.of_error("key", error), bare
    verdict = Verdict.WARNING if warnings else Verdict.OK
    return Finding("key", verdict, f"from {place}, not shown", "; ".join(warnings)), settings


def _line(finding: Finding) -> str:
    advice = f"; {finding.advice}" if finding.advice else ""
    return printable(f"{finding.verdict:<9}{finding.name}: {finding.message}{advice}")


def _object(finding: Finding) -> str:
    line = CheckLine(
        name=finding.name,
        verdict=finding.verdict.value,
        message=finding.message,
        advice=finding.advice,
        exit_code=finding.exit_code,
    )
    return json.dumps({"type": line.type} | asdict(line))
