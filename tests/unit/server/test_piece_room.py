from __future__ import annotations

import asyncio

import pytest

from batch_transcriber.server.piece_room import PieceRoom


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def takers(room: PieceRoom, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(room.take()) for _ in range(count)]
    await settle()
    return tasks


async def test_there_is_room_for_one_more_than_is_heard_and_the_first_come_is_served_first() -> None:
    room = PieceRoom(lambda: 2)
    tasks = await takers(room, 5)
    assert [task.done() for task in tasks] == [True, True, True, False, False]
    room.give_back()
    await settle()
    assert [task.done() for task in tasks[3:]] == [True, False]
    room.give_back()
    await tasks[4]


async def test_it_follows_the_places() -> None:
    places = 1
    room = PieceRoom(lambda: places)
    tasks = await takers(room, 6)
    assert sum(task.done() for task in tasks) == 2
    places = 3
    room.give_back()
    await settle()
    assert sum(task.done() for task in tasks) == 5
    places = 0
    for _ in range(3):
        room.give_back()
    await settle()
    assert sum(task.done() for task in tasks) == 5  # one is held, which is all the room there is
    room.give_back()
    await tasks[5]


async def test_who_waits_no_more_takes_no_room() -> None:
    room = PieceRoom(lambda: 0)
    await room.take()
    first, second = await takers(room, 2)
    first.cancel()
    room.give_back()
    await second
    (third,) = await takers(room, 1)
    room.give_back()
    third.cancel()  # its turn has come, and nobody has told it yet
    with pytest.raises(asyncio.CancelledError):
        await third
    await room.take()
