"""A release swapped under load: each answer belongs wholly to one release, and a broken release changes nothing."""

import datetime as dt
import json
import shutil
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from pricing.tariff import Tariff
from service.clock import now, today
from service.json_text import json_bytes
from service.prices.quote import quote
from service.releases.approval import Wish
from service.releases.history import HISTORY, folder_of
from service.releases.release import rollback
from tests.service.releases import law, released
from tests.service.serving import Service, recorded, served

pytestmark = pytest.mark.slow
CALLERS = 4
REQUEST = {
    "month": "2026-08",
    "worker": "w_4KQ7ZB2M",
    "covers": [],
    "usage": [
        {
            "platform": "meituan",
            "region": "110000",
            "occupation": "food_rider",
            "vehicle": "e_bike",
            "employment": "employee",
            "risk_class": 5,
            "orders": 600,
            "distance_m": 2_500_000,
            "active_days": 26,
            "income_fen": 300_000,
        }
    ],
}


def answered(tariff: Tariff) -> bytes:
    """What a release answers, computed here."""
    return json_bytes(quote({**REQUEST, "known_on": today().isoformat()}, tariff, today()))


def ask(service: Service, client: httpx.Client) -> httpx.Response:
    return client.post("/v1/prices", json={**REQUEST, "known_on": today().isoformat()}, headers=service.key("insurer"))


class Load:
    """Callers who ask without a pause, and what they were answered."""

    def __init__(self, service: Service, callers: int = CALLERS) -> None:
        self.found: list[tuple[str, str, bytes]] = []
        self._end = threading.Event()
        service.key("insurer")
        self._threads = [threading.Thread(target=self._ask, args=(service,)) for _ in range(callers)]

    def _ask(self, service: Service) -> None:
        with httpx.Client(base_url=service.url, timeout=30) as client:
            while not self._end.is_set():
                answer = ask(service, client)
                assert answer.status_code == 200, answer.text
                said = answer.headers
                self.found.append((said["licheng-release"], said["licheng-edition"], answer.content))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def until(self, release: str, most_s: float = 30) -> None:
        """Wait until a release answers."""
        end = time.monotonic() + most_s
        while not self.found or self.found[-1][0] != release:
            assert time.monotonic() < end, f"release {release} did not answer"
            time.sleep(0.05)


def test_each_answer_belongs_wholly_to_one_release(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    releases.mkdir()
    start = now() - dt.timedelta(minutes=5)
    with served(tmp_path) as service, Load(service) as load:
        load.until("demonstration")
        released(law(tmp_path / "first", floor=750_000), releases, at=start)
        recorded(service.database, releases)
        load.until("1")
        second = law(tmp_path / "second", floor=760_000)
        released(second, releases, at=start + dt.timedelta(minutes=1))
        recorded(service.database, releases)
        load.until("2")
        rollback(releases, 1, Wish("Zhao Min", start + dt.timedelta(minutes=2), "a test"))
        recorded(service.database, releases)
        load.until("1")
    expected = {
        "demonstration": answered(Tariff.load(folder_of(releases, 0))),
        "1": answered(Tariff.load(folder_of(releases, 1))),
        "2": answered(Tariff.load(folder_of(releases, 2))),
    }
    assert len(set(expected.values())) == 3
    counted = Counter(release for release, _, _ in load.found)
    assert min(counted[release] for release in expected) > 5
    for release, edition, body in load.found:
        assert body == expected[release]
        assert json.loads(body)["edition"] == edition


def test_a_broken_release_leaves_the_old_one_in_force_and_is_told(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    releases.mkdir()
    start = now() - dt.timedelta(minutes=5)
    released(law(tmp_path / "first", floor=750_000), releases, at=start)
    with served(tmp_path) as service:
        before = ask(service, service.http)
        assert before.headers["licheng-release"] == "1"
        kept = (releases / HISTORY).read_bytes()
        other = tmp_path / "elsewhere"
        shutil.copytree(releases, other)
        released(law(tmp_path / "second", floor=760_000), other, at=start + dt.timedelta(minutes=1))
        (other / "0002" / "contribution_base.yaml").write_text("broken: [", encoding="utf-8")
        shutil.copytree(other / "0002", releases / "0002")
        (releases / HISTORY).write_bytes((other / HISTORY).read_bytes())
        assert told(service, "degraded") == 1
        after = ask(service, service.http)
        assert (after.headers["licheng-release"], after.content) == ("1", before.content)
        assert service.get("/v1/tariffs/2026-08", role="").json()["release"]["number"] == 1
        (releases / HISTORY).write_bytes(kept)
        shutil.rmtree(releases / "0002")
        assert told(service, "ready") == 1


def told(service: Service, status: str) -> int:
    """The release in force once `/status/ready` says a status."""
    end = time.monotonic() + 90
    while True:
        said = service.get("/status/ready", role="").json()
        if said["status"] == status:
            release: int = said["release"]
            return release
        assert time.monotonic() < end, said
        time.sleep(0.1)
