"""A month checked before it is sent, beside the service: started, waited for within limits, ended beyond them."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process

from fastapi import Request

from service.conventions.problems import Problem
from service.month.check import Found, MonthCheck, found_in
from service.month.process import command, surroundings
from service.prices.turns import Turns

SECONDS = 60.0  # in which 50,000 rows are checked many times over
WAIT_SECONDS = 60.0  # for the checks of others: one runs at a time
_AGAIN = {"Retry-After": "30"}


class Checks:
    """The checks of a service, one after the other, those of several tenants in turn."""

    __slots__ = ("_turns",)

    def __init__(self) -> None:
        self._turns = Turns()

    async def found(self, check: MonthCheck, wait_s: float = WAIT_SECONDS) -> Found:
        """What a check finds; LichengError says why the month cannot be settled, Problem 503 why it was not checked."""
        try:
            async with asyncio.timeout(wait_s):
                await self._turns.take(check.tenant)
        except TimeoutError:
            raise Problem(503, "checks_wait", pointer="", headers=_AGAIN, seconds=f"{wait_s:g}") from None
        try:
            return found_in(await _answer(check))
        finally:
            self._turns.leave()


def checks(request: Request) -> Checks:
    """The checks of the service of a request."""
    found: Checks = request.app.state.checks
    return found


async def _answer(check: MonthCheck) -> bytes:
    words, world = command("service.month.check"), surroundings()
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, env=world)
    try:
        answer, _ = await asyncio.wait_for(process.communicate(check.text), check.seconds)
    except TimeoutError:
        raise Problem(503, "check_too_slow", pointer="", headers=_AGAIN, seconds=f"{check.seconds:g}") from None
    except RuntimeError:  # uvloop's word for a pipe that nobody reads any more: it died before it was told anything
        answer = b""
    finally:
        await _ended(process)
    if process.returncode or not answer:
        raise Problem(503, "check_broken_off", pointer="", headers=_AGAIN)
    return answer


async def _ended(process: Process) -> None:
    """Nothing of it runs on, whether it is waited for any more or not."""
    if process.returncode is None:
        process.kill()
        await process.wait()
