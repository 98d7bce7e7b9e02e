"""Months survive the death of whoever settles them, and are settled once however many services look after them."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from pricing.tariff import SHIPPED
from service.auth.keyring import Keyring
from service.engines.folder import DECLARATIONS
from service.month.asked import Asked
from service.month.folders import LevyFolder
from service.month.run import RunSettings, run
from service.month.stop_signal import StopSignal
from service.store import levies
from service.store.audit import entries
from service.store.database import connect, reading, writing
from service.store.levies import Levy
from service.uploads.receiving import OneFile
from service.uploads.sending import received
from tests.months import settle
from tests.service.queued_months import Queue, big, home_in, left, pending, runner_of, until
from tests.service.releases import law
from tests.service.secrets import CHAIN
from tests.service.sent_months import COMMAND, CSV, MONTH, month_files, over, rows, send, send_form
from tests.service.serving import SECRET, Service, client, served, settings

Json = dict[str, Any]
pytestmark = pytest.mark.slow
KILLS = 20  # of the server, at a moment drawn by chance
RUNS = 4  # that begin one month at once


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path)
    yield made
    made.engine.dispose()


def test_a_queued_month_is_settled_by_the_next_service(queue: Queue) -> None:
    assert (queue.levy.state, queue.folder.upload.is_dir()) == ("queued", True)
    with queue.looked_after():
        until(lambda: queue.levy.state == "done")
    assert (queue.levy.attempts, queue.folder.upload.exists(), queue.acts("levy.done")) == (1, False, 1)


def test_a_killed_run_is_begun_again(queue: Queue) -> None:
    with queue.looked_after():
        process = until(lambda: queue.levy.state == "running" and runner_of(queue))
        os.kill(process, signal.SIGKILL)
        until(lambda: queue.levy.state == "done")
    assert queue.levy.attempts == 2
    assert [path.name for path in queue.folder.root.iterdir() if path.name.startswith(".")] == []


def test_a_run_that_is_stuck_is_ended_and_begun_again(queue: Queue) -> None:
    with queue.looked_after(silent_s=3):
        process = until(lambda: queue.levy.state == "running" and runner_of(queue))
        os.kill(process, signal.SIGSTOP)
        until(lambda: queue.levy.state == "done")
    assert queue.levy.attempts == 2


def test_a_month_that_kills_every_run_is_given_up(queue: Queue) -> None:
    with queue.looked_after():
        while queue.levy.state in ("queued", "running"):
            if process := runner_of(queue) if queue.levy.state == "running" else 0:
                os.kill(process, signal.SIGKILL)
                until(lambda dead=process: not Path(f"/proc/{dead}/cmdline").exists())
            time.sleep(0.02)
    assert (queue.levy.state, queue.levy.attempts) == ("failed", 3)
    assert json.loads(queue.levy.error or "")["code"] == "levy_given_up"
    assert not queue.folder.upload.exists()


def test_of_a_month_that_is_given_up_nothing_half_done_is_left(queue: Queue) -> None:
    for name in (".month.making-1234abcd", ".work-x"):  # of a run that was killed in the middle
        (queue.folder.root / name).mkdir()
        (queue.folder.root / name / "usage.parquet").write_bytes(b"PAR1")
    queue.change("state = 'running', runner = 'gone', attempts = 3")
    with queue.looked_after():
        until(lambda: queue.levy.state == "failed")
    assert json.loads(queue.levy.error or "")["code"] == "levy_given_up"
    assert left(queue.serving.home) == {queue.id: ["error.json", "lock"]}


def test_a_service_that_stops_hands_its_month_back(queue: Queue) -> None:
    with queue.looked_after():
        until(lambda: queue.levy.state == "running")
    assert queue.levy.state in ("queued", "done")
    assert queue.levy.attempts == (0 if queue.levy.state == "queued" else 1)
    with queue.looked_after():
        until(lambda: queue.levy.state == "done")


def test_a_run_that_is_told_to_stop_before_it_has_claimed_its_month_hands_it_back(queue: Queue) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for told in before:
        stop = StopSignal()
        try:
            stop.listen()
            os.kill(os.getpid(), told)  # kept: nothing here can be put down yet
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        with pytest.raises(KeyboardInterrupt):
            run(queue.id, RunSettings.of(queue.serving, "told"), stop)
        assert (queue.levy.state, queue.levy.attempts) == ("queued", 0)


def test_a_month_that_was_published_before_the_crash_is_only_told(queue: Queue) -> None:
    run(queue.id, RunSettings.of(queue.serving, "first"), StopSignal())
    published = (queue.folder.month / "receipt.json").stat()
    queue.change("state = 'queued', runner = NULL")
    run(queue.id, RunSettings.of(queue.serving, "second"), StopSignal())
    assert (queue.levy.state, queue.levy.rows, queue.levy.runner) == ("done", 11, "second")
    assert (queue.folder.month / "receipt.json").stat() == published


def test_a_run_answers_from_the_tariff_that_the_service_was_told_to_use(queue: Queue, tmp_path: Path) -> None:
    named = law(tmp_path / "named")
    for serving, folder in ((queue.serving, SHIPPED), (replace(queue.serving, tariff=named), named)):
        handed = RunSettings.read(RunSettings.of(serving, "a run").text)
        assert handed.tariffs(queue.engine).now().folder == folder


def test_of_two_runs_of_one_month_only_one_settles(queue: Queue) -> None:
    names = [f"run {number}" for number in range(RUNS)]
    threads = [
        threading.Thread(target=run, args=(queue.id, RunSettings.of(queue.serving, name), StopSignal()))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (queue.levy.state, queue.levy.attempts, queue.acts("levy.done")) == ("done", 1, 1)


def test_a_claim_is_given_to_one(queue: Queue) -> None:
    taken: list[Levy] = []

    def claim(runner: str) -> None:
        with writing(queue.engine) as connection:
            if found := levies.claim(connection, queue.id, runner):
                taken.append(found)

    threads = [threading.Thread(target=claim, args=(f"run {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [levy.runner for levy in taken] == [queue.levy.runner]


def test_two_services_on_one_home_settle_each_month_once(queue: Queue) -> None:
    with queue.looked_after(), queue.looked_after(), client(queue.serving.home) as service:
        sent = [send(service, queue.usage) for _ in range(3)]
        done = [over(service, each) for each in sent]
        until(lambda: queue.levy.state == "done")
    assert {levy["state"] for levy in done} == {"done"}
    assert queue.acts("levy.done") == 4
    with reading(queue.engine) as connection:
        assert {levy.attempts for levy in levies.listed(connection, None, 10, None)} == {1}


def test_what_a_dead_service_was_receiving_is_taken_away_or_finished(queue: Queue) -> None:
    broken = LevyFolder(queue.serving.home, "lv_00000000000000000000000BRK")
    broken.begin()
    (broken.receiving_upload / "usage-1.csv").write_bytes(b"w_rider_0000001")
    queue.folder.root.rename(queue.folder.receiving)  # committed, but the folder had not its name yet
    with queue.looked_after():
        until(lambda: queue.levy.state == "done")
    assert (broken.receiving.exists(), queue.folder.receiving.exists()) == (False, False)


def test_a_month_that_did_not_get_its_name_is_finished_while_the_service_runs(queue: Queue) -> None:
    elsewhere = queue.folder.root.rename(queue.serving.home / "elsewhere")
    with queue.looked_after():
        time.sleep(1.5)  # it has swept once
        elsewhere.rename(queue.folder.receiving)  # as where the disk refused the rename after the store had it
        until(lambda: queue.levy.state == "done")
    assert not queue.folder.receiving.exists()


def test_what_is_received_is_left_alone_for_as_long_as_it_is_held(queue: Queue) -> None:
    queue.folder.root.rename(queue.serving.home / "elsewhere")
    held, just_made = (LevyFolder(queue.serving.home, f"lv_00000000000000000000000{name}") for name in ("HLD", "NEW"))
    with queue.looked_after():
        time.sleep(1.5)
        for folder in (held, just_made):
            folder.begin()
        with held.held() as ours:
            assert ours
            time.sleep(2)
            assert just_made.receiving.is_dir()  # whoever made it may be about to hold it
            until(lambda: not just_made.receiving.exists())
            assert held.receiving_upload.is_dir()
        until(lambda: not held.receiving.exists())


def test_an_upload_is_held_until_the_store_has_decided_over_it(tmp_path: Path) -> None:
    """Also where its sender is gone by then: what nobody holds is taken away."""
    decided: Future[None] = Future()

    async def blocks() -> AsyncIterator[bytes]:
        yield b"month,worker"

    async def send_and_go() -> LevyFolder:
        async with received(tmp_path, blocks(), lambda folder: OneFile(folder, CSV)) as upload:
            upload.kept_with(decided)
        return upload.folder

    folder = asyncio.run(send_and_go())
    with folder.held() as ours:
        assert not ours
    decided.set_result(None)
    assert (folder.receiving.exists(), folder.upload.is_dir()) == (False, True)
    with folder.held() as ours:
        assert ours


def test_the_order_is_kept_whole(queue: Queue) -> None:
    asked = Asked.read(queue.levy.order)
    assert (asked.month, asked.own, asked.schemes[0], asked.demonstration) == (
        MONTH,
        "meituan",
        "pilot_per_order",
        True,
    )
    assert [(file.part, file.said) for file in asked.files] == [("usage", "usage.csv")]
    assert Asked.read(replace(asked, files=()).text).files == ()
    assert Keyring.of(SECRET).worker_key("w_rider_0000001") not in queue.levy.order


def test_the_whole_server_killed_in_the_middle_of_a_month(tmp_path: Path) -> None:
    usage, register = month_files(tmp_path, big(30_000))
    parts = [("usage", ("usage.csv", usage.read_bytes())), ("platforms", ("r.csv", register.read_bytes()))]
    home = tmp_path / "home"
    home.mkdir()
    with served(home) as first:
        sent = send_form(first, parts)
        address = sent.headers["Location"]
        until(lambda: first.get(address, "platform").json()["stage"])
        assert first.process is not None
        os.killpg(first.process.pid, signal.SIGKILL)
    with served(home) as second:
        levy = over(Service(second.http, home, first.keys), sent)
        got = second.http.get(levy["links"]["declarations"] + "?format=csv", headers=first.key("platform"))
    assert levy["state"] == "done"
    settle(usage, tmp_path / "month", *COMMAND, "--platforms", register)
    assert got.content == (tmp_path / "month" / DECLARATIONS).read_bytes()


def test_a_server_killed_twenty_times_leaves_nothing_half_done(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows())
    home_in(tmp_path)
    moments = random.Random(2026)
    for _ in range(KILLS):
        with served(tmp_path / "home") as service:
            with suppress(httpx.HTTPError):
                send(service, usage.read_bytes())
            time.sleep(moments.uniform(0, 2.5))
            assert service.process is not None
            os.killpg(service.process.pid, signal.SIGKILL)
    engine = connect(settings(tmp_path / "home").database, CHAIN)
    with client(tmp_path / "home"):
        while waiting := len(pending(engine)):  # however slow the machine is, one after the other
            until(lambda waits=waiting: len(pending(engine)) < waits, 300)
    with reading(engine) as connection:
        found = levies.listed(connection, None, 100, None)
        done = [entry.subject for entry in entries(connection) if entry.action == "levy.done"]
    engine.dispose()
    assert len(found) == KILLS
    assert sorted(done) == sorted(levy.id for levy in found if levy.state == "done")
    assert {json.loads(levy.error or "")["code"] for levy in found if levy.state == "failed"} <= {"levy_given_up"}
    ended = {"done": ["lock", "month"], "failed": ["error.json", "lock"]}
    assert left(tmp_path / "home") == {levy.id: ended[levy.state] for levy in found}


def test_an_upload_that_is_cut_leaves_nothing(tmp_path: Path) -> None:
    with served(home_in(tmp_path)) as service:
        address = (service.http.base_url.host, service.http.base_url.port)
        with socket.create_connection(address) as wire:
            head = f"POST /v1/levies?month={MONTH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
            head += f"Authorization: {service.key('platform')['Authorization']}\r\nContent-Length: 90000000\r\n\r\n"
            wire.sendall(head.encode() + b"x" * 3_000_000)
            until(lambda: left(tmp_path / "home"))
        until(lambda: left(tmp_path / "home") == {})
        assert service.get("/v1/levies", "platform").json()["items"] == []


def test_a_disk_that_fills_while_a_month_is_settled_leaves_nothing_half_done(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, big(30_000))
    with client(home_in(tmp_path), runs=0) as idle:
        levy = send(idle, usage.read_bytes()).json()["id"]
    serving = settings(tmp_path / "home")
    ended = subprocess.run(
        ["prlimit", "--fsize=2000000", sys.executable, "-m", "service.month.run", levy],
        input=RunSettings.of(serving, "one").text,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    with client(tmp_path / "home") as service:
        said = service.get(f"/v1/levies/{levy}", "platform").json()
    assert (said["state"], said["error"]["code"]) == ("failed", "folder_not_written")
    assert left(tmp_path / "home") == {levy: ["error.json", "lock"]}
