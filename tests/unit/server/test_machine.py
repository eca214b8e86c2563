"""What a container is given, by the files in which Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batch_transcriber.server.machine import usable_cores, usable_memory_bytes

GIB = 1024**3
CORES = usable_cores(Path("nowhere"), Path("nowhere"))
MEMORY_BYTES = usable_memory_bytes(Path("nowhere"), Path("nowhere"))


def laid_out(folder: Path, own: str, **files: str) -> tuple[Path, Path]:
    """Write control groups; `a__b__cpu_max` is the file `a/b/cpu.max`."""
    (folder / "own").write_text(own)
    for name, content in files.items():
        *above, last = name.split("__")
        path = folder.joinpath("groups", *above, last.replace("_", ".", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return folder / "groups", folder / "own"


def test_without_control_groups_the_machine_is_the_limit() -> None:
    assert 1 <= CORES <= (os.cpu_count() or 1)
    assert MEMORY_BYTES is not None
    assert MEMORY_BYTES > GIB


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu_max": "50000 100000", "memory_max": str(GIB)}),
        ("0::/a/b\n", {"a__b__cpu_max": "50000 100000", "a__b__memory_max": str(GIB)}),
        (  # a limit of a group holds for all within
            "0::/a/b\n",
            {"a__b__cpu_max": "max 100000", "a__cpu_max": "90000 100000", "a__memory_max": str(GIB)},
        ),
        (
            "5:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n",
            {
                "cpu__docker__x__cpu_cfs_quota_us": "100000",
                "cpu__docker__x__cpu_cfs_period_us": "100000",
                "memory__docker__x__memory_limit_in_bytes": str(GIB),
                "memory__memory_limit_in_bytes": "9223372036854771712",
            },
        ),
        (  # in a container, where the host's path of the group leads nowhere
            "5:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n",
            {
                "cpu__cpu_cfs_quota_us": "100000",
                "cpu__cpu_cfs_period_us": "100000",
                "memory__memory_limit_in_bytes": str(GIB),
            },
        ),
    ],
    ids=["v2 in a container", "v2", "v2 above", "v1", "v1 in a container"],
)
def test_a_container_gets_what_it_is_given(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    groups = laid_out(tmp_path, own, **files)
    assert usable_cores(*groups) == 1
    assert usable_memory_bytes(*groups) == GIB


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu_max": "max 100000", "memory_max": "max"}),
        ("0::/\n", {"cpu_max": "", "memory_max": "many"}),
        ("0::/\n", {"cpu_max": "900000000 100000", "memory_max": str(2**59)}),
        (
            "3:cpu:/\n4:memory:/\n",
            {
                "cpu__cpu_cfs_quota_us": "-1",
                "cpu__cpu_cfs_period_us": "100000",
                "memory__memory_limit_in_bytes": "9223372036854771712",
            },
        ),
        ("nonsense\n\n7\n", {"cpu_max": "1 100000"}),
    ],
    ids=["none", "nonsense", "more than there is", "none of v1", "no line"],
)
def test_what_is_no_limit_changes_nothing(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    groups = laid_out(tmp_path, own, **files)
    assert usable_cores(*groups) == CORES
    assert usable_memory_bytes(*groups) == MEMORY_BYTES


@pytest.mark.skipif(CORES < 2, reason="there is only one core")
def test_a_part_of_a_core_is_one_more(tmp_path: Path) -> None:
    groups = laid_out(tmp_path, "0::/\n", cpu_max="110000 100000")
    assert usable_cores(*groups) == 2
