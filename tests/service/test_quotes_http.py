"""Stored quotes over HTTP: the same bytes later, whose they are, computed again, listed."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.clock import today
from service.prices.stored_quote import differences
from service.store.audit import entries
from service.store.database import connect, reading, writing
from tests.service.releases import law, released
from tests.service.secrets import CHAIN
from tests.service.serving import Service, client, recorded

ROOT = Path(__file__).resolve().parents[2]
RIDER: dict[str, Any] = json.loads((ROOT / "service/examples/rider.json").read_text(encoding="utf-8"))
HOST: dict[str, Any] = json.loads((ROOT / "service/examples/host.json").read_text(encoding="utf-8"))
REFUSED = {**RIDER, "usage": [{**row, "orders": 10**30} for row in RIDER["usage"]]}  # beyond 64 bits
OF_BEIJING = {
    "month": "2026-10",
    "worker": "w_4KQ7ZB2M",
    "schemes": ["class_rate"],
    "covers": [],
    "usage": [
        {
            **{"platform": "meituan", "region": "110000", "occupation": "food_rider", "vehicle": "e_bike"},
            **{"employment": "employee", "industry": "60", "orders": 100, "income_fen": 300_000, "active_days": 20},
        }
    ],
}


def rows(service: Service, statement: str) -> list[dict[str, Any]]:
    engine = connect(service.database, CHAIN)
    with reading(engine) as connection:
        found = [dict(row) for row in connection.execute(text(statement)).mappings()]
    engine.dispose()
    return found


def change(service: Service, statement: str, **values: object) -> None:
    engine = connect(service.database, CHAIN)
    with writing(engine) as connection:
        connection.execute(text(statement), values)
    engine.dispose()


@pytest.mark.parametrize("body", [RIDER, HOST, REFUSED])
def test_a_stored_quote_holds_the_stateless_answer_and_gives_the_same_bytes_later(
    service: Service, body: dict[str, Any]
) -> None:
    made = service.post("/v1/quotes", body)
    priced = service.post("/v1/prices", body)
    said = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"/v1/quotes/{said['id']}")
    assert list(said) == ["format", "id", "created_at", "valid_until", "release", "edition", "answer"]
    assert said["answer"] == priced.json()
    assert priced.content.rstrip(b"\n") in made.content
    later = service.get(made.headers["location"])
    assert (later.status_code, later.content) == (200, made.content)


@pytest.mark.parametrize(("spoken", "other"), [("en", "zh"), ("zh", "en")])
def test_what_was_stored_is_sent_again_as_in_the_language_it_is_in(service: Service, spoken: str, other: str) -> None:
    key = {"Idempotency-Key": f"in-{spoken}"}
    made = service.post("/v1/quotes", RIDER, **key, **{"Accept-Language": spoken})
    again = service.post("/v1/quotes", RIDER, **key, **{"Accept-Language": other})
    later = service.get(made.headers["location"], **{"Accept-Language": other})
    assert again.content == later.content == made.content
    assert [answer.headers["content-language"] for answer in (made, again, later)] == [spoken] * 3


def test_an_answer_names_its_edition_its_release_and_how_long_it_holds(service: Service) -> None:
    made = service.post("/v1/quotes", RIDER)
    said = made.json()
    assert made.headers["licheng-edition"] == said["edition"] == said["answer"]["edition"]
    assert (made.headers["licheng-release"], said["release"]) == ("demonstration", 0)
    assert said["valid_until"] == (today() + dt.timedelta(days=30)).isoformat()
    assert made.headers["licheng-quote"] == "valid"


@pytest.mark.parametrize(("days", "state"), [(0, "valid"), (-1, "expired")])
def test_an_expired_quote_is_still_read_and_says_so(service: Service, days: int, state: str) -> None:
    made = service.post("/v1/quotes", RIDER)
    last = (today() + dt.timedelta(days=days)).isoformat()
    change(service, "UPDATE quotes SET valid_until = :last WHERE id = :id", last=last, id=made.json()["id"])
    later = service.get(made.headers["location"])
    assert (later.status_code, later.content) == (200, made.content)
    assert later.headers["licheng-quote"] == state


def test_what_is_stored_names_no_worker_and_holds_the_hash_of_the_answer(service: Service) -> None:
    made = service.post("/v1/quotes", {**RIDER, "worker": "w_MARKED_WORKER"})
    stored = rows(service, f"SELECT * FROM quotes WHERE id = '{made.json()['id']}'")[0]
    answer = service.post("/v1/prices", {**RIDER, "worker": "w_MARKED_WORKER"}).content
    assert stored["answer_sha256"] == "sha256:" + hashlib.sha256(answer).hexdigest()
    files = [path for path in service.home.rglob("*") if path.is_file()]
    assert files
    assert all(b"w_MARKED_WORKER" not in path.read_bytes() for path in files)


def test_storing_and_computing_again_stand_in_the_audit_log(service: Service) -> None:
    made = service.post("/v1/quotes", RIDER, **{"X-Request-Id": "asked-by-the-test"})
    service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("auditor"))
    engine = connect(service.database, CHAIN)
    with reading(engine) as connection:
        found = [entry for entry in entries(connection) if entry.subject == made.json()["id"]]
    engine.dispose()
    assert [entry.action for entry in found] == ["quote.created", "quote.reproduced"]
    assert [entry.actor for entry in found] == [service.keys[name].split(".")[1] for name in ("insurer", "auditor")]
    assert found[0].request_id == "asked-by-the-test"
    assert json.loads(found[1].detail)["equal"] is True


@pytest.mark.parametrize("role", ["platform", "insurer:rival"])
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("POST", "/reproduce")])
def test_anothers_quote_does_not_exist_in_the_words_of_an_unknown_one(
    service: Service, role: str, method: str, tail: str
) -> None:
    made = service.post("/v1/quotes", RIDER).json()["id"]
    unknown = made[:-4] + "0000"
    headers = service.key(*role.split(":"))
    answers = [service.http.request(method, f"/v1/quotes/{one}{tail}", headers=headers) for one in (made, unknown)]
    assert [one.status_code for one in answers] == [404, 404]
    said = [one.json() | {"request_id": ""} for one in answers]
    assert json.dumps(said[0]).replace(made, unknown) == json.dumps(said[1])
    assert said[0]["code"] == "not_found"


@pytest.mark.parametrize(
    "quote_id", ["q_", "q_1", "lv_01M8CHZHWXVPQPDNTB3BXNY659", "q_01m8chzhwxvpqpdntb3bxny659", "q_%20"]
)
def test_an_id_of_another_form_is_not_found(service: Service, quote_id: str) -> None:
    assert service.get(f"/v1/quotes/{quote_id}").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("actuary", 403), ("auditor", 403), ("admin", 201), ("insurer", 201)])
def test_who_may_store_quotes(service: Service, role: str, status: int) -> None:
    assert service.post("/v1/quotes", RIDER, role).status_code == status


def test_a_platform_stores_and_sees_quotes_of_its_own_rows_alone(service: Service) -> None:
    own = {**RIDER, "usage": [row for row in RIDER["usage"] if row["platform"] == "meituan"]}
    made = service.post("/v1/quotes", own, "platform")
    assert (made.status_code, service.get(made.headers["location"], "platform").status_code) == (201, 200)
    other = {**own, "usage": [own["usage"][0] | {"platform": "didi"}]}
    refused = service.post("/v1/quotes", other, "platform")
    assert (refused.status_code, refused.json()["code"]) == (403, "platform_not_yours")


@pytest.mark.parametrize("worker", ["", "ab", "张三", "w" * 65, 5, {"a": 1}, ["w"], True, 10**30])
def test_a_quote_of_a_worker_who_could_not_be_erased_is_refused_and_not_stored(service: Service, worker: Any) -> None:
    usage = [{name: value for name, value in row.items() if name != "worker"} for row in RIDER["usage"]]
    before = rows(service, "SELECT count(*) AS n FROM quotes")
    made = service.post("/v1/quotes", {**RIDER, "worker": worker, "usage": usage})
    said = made.json()
    assert (made.status_code, said["code"], said["pointer"]) == (422, "worker_not_valid", "/worker")
    assert rows(service, "SELECT count(*) AS n FROM quotes") == before


@pytest.mark.parametrize("worker", ["ab", "张三", 5])
def test_a_price_of_such_a_worker_is_answered_with_refusals(service: Service, worker: Any) -> None:
    usage = [{name: value for name, value in row.items() if name != "worker"} for row in RIDER["usage"]]
    priced = service.post("/v1/prices", {**RIDER, "worker": worker, "usage": usage})
    codes = {refused["code"] for scheme in priced.json()["schemes"] for refused in scheme["refusals"]}
    assert (priced.status_code, "worker_not_valid" in codes) == (200, True)


def test_a_refused_request_stores_nothing(service: Service) -> None:
    before = rows(service, "SELECT count(*) AS n FROM quotes")
    assert service.post("/v1/quotes", {**RIDER, "month": "2025-13"}).status_code == 422
    assert service.http.post("/v1/quotes", content=b"{", headers=service.key("insurer")).status_code in (400, 415)
    assert rows(service, "SELECT count(*) AS n FROM quotes") == before


def test_computing_again_gives_the_same_hash_though_today_is_another_day(service: Service) -> None:
    made = service.post("/v1/quotes", {**OF_BEIJING, "lang": "zh"})
    again = service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("insurer"))
    said = again.json()
    assert (again.status_code, said["equal"], said["differences"]) == (200, True, [])
    assert said["answer_sha256"] == said["reproduced_sha256"]
    assert said["edition"] == said["reproduced_edition"] == made.json()["edition"]


def test_what_was_altered_in_the_store_shows_when_computed_again(service: Service) -> None:
    made = service.post("/v1/quotes", RIDER)
    altered = "UPDATE quotes SET answer_sha256 = 'sha256:0' WHERE id = :id"
    change(service, altered, id=made.json()["id"])
    said = service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("insurer")).json()
    assert (said["equal"], said["answer_sha256"], said["differences"]) == (False, "sha256:0", [])


def test_an_erased_quote_is_gone_and_says_so(service: Service) -> None:
    key = {"Idempotency-Key": "erased-later"}
    made = service.post("/v1/quotes", RIDER, **key)
    number = made.json()["id"]
    change(service, "UPDATE quotes SET request = NULL, answer = NULL, erased_at = 'now' WHERE id = :id", id=number)
    change(service, "UPDATE idempotency SET body = NULL WHERE subject = :id", id=number)
    answers = [
        service.get(f"/v1/quotes/{number}"),
        service.http.post(f"/v1/quotes/{number}/reproduce", headers=service.key("insurer")),
        service.post("/v1/quotes", RIDER, **key),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(410, "quote_erased")] * 3


def test_pointers_name_what_differs() -> None:
    first = {"a": 1, "b": [1, {"c/d": 2}], "e": 0, "same": [0]}
    again = {"a": 1, "b": [1, {"c/d": 3}, 4], "e": False, "same": [0], "new": None}
    assert list(differences(first, again)) == ["/b/1/c~1d", "/b/2", "/e", "/new"]


def test_a_quote_of_an_earlier_release_is_computed_again_with_that_release(tmp_path: Path) -> None:
    released(law(tmp_path / "first", floor=700_000), tmp_path / "releases")
    with client(tmp_path) as service:
        made = service.post("/v1/quotes", OF_BEIJING)
        released(law(tmp_path / "second", floor=900_000), tmp_path / "releases")
        recorded(service.database, tmp_path / "releases")
        service.http.app.state.running.tariffs.refresh()  # type: ignore[attr-defined]
        later = service.post("/v1/quotes", OF_BEIJING)
        numbers = [one.json()["release"] for one in (made, later)]
        levies = [one.json()["answer"]["schemes"][0]["premium_fen"] for one in (made, later)]
        again = [
            service.http.post(f"{one.headers['location']}/reproduce", headers=service.key("auditor")).json()
            for one in (made, later)
        ]
    assert numbers == [1, 2]
    assert levies[0] < levies[1]
    assert [(one["equal"], one["release"]) for one in again] == [(True, 1), (True, 2)]


def test_a_release_that_was_altered_computes_nothing_again(tmp_path: Path) -> None:
    released(law(tmp_path / "first", floor=700_000), tmp_path / "releases")
    with client(tmp_path) as service:
        made = service.post("/v1/quotes", OF_BEIJING)
        released(law(tmp_path / "second", floor=900_000), tmp_path / "releases")
        recorded(service.database, tmp_path / "releases")
        service.http.app.state.running.tariffs.refresh()  # type: ignore[attr-defined]
        with (tmp_path / "releases" / "0001" / "factors.yaml").open("a", encoding="utf-8") as file:
            file.write("# altered\n")
        answer = service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("auditor"))
        assert (answer.status_code, answer.json()["code"]) == (503, "tariff_not_available")
        assert service.get(made.headers["location"]).content == made.content


def test_a_quote_of_a_named_folder_says_that_the_folder_is_gone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with client(tmp_path / "home", tariff=law(tmp_path / "named")) as service:
        made = service.post("/v1/quotes", OF_BEIJING)
        again = service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("insurer"))
        assert (made.headers["licheng-release"], made.json()["release"]) == ("named", None)
        assert again.json()["equal"] is True
    with client(tmp_path / "home") as service:
        again = service.http.post(f"{made.headers['location']}/reproduce", headers=service.key("auditor"))
    assert (again.status_code, again.json()["code"]) == (422, "quote_tariff_gone")


def test_a_document_that_was_moved_to_another_row_or_tenant_is_not_opened(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        ours, theirs = (service.post("/v1/quotes", RIDER, "insurer").json()["id"] for _ in range(2))
        engine = connect(service.database, CHAIN)
        with writing(engine) as connection:
            moved = "UPDATE quotes SET answer = (SELECT answer FROM quotes WHERE id = :from_id) WHERE id = :to_id"
            connection.execute(text(moved), {"from_id": theirs, "to_id": ours})
            connection.execute(text("UPDATE quotes SET tenant = 'another' WHERE id = :id"), {"id": theirs})
        engine.dispose()
        answers = service.get(f"/v1/quotes/{ours}"), service.get(f"/v1/quotes/{theirs}", "auditor")
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "seal_broken")] * 2


@pytest.mark.parametrize("path", ["/v1/quotes?worker=w_1", "/v1/quotes?limit=1&limit=2", "/v1/levies?month=2025-08"])
def test_a_filter_that_a_list_does_not_have_is_refused(service: Service, path: str) -> None:
    answer = service.get(path, "admin")
    assert (answer.status_code, answer.json()["code"] in ("query_unknown", "query_twice")) == (422, True)
