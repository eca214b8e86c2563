"""What the source of a request holds, each recording with the place that was asked for."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from batch_transcriber.buckets.address import is_bucket, normal
from batch_transcriber.model import is_address
from batch_transcriber.plan.filters import NO_FILTERS
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.buckets.address import Address
    from batch_transcriber.model import Request
    from batch_transcriber.plan.filters import Filters
    from batch_transcriber.plan.found import Finding


def read_request(
    request: Request, out: os.stat_result | Address | None, filters: Filters = NO_FILTERS
) -> Iterator[Finding]:
    """Yield what the source of a request holds, each recording with its place; blocking.

    Args:
        request: What is asked for.
        out: The output folder or its address, left out where it lies inside what is searched.
        filters: What the user wants of all that.

    Raises:
        FatalError: there is no room to sort what is in a folder.
    """
    findings = read_source(request.source, out, filters)
    if request.output is None:
        return findings
    is_folder = request.is_folder or _holds_many(request.source)
    # What an address in a bucket holds, only the store can tell: itself, or objects below it.
    itself = normal(request.source) if is_bucket(request.source) else None
    return (_placed(finding, request.output, is_folder=is_folder, itself=itself) for finding in findings)


def _placed(finding: Finding, output: str, *, is_folder: bool, itself: str | None) -> Finding:
    if not isinstance(finding, Found):
        return finding
    if is_folder or (itself is not None and finding.source != itself):
        place = finding.place if output == "." else f"{output}/{finding.place}"
        return replace(finding, place=place, is_placed=True)
    return replace(finding, place=output, is_named=True)


def _holds_many(source: str) -> bool:
    if is_address(source):
        return False
    return os.path.isdir(source) or (not os.path.lexists(source) and glob.has_magic(source))  # noqa: PTH112
