"""What is asked for: a source, and what its recordings are to become."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch_transcriber.plan.sources import Found, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.model import Parameters
    from batch_transcriber.plan.sources import Finding


@dataclass(frozen=True, slots=True)
class Request:
    """A source with the formats and parameters of all recordings in it.

    Attributes:
        source: What `read_source` takes.
        formats: Names of the formats that each gets, in order; one at least.
        parameters: What their transcripts are asked for with.
        output: Where their files go below the output folder, its parts parted by slashes: a folder, or the
            name of a single recording's files without their suffix. None for a tree that mirrors theirs.
        is_folder: The output is a folder in any case; or else only where the source holds many.
    """

    source: str
    formats: tuple[str, ...]
    parameters: Parameters
    output: str | None = None
    is_folder: bool = False


def read_request(request: Request, out: os.stat_result | None) -> Iterator[Finding]:
    """Yield what the source of a request holds, each recording with its place; blocking.

    Args:
        request: What is asked for.
        out: The output folder, left out where it lies inside a searched folder.

    Raises:
        FatalError: there is no room to sort what is in a folder.
    """
    findings = read_source(request.source, out)
    if request.output is None:
        return findings
    is_folder = request.is_folder or _holds_many(request.source)
    return (_placed(finding, request.output, is_folder=is_folder) for finding in findings)


def _placed(finding: Finding, output: str, *, is_folder: bool) -> Finding:
    if not isinstance(finding, Found):
        return finding
    if is_folder:
        return replace(finding, place=finding.place if output == "." else f"{output}/{finding.place}")
    return replace(finding, place=output, is_named=True)


def _holds_many(source: str) -> bool:
    if "://" in source:
        return False
    return os.path.isdir(source) or (not os.path.lexists(source) and glob.has_magic(source))  # noqa: PTH112
