"""A worker is erased: its id is shown to nobody, also where somebody had typed it into another column or a name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.sent_months import all_items, month_files, over, rows, send, send_form
from tests.service.serving import Service, client

KEPT = "w_STAYS0001"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as running:
        yield running


def erase(service: Service, worker: str) -> None:
    answer = service.http.delete(f"/v1/workers/{worker}", headers=service.key("admin"))
    assert answer.status_code == 200, answer.text


def told(service: Service, levy: dict[str, Any]) -> str:
    """All that its sender is told of a month."""
    links = levy["links"]
    settled = ("lines", "refusals", "side-refusals") if levy["state"] == "done" else ()
    tables = [all_items(service, links[table]) for table in settled]
    service.http.cookies.clear()
    key = service.key("platform")["Authorization"].removeprefix("Bearer ")
    assert service.http.post("/months/sign-in", data={"key": key}).status_code == 303
    page = service.http.get(f"/months/{levy['id']}").text
    listed = service.get("/v1/levies", "platform").text
    return json.dumps(tables) + page + listed + service.get(links["self"], "platform").text


LONG = "w_SECRET_longer_than_a_mark_keeps_of_a_text"
PLACES = [
    (LONG, {"distance_m": LONG}),  # the first: its mark keeps a part, which is hidden once anybody is erased
    ("w_SECRET01", {"worker": "w_SECRET01", "contractor": "w_SECRET01"}),
    ("w_SECRET02", {"contractor": "w_SECRET02", "worker_ref": "w_SECRET02"}),
    ("w_SECRET03", {"distance_m": "w_SECRET03"}),
    ("w_SECRET04", {"occupation": "courier w_SECRET04"}),
    ("w_SECRET05", {"worker_ref": "R/w_SECRET05"}),
    ("w_SECRET06", {"x_team": "w_SECRET06"}),
]


@pytest.fixture(scope="module")
def levy(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A month with a row for each place, and one with a word that stays."""
    good = rows(4)
    typed = [{**good[0], "worker": f"w_other_{n:05d}", **cells} for n, (_, cells) in enumerate(PLACES)]
    stays = {**good[1], "worker": "w_other_stays", "region": KEPT}
    usage, _ = month_files(tmp_path_factory.mktemp("sent"), [*good, *typed, stays])
    return over(service, send(service, usage.read_bytes()))


@pytest.mark.parametrize("worker", [worker for worker, _ in PLACES])
def test_an_erased_id_is_not_opened_in_another_column(service: Service, levy: dict[str, Any], worker: str) -> None:
    assert worker[:30] in told(service, levy)
    erase(service, worker)
    after = told(service, levy)
    assert worker[:30] not in after
    assert KEPT in after


def test_an_erased_id_is_not_opened_in_a_files_name_or_a_header(service: Service, tmp_path: Path) -> None:
    usage, register = month_files(tmp_path, rows(4))
    named = [("usage", ("w_SECRET07.csv", usage.read_bytes())), ("platforms", ("r.csv", register.read_bytes()))]
    levies = [
        over(service, send_form(service, named)),
        over(service, send(service, b"month,worker,platform,region,occupation,w_SECRET07\n")),
    ]
    assert [levy["state"] for levy in levies] == ["done", "failed"]
    for levy in levies:
        assert "w_SECRET07" in told(service, levy)
    erase(service, "w_SECRET07")
    for levy in levies:
        assert "w_SECRET07" not in told(service, levy)
