"""Which drive a path is on, read from Linux's list of mounts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_transcriber.journal.drive import is_network, is_on_network, kind_of_drive

# As a kernel wrote it, with names changed: binds, an automatic mount, names with blanks, a mount on top.
RECORDED = rb"""22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334492k,nr_inodes=3083623,mode=755
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard,errors=remount-ro
40 27 0:45 / /mnt/tape\040\134\040disk rw,nosuid,nodev,relatime shared:222 - cifs //nas/share rw,vers=3.1.1
41 27 0:46 / /home/ann/remote rw,nosuid,nodev,relatime shared:223 master:4 - fuse.sshfs ann@host:/srv rw
42 27 0:47 / /net rw,relatime shared:224 - autofs /etc/auto.net rw,fd=7,pgrp=1,timeout=300
43 42 0:48 / /net/calls rw,relatime shared:225 - autofs /etc/auto.net rw,fd=7,pgrp=1,timeout=300
44 43 0:49 / /net/calls rw,relatime shared:226 - nfs4 server:/calls rw,vers=4.2,addr=10.0.0.2
45 27 0:49 /monday /srv/monday rw,relatime shared:226 - nfs4 server:/calls rw,vers=4.2,addr=10.0.0.2
46 27 0:50 / /var/lib/box/merged rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c
47 27 0:51 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\134,mmap,access=client
48 44 254:0 /scratch /net/calls/scratch rw,relatime - ext4 /dev/vda rw
"""
NAMES = st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name and b"\0" not in name)
PLACES = st.lists(NAMES, max_size=4).map(lambda names: b"/" + b"/".join(names))


def escaped(name: bytes) -> bytes:
    for byte in b"\\ \t\n":
        name = name.replace(bytes([byte]), b"\\%03o" % byte)
    return name


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"/", "ext4"),
        (b"/home/ann", "ext4"),
        (b"/home/ann/remote", "fuse.sshfs"),
        (b"/home/ann/remote/texts", "fuse.sshfs"),
        (b"/home/ann/remotely", "ext4"),
        (rb"/mnt/tape \ disk/texts", "cifs"),
        (rb"/mnt/tape\040\134\040disk", "ext4"),
        (b"/net", "autofs"),
        (b"/net/calls/2026", "nfs4"),
        (b"/net/calls/scratch/texts", "ext4"),
        (b"/srv/monday/texts", "nfs4"),
        (b"/srv", "ext4"),
        (b"/var/lib/box/merged/out", "overlay"),
        (b"/mnt/c/Users", "9p"),
    ],
)
def test_the_longest_mount_point_above_a_path_tells_its_drive(path: bytes, kind: str) -> None:
    assert kind_of_drive(path, RECORDED) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "afs", "fuse", "fuse.sshfs", "fuse.x"])
def test_what_other_machines_share_or_may_share_is_a_network_drive(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize(
    "kind",
    ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.fuse-overlayfs", "unheard-of"],
)
def test_a_disk_of_this_machine_is_no_network_drive(kind: str) -> None:
    assert not is_network(kind)


@given(mounts=st.lists(st.tuples(PLACES, st.sampled_from(["ext4", "nfs", "cifs"]))), path=PLACES)
def test_the_nearest_mount_wins_and_of_two_on_one_place_the_later(
    mounts: list[tuple[bytes, str]], path: bytes
) -> None:
    mountinfo = b"".join(
        b"7 1 0:9 / %b rw,relatime shared:3 - %b dev rw\n" % (escaped(place), kind.encode())
        for place, kind in mounts
    )
    names = path.split(b"/") if path != b"/" else [b""]
    above = [b"/".join(names[:count]) or b"/" for count in range(len(names), 0, -1)]
    by_place = dict(mounts)
    expected = next((by_place[place] for place in above if place in by_place), None)
    assert kind_of_drive(path, mountinfo) == expected


@given(path=PLACES, noise=st.binary() | st.lists(st.sampled_from([b" ", b" - ", b"/", b"\\", b"\n", b"x"])))
def test_a_list_that_is_none_breaks_nothing(path: bytes, noise: bytes | list[bytes]) -> None:
    kind_of_drive(path, noise if isinstance(noise, bytes) else b"".join(noise))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a list of mounts")
def test_the_list_of_this_machine_is_understood() -> None:
    assert kind_of_drive(b"/proc/self", Path("/proc/self/mountinfo").read_bytes()) == "proc"


def test_a_path_that_cannot_be_followed_counts_as_local(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    assert not is_on_network(tmp_path / "circle")
    assert not is_on_network(Path("/proc/self/nowhere"))
