"""What is known on a day to come cannot be known: every door that takes `known_on` refuses it, in the same words."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pricing.words import say
from service.clock import today
from tests.claims import CLAIMS
from tests.months import run, write_csv
from tests.service.serving import QUOTE, Service

Json = dict[str, Any]
CODE = "known_on_to_come"
DAY = today()
TOMORROW = (DAY + dt.timedelta(2)).isoformat()  # also where midnight in China passes meanwhile
DIDI: Json = {"month": "2025-08", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing"}
TOTAL: Json = {**DIDI, "orders": 9}
BENEFIT: Json = {"benefit": "death", "month": "2025-10", "region": "110000", "wage_fen": 800_000}
USAGE: Json = {"month": "2025-08", "worker": "w_4KQ7ZB2M", **QUOTE["usage"][0]}
LATER = f"{DAY.year + 1}-{DAY.month:02d}"


def refused(got: Any, pointer: str = "/known_on") -> None:
    problem = got.json()
    assert (got.status_code, problem["code"], problem["place"]) == (422, CODE, "known_on")
    assert problem["pointer"] == pointer
    assert TOMORROW in problem["detail"]


@pytest.mark.parametrize("path", ["/v1/prices", "/v1/quotes"])
def test_a_price_and_a_stored_quote(path: str, service: Service) -> None:
    refused(service.post(path, {**QUOTE, "known_on": TOMORROW}))
    for asked in ({"known_on": DAY.isoformat()}, {"month": LATER}):
        assert service.post(path, {**QUOTE, **asked}).is_success


def test_one_of_a_batch(service: Service) -> None:
    late, sound = service.post("/v1/prices", [{**QUOTE, "known_on": TOMORROW}, QUOTE]).json()
    assert (late["problem"]["code"], late["problem"]["pointer"], "problem" in sound) == (CODE, "/known_on", False)


def test_a_declaration(service: Service) -> None:
    answer = service.post("/v1/declarations", {**TOTAL, "known_on": TOMORROW}).json()
    assert (answer["refusal"]["code"], answer["refusal"]["place"]) == (CODE, "known_on")


def test_a_month(service: Service) -> None:
    headers = {**service.key("platform"), "Content-Type": "text/csv"}
    address = f"/v1/levies?month=2025-08&known_on={TOMORROW}"
    refused(service.http.post(address, content=b"month,worker\n", headers=headers))


@pytest.mark.parametrize("path", ["", "/2025-08", "/2025-08/tables/contribution_base"])
def test_a_tariff(path: str, service: Service) -> None:
    refused(service.get(f"/v1/tariffs{path}?known_on={TOMORROW}", ""), "")
    assert service.get(f"/v1/tariffs{path}?known_on={DAY}", "").status_code == 200


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_a_tariff(lang: str, service: Service) -> None:
    got = service.http.get(f"/tariff?month=2025-08&known_on={TOMORROW}&lang={lang}", headers={"Accept": "text/html"})
    assert got.status_code == 422
    assert say(CODE, lang, known_on=TOMORROW, today=today().isoformat()) in got.text


COMMANDS: list[tuple[str, ...]] = [
    ("quote", "{quote}"),
    ("quote", "--month", "2025-08", "--platform", "meituan", "--region", "500000", "--known-on", TOMORROW),
    ("benefit", "{benefit}"),
    ("claim", "{claim}"),
    ("levy", "{usage}", "--month", "2025-08", "--known-on", TOMORROW, "--out", "{out}"),
    ("check", "{usage}", "--month", "2025-08", "--known-on", TOMORROW),
    ("tariff", "show", "2025-08", "--known-on", TOMORROW),
    ("tariff", "which", "--month", "2025-08", "--known-on", TOMORROW),
    ("tariff", "export", "--month", "2025-08", "--known-on", TOMORROW, "--out", "{out}"),
    ("tariff", "diff", "--from-month", "2025-07", "--month", "", "--to-month", "2025-08", "--known-on", TOMORROW),
    ("tariff", "diff", "--from-known", "2025-08-01", "--to-known", TOMORROW),
    ("tariff", "diff", "--from-known", TOMORROW),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_command(command: tuple[str, ...], tmp_path: Path) -> None:
    claim = {"cover": "lumbar", **CLAIMS["lumbar"]}
    sent = {"quote": QUOTE, "benefit": BENEFIT, "claim": claim}
    for name, body in sent.items():
        (tmp_path / name).write_text(json.dumps({**body, "known_on": TOMORROW}), encoding="utf-8")
    write_csv(tmp_path / "usage.csv", [USAGE])
    places = {name: tmp_path / name for name in sent} | {"usage": tmp_path / "usage.csv", "out": tmp_path / "out"}
    done = run(*(word.format(**places) for word in command))
    assert (done.code, done.err.strip()[-len(CODE) - 2 :]) == (3, f"[{CODE}]"), done.err
    assert not (tmp_path / "out").exists()


def test_a_declared_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "totals.csv", [{**TOTAL, "known_on": TOMORROW}, TOTAL])
    first, second = json.loads(run("declare", path, "--json").out)
    assert (first["refusal"]["code"], second["levy_fen"]) == (CODE, 9)
