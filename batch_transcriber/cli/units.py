"""The unit files of systemd for a run each night, or one that never ends: text alone, made of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "batch-transcriber"
STATE = f"%S/{NAME}"  # of systemd: /var/lib, or below a user's home
KEY_FILE = f"%E/{NAME}/api-key"  # likewise /etc, or ~/.config
# What another try cannot mend, but a person can; where some inputs failed, the others are done.
NO_USE = (ExitCode.SOME_FAILED, ExitCode.USAGE, ExitCode.AUTH, ExitCode.ACCOUNT)
# Stopped as asked, by a limit or a signal.
AS_ASKED = (ExitCode.LIMIT, ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
HOMES = ("/home", "/root", "/run/user")

# For units of a user, too; those that need the rights of root stand below.
_HARDENING = """\
UMask=0027
LimitCORE=0
LimitNOFILE=4096
NoNewPrivileges=yes
ProtectSystem=strict
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_HARDENING_BY_ROOT = """\
CapabilityBoundingSet=
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
"""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What a unit is to do, and as whom.

    Attributes:
        command: The words of its command, all but the output folder; `%` and `$` stand for themselves.
        out: The output folder; None for one that systemd makes and owns.
        writes: Folders that it also writes to; they are there.
        reads: All that it needs to see, for what can be hidden from it.
        account: Who it runs as; None for one made up for it, or the user whose unit it is.
        is_of_user: It is for the systemd of a user, not for that of the machine.
        needs_key: It gets the key, as a credential.
        calendar: When it begins; None where it begins with the machine, or by hand.
    """

    command: Sequence[str]
    out: Path | None
    writes: Sequence[Path]
    reads: Sequence[Path]
    account: str | None
    is_of_user: bool
    needs_key: bool
    calendar: str | None

    @property
    def folder(self) -> str:
        """Where its files belong."""
        return "~/.config/systemd/user" if self.is_of_user else "/etc/systemd/system"

    def files(self) -> dict[str, str]:
        """Return the files by their names."""
        files = {f"{NAME}.service": self._service()}
        if self.calendar is not None:
            files[f"{NAME}.timer"] = self._timer(self.calendar)
        return files

    def _service(self) -> str:
        out = f"{STATE}/transcripts" if self.out is None else quoted(str(self.out))
        words = [quoted(word).replace("$", "$$") for word in self.command]
        lines = [
            "[Unit]",
            "Description=Transcribe recordings",
            *([] if self.is_of_user else ["Wants=network-online.target", "After=network-online.target"]),
            "",
            "[Service]",
            "Type=notify",
            f"ExecStart={' '.join(words)} -o {out.replace('$', '$$')}",
            f"StateDirectory={NAME}",
            f"WorkingDirectory={STATE}",
            *([f"LoadCredential=api-key:{KEY_FILE}"] if self.needs_key else []),
            *([] if self.needs_key else self._models()),
            "WatchdogSec=5min",
            "TimeoutStopSec=15s",
            "KillMode=mixed",
            "Restart=on-failure",
            "RestartSec=10min",
            f"RestartPreventExitStatus={_codes(NO_USE)}",
            f"SuccessExitStatus={_codes(AS_ASKED)}",
            *self._rights(),
        ]
        if self.calendar is None:
            target = "default.target" if self.is_of_user else "multi-user.target"
            lines += ["", "[Install]", f"WantedBy={target}"]
        return "\n".join(lines) + "\n"

    def _models(self) -> list[str]:
        """Return where a model is kept that does not come along; a user has a place of their own."""
        place = [] if self.is_of_user else [f"Environment=XDG_CACHE_HOME=%C/{NAME}"]
        return [f"CacheDirectory={NAME}", *place]

    def _rights(self) -> list[str]:
        lines = _HARDENING.splitlines()
        if self.is_of_user:
            lines.append("PrivateUsers=yes")
        else:
            lines += _HARDENING_BY_ROOT.splitlines()
            lines += [f"LogsDirectory={NAME}", f"ProtectHome={self._homes()}"]
            lines.append("DynamicUser=yes" if self.account is None else f"User={self.account}")
        if writes := [*([] if self.out is None else [self.out]), *self.writes]:
            lines.append(f"ReadWritePaths={' '.join(quoted(str(path)) for path in dict.fromkeys(writes))}")
        return lines

    def _homes(self) -> str:
        needed = any(str(path).startswith(f"{home}/") for path in self.reads for home in HOMES)
        return "read-only" if needed else "yes"

    def _timer(self, calendar: str) -> str:
        return (
            f"[Unit]\nDescription=Transcribe recordings: {calendar}\n\n"
            f"[Timer]\nOnCalendar={calendar}\nPersistent=yes\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )


def quoted(word: str) -> str:
    """Return a word as it stands in a unit, where it means itself."""
    word = word.replace("%", "%%")
    if word and not set(word) & set(" \t;'\"\\"):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _codes(codes: Sequence[ExitCode]) -> str:
    return " ".join(str(int(code)) for code in codes)
