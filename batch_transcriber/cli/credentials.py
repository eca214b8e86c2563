"""Where the key comes from: flag, file, systemd, environment, configured file, in this order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import KEY_VARIABLES, NO_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CREDENTIAL_NAME = "api-key"  # of systemd's LoadCredential=


class Key(NamedTuple):
    """A key, and the name of its place for those who must mend it."""

    place: str
    text: str


def find_key(
    flag: str | None,
    file: Path | None,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    *,
    configured_file: Path | None = None,
) -> Key:
    """Return the API key; `say` gets a word of warning, which never holds a key.

    Args:
        flag: As typed.
        file: As typed, or set by a variable.
        environ: Where systemd and people leave keys.
        say: Prints a line.
        configured_file: Read only where there is no other key.

    Raises:
        FatalError: there is none, or a file that should hold one cannot be read.
    """
    keys = list(_keys(flag, file, environ)) or list(_keys(None, configured_file, {}))
    if not keys:
        raise FatalError(NO_KEY, ExitCode.AUTH)
    if flag:
        say("others on this machine can read a key typed here; put it in a file and use --api-key-file FILE")
    first, *others = keys
    for other in others:
        if other.text != first.text:
            say(f"{first.place} and {other.place} hold different keys; {first.place} is used")
    return first


def _keys(flag: str | None, file: Path | None, environ: Mapping[str, str]) -> Iterator[Key]:
    """Yield every key that is set."""
    if flag and flag.strip():
        yield Key("--api-key", flag.strip())
    if file is not None:
        yield Key(f"the key file {os.fspath(file)}", read_key_file(file))
    if credentials := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(credentials) / CREDENTIAL_NAME
        if credential.exists():
            yield Key(f"the systemd credential {CREDENTIAL_NAME}", read_key_file(credential))
    for name in KEY_VARIABLES:
        if value := environ.get(name, "").strip():
            yield Key(name, value)


def read_key_file(path: Path) -> str:
    """Return the key that a file holds.

    Raises:
        FatalError: it cannot be read, or holds nothing.
    """
    try:
        key = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise FatalError(
            f"{os.fspath(path)}: the key file cannot be read ({reason})", ExitCode.AUTH
        ) from error
    if not key:
        raise FatalError(f"{os.fspath(path)}: the key file is empty", ExitCode.AUTH)
    return key
