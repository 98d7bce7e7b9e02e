"""Turns: one at a time, owners in rotation, and nobody keeps the turn of who left."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from service.prices.turns import Turns

Work = Callable[[str], Coroutine[Any, Any, None]]


async def each(order: list[str], asked: list[str]) -> None:
    """Everybody asks at once, in this order, and takes one loop's turn."""
    turns, busy = Turns(), False

    async def work(name: str) -> None:
        nonlocal busy
        async with turns.of(name[0]):
            assert not busy
            busy = True
            await asyncio.sleep(0)
            busy = False
            order.append(name)

    await asyncio.gather(*map(work, asked))


def test_owners_take_turns_whoever_came_first() -> None:
    order: list[str] = []
    asyncio.run(each(order, ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]))
    assert order == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_who_leaves_while_waiting_or_just_chosen_holds_up_nobody() -> None:
    async def leaving(after: int) -> str:
        turns, told = Turns(), []
        open_ = asyncio.Event()

        async def first() -> None:
            async with turns.of("a"):
                await open_.wait()

        async def other(name: str) -> None:
            async with turns.of(name):
                told.append(name)

        tasks = [asyncio.create_task(work) for work in (first(), other("b"), other("c"))]
        for _ in range(3):
            await asyncio.sleep(0)
        open_.set()
        for _ in range(after):
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait_for(tasks[2], 5)
        async with turns.of("d"):
            told.append("d")
        return "".join(told)

    assert {asyncio.run(leaving(after)) for after in range(6)} <= {"cd", "bcd"}
    assert asyncio.run(leaving(0)) == "cd"


def test_an_error_ends_a_turn() -> None:
    async def failing() -> bool:
        turns = Turns()
        try:
            async with turns.of("a"):
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        async with asyncio.timeout(5), turns.of("b"):
            return True

    assert asyncio.run(failing())
