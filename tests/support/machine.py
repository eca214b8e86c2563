"""A worse machine for a command: without root's right to everything, or with a disk that is soon full.

Each gives the words to put before a command, and skips the test where this machine cannot do it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# What lets root pass over the permissions of files; without them it is a user like any other.
OVERRIDES = "-dac_override,-dac_read_search"


def without_override() -> tuple[str, ...]:
    """Have permissions of files hold for a command, whoever runs the tests."""
    if os.geteuid() != 0:
        return ()
    prefix = ("setpriv", f"--bounding-set={OVERRIDES}", f"--inh-caps={OVERRIDES}")
    _require(*prefix, "true", reason="root may do everything here")
    return prefix


def with_small_disk(folder: Path, size_kib: int, script: str) -> tuple[str, ...]:
    """Give a folder a disk of its own that only the command sees, and that goes away with it.

    Args:
        folder: There, and empty.
        size_kib: Room on the disk.
        script: For sh, with the folder as `$0` and the command as `"$@"`.
    """
    namespace = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
    mount = f'mount -t tmpfs -o size={size_kib}k tmpfs "$0"'
    _require(*namespace, "sh", "-c", mount, str(folder), reason="no disk can be mounted for a test here")
    return (*namespace, "sh", "-c", f"{mount} || exit 99; {script}", str(folder))


def with_other_files(folder: Path, script: str = "true") -> tuple[str, ...]:
    """Have a command see other files in a folder than everybody else does.

    Args:
        folder: There.
        script: For sh, with the folder as `$0`: makes these files; by itself there are none.
    """
    namespace = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
    mount = 'mount -t tmpfs tmpfs "$0"'
    _require(*namespace, "sh", "-c", mount, str(folder), reason="no disk can be mounted for a test here")
    return (*namespace, "sh", "-c", f'{mount} && {script} && exec "$@"', str(folder))


def with_disk_that_closes(folder: Path, when: Path) -> tuple[str, ...]:
    """Have a folder taken over by a read-only disk in the middle of a command, which is then run again.

    The command's stdout gets a line once the disk is read-only, and one for each of its two ends; before
    the second run, the folder is again what it was.

    Args:
        folder: There.
        when: A FIFO: the first line in it closes the disk.
    """
    namespace = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
    mount = 'mount -t tmpfs -o ro tmpfs "$0"'
    _require(*namespace, "sh", "-c", mount, str(folder), reason="no disk can be mounted for a test here")
    script = f"""
when=$1; shift
"$@" & command=$!
read -r _ < "$when"; {mount} && echo closed
wait "$command"; echo "ended with $?"
umount "$0" && "$@"; echo "then with $?"
"""
    return (*namespace, "sh", "-c", script, str(folder), str(when))


def with_network_drive(folder: Path, kind: str = "nfs4") -> tuple[str, ...]:
    """Have a command take a folder for a network drive: its list of mounts says so.

    Args:
        folder: There; what it holds is shared with everybody else, as it is on such a drive.
        kind: The type of its file system.
    """
    namespace = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
    mounts = folder.with_name("mountinfo")
    mounts.write_bytes(
        b"1 0 8:1 / / rw - ext4 /dev/sda rw\n"
        b"2 1 0:50 / %b rw,relatime shared:7 - %b server:/export rw\n"
        % (bytes(folder).replace(b" ", rb"\040"), kind.encode())
    )
    # The shell becomes the command, and keeps its process id.
    script = 'mount --bind "$0" "/proc/$$/mountinfo"'
    _require(*namespace, "sh", "-c", script, str(mounts), reason="no list of mounts can be changed here")
    return (*namespace, "sh", "-c", f'{script} || exit 99; exec "$@"', str(mounts))


def _require(*command: str, reason: str) -> None:
    if (
        shutil.which(command[0]) is None
        or subprocess.run(command, check=False, capture_output=True).returncode
    ):
        pytest.skip(reason)
