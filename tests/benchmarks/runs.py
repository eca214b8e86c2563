"""One run of one peer as figures, and many of them as medians, spreads and ratios."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.measure import Books, Usage


@dataclass(frozen=True)
class Run:
    """What one run took, and what the service's books say of it.

    Attributes:
        files: Recordings that there were.
        texts: Those that differ, so that none is counted twice.
        paid_for: Transcripts made; `paid_twice` of them were of a content that had one.
        requests: All of them; `polls` only asked for a status.
        lateness_s: From a transcript's completion to its text on disk: the median, and where the slowest 5 %
            begin; None where nothing was written.
        link_share: Of what the link carries, while uploads ran; None where it has no limit.
        refused: 429s in the worst window of a request limit; `refused_later` of those after the first, from
            which the limit can be known.
        early: Requests sent before a Retry-After was over.
        limit_share: Of the requests that the limit allows, from its first window to its last.
    """

    files: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    exit_code: int
    texts: int
    paid_for: int
    paid_twice: int
    requests: int
    polls: int
    lateness_s: float | None
    lateness_slowest_s: float | None
    link_share: float | None = None
    refused: int | None = None
    refused_later: int | None = None
    early: int | None = None
    limit_share: float | None = None

    @classmethod
    def of(
        cls,
        usage: Usage,
        books: Books,
        written_at: Mapping[str, float],
        files: int,
        *,
        link_bytes_per_s: float = 0.0,
        limit: tuple[int, float] | None = None,
    ) -> Run:
        """Put a run's figures together.

        Args:
            written_at: When each text was there, by its words; UTC, seconds.
            link_bytes_per_s: What the link carries; 0 where it has no limit.
            limit: Requests, and seconds, of the service's limit.
        """
        late_s = sorted(at - books.done_at[text] for text, at in written_at.items() if text in books.done_at)
        run = cls(
            files=files,
            wall_s=usage.wall_s,
            cpu_s=usage.cpu_s,
            peak_mib=usage.peak_memory_mib,
            exit_code=usage.exit_code,
            texts=len(written_at),
            paid_for=books.transcripts,
            paid_twice=books.paid_twice,
            requests=sum(books.requests.values()),
            polls=books.polls,
            lateness_s=median(late_s) if late_s else None,
            lateness_slowest_s=late_s[math.ceil(len(late_s) * 0.95) - 1] if late_s else None,
            link_share=(
                books.uploaded_bytes / books.uploading_s / link_bytes_per_s if link_bytes_per_s else None
            ),
        )
        return run if limit is None else run._limited(books.windows, *limit)

    def _limited(self, windows: Sequence[Mapping[str, float]], most: int, window_s: float) -> Run:
        *whole, last = windows
        elapsed_s = last["began_at"] - whole[0]["began_at"] if whole else 0.0
        more = {
            "refused": max(int(window["refused"]) for window in windows),
            "refused_later": max((int(window["refused"]) for window in windows[1:]), default=0),
            "early": sum(int(window["early"]) for window in windows),
            "limit_share": (
                sum(window["taken"] for window in whole) / (most * elapsed_s / window_s) if whole else None
            ),
        }
        return Run(**(asdict(self) | more))

    @property
    def requests_a_file(self) -> float:
        return self.requests / self.files

    @property
    def polls_a_file(self) -> float:
        return self.polls / self.files

    @property
    def cpu_ms_a_file(self) -> float:
        return 1000 * self.cpu_s / self.files

    @property
    def texts_share(self) -> float:
        return self.texts / self.files


@dataclass(frozen=True)
class Result:
    """A scenario's rounds, in each of which every peer ran once; as JSON and back.

    Attributes:
        name: Of the scenario.
        rounds: Runs by peer, all lists of the same length.
    """

    name: str
    rounds: Mapping[str, Sequence[Run]]

    def values(self, peer: str, figure: str, to: str | None = None) -> list[float]:
        """Return a figure of a peer in each round, or its ratio to that of another one in the same round."""
        values = [value for run in self.rounds[peer] if (value := getattr(run, figure)) is not None]
        if to is None:
            return values
        others = [getattr(run, figure) for run in self.rounds[to]]
        return [value / other for value, other in zip(values, others, strict=True)]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "rounds": {peer: [_rounded(run) for run in runs] for peer, runs in self.rounds.items()},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Result:
        rounds = {peer: [Run(**run) for run in runs] for peer, runs in plain["rounds"].items()}
        return cls(plain["name"], rounds)


def _rounded(run: Run) -> dict[str, float | None]:
    """Leave out digits that mean nothing."""
    figures = asdict(run).items()
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures}


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median, and half of the way from the least to the most where that shows."""
    half = f"{(max(values) - min(values)) / 2:,.{digits}f}"
    middle = f"{median(values):,.{digits}f}"
    return middle if float(half.replace(",", "")) == 0 else f"{middle} ±{half}"
