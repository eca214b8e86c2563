"""Recordings of a run that is to be tormented, and what became of them in the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.journal import FOLDER
from tests.support.ledger import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

PIECE_BYTES = 16 * 1024
PIECES_MAX = 16  # few enough sizes that many recordings share one, enough that some do not


@dataclass(frozen=True)
class Recordings:
    """A folder of recordings, some of which are copies of others.

    Attributes:
        texts: What is to be in the output folder at the end, by path.
        contents: The digest of each different content.
    """

    folder: Path
    texts: Mapping[Path, bytes]
    contents: frozenset[str]

    @classmethod
    def make(cls, folder: Path, count: int, copies: int, lots: Random) -> Recordings:
        """Make `count` recordings, the last `copies` of which are copies of others in other folders."""
        texts, contents = {}, []
        for number in range(count - copies):
            words = f"These are the words of recording {number}."
            content = words.encode().ljust(PIECE_BYTES * lots.randint(1, PIECES_MAX), b"\0")
            place = Path(f"day {number % 4}", f"{number:04}.mp3")
            contents.append((place, words, content))
        for number, (place, words, content) in enumerate(lots.sample(contents, copies)):
            contents.append((Path(f"copies {number % 2}", place), words, content))
        for place, words, content in contents:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(content)
            texts[place.with_suffix(".txt")] = f"{words}\n".encode()
        return cls(folder, texts, frozenset(digest_of(content) for _, _, content in contents))


@dataclass(frozen=True)
class Leftovers:
    """What lies in an output folder.

    Attributes:
        missing: Texts that are not there.
        wrong: Texts that are there and are others.
        halves: Temporary files, which only a kill may leave.
        strange: Other files that are nobody's text.
    """

    missing: frozenset[Path]
    wrong: frozenset[Path]
    halves: frozenset[Path]
    strange: frozenset[Path]

    @classmethod
    def find(cls, out: Path, recordings: Recordings) -> Leftovers:
        files = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
        files = {path for path in files if path.parts[0] != FOLDER}
        halves = {path for path in files if path.suffix == ".part"}
        texts = recordings.texts
        return cls(
            missing=frozenset(texts.keys() - files),
            wrong=frozenset(
                path for path in files & texts.keys() if (out / path).read_bytes() != texts[path]
            ),
            halves=frozenset(halves),
            strange=frozenset(files - halves - texts.keys()),
        )
