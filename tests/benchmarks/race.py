"""One scenario in a process of its own: all its peers in turn, round by round; figures as JSON on stdout.

    python -m tests.benchmarks.race SCENARIO ROUNDS [small]

It is small itself, because the peak that the system notes of a child is at least what its parent had.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.measure import Service, run_measured
from tests.benchmarks.peers import FEWER, PEERS, is_here, is_ours
from tests.benchmarks.recordings import HEAD_BYTES
from tests.benchmarks.runs import Result, Run
from tests.benchmarks.scenarios import BY_NAME, Scenario


def race(scenario: Scenario, rounds: int) -> Result:
    """Run everybody who is here so often; another one begins each round."""
    peers = [peer for peer in scenario.peers if is_here(peer)]
    runs: dict[str, list[Run]] = {peer: [] for peer in peers}
    with tempfile.TemporaryDirectory() as folder:
        folders = {peer: Path(folder, "fewer" if peer == FEWER else "all") for peer in peers}
        scenario.recordings.make(Path(folder, "all"))
        if FEWER in peers:
            replace(scenario.recordings, count=scenario.recordings.count // 10).make(folders[FEWER])
        for number in range(rounds):
            first = number % len(peers)
            for peer in peers[first:] + peers[:first]:
                print(f"{scenario.name} {number + 1}: {peer} ...", file=sys.stderr, flush=True)
                runs[peer].append(run_once(scenario, peer, folders[peer]))
    return Result(scenario.name, runs)


def run_once(scenario: Scenario, peer: str, recordings: Path) -> Run:
    """Run one of them against a service of its own."""
    arguments = [f"--head-bytes={HEAD_BYTES}", *scenario.service_arguments()]
    with tempfile.TemporaryDirectory() as folder, Service(*arguments) as service:
        out = Path(folder)
        command = PEERS[peer](str(recordings), folder)
        usage = run_measured(command + list(scenario.options if is_ours(peer) else ()), service.environ)
        # Of the change of the file's name, too: before it, the text is not there.
        written_at = {path.read_text().strip(): os.stat(path).st_ctime for path in out.glob("*.txt")}  # noqa: PTH116
    return Run.of(
        usage,
        service.books,
        written_at,
        len(list(recordings.iterdir())),
        link_bytes_per_s=scenario.link_bytes_per_s,
        limit=scenario.limit,
    )


if __name__ == "__main__":
    name, rounds, *size = sys.argv[1:]
    wanted = BY_NAME[name].small() if size else BY_NAME[name]
    print(json.dumps(race(wanted, min(int(rounds), wanted.rounds_most)).to_json()))
