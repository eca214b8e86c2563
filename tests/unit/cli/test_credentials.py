"""Where the key comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_transcriber.cli.credentials import find_key
from batch_transcriber.client.keys import CREDENTIAL_NAME
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [
    "--api-key",
    "the key file",
    "systemd",
    "BATCH_TRANSCRIBER_API_KEY",
    "AAI_API_KEY",
    "ASSEMBLYAI_API_KEY",
]


def find(folder: Path, **keys: str) -> tuple[str, list[str]]:
    """Put these keys in their places; return the key that is found and what is said."""
    said: list[str] = []
    file = None
    environ = {name: key for name, key in keys.items() if name.isupper()}
    if "file" in keys:
        file = folder / "key"
        file.write_text(keys["file"])
    if "systemd" in keys:
        (folder / CREDENTIAL_NAME).write_text(keys["systemd"])
        environ["CREDENTIALS_DIRECTORY"] = str(folder)
    return find_key(keys.get("flag"), file, environ, said.append).text, said


@pytest.mark.parametrize("first", range(6))
def test_the_first_place_that_holds_a_key_wins(tmp_path: Path, first: int) -> None:
    words = ["flag", "file", "systemd", *PLACES[3:]]
    keys = {word: f"hush-{word}" for word in words[first:]}
    key, said = find(tmp_path, **keys)
    assert key == f"hush-{words[first]}"
    text = "\n".join(said)
    for later in PLACES[first + 1 :]:
        assert later in text, "a key that differs is said"
    assert "hush" not in text, "a key is never said"


def test_equal_keys_are_not_worth_a_word(tmp_path: Path) -> None:
    keys = {"file": "k\n", "systemd": " k", "AAI_API_KEY": "k", "ASSEMBLYAI_API_KEY": "k "}
    assert find(tmp_path, **keys) == ("k", [])


def test_a_key_that_others_can_see_is_warned_about(tmp_path: Path) -> None:
    key, (warning,) = find(tmp_path, flag="hush")
    assert key == "hush"
    assert "others on this machine can read" in warning
    assert "--api-key-file FILE" in warning
    assert "hush" not in warning


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_place_holds_no_key(tmp_path: Path, blank: str) -> None:
    assert find(tmp_path, flag=blank, BATCH_TRANSCRIBER_API_KEY=blank, AAI_API_KEY="k")[0] == "k"


def test_a_key_comes_with_the_name_of_its_place_for_whoever_must_mend_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k")
    assert find_key(None, None, {"AAI_API_KEY": "k"}, print).place == "AAI_API_KEY"
    assert find_key(None, file, {}, print).place == f"the key file {file}"


def test_no_key_at_all_stops_the_run_and_says_where_to_put_one(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="AAI_API_KEY") as caught:
        find(tmp_path)
    assert caught.value.exit_code is ExitCode.AUTH


def test_systemd_without_our_credential_is_passed_over(tmp_path: Path) -> None:
    assert find(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path), AAI_API_KEY="k") == ("k", [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is not text")],
)
def test_a_named_key_file_without_a_key_stops_the_run(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FatalError, match=reason) as caught:
        find_key(None, file, {"AAI_API_KEY": "k"}, lambda _: None)
    assert str(file) in str(caught.value)
    assert caught.value.exit_code is ExitCode.AUTH
