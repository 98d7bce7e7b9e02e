"""A disk that is full while a month is received, and a database that goes away while one is settled."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.postgres import Postgres
from tests.service.sent_months import all_items, month_files, over, rows, send, send_form
from tests.service.serving import Service, client, served

Json = dict[str, Any]
pytestmark = pytest.mark.slow
TOO_LONG = b"month,worker,platform,region,occupation\n" + b"2025-08,w_rider_01,meituan,500000,food_rider\n" * 100_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose months lie on a disk of 3 MB."""
    levies = tmp_path / "home" / "levies"
    levies.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(levies)]
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("a small disk is made by root on Linux alone")
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a small disk cannot be made here: {made.stderr.strip()}")
    yield levies.parent
    subprocess.run(["umount", str(levies)], check=True)


def check_refused(service: Service, reason: str) -> None:
    """Sent as a file or as a form, what does not fit is refused with words, and nothing of it is left."""
    for sent in (send(service, TOO_LONG), send_form(service, [("usage", ("u.csv", TOO_LONG))])):
        said = sent.json()
        assert (sent.status_code, said["code"]) == (503, "upload_not_kept")
        assert reason in said["message"]
        assert reason in said["message_zh"]
        assert list((service.home / "levies").iterdir()) == []
    assert service.get("/v1/levies", "platform").json()["items"] == []


def check_works(service: Service, folder: Path) -> None:
    usage, _ = month_files(folder, rows(3))
    levy = over(service, send(service, usage.read_bytes()))
    assert (levy["state"], levy["rows"]) == ("done", 5)


def test_a_disk_that_is_full_while_a_month_is_received(small_disk: Path, tmp_path: Path) -> None:
    with served(small_disk) as service:
        check_refused(service, "No space left on device")
        check_works(service, tmp_path)


def test_a_file_that_may_not_grow_while_a_month_is_received(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with served(tmp_path / "home") as service:
        assert service.process is not None
        limit = ["prlimit", "--pid", str(service.process.pid)]
        subprocess.run([*limit, "--fsize=3000000:"], check=True)
        check_refused(service, "File too large")
        subprocess.run([*limit, "--fsize=unlimited:"], check=True)
        check_works(service, tmp_path)


def state_of(service: Service, address: str) -> str:
    return str(service.get(address, "platform").json().get("stage"))


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_database_that_goes_away_while_a_month_is_settled(
    tmp_path: Path, postgres_server: Postgres, how: str
) -> None:
    many = [{n: v for n, v in row.items() if n != "x_team"} for row in rows(120_000)]
    usage, _ = month_files(tmp_path, [{**row, "worker": f"w_many_{n:07d}"} for n, row in enumerate(many)])
    with client(tmp_path / "home", database=postgres_server.database(f"months_{how}")) as service:
        sent = send(service, usage.read_bytes())
        last = time.monotonic() + 180
        while state_of(service, sent.headers["Location"]) == "None":  # until its process has said how far it is
            assert time.monotonic() < last
            time.sleep(0.02)
        postgres_server.stop(how)
        try:
            gone = service.get(sent.headers["Location"], "platform")
            assert (gone.status_code, gone.json()["code"]) == (503, "store_not_available")
            time.sleep(4)  # beats and looks find nobody meanwhile
        finally:
            postgres_server.start()
        last = time.monotonic() + 60
        while service.get(sent.headers["Location"], "platform").status_code != 200:
            assert time.monotonic() < last
            time.sleep(0.2)
        levy = over(service, sent, wait_s=180)
        assert (levy["state"], levy["rows"]) == ("done", 120_002)
        assert len(all_items(service, levy["links"]["declarations"])) > 0
        assert len(service.get(levy["links"]["lines"] + "?limit=50", "platform").json()["items"]) == 50
        assert list((service.home / "levies" / levy["id"]).glob(".*")) == []
