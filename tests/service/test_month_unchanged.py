"""A published month whose files were changed is not given out: a problem with a code, and a line in the log."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pricing.words import say
from service.engines.folder import DECLARATIONS, LINES, RECEIPT, REFUSALS, SIDE_REFUSALS, TOTALS, sha256, text_hash
from service.store.database import connect, writing
from tests.months import run
from tests.service.sent_months import folder_of, month_files, over, rows, send
from tests.service.serving import QUOTE, SECRET, Service, client, served
from tests.web.test_page_security import HTML, sign_in

Json = dict[str, Any]
WORKER = "w_rider_0000001"
TABLES = {"lines": LINES, "declarations": DECLARATIONS, "refusals": REFUSALS}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Json]]:
    usage, _ = month_files(tmp_path_factory.mktemp("month"), rows())
    with client() as service:
        yield service, over(service, send(service, usage.read_bytes()))


@pytest.fixture
def month(settled: tuple[Service, Json]) -> Iterator[Path]:
    """The published folder, put back at the end as it was."""
    folder = folder_of(*settled)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    yield folder
    for path in {*folder.iterdir(), *before}:
        path.write_bytes(before[path]) if path in before else path.unlink()


def got(settled: tuple[Service, Json], table: str, kind: str = "json", role: str = "platform") -> httpx.Response:
    service, levy = settled
    return service.get(f"/v1/levies/{levy['id']}/{table}" + (f"?format={kind}" if kind != "json" else ""), role)


def check_refused(answer: httpx.Response, name: str) -> None:
    said = answer.json()
    assert (answer.status_code, said["code"], answer.headers["Retry-After"]) == (503, "levy_files_changed", "60")
    assert name in said["message"]
    assert name in said["message_zh"]


def change(path: Path) -> None:
    """One bit is another; size and time of change are not."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("kind", ["json", "csv", "parquet"])
@pytest.mark.parametrize("table", TABLES)
def test_a_changed_table_is_not_given_out(settled: tuple[Service, Json], month: Path, table: str, kind: str) -> None:
    assert got(settled, table, kind).status_code == 200
    change(month / TABLES[table])
    check_refused(got(settled, table, kind), TABLES[table])
    others = [other for other in TABLES if other != table]
    assert [got(settled, other, kind).status_code for other in others] == [200, 200]


def test_a_file_that_is_put_back_is_given_out_again(settled: tuple[Service, Json], month: Path) -> None:
    kept = (month / LINES).read_bytes()
    change(month / LINES)
    check_refused(got(settled, "lines"), LINES)
    (month / LINES).unlink()
    check_refused(got(settled, "lines"), LINES)
    (month / LINES).write_bytes(kept)
    assert got(settled, "lines").status_code == 200


def test_a_receipt_that_was_signed_anew_is_not_the_published_one(settled: tuple[Service, Json], month: Path) -> None:
    change(month / DECLARATIONS)
    receipt = json.loads((month / RECEIPT).read_bytes())
    receipt["files"][DECLARATIONS] = sha256(month / DECLARATIONS)
    del receipt["run"]
    signed = {**receipt, "run": "run:" + text_hash(receipt)}
    (month / RECEIPT).write_text(json.dumps(signed), encoding="utf-8")
    for table in ("declarations", "lines", "totals", "receipt"):
        check_refused(got(settled, table), RECEIPT)


def test_totals_are_looked_at_too(settled: tuple[Service, Json], month: Path) -> None:
    change(month / TOTALS)
    check_refused(got(settled, "totals"), TOTALS)
    assert got(settled, "receipt").status_code == 200


def test_a_file_that_was_never_published_is_not_given_out(settled: tuple[Service, Json], month: Path) -> None:
    assert got(settled, "side-refusals").json()["items"] == []
    (month / SIDE_REFUSALS).write_text("side,file,row\n", encoding="utf-8")
    check_refused(got(settled, "side-refusals"), SIDE_REFUSALS)


