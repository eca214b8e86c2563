"""Whether a path is on a network drive, where locks and shared memory cannot be trusted."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
# Drives that several machines have at a time, and those that a virtual machine has from its host: of all
# of them another kernel knows more than ours.
_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2"}
    | {"orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)
# Of the drives that a program provides (sshfs, rclone, s3fs, ...) most are on a network, and the slower
# form of the journal does no harm on the others. These are known to be on a disk of this machine.
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.ntfs-3g", "fuse.exfat"})
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")  # of blanks, line ends and backslashes
_MOUNT_POINT_FIELD = 4


def is_on_network(path: Path) -> bool:
    """Tell whether a path, which need not exist yet, is on a network drive.

    False where that cannot be known: without Linux's list of mounts. macOS has none to read; there, a
    folder counts as local.
    """
    try:
        # Links are followed, for it is the drive behind them that counts.
        kind = kind_of_drive(bytes(path.resolve()), MOUNTINFO.read_bytes())
    except (OSError, RuntimeError):  # links in a circle are a RuntimeError
        return False
    return kind is not None and is_network(kind)


def is_network(kind: str) -> bool:
    """Tell whether a type of file system is one of network drives."""
    is_fuse = kind == "fuse" or kind.startswith("fuse.")
    return kind in _NETWORK or (is_fuse and kind not in _LOCAL_FUSE)


def kind_of_drive(path: bytes, mountinfo: bytes) -> str | None:
    """Return the type of the file system that a path is on; None where the list does not tell.

    Args:
        path: Absolute, without links.
        mountinfo: What Linux keeps in `/proc/self/mountinfo`. A bind mount has a line of its own, with
            the type of the drive that it shows.
    """
    kind, longest = None, 0
    for line in mountinfo.split(b"\n"):
        # The number of fields before the dash varies; blanks inside of one are escaped.
        left, _, right = line.partition(b" - ")
        fields = left.split(b" ")
        if len(fields) <= _MOUNT_POINT_FIELD or not right:
            continue
        mount_point = _ESCAPE.sub(lambda m: bytes([int(m[1], 8)]), fields[_MOUNT_POINT_FIELD])
        below = mount_point.rstrip(b"/") + b"/"
        # The later of two on one mount point lies on top of the other.
        if len(below) >= longest and (path + b"/").startswith(below):
            kind, longest = right.split(b" ")[0].decode("ascii", "replace"), len(below)
    return kind
