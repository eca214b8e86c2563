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
from pathlib import Path
from typing import TYPE_CHECKING

from batch_transcriber.server import LocalService
from tests.support import faults
from tests.support.ledger import Ledger
from tests.support.points import Point
from tests.support.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from tests.support.faults import Faults, Trouble

KEY = "a-key-for-benchmarks"
CALLS = {
    "UPLOAD": faults.UPLOAD,
    "SUBMIT": faults.SUBMIT,
    "LIST": faults.LIST,
    "PARAGRAPHS": faults.PARAGRAPHS,
}


def bad_day(share: float, seed: int) -> Faults:
    """Fail this share of all requests; a submit may also be carried out and its reply lost."""
    script = faults.Faults()
    usual = [faults.error(500, "Internal Server Error"), faults.reply(503), faults.reset]
    for call in (faults.UPLOAD, faults.LIST, faults.STATUS, faults.PARAGRAPHS):
        script.add(call, faults.sometimes(share, usual, f"{seed} {call}"), times=faults.ALWAYS)
    lost = [*usual, faults.lose_reply]
    script.add(faults.SUBMIT, faults.sometimes(share, lost, f"{seed} {faults.SUBMIT}"), times=faults.ALWAYS)
    return script


def always(call: str, trouble: Trouble) -> Middleware:
    script = faults.Faults()
    script.add(call, trouble, times=faults.ALWAYS)
    return script.middleware


class Desk:
    """Where the lines of stdin are answered.

    Attributes:
        holds: The middleware of what is held; the outermost, so that a reply is held as it would leave.
    """

    def __init__(self, service: LocalService, ledger: Ledger, holds: Faults) -> None:
        self._service = service
        self._ledger = ledger
        self._holds = holds
        self._point = Point()

    async def serve(self) -> None:
        while words := (await asyncio.to_thread(sys.stdin.readline)).split():
            match words:
                case ["hold", call, how, number]:
                    self._point = Point()
                    trouble = getattr(self._point, how)
                    self._holds.script[:] = [
                        faults.Fault(CALLS[call], trouble, faults.ALWAYS, int(number) - 1)
                    ]
                case ["let-go"]:
                    self.let_go()
            self.tell()

    def let_go(self) -> None:
        self._holds.script.clear()
        self._point.let_go.set()

    def tell(self) -> None:
        books = self._service.books
        summary = {
            "transcripts": books.transcripts,
            "paid_twice": self._ledger.paid_twice,
            "requests": {f"{method} {route}": count for (method, route), count in books.requests.items()},
            "uploads_by_content": self._ledger.uploads,
            "transcripts_by_content": self._ledger.transcripts,
            "is_held": self._point.reached.is_set(),
        }
        print(json.dumps(summary), flush=True)


async def serve(arguments: argparse.Namespace, data_dir: Path) -> None:
    logging.getLogger("aiohttp.server").disabled = True  # it has a traceback for each client that is killed
    ledger, holds = Ledger(data_dir), faults.Faults()
    middlewares = [holds.middleware]
    if arguments.trouble:
        middlewares.append(bad_day(arguments.trouble, arguments.seed).middleware)
    if arguments.lose_submits:
        lossy = faults.one_in(arguments.lose_submits, faults.lose_reply)
        middlewares.append(always(faults.SUBMIT, lossy))
    middlewares.append(ledger.middleware)
    if arguments.list_lag:
        middlewares.append(always(faults.LIST, faults.late_list(arguments.list_lag)))
    async with LocalService(
        ScriptedRecogniser(arguments.seconds),
        key=KEY,
        concurrency=arguments.concurrency,
        middlewares=middlewares,
        data_dir=data_dir,
    ) as service:
        print(service.base_url, flush=True)
        desk = Desk(service, ledger, holds)
        await desk.serve()
        desk.let_go()
    desk.tell()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="what each transcript takes")
    parser.add_argument("--concurrency", type=int, default=200, help="how many are heard at a time")
    parser.add_argument("--trouble", type=float, default=0.0, help="which share of requests fails")
    parser.add_argument("--seed", type=int, default=1, help="another number, other requests that fail")
    parser.add_argument(
        "--lose-submits", type=int, default=0, help="one reply to a submit in so many is lost"
    )
    parser.add_argument(
        "--list-lag", type=float, default=0.0, help="how old a transcript is, in s, when the list shows it"
    )
    with tempfile.TemporaryDirectory(prefix="batch-transcriber-") as folder:
        asyncio.run(serve(parser.parse_args(), Path(folder)))
