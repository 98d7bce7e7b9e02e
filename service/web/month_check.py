"""A month checked before it is sent, beside the service: started, waited for within limits, ended beyond them."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process

from service.conventions.problems import Problem
from service.month.check import Check, Checked, found_in
from service.month.process import command, surroundings

SECONDS = 60.0  # in which 50,000 rows are checked many times over
WAIT_SECONDS = 60.0  # for the checks of others: one runs at a time
_AGAIN = {"Retry-After": "30"}
_CHECKING = asyncio.Lock()


async def checked_beside(check: Check, wait_s: float = WAIT_SECONDS) -> Checked:
    """What a check finds; LichengError says why the month cannot be settled, Problem 503 why it was not checked."""
    try:
        await asyncio.wait_for(_CHECKING.acquire(), wait_s)
    except TimeoutError:
        raise Problem(503, "checks_wait", pointer="", headers=_AGAIN, seconds=f"{wait_s:g}") from None
    try:
        return found_in(await _answer(check))
    finally:
        _CHECKING.release()


async def _answer(check: Check) -> bytes:
    words, world = command("service.month.check"), surroundings()
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, env=world)
    try:
        answer, _ = await asyncio.wait_for(process.communicate(check.text), check.seconds)
    except TimeoutError:
        raise Problem(503, "check_too_slow", pointer="", headers=_AGAIN, seconds=f"{check.seconds:g}") from None
    finally:
        await _ended(process)
    if process.returncode:
        raise Problem(503, "check_broken_off", pointer="", headers=_AGAIN)
    return answer


async def _ended(process: Process) -> None:
    """Nothing of it runs on, whether it is waited for any more or not."""
    if process.returncode is None:
        process.kill()
        await process.wait()
