"""What is measured: recordings, a service with its conditions, who takes part, and what is wanted of us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.benchmarks.peers import BARE, CURL, EACH_SECOND, FEWER, OURS, SDK_ASYNCIO, SDK_GROUP
from tests.benchmarks.recordings import Recordings, very_different
from tests.benchmarks.targets import CORRECT, FEW_POLLS, Target

MIB = 1024 * 1024


@dataclass(frozen=True)
class Scenario:
    """One of them.

    Attributes:
        title: With what the figures depend on.
        service: Options of `tests.benchmarks.service`.
        options: Of our command.
        rounds_most: Where more would tell nothing new.
        smoke: What is smaller when only counts are looked at.
    """

    name: str
    title: str
    recordings: Recordings
    service: Mapping[str, str | float]
    peers: tuple[str, ...]
    targets: tuple[Target, ...]
    smoke: Mapping[str, Any]
    options: tuple[str, ...] = ()
    rounds_most: int = 99
    link_bytes_per_s: float = 0.0
    limit: tuple[int, float] | None = None

    def small(self) -> Scenario:
        """Return it in a size for which times mean nothing, and that takes a few seconds."""
        changes = dict(self.smoke)
        changes["service"] = {**self.service, **changes.get("service", {})}
        return replace(self, **changes)

    def service_arguments(self) -> list[str]:
        arguments = dict(self.service)
        if self.link_bytes_per_s:
            arguments["link"] = self.link_bytes_per_s
        if self.limit:
            arguments["limit"] = f"{self.limit[0]}/{self.limit[1]:g}"
        return [f"--{name}={value}" for name, value in arguments.items()]


QUICK = {"seconds": 0.1}
UNLOST = 46  # of the trouble in which no submit is hit, for a lost one is looked for through 30 s
FEW_FILES = {"recordings": Recordings(12, 1024), "service": QUICK}

SCENARIOS = (
    Scenario(
        "small",
        "1,000 files of 64 KiB, 200 heard at a time, 2 s each",
        Recordings(1000),
        {"seconds": 2.0, "concurrency": 200},
        (OURS, BARE, SDK_GROUP, SDK_ASYNCIO),
        (
            Target("wall, to the bare loop's", "wall_s", BARE, most=1.10),
            Target("wall, to the SDK group's", "wall_s", SDK_GROUP, most=0.70),
            Target("CPU, to the SDK group's", "cpu_s", SDK_GROUP, most=0.33),
            Target("CPU, s", "cpu_s", most=2.5),
            Target("peak memory, MiB", "peak_mib", most=80, digits=0),
            Target("polls a file", "polls_a_file", most=0.08),
            *CORRECT,
        ),
        FEW_FILES,
    ),
    Scenario(
        "large",
        "12 files of 64 MiB, 2 s each",
        Recordings(12, 64 * MIB),
        {"seconds": 2.0},
        (OURS, BARE, SDK_GROUP, SDK_ASYNCIO, CURL),
        (Target("wall, to four curls'", "wall_s", CURL, most=1.15), *CORRECT),
        {"recordings": Recordings(4, 6 * MIB), "service": QUICK},
    ),
    Scenario(
        "mixed",
        "200 WAV files, all heard at a time, 0.2 to 20 s each (log-normal)",
        Recordings(200, hearing_s=very_different(200)),
        {"concurrency": 200},
        (OURS, BARE, SDK_GROUP, SDK_ASYNCIO),
        (Target("done to written, s, median", "lateness_s", most=1.0), *CORRECT),
        {"recordings": Recordings(12, hearing_s=very_different(12, longest_s=1.0))},
    ),
    Scenario(
        "tiny",
        "10,000 files of 1 KiB, 200 heard at a time, 0.2 s each",
        Recordings(10_000, 1024),
        {"seconds": 0.2, "concurrency": 200},
        (OURS, FEWER, BARE),
        (
            Target("peak memory, to that of 1,000", "peak_mib", FEWER, most=1.15),
            Target("CPU a file, to that of 1,000", "cpu_ms_a_file", FEWER, most=1.0),
            *CORRECT,
        ),
        {"recordings": Recordings(40, 1024), "service": QUICK},
        options=("--max-requests", "1000000"),
    ),
    Scenario(
        "few",
        "5 WAV files, 1.3 to 5.7 s each",
        Recordings(5, hearing_s=(1.3, 2.6, 3.7, 4.4, 5.7)),
        {},
        (OURS, EACH_SECOND, SDK_GROUP),
        (Target("wall, to a GET every second", "wall_s", EACH_SECOND, most=1.0), *CORRECT),
        {"recordings": Recordings(3, hearing_s=(0.1, 0.2, 0.3))},
    ),
    Scenario(
        "slow",
        "40 files of 8 MiB over a link of 20 MiB/s, 2 s each",
        Recordings(40, 8 * MIB),
        {"seconds": 2.0},
        (OURS, BARE, SDK_GROUP, CURL),
        (Target("share of the link in use", "link_share", least=0.95), *CORRECT),
        {"recordings": Recordings(6, MIB), "service": QUICK},
        link_bytes_per_s=20 * MIB,
    ),
    Scenario(
        "limit",
        "1,000 files of 1 KiB, 600 requests in 10 s and 429 with Retry-After beyond, 0.2 s each",
        Recordings(1000, 1024),
        {"seconds": 0.2, "concurrency": 200},
        (OURS, SDK_GROUP),
        (
            Target("429s in a window, at the worst", "refused", most=1, digits=0),
            Target("429s in a window, after the first", "refused_later", most=1, digits=0),
            Target("sent before Retry-After is over", "early", most=0, digits=0),
            Target("share of the limit in use", "limit_share", least=0.80),
            *CORRECT,
        ),
        {"recordings": Recordings(20, 1024), "service": QUICK, "limit": (25, 1.0)},
        limit=(600, 10.0),
    ),
    Scenario(
        "trouble",
        "300 files of 64 KiB, 2 s each; 3 % of all requests fail, the same ones for everybody",
        Recordings(300),
        {"seconds": 2.0, "concurrency": 200, "trouble": 0.03},
        (OURS, SDK_GROUP, SDK_ASYNCIO),
        CORRECT,
        {"recordings": Recordings(12, 1024), "service": {**QUICK, "trouble": 0.2, "seed": UNLOST}},
        rounds_most=1,
    ),
    Scenario(
        "slower",
        "200 files, 50 heard at a time; after the first 50 each takes 4 s instead of 0.2 s",
        Recordings(200, 1024),
        {"seconds": 0.2, "concurrency": 50, "slower": "50/4"},
        (OURS,),
        (FEW_POLLS, *CORRECT),
        {"recordings": Recordings(20, 1024), "service": {"seconds": 0.05, "slower": "10/1"}},
        rounds_most=1,
    ),
    Scenario(
        "bursts",
        "200 files, 1 s each, but none is done until the next of every 8 s",
        Recordings(200, 1024),
        {"seconds": 1.0, "concurrency": 100, "bursts": 8.0},
        (OURS,),
        (FEW_POLLS, *CORRECT),
        {"recordings": Recordings(20, 1024), "service": {"seconds": 0.1, "bursts": 1.0}},
        rounds_most=1,
    ),
    Scenario(
        "lagging",
        "200 files, 2 s each; the list shows a transcript when it is 5 s old",
        Recordings(200, 1024),
        {"seconds": 2.0, "concurrency": 100, "list-lag": 5.0},
        (OURS,),
        (FEW_POLLS, *CORRECT),
        {"recordings": Recordings(12, 1024), "service": {"seconds": 0.1, "list-lag": 1.0}},
        rounds_most=1,
    ),
    Scenario(
        "foreign",
        "200 files, 2 s each, and 5 transcripts of somebody else after each of ours",
        Recordings(200, 1024),
        {"seconds": 2.0, "concurrency": 100, "foreign": 5},
        (OURS,),
        (FEW_POLLS, *CORRECT),
        {"recordings": Recordings(12, 1024), "service": {"seconds": 0.1}},
        rounds_most=1,
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
