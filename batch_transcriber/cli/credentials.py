"""Where the key comes from: flag, file, systemd, environment, configured file, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.client.keys import Key, keys_of
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import NO_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


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
    typed = [Key("--api-key", flag.strip())] if flag and flag.strip() else []
    keys = [*typed, *keys_of(file, environ)] or list(keys_of(configured_file, {}))
    if not keys:
        raise FatalError(NO_KEY, ExitCode.AUTH)
    if flag:
        say("others on this machine can read a key typed here; put it in a file and use --api-key-file FILE")
    first, *others = keys
    for other in others:
        if other.text != first.text:
            say(f"{first.place} and {other.place} hold different keys; {first.place} is used")
    return first
