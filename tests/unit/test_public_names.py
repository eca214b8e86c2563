"""What the package offers to Python."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest

import batch_transcriber

PACKAGES = ["batch_transcriber"] + [
    f"batch_transcriber.{name}" for name in ("client", "engine", "formats", "plan", "server", "ui")
]
HEAVY = {"aiofiles", "aiohttp", "asyncio", "pydantic", "rich", "typer"}


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_sorted_and_each_can_be_imported(package: str) -> None:
    module = import_module(package)
    assert module.__all__ == sorted(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_a_name_is_the_same_object_as_in_its_home() -> None:
    from batch_transcriber.engine import transcribe_batch
    from batch_transcriber.settings import Settings

    assert batch_transcriber.transcribe_batch is transcribe_batch
    assert batch_transcriber.Settings is Settings


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'batch_transcriber' has no attribute 'nothing'"):
        _ = batch_transcriber.nothing


def test_the_version_is_that_of_the_installed_package() -> None:
    assert batch_transcriber.__version__ == version("batch-transcriber")


def loaded_by(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not HEAVY & loaded_by("import batch_transcriber; batch_transcriber.__version__")


def test_the_words_need_no_library() -> None:
    assert not HEAVY & loaded_by("from batch_transcriber import Job, PermanentError")


def test_the_engine_needs_no_screen() -> None:
    assert not {"rich", "typer", "faster_whisper", "numpy"} & loaded_by(
        "from batch_transcriber import transcribe_batch"
    )
