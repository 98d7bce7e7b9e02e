"""A month is checked by a process of its own: the service answers meanwhile, and says so when that process ends."""

import asyncio
import html
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from pricing.tariff import Tariff
from pricing.words import say
from service.app import create_app
from service.conventions.problems import Problem
from service.month.asked import Asked, SentFile
from service.month.check import _MOST_MEMORY, MonthCheck, found_in
from service.month.process import command, surroundings
from service.web.month_check import Checks
from tests.months import write_csv
from tests.service.sent_months import QUERY, month_files, rows
from tests.service.serving import PLATFORM, SECRET, Service, served, settings
from tests.web.test_page_security import HTML, sign_in

MODULE = "service.month.check"
TARIFF = Tariff.load()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served() as running:
        yield running


def children(of: int) -> list[int]:
    """Checks that a process has started and that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == of and MODULE.encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def started() -> set[int]:
    """Whatever this process has started, a check or not yet one."""
    return {int(word) for path in Path("/proc/self/task").glob("*/children") for word in path.read_text().split()}


@contextmanager
def checking(service: Service, usage: bytes) -> Iterator[tuple[int, list[httpx.Response]]]:
    """The process of a check that a page asked for, and where the answer will stand when the block is over."""
    assert service.process is not None
    csrf, answers = sign_in(service, "platform"), list[httpx.Response]()
    files = {"usage": ("mine.csv", usage, "text/csv")}

    def ask() -> None:
        answers.append(
            service.http.post(f"/months/check?csrf={csrf}", data=dict(QUERY), files=files, headers=HTML, timeout=120)
        )

    thread = threading.Thread(target=ask)
    thread.start()
    last = time.monotonic() + 60
    while not (found := children(service.process.pid)):
        assert time.monotonic() < last
        time.sleep(0.01)
    try:
        yield found[0], answers
    finally:
        thread.join(120)


@pytest.fixture
def usage(tmp_path: Path) -> bytes:
    return month_files(tmp_path, rows())[0].read_bytes()


def test_the_service_answers_while_a_month_is_checked(service: Service, usage: bytes) -> None:
    with checking(service, usage) as (process, answers):
        os.kill(process, signal.SIGSTOP)  # however long it takes
        for address in ("/status/live", "/months", "/v1/schema") * 5:
            assert service.http.get(address, headers=HTML).status_code == 200
        assert answers == []
        os.kill(process, signal.SIGCONT)
    assert answers[0].status_code == 200
    assert say("page_checked", "en", rows=11) in answers[0].text
    assert "region_not_known" in answers[0].text


def test_a_check_names_what_was_sent(service: Service, tmp_path: Path) -> None:
    """As the page of the settled month does: not the id under which a worker would be stored."""
    broken, side = {**rows(3)[0], "worker": "张三"}, {"worker": "w_stranger", "month": "2025-07", "revenue_fen": 1}
    usage, history = month_files(tmp_path, [broken])[0].read_bytes(), write_csv(tmp_path / "h.csv", [side]).read_bytes()
    files = {"usage": ("mine.csv", usage, "text/csv"), "history": ("h.csv", history, "text/csv")}
    csrf = sign_in(service, "platform")
    answer = service.http.post(f"/months/check?csrf={csrf}", data=dict(QUERY), files=files, headers=HTML)
    assert "history_worker_unknown" in answer.text
    assert say("worker_not_valid", "en", value="张三").split("张三")[1] in html.unescape(answer.text)
    assert "张三" in answer.text
    assert "?w_" not in answer.text


def test_a_check_that_dies_is_said_and_leaves_nothing(service: Service, usage: bytes) -> None:
    with checking(service, usage) as (process, answers):
        os.kill(process, signal.SIGKILL)
    assert answers[0].status_code == 503
    assert say("check_broken_off", "en").replace("'", "&#39;") in answers[0].text
    assert re.search(r'<p class="error"[^>]*usage-error', answers[0].text) is None  # no file is to blame
    assert list((service.home / "levies").glob("*")) == []


@pytest.mark.skipif(not Path("/proc/self/limits").is_file(), reason="limits of a process are told by Linux alone")
def test_a_check_takes_no_more_memory_than_it_may(service: Service, usage: bytes) -> None:
    limit = ""
    with checking(service, usage) as (process, answers):
        while str(_MOST_MEMORY) not in limit and not answers:
            limit = next(x for x in Path(f"/proc/{process}/limits").read_text().splitlines() if "data size" in x)
    assert limit.split()[3] == str(_MOST_MEMORY)


@pytest.fixture
def sent(tmp_path: Path, usage: bytes) -> dict[str, Any]:
    """A check of a month that lies on the disk, but for its seconds."""
    upload = tmp_path / "levy" / "upload"
    upload.mkdir(parents=True)
    (upload / "usage-1.csv").write_bytes(usage)
    file = SentFile("usage", "usage-1.csv", "mine.csv", len(usage), "")
    asked = replace(Asked.of(QUERY, PLATFORM, TARIFF, date(2025, 11, 30)), files=(file,))
    return {"asked": asked, "upload": upload, "tariff": TARIFF.folder, "secret": SECRET, "tenant": PLATFORM}


def test_a_check_that_takes_too_long_is_ended(sent: dict[str, Any]) -> None:
    with pytest.raises(Problem) as raised:
        asyncio.run(Checks().found(MonthCheck(**sent, seconds=0.05)))
    assert (raised.value.status, raised.value.code) == (503, "check_too_slow")
    assert "Retry-After" in raised.value.headers
    assert children(os.getpid()) == []


def test_a_check_that_dies_before_it_is_told_what_to_check_is_said_too(sent: dict[str, Any]) -> None:
    """On the loop that the service runs on, whose pipes say in their own way that nobody reads any more."""
    over, before = threading.Event(), started()

    def kill_at_once() -> None:
        while not over.is_set():
            for process in started() - before:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    async def refused() -> tuple[int, str]:
        with pytest.raises(Problem) as raised:
            await Checks().found(MonthCheck(**sent, seconds=60))
        return raised.value.status, raised.value.code

    killer = threading.Thread(target=kill_at_once)
    killer.start()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert {runner.run(refused()) for _ in range(40)} == {(503, "check_broken_off")}
    finally:
        over.set()
        killer.join()


def test_one_month_is_checked_at_a_time_and_nobody_waits_for_ever(sent: dict[str, Any]) -> None:
    async def both() -> list[Any]:
        check = MonthCheck(**sent, seconds=60)
        checks = Checks()
        asked = (checks.found(check, wait_s) for wait_s in (60, 0.05))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second = asyncio.run(both())
    assert first.totals["rows"] == 11
    assert (second.status, second.code) == (503, "checks_wait")


def test_services_of_one_process_do_not_wait_for_each_other(sent: dict[str, Any], tmp_path: Path) -> None:
    async def both() -> list[Any]:
        check = MonthCheck(**sent, seconds=60)
        return await asyncio.gather(*(Checks().found(check, wait_s) for wait_s in (60, 0.05)))

    assert [found.totals["rows"] for found in asyncio.run(both())] == [11, 11]
    one, other = (create_app(settings(tmp_path)).state.checks for _ in range(2))
    assert one is not other


def test_a_check_whose_service_is_gone_ends_itself(sent: dict[str, Any]) -> None:
    ended = subprocess.run(
        command(MODULE),
        input=MonthCheck(**sent, seconds=-4.95).text,  # what it may take beyond that is all it has
        env=surroundings(),
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGALRM, b"")


def test_what_a_check_refuses_is_the_same_error(sent: dict[str, Any]) -> None:
    (sent["upload"] / "usage-1.csv").write_bytes(b"month,worker,kilometres\n")
    with pytest.raises(Exception, match="kilometres") as raised:
        found_in(
            subprocess.run(
                command(MODULE), input=MonthCheck(**sent, seconds=60).text, env=surroundings(), stdout=-1, check=True
            ).stdout
        )
    assert getattr(raised.value, "code", "") == "unknown_column"
