"""Recordings of a run that is to be tormented, and what became of them in the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.journal import FOLDER
from tests.support.ledger import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random
    from typing import Self

    from tests.benchmarks.measure import Books, Service

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
    def make(
        cls, folder: Path, count: int, copies: int, lots: Random, piece_bytes: int = PIECE_BYTES
    ) -> Recordings:
        """Make `count` recordings, the last `copies` of which are copies of others in other folders.

        Each has a size of 1 to `PIECES_MAX` pieces.
        """
        texts, digests, drafts = {}, set(), []
        for number in range(count - copies):
            words = f"These are the words of recording {number}."
            size_bytes = piece_bytes * lots.randint(1, PIECES_MAX)
            drafts.append((Path(f"day {number % 4}", f"{number:04}.mp3"), words, size_bytes))
        for number, (place, words, size_bytes) in enumerate(lots.sample(drafts, copies)):
            drafts.append((Path(f"copies {number % 2}", place), words, size_bytes))
        for place, words, size_bytes in drafts:
            content = words.encode().ljust(size_bytes, b"\0")
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(content)
            texts[place.with_suffix(".txt")] = f"{words}\n".encode()
            digests.add(digest_of(content))
        return cls(folder, texts, frozenset(digests))


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


@dataclass(frozen=True)
class Ending:
    """What came of a run that was ended again and again, and then let to its end.

    Attributes:
        exit_codes: Of runs that nobody ended; the last two are the run to the end and one more.
        books: The service's own, after the end.
        requests_more: Of the run after the end.
    """

    recordings: Recordings
    exit_codes: Sequence[int]
    books: Books
    requests_more: int
    left: Leftovers

    @classmethod
    def reach(
        cls,
        service: Service,
        recordings: Recordings,
        out: Path,
        run: Callable[[], int],
        exit_codes: Sequence[int] = (),
    ) -> Self:
        """Let a run go to its end, and once more over what is written.

        Args:
            run: Runs the command and returns its exit code.
            exit_codes: Of earlier runs that nobody ended.
        """
        to_the_end = run()
        books = service.ask("books")
        once_more = run()
        requests_more = sum(service.ask("books").requests.values()) - sum(books.requests.values())
        left = Leftovers.find(out, recordings)
        return cls(recordings, [*exit_codes, to_the_end, once_more], books, requests_more, left)

    @property
    def lost(self) -> int:
        return len(self.left.missing) + len(self.left.wrong)

    @property
    def is_cheap_and_whole(self) -> bool:
        """Nothing was paid for twice, and nothing is lost."""
        return not (self.books.paid_twice or self.lost)

    def faults(self) -> list[str]:
        """Return what is wrong besides payments and losses."""
        return [
            fault
            for fault, is_there in {
                f"runs that were not killed ended with {self.exit_codes}": any(self.exit_codes),
                f"files that nobody asked for: {sorted(map(str, self.left.strange))}": self.left.strange,
                f"half files after the end: {sorted(map(str, self.left.halves))}": self.left.halves,
                f"{self.requests_more} requests for what was written": self.requests_more,
            }.items()
            if is_there
        ]

    def sentence(self, what: str) -> str:
        """Return what was paid for and what was lost.

        Args:
            what: Happened to the run, such as `12 kills`.
        """
        recordings = len(self.recordings.texts)
        copies = recordings - len(self.recordings.contents)
        return (
            f"{what} over {recordings:,} recordings, {copies:,} of them copies: "
            f"{self.books.transcripts:,} transcripts, {self.books.paid_twice} paid for twice, "
            f"{self.lost} lost"
        )
