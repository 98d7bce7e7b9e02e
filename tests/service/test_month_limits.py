"""A month has only so much of what is shared: of time, of crashes that it may have caused, of the places to run in."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.clock import SHANGHAI
from service.month.children import SMALL, is_small
from service.month.pulse import BeatClock
from service.month.run import RunSettings
from service.month.supervisor import MOST_ATTEMPTS, MOST_LOST
from service.store import levies
from service.store.database import writing
from service.store.levies import QUEUED, Levy
from tests.service.queued_months import Queue, big, home_in, left, runner_of, until
from tests.service.sent_months import month_files, rows
from tests.service.serving import served

pytestmark = pytest.mark.slow
LONG = 100_000  # rows: settled in many times the seconds of a short month
CRASHES = MOST_ATTEMPTS + 1  # of the service, more than a month may cause by itself
HOUR_AGO, TWO_HOURS_AGO = "2026-11-26T11:00:00.000+08:00", "2026-11-26T10:00:00+08:00"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def long(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path, big(LONG))
    yield made
    made.engine.dispose()


def code_of(levy: Levy) -> str:
    """Why a month has failed."""
    return str(json.loads(levy.error or "{}").get("code"))


def die(queue: Queue) -> None:
    """A run that claims the month and is gone at once, with nobody there to see it."""
    with writing(queue.engine) as connection:
        assert levies.claim(connection, queue.id, "gone") is not None
    time.sleep(0.01)  # who looks next has started after it


def test_a_month_that_takes_too_long_is_ended_and_lets_others_run(long: Queue, tmp_path: Path) -> None:
    other = long.send(month_files(tmp_path, big(12_000))[0].read_bytes(), "didi")
    assert not is_small(long.of(other))
    with long.looked_after():
        process = until(lambda: long.levy.stage and runner_of(long))
        long.change(f"started_at = '{TWO_HOURS_AGO}'")
        until(lambda: long.levy.state == "failed")
        assert runner_of(long) == 0, process
        until(lambda: long.of(other).state == "done")
    assert (code_of(long.levy), long.levy.attempts, long.acts("levy.failed")) == ("levy_too_long", 1, 1)
    said = json.loads(long.levy.error or "")
    for words in (said["message"], said["message_zh"]):
        assert "60" in words
        assert "LICHENG_RUN_MINUTES" in words
    assert left(tmp_path)[long.id] == ["error.json", "lock"]


def test_a_clock_that_is_set_makes_no_run_too_long() -> None:
    wall, steady = [dt.datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)], [100.0]
    clock, began = BeatClock(lambda: wall[0], lambda: steady[0]), wall[0]
    steady[0] += 5
    wall[0] += dt.timedelta(hours=2)  # set forward, or the machine slept
    assert clock.now() - began == dt.timedelta(seconds=5)
    wall[0] = began - dt.timedelta(hours=1)  # set back
    assert clock.now() == wall[0]


def test_a_run_that_nobody_looks_after_ends_itself_and_is_not_begun_again(long: Queue) -> None:
    settings = RunSettings.of(long.serving, "alone")
    assert settings.seconds > 3600
    command = [sys.executable, "-m", "service.month.run", long.id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as alone:
        assert alone.stdin is not None
        alone.stdin.write(replace(settings, seconds=4).text)
        alone.stdin.close()
        until(lambda: long.levy.state == "running")
        alone.send_signal(signal.SIGSTOP)  # so that it takes longer, whatever the machine
        time.sleep(4)
        alone.send_signal(signal.SIGCONT)
    assert (alone.returncode, long.levy.state) == (-signal.SIGALRM, "running")
    long.change(f"started_at = '{TWO_HOURS_AGO}', beat_at = '{HOUR_AGO}'")
    with long.looked_after():
        until(lambda: long.levy.state == "failed")
    assert (code_of(long.levy), long.levy.attempts) == ("levy_too_long", 1)
    assert left(long.serving.home) == {long.id: ["error.json", "lock"]}


def test_a_run_that_died_early_is_begun_again_however_long_nobody_looked(queue: Queue) -> None:
    die(queue)
    queue.change(f"started_at = '{TWO_HOURS_AGO}', beat_at = '{TWO_HOURS_AGO}'")
    with queue.looked_after():
        until(lambda: queue.levy.state == "done")
    assert queue.levy.attempts == 2


def test_a_healthy_month_outlives_more_crashes_of_its_service_than_it_may_cause_itself(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    queue = Queue(home, big(LONG))
    for run in range(1, CRASHES + 1):
        with served(home) as service:
            until(lambda run=run: queue.levy.attempts == run and queue.levy.stage)
            assert service.process is not None
            os.killpg(service.process.pid, signal.SIGKILL)
    with queue.looked_after():
        until(lambda: queue.levy.state == "done", 180)
    assert (queue.levy.attempts, queue.levy.lost) == (CRASHES + 1, CRASHES)
    queue.engine.dispose()


def test_a_month_that_takes_its_service_down_every_time_is_given_up(queue: Queue) -> None:
    while queue.levy.state == QUEUED:
        die(queue)
        with queue.looked_after(runs=0):
            until(lambda: queue.levy.state != "running")
    assert (queue.levy.state, code_of(queue.levy), queue.levy.attempts) == ("failed", "levy_given_up", MOST_LOST)
    assert left(queue.serving.home) == {queue.id: ["error.json", "lock"]}


def test_crashes_of_both_kinds_are_counted_apart(queue: Queue) -> None:
    for _ in range(MOST_LOST - 1):
        die(queue)
        with queue.looked_after(runs=0):
            until(lambda: queue.levy.state != "running")
    with queue.looked_after(runs=0):
        for _ in range(MOST_ATTEMPTS):
            assert queue.levy.state == QUEUED
            die(queue)
            until(lambda: queue.levy.state != "running")
    assert (queue.levy.state, queue.levy.lost) == ("failed", MOST_LOST - 1)
    assert queue.levy.attempts == MOST_LOST - 1 + MOST_ATTEMPTS


def test_a_short_month_of_another_passes_a_long_one(long: Queue, tmp_path: Path) -> None:
    short = long.send(month_files(tmp_path, rows())[0].read_bytes(), "didi")
    with long.looked_after():
        until(lambda: long.levy.state == "running")
        until(lambda: long.of(short).state == "done")
        assert long.levy.state == "running"
        until(lambda: long.levy.state == "done", 180)
    assert (long.levy.attempts, long.of(short).attempts) == (1, 1)


def test_a_long_month_has_its_turn_beside_many_short_ones(queue: Queue, tmp_path: Path) -> None:
    short = [queue.id, *(queue.send(queue.usage) for _ in range(5))]
    long = queue.send(month_files(tmp_path, big(20_000))[0].read_bytes(), "didi")
    with queue.looked_after():
        begun = until(lambda: queue.of(long).started_at)
    assert sum((queue.of(one).started_at or "never") < begun for one in short) <= 1  # the small place holds one


def order(bytes_sent: int, name: str) -> str:
    """The order of a levy with one file."""
    file = {"part": "usage", "name": name, "said": name, "bytes": bytes_sent, "sha256": ""}
    texts = {"month": "2025-08", "known_on": "2025-11-30", "own": "", "demonstration": False}
    return json.dumps({**texts, "schemes": [], "covers": [], "files": [file]})


@pytest.mark.parametrize(
    ("said", "attempts", "small"),
    [
        (order(SMALL, "usage-1.csv"), 0, True),
        (order(SMALL + 1, "usage-1.csv"), 0, False),
        (order(SMALL // 10, "usage-1.parquet"), 0, True),
        (order(SMALL // 10 + 1, "usage-1.parquet"), 0, False),
        (order(1, "usage-1.csv"), 1, False),  # it was begun before: what it unfolds to may be large
        ("{}", 0, False),
    ],
)
def test_what_is_small_is_told_by_bytes(said: str, attempts: int, small: bool) -> None:
    levy = Levy("lv_1", "k_1", "meituan", "2025-08", QUEUED, HOUR_AGO, said, attempts=attempts)
    assert is_small(levy) is small


def test_a_month_whose_folder_the_disk_refuses_does_not_keep_others_waiting(queue: Queue) -> None:
    other = queue.send(queue.usage, "didi")
    queue.folder.root.rename(queue.serving.home / "elsewhere")
    queue.folder.root.symlink_to("x" * 300)  # to look at it is an error of the system, not an answer
    with queue.looked_after():
        until(lambda: queue.of(other).state == "done")
    die(queue)
    third = queue.send(queue.usage, "didi")
    with queue.looked_after():
        until(lambda: queue.of(third).state == "done")
        queue.folder.root.unlink()
        (queue.serving.home / "elsewhere").rename(queue.folder.root)
        until(lambda: queue.levy.state == "done")
