"""A bucket of as many objects as you like, as a process of its own: of S3 as much as a run over it asks for.

Nothing of it is kept, so that it answers as fast for a million objects as for ten; each answer takes the time
that one from another town takes. It prints its address, and ends when its stdin does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from email.utils import formatdate
from hashlib import md5

from aiohttp import web

PAGE = 1000  # as in S3
CHANGED_AT_S = 1_750_000_000
FOLDER = "calls/"


class Store:
    """The objects `calls/0000000.mp3` and on.

    Args:
        count: How many there are.
        answers_in_s: What each answer takes.
    """

    def __init__(self, count: int, answers_in_s: float) -> None:
        self._count = count
        self._answers_in_s = answers_in_s

    async def answer(self, request: web.Request) -> web.Response:
        """Answer any request of a client."""
        await asyncio.sleep(self._answers_in_s)
        _, _, key = request.path.lstrip("/").partition("/")
        if not key:
            return self._page(int(request.query.get("continuation-token", "0")))
        number = key.removeprefix(FOLDER).removesuffix(".mp3")
        if not number.isdecimal() or int(number) >= self._count:
            return web.Response(status=404)
        headers = {"ETag": f'"{_tag(int(number))}"', "Last-Modified": formatdate(CHANGED_AT_S, usegmt=True)}
        return web.Response(body=_content(int(number)), headers=headers)

    def _page(self, start: int) -> web.Response:
        end = min(start + PAGE, self._count)
        rows = "".join(
            f"<Contents><Key>{FOLDER}{number:07}.mp3</Key><Size>{len(_content(number))}</Size>"
            f"<LastModified>2025-06-15T15:06:40.000Z</LastModified><ETag>&quot;{_tag(number)}&quot;</ETag></Contents>"
            for number in range(start, end)
        )
        is_cut = end < self._count
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if is_cut else ""
        whole = f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{more}{rows}"
        return web.Response(
            text=f"<ListBucketResult>{whole}</ListBucketResult>", content_type="application/xml"
        )


def _content(number: int) -> bytes:
    return b"words of call %d" % number


def _tag(number: int) -> str:
    return md5(_content(number), usedforsecurity=False).hexdigest()


async def serve(count: int, answers_in_s: float) -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", Store(count, answers_in_s).answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--answers-in", type=float, default=0.03, help="seconds")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.count, arguments.answers_in))


if __name__ == "__main__":
    main()