def test_pages_and_their_downloads_say_so(settled: tuple[Service, Json], month: Path) -> None:
    service, levy = settled
    sign_in(service, "platform")
    change(month / REFUSALS)
    for address in (f"/months/{levy['id']}", f"/months/{levy['id']}/refusals.csv"):
        page = service.http.get(address, headers=HTML)
        assert page.status_code == 503
        assert say("levy_files_changed", "en", id=levy["id"], file=REFUSALS) in page.text
    assert service.http.get(f"/months/{levy['id']}/lines.csv", headers=HTML).status_code == 200


def test_an_export_of_a_worker_gives_what_is_whole_and_names_what_is_not(
    settled: tuple[Service, Json], month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, levy = settled
    usage, _ = month_files(tmp_path, rows())
    other = over(service, send(service, usage.read_bytes()))
    assert service.post("/v1/quotes", {**QUOTE, "worker": WORKER}).status_code == 201
    before = exported(service)
    assert ([one["id"] for one in before["levies"]], before["errors"]) == ([levy["id"], other["id"]], [])
    change(month / LINES)
    found = exported(service)
    [error] = found["errors"]
    assert (error["code"], error["place"]) == ("levy_files_changed", levy["id"])
    assert say("levy_files_changed", "zh", id=levy["id"], file=LINES) == error["message_zh"]
    assert (found["levies"], found["quotes"]) == (before["levies"][1:], before["quotes"])
    noted = service.get("/v1/audit?limit=200", "auditor").json()["items"]
    counts = [one["detail"] for one in noted if one["action"] == "worker.exported"]
    assert (counts[-1]["unread_levies"], counts[-1]["quotes"], counts[-2]["unread_levies"]) == (1, 1, 0)
    monkeypatch.setenv("LICHENG_HOME", str(service.home))
    monkeypatch.setenv("LICHENG_SECRET", SECRET.decode())
    monkeypatch.delenv("LICHENG_DATABASE_URL", raising=False)
    done = run("worker", "export", WORKER)
    assert (done.code, levy["id"] in done.err, "[export_not_whole]" in done.err) == (3, True, True)
    assert {**json.loads(done.out), "exported_at": ""} == {**found, "exported_at": ""}


def test_a_quote_that_cannot_be_opened_keeps_back_no_other(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        made = [service.post("/v1/quotes", {**QUOTE, "worker": WORKER}).json()["id"] for _ in range(3)]
        engine = connect(service.database)
        with writing(engine) as connection:
            connection.execute(text("UPDATE quotes SET answer = request WHERE id = :id"), {"id": made[1]})
        engine.dispose()
        found = exported(service)
    assert [(error["code"], error["place"]) for error in found["errors"]] == [("seal_broken", f"{made[1]}, answer")]
    assert [one["id"] for one in found["quotes"]] == made
    assert [one["answer"] is None for one in found["quotes"]] == [False, True, False]
    assert [one["request"] is None for one in found["quotes"]] == [False] * 3


def exported(service: Service) -> Json:
    answer = service.get(f"/v1/workers/{WORKER}/export", "admin")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_a_month_from_before_the_receipt_was_kept_is_checked_against_its_own(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    with client() as service:
        levy = over(service, send(service, usage.read_bytes()))
        engine = connect(service.database)
        with writing(engine) as connection:
            kept = connection.execute(text("SELECT receipt FROM levies")).scalar_one()
            connection.execute(text("UPDATE levies SET receipt = NULL"))
        engine.dispose()
        month = folder_of(service, levy)
        assert kept == sha256(month / RECEIPT)
        assert got((service, levy), "lines").status_code == 200
        change(month / LINES)
        check_refused(got((service, levy), "lines"), LINES)
        change(month / RECEIPT)
        check_refused(got((service, levy), "totals"), RECEIPT)


def test_the_log_names_the_file(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    with served() as service:
        levy = over(service, send(service, usage.read_bytes()))
        change(folder_of(service, levy) / LINES)
        check_refused(got((service, levy), "lines", "csv"), LINES)
        assert service.process is not None
        service.process.terminate()
        service.process.wait(20)
        found = [json.loads(line) for line in service.said if "levy_files_changed" in line and '"at"' in line]
    assert [(one["level"], one["event"], one["levy"], one["at"]) for one in found] == [
        ("error", "levy_files_changed", levy["id"], LINES)
    ]
