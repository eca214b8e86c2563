"""Where a machine has its key: in a file, as a credential of systemd, or in the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import KEY_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREDENTIAL_NAME = "api-key"  # of systemd's LoadCredential=
FILE_VARIABLE = "BATCH_TRANSCRIBER_API_KEY_FILE"  # of the option --api-key-file


class Key(NamedTuple):
    """A key, and the name of its place for those who must mend it."""

    place: str
    text: str


def keys_of(file: Path | None, environ: Mapping[str, str]) -> Iterator[Key]:
    """Yield every key that is set, the first to be used first.

    Raises:
        FatalError: a file that should hold one cannot be read.
    """
    if file is not None:
        yield Key(f"the key file {os.fspath(file)}", read_key_file(file))
    if credentials := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(credentials) / CREDENTIAL_NAME
        if credential.exists():
            yield Key(f"the systemd credential {CREDENTIAL_NAME}", read_key_file(credential))
    for name in KEY_VARIABLES:
        if value := environ.get(name, "").strip():
            yield Key(name, value)


def key_of_this_machine(environ: Mapping[str, str]) -> str | None:
    """Return the key that a machine has without options; None where it has none.

    Raises:
        FatalError: a file that should hold one cannot be read.
    """
    file = environ.get(FILE_VARIABLE, "").strip()
    first = next(keys_of(Path(file) if file else None, environ), None)
    return None if first is None else first.text


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
