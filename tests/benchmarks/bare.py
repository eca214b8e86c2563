"""The floor: what somebody writes with aiohttp in ten minutes, who trusts everything.

Nothing of ours is in it: no journal, no retry, no limit, no look at what a reply is, no text that is whole
or absent. `list` asks with the list call for all transcripts each second, `id` with a GET for each one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from pathlib import Path

import aiohttp

AT_A_TIME = 16
INTERVAL_S = 1.0
MODELS = ["universal-3-5-pro", "universal-2"]


class Bare:
    def __init__(self, session: aiohttp.ClientSession, recordings: list[Path], out: Path) -> None:
        self.session, self.out = session, out
        self.to_send = deque(recordings)
        self.to_poll = self.to_write = len(recordings)
        self.waiting: dict[str, Path] = {}
        self.done: asyncio.Queue[tuple[str, Path]] = asyncio.Queue()

    async def send(self) -> None:
        while self.to_send:
            path = self.to_send.popleft()
            with path.open("rb") as file:
                reply = await self.session.post("/v2/upload", data=file)
                url = (await reply.json())["upload_url"]
            request = {"audio_url": url, "speech_models": MODELS}
            reply = await self.session.post("/v2/transcript", json=request)
            self.waiting[(await reply.json())["id"]] = path

    async def poll(self, way: str) -> None:
        while self.to_poll:
            await asyncio.sleep(INTERVAL_S)
            await (self.sweep() if way == "list" else self.ask_each())

    async def sweep(self) -> None:
        missing, query = set(self.waiting), {"limit": "200"}
        while missing:
            reply = await self.session.get("/v2/transcript", params=query)
            rows = (await reply.json())["transcripts"]
            if not rows:
                break
            for row in rows:
                missing.discard(row["id"])
                self.note(row["id"], row["status"])
            query["before_id"] = rows[-1]["id"]

    async def ask_each(self) -> None:
        for transcript_id in list(self.waiting):
            reply = await self.session.get(f"/v2/transcript/{transcript_id}")
            self.note(transcript_id, (await reply.json())["status"])

    def note(self, transcript_id: str, status: str) -> None:
        if status == "completed" and transcript_id in self.waiting:
            self.to_poll -= 1
            self.done.put_nowait((transcript_id, self.waiting.pop(transcript_id)))

    async def write(self) -> None:
        while self.to_write:
            self.to_write -= 1
            transcript_id, path = await self.done.get()
            reply = await self.session.get(f"/v2/transcript/{transcript_id}/paragraphs")
            texts = [paragraph["text"] for paragraph in (await reply.json())["paragraphs"]]
            (self.out / f"{path.stem}.txt").write_text("\n\n".join(texts) + "\n")


async def main(way: str, recordings: Path, out: Path) -> None:
    headers = {"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        os.environ["ASSEMBLYAI_BASE_URL"], headers=headers, timeout=timeout
    ) as session:
        bare = Bare(session, sorted(recordings.iterdir()), out)  # noqa: ASYNC240
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(bare.send())
                group.create_task(bare.write())
            group.create_task(bare.poll(way))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
