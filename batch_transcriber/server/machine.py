"""How much of the machine this process may use: a container is often given less than there is."""

from __future__ import annotations

import math
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")
_UNLIMITED_BYTES = 2**60  # cgroups of version 1 have a number for it, somewhat below 2**63


def usable_cores(cgroups: Path = CGROUPS, own: Path = OWN_CGROUPS) -> int:
    """Return how many cores this process may use; where a part of one is left over, that counts as one.

    Args:
        cgroups: Where the system shows its control groups; nothing is there but on Linux.
        own: The file that says which of them are this process's.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [float(cores)]
    for group in _groups("", cgroups, own):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        shares += _share(quota, period)
    for group in _groups("cpu", cgroups, own):
        shares += _share(_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us"))
    return max(1, math.ceil(min(shares)))


def usable_memory_bytes(cgroups: Path = CGROUPS, own: Path = OWN_CGROUPS) -> int | None:
    """Return how much memory this process may take, whatever others do; None where nobody says.

    Args:
        cgroups: As of `usable_cores`.
        own: Likewise.
    """
    limits = [_read(group / "memory.max") for group in _groups("", cgroups, own)]
    limits += [_read(group / "memory.limit_in_bytes") for group in _groups("memory", cgroups, own)]
    sizes = [int(limit) for limit in limits if limit.isdecimal() and int(limit) < _UNLIMITED_BYTES]
    if hasattr(os, "sysconf"):  # not on Windows
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(sizes, default=None)


def _groups(controller: str, cgroups: Path, own: Path) -> Iterator[Path]:
    """Yield the folder of this process's group and of all above it; some may not be there.

    Args:
        controller: One of version 1, which has a tree for each; empty for version 2, which has one for all.
        cgroups: The trees.
        own: Which groups are ours, a line a tree: `4:memory:/a/b`, and `0::/a/b` for that of version 2.
    """
    for line in _read(own).splitlines():
        _, is_whole, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not is_whole or controller not in controllers.split(","):
            continue
        group = PurePosixPath(path.lstrip("/"))
        for part in (group, *group.parents):
            yield cgroups / controller / part


def _share(quota: str, period: str) -> list[float]:
    """Return how many cores a quota makes, if it is one; "max" or -1 is none."""
    if quota.isdecimal() and period.isdecimal() and int(quota) and int(period):
        return [int(quota) / int(period)]
    return []


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
