"""The local service with a scripted recogniser as a process of its own, which keeps the books.

It prints its address, and after each line on its stdin a line of JSON, its books as they are then:

    books                          nothing else
    hold CALL HOW NUMBER           stop the NUMBER-th request of this call from now on, and all after it,
                                   at a point of tests.support.points, such as `hold SUBMIT carried_out 3`
    let-go                         end that

Any other line, or none, ends it, with the same line of JSON as its last word.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.server import LocalService
from tests.benchmarks.conditions import BadDay, Colleague, RequestLimit, Uploading, follow
from tests.benchmarks.hearing import PacedRecogniser
from tests.benchmarks.measure import KEY
from tests.support import faults
from tests.support.ledger import Ledger
from tests.support.points import Point
from tests.support.slow_link import slow_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp.typedefs import Middleware

    from tests.support.faults import Trouble

CALLS = {
    "UPLOAD": faults.UPLOAD,
    "SUBMIT": faults.SUBMIT,
    "LIST": faults.LIST,
    "PARAGRAPHS": faults.PARAGRAPHS,
}


def always(call: str, trouble: Trouble) -> Middleware:
    script = faults.Faults()
    script.add(call, trouble, times=faults.ALWAYS)
    return script.middleware


class World:
    """The parts that a service is put together from, and that know what it did.

    Attributes:
        holds: The middleware of what is held; the outermost, so that a reply is held as it would leave.
    """

    def __init__(self, arguments: argparse.Namespace, data_dir: Path) -> None:
        self.holds = faults.Faults()
        self.point = Point()
        self.ledger = Ledger(data_dir, arguments.head_bytes)
        self.uploading = Uploading()
        self.limit = RequestLimit(*arguments.limit) if arguments.limit else None
        self.bad_day = BadDay(arguments.trouble, arguments.seed, cuts_replies=arguments.cut_replies)
        self.colleagues: list[Colleague] = []
        self.recogniser = PacedRecogniser(arguments.seconds, arguments.bursts, arguments.slower)
        self.service = LocalService(
            self.recogniser,
            key=KEY,
            concurrency=arguments.concurrency,
            middlewares=list(self._middlewares(arguments)),
            data_dir=data_dir,
        )

    def _middlewares(self, arguments: argparse.Namespace) -> Iterator[Middleware]:
        yield self.holds.middleware
        if self.limit is not None:
            yield self.limit.middleware
        if arguments.trouble:
            yield self.bad_day.middleware
        if arguments.lose_submits:
            yield always(faults.SUBMIT, faults.one_in(arguments.lose_submits, faults.lose_reply))
        yield self.uploading.middleware
        yield follow(self.colleagues)
        yield self.ledger.middleware
        if arguments.list_lag:
            yield always(faults.LIST, faults.late_list(arguments.list_lag))

    def books(self) -> dict[str, object]:
        """Return what was counted, without what a colleague did."""
        counted = self.service.books
        theirs = sum((colleague.requests for colleague in self.colleagues), Counter())
        requests = counted.requests - theirs
        return {
            "transcripts": counted.transcripts - theirs["POST", "/v2/transcript"],
            "paid_twice": self.ledger.paid_twice,
            "requests": {f"{method} {route}": count for (method, route), count in requests.items()},
            "uploads_by_content": self.ledger.uploads,
            "transcripts_by_content": self.ledger.transcripts,
            "is_held": self.point.reached.is_set(),
            "done_at": self.recogniser.done_at,
            "uploaded_bytes": counted.uploaded_bytes,
            "uploading_s": self.uploading.elapsed_s,
            "troubles": self.bad_day.troubles,
            "windows": [] if self.limit is None else self.limit.summary(),
        }


class Desk:
    """Where the lines of stdin are answered."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self) -> None:
        while words := (await asyncio.to_thread(sys.stdin.readline)).split():
            match words:
                case ["hold", call, how, number]:
                    self._world.point = Point()
                    trouble = getattr(self._world.point, how)
                    self._world.holds.script[:] = [
                        faults.Fault(CALLS[call], trouble, faults.ALWAYS, int(number) - 1)
                    ]
                case ["let-go"]:
                    self.let_go()
            self.tell()

    def let_go(self) -> None:
        self._world.holds.script.clear()
        self._world.point.let_go.set()

    def tell(self) -> None:
        print(json.dumps(self._world.books()), flush=True)


async def serve(arguments: argparse.Namespace, data_dir: Path) -> None:
    logging.getLogger("aiohttp.server").disabled = True  # it has a traceback for each client that is killed
    world = World(arguments, data_dir)
    desk = Desk(world)
    async with AsyncExitStack() as stack:
        address = (await stack.enter_async_context(world.service)).base_url
        if arguments.foreign:
            colleague = Colleague(address, KEY, arguments.foreign)
            stack.push_async_callback(colleague.leave)
            world.colleagues.append(colleague)
        if arguments.link:
            address = await stack.enter_async_context(slow_link(address, arguments.link))
        print(address, flush=True)
        await desk.serve()
        desk.let_go()
    desk.tell()


def pair(text: str) -> tuple[int, float]:
    """Return what `600/10` says."""
    count, _, seconds = text.partition("/")
    return int(count), float(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="what each transcript takes")
    parser.add_argument("--concurrency", type=int, default=200, help="how many are heard at a time")
    parser.add_argument("--bursts", type=float, default=0.0, help="they are done every so many seconds only")
    parser.add_argument("--slower", type=pair, help="N/S: after the first N, each takes S seconds")
    parser.add_argument("--link", type=float, default=0.0, help="bytes a second that the way in carries")
    parser.add_argument("--limit", type=pair, help="N/S: requests in so many seconds; 429 for the rest")
    parser.add_argument(
        "--foreign", type=int, default=0, help="a colleague's transcripts after each one of ours"
    )
    parser.add_argument(
        "--head-bytes", type=int, default=-1, help="how much of a recording tells it from others; -1 is all"
    )
    parser.add_argument("--trouble", type=float, default=0.0, help="which share of requests fails")
    parser.add_argument(
        "--cut-replies", action="store_true", help="some of these are carried out, and half of the reply told"
    )
    parser.add_argument("--seed", type=int, default=1, help="another number, other requests that fail")
    parser.add_argument(
        "--lose-submits", type=int, default=0, help="one reply to a submit in so many is lost"
    )
    parser.add_argument(
        "--list-lag", type=float, default=0.0, help="how old a transcript is, in s, when the list shows it"
    )
    with tempfile.TemporaryDirectory(prefix="batch-transcriber-") as folder:
        asyncio.run(serve(parser.parse_args(), Path(folder)))
