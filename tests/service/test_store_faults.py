"""Faults with real processes: whatever was answered is there afterwards, and nothing is half there."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.store.database import connect, reading, writing
from service.store.tables import idempotency
from tests.service.hammering import RIDER, SMALL, Told, hammered, stored, whole_log
from tests.service.postgres import postgres
from tests.service.secrets import CHAIN
from tests.service.sent_months import CSV, QUERY, month_files, rows
from tests.service.serving import Service, served

CALLERS = 64
AFTER = (70, 150, 300, 450, 600)  # quotes answered before each kill of five in a row
EACH = 150  # quotes stored through each of two processes
WHILE_GONE = 20  # requests of each kind while the database is gone
WHILE_FULL = 50  # refusals, at least, while the disk is full


def kill(service: Service) -> None:
    """As a power cut would: no process of the service does anything more."""
    assert service.process is not None
    os.killpg(service.process.pid, signal.SIGKILL)
    service.process.wait(20)


def nothing_lost(database: str, told: Told) -> None:
    """Every answered quote with its bytes, an entry in the log for each that is stored, and for no other."""
    found = stored(database)
    assert {number: found.get(number) for number in told.stored} == told.stored
    logged = [entry.subject for entry in whole_log(database) if entry.action == "quote.created"]
    assert sorted(logged) == sorted(found)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to hold in time"
        time.sleep(0.1)


def claimed(database: str) -> int:
    """How many idempotency keys are in use."""
    engine = connect(database)
    with reading(engine) as connection:
        found = len(connection.execute(idempotency.select()).all())
    engine.dispose()
    return found


def killed_under_load(home: Path, enough: int) -> int:
    """How many quotes were answered before the kill."""
    with served(home) as service, hammered(service, CALLERS, enough) as told:
        kill(service)
    assert told.lost > 0
    nothing_lost(service.database, told)
    with served(home) as again:
        number, sent = next(iter(told.stored.items()))
        assert again.get(f"/v1/quotes/{number}").content == sent
        assert again.post("/v1/quotes", SMALL).status_code == 201
    return len(told.stored)


@pytest.mark.slow
def test_a_killed_service_has_kept_every_quote_that_it_answered(tmp_path: Path) -> None:
    assert killed_under_load(tmp_path, 200) >= 200


@pytest.mark.slow
def test_five_kills_in_a_row_lose_nothing(tmp_path: Path) -> None:
    assert sum(killed_under_load(tmp_path, enough) for enough in AFTER) >= sum(AFTER)
    assert len(stored(f"sqlite:///{tmp_path / 'licheng.db'}")) >= sum(AFTER)


@pytest.mark.slow
def test_after_a_kill_every_key_sent_again_has_one_quote(tmp_path: Path) -> None:
    with served(tmp_path) as service, hammered(service, CALLERS, 150, named="key") as told:
        kill(service)
    key = service.key("insurer")
    engine = connect(service.database, CHAIN)
    with writing(engine) as connection:  # five minutes later
        past = connection.execute(idempotency.update().values(created_at="2026-01-01T00:00:00+08:00"))
        connection.execute(
            idempotency.update().where(idempotency.c.status.is_not(None)).values(created_at="2999-01-01T00:00:00+08:00")
        )
        assert past.rowcount > 0
    engine.dispose()
    with served(tmp_path) as again:
        for name in told.sent_keys:
            answer = again.http.post("/v1/quotes", json=SMALL, headers={**key, "Idempotency-Key": name})
            assert answer.status_code == 201
            assert told.keys.setdefault(name, answer.json()["id"]) == answer.json()["id"]
    assert len(stored(service.database)) == len(set(told.sent_keys)) == len(set(told.keys.values()))
    whole_log(service.database)


@pytest.mark.slow
def test_two_processes_on_one_store_keep_one_chain_and_all_quotes(database: str, tmp_path: Path) -> None:
    environ = {"LICHENG_DATABASE_URL": database}
    with (
        served(tmp_path, environ=environ) as one,
        served(tmp_path, environ=environ) as other,
        hammered(one, 16, EACH) as of_one,
        hammered(other, 16, EACH) as of_other,
    ):
        number = next(iter(of_one.stored))
        assert other.get(f"/v1/quotes/{number}", "auditor").content == of_one.stored[number]
    assert set(of_one.statuses) == set(of_other.statuses) == {201}
    assert not set(of_one.stored) & set(of_other.stored)
    for told in (of_one, of_other):
        nothing_lost(database, told)


def asked(service: Service, path: str) -> httpx.Response:
    return service.post(path, SMALL)


@pytest.mark.slow
def test_a_database_that_went_and_came_back(tmp_path: Path) -> None:
    with postgres() as server:
        url = server.database("licheng")
        with served(tmp_path, environ={"LICHENG_DATABASE_URL": url}) as service:
            before = asked(service, "/v1/quotes")
            assert before.status_code == 201
            assert asked(service, "/v1/prices").status_code == 200
            server.stop("immediate")
            gone = asked(service, "/v1/quotes")
            assert (gone.status_code, gone.json()["code"]) == (503, "store_not_available")
            assert int(gone.headers["retry-after"]) >= 1
            assert service.get(before.headers["location"]).status_code == 503
            time.sleep(1.5)  # longer than a key is believed without the store
            began = time.monotonic()
            assert [asked(service, "/v1/prices").status_code for _ in range(WHILE_GONE)] == [200] * WHILE_GONE
            assert [asked(service, "/v1/quotes").status_code for _ in range(WHILE_GONE)] == [503] * WHILE_GONE
            assert time.monotonic() - began < 60
            server.start()
            until(lambda: asked(service, "/v1/quotes").status_code == 201)
            assert service.get(before.headers["location"]).content == before.content
        whole_log(url)


@pytest.mark.slow
def test_a_postgresql_that_dies_under_load_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with postgres() as server:
        url = server.database("licheng")
        with served(tmp_path, environ={"LICHENG_DATABASE_URL": url}) as service:
            with hammered(service, 32, 150) as told:
                server.stop("immediate")
                time.sleep(1)
                server.start()
                until(lambda: asked(service, "/v1/quotes").status_code == 201)
            assert set(told.statuses) == {201, 503}
        nothing_lost(url, told)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 12 MB where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted here; the test with a limit on files runs")
    return place


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_nothing_half_written(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    try:
        with served(small_disk) as service:
            with hammered(service, 32, 50) as told:
                ballast.write_bytes(b"")
                with ballast.open("ab", buffering=0) as file:
                    filled(file.fileno())
                until(lambda: told.statuses[503] > WHILE_FULL)
                full = service.post("/v1/quotes", SMALL)
                assert (full.status_code, full.json()["code"]) == (503, "store_not_available")
                assert service.post("/v1/prices", SMALL).status_code == 200
                ballast.unlink()
                until(lambda: asked(service, "/v1/quotes").status_code == 201)
            assert {one.json()["code"] for one in told.refused} == {"store_not_available"}
            nothing_lost(service.database, told)
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=True)


def filled(file: int) -> None:
    """Write until the file system takes no more."""
    for size in (1 << 20, 1 << 12, 1):
        try:
            while True:
                os.write(file, b"\0" * size)
        except OSError:
            continue


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_said_and_grows_on_later(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        assert service.process is not None
        with hammered(service, 16, 30) as told:
            most = (tmp_path / "licheng.db-wal").stat().st_size + 100_000
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            until(lambda: told.statuses[503] > 20)
            assert service.post("/v1/prices", RIDER).status_code == 200
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, unlimited)
            until(lambda: asked(service, "/v1/quotes").status_code == 201)
        nothing_lost(service.database, told)


@pytest.mark.slow
def test_a_database_that_another_holds_is_waited_for(tmp_path: Path) -> None:
    with served(tmp_path) as service, ThreadPoolExecutor(1) as beside:
        engine = connect(service.database, CHAIN)
        with writing(engine):
            waits = beside.submit(asked, service, "/v1/quotes")
            with pytest.raises(TimeoutError):
                waits.result(2)
        assert waits.result(20).status_code == 201
        engine.dispose()


def moved(home: Path, before: str, after: str) -> None:
    """The database with the files beside it under another name."""
    for path in home.glob(f"{before}licheng.db*"):
        path.rename(home / (after + path.name.removeprefix(before)))


@pytest.mark.slow
def test_a_database_file_that_is_moved_away_and_comes_back(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        before = asked(service, "/v1/quotes")
        moved(tmp_path, "", "away-")
        gone = [asked(service, "/v1/quotes") for _ in range(WHILE_GONE)]
        assert [(one.status_code, one.json()["code"]) for one in gone] == [(503, "store_not_available")] * WHILE_GONE
        assert asked(service, "/v1/prices").status_code == 200
        until(lambda: service.get("/status/ready", role="").status_code == 503)
        assert not (tmp_path / "licheng.db").exists(), "an empty one in its place would be worse"
        moved(tmp_path, "away-", "")
        until(lambda: asked(service, "/v1/quotes").status_code == 201)
        assert service.get(before.headers["location"]).content == before.content
        until(lambda: service.get("/status/ready", role="").status_code == 200)
    whole_log(service.database)


def test_what_failed_with_the_database_may_be_sent_again_under_its_key_when_it_is_back(tmp_path: Path) -> None:
    usage = month_files(tmp_path, rows())[0].read_bytes()
    (home := tmp_path / "home").mkdir()
    with served(home) as service:
        headers = {**service.key("platform"), "Content-Type": CSV, "Idempotency-Key": "2025-08"}

        def sent(content: Any) -> httpx.Response:
            return service.http.post("/v1/levies", params=QUERY, content=content, headers=headers)

        def slowly() -> Iterator[bytes]:
            yield usage[:50]
            until(lambda: claimed(service.database) == 1)
            assert sent(usage).status_code == 409
            moved(home, "", "away-")
            yield usage[50:]

        assert sent(slowly()).status_code == 503
        time.sleep(1)  # longer than a try to give it up
        moved(home, "away-", "")
        until(lambda: sent(usage).status_code == 202)


@pytest.mark.slow
def test_a_database_file_that_is_replaced_is_the_one_that_is_written(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        first = asked(service, "/v1/quotes").json()["id"]
        moved(tmp_path, "", "away-")
        for path in tmp_path.glob("away-licheng.db*"):
            shutil.copy(path, tmp_path / path.name.removeprefix("away-"))
        second = asked(service, "/v1/quotes").json()["id"]
        assert set(stored(service.database)) == {first, second}
