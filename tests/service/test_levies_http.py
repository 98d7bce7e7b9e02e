"""A month over HTTP is the month of the command line: the same lines, declarations, refusals and totals."""

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from service.auth.keyring import Keyring
from service.clock import now
from service.engines.folder import DECLARATIONS, RECEIPT, REFUSALS, sha256
from service.store.database import connect, writing
from tests.months import lines, refusals, run, settle, totals, write_parquet
from tests.service.secrets import CHAIN
from tests.service.sent_months import (
    COMMAND,
    CSV,
    MONTH,
    PARQUET,
    all_items,
    folder_of,
    in_order,
    month_files,
    over,
    rows,
    send,
    send_form,
)
from tests.service.serving import SECRET, Service, client

Json = dict[str, Any]
OTHERS = {"platform": "didi", "worker": "w_elsewhere"}


class Sent:
    """A month that was sent, and the same one settled by the command line."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.folder = service, folder
        usage, register = month_files(folder, rows())
        parts = [("usage", ("../../usage.csv", usage.read_bytes())), ("platforms", ("r.csv", register.read_bytes()))]
        self.answer = send_form(service, parts)
        self.levy = over(service, self.answer)
        settle(usage, folder / "month", *COMMAND, "--platforms", register)
        self.command = folder / "month"

    def get(self, table: str, role: str = "platform", **headers: str) -> Any:
        return self.service.get(f"{self.levy['links']['self']}/{table}", role, **headers)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    with client() as service:
        yield Sent(service, tmp_path_factory.mktemp("sent"))


def test_a_month_is_taken_settled_and_said_to_be_provisional(sent: Sent) -> None:
    said = sent.answer.json()
    assert (said["state"], said["provisional"], said["month"]) == ("queued", True, MONTH)
    assert sent.answer.headers["Location"] == f"/v1/levies/{said['id']}" == said["links"]["self"]
    assert sent.answer.headers["Licheng-Provisional"] == "true"
    assert (sent.levy["state"], sent.levy["rows"], sent.levy["error"]) == ("done", 11, None)


def test_declarations_are_the_same_bytes(sent: Sent) -> None:
    got = sent.get("declarations?format=csv")
    assert got.content == (sent.command / DECLARATIONS).read_bytes()
    assert len(got.content.splitlines()) > 4


def test_totals_are_the_same(sent: Sent) -> None:
    got = sent.get("totals").json()
    assert got == {"provisional": True, **totals(sent.command)}
    assert sum(scheme["levy_fen"] for scheme in got["schemes"].values()) > 0


def test_lines_are_the_same_with_the_workers_as_they_were_given(sent: Sent) -> None:
    got = all_items(sent.service, f"{sent.levy['links']['self']}/lines", limit=4)
    assert [line.pop("number") for line in got] == list(range(1, len(got) + 1))
    hidden = {"rate", "float_ppm", "ratio_ppm", "premium_millifen", "flags"}
    wanted = [{name: value for name, value in line.items() if name not in hidden} for line in lines(sent.command)]
    for line in wanted:
        if line["scheme"] != "pilot_per_order":  # what it was priced with may rest on others' rows
            line |= {"exposure": None, "unit": None}
    assert in_order(got) == in_order(wanted)
    assert {line["worker_ref"] for line in got} >= {"=R-1", "=R-2"}


def test_refusals_are_the_same(sent: Sent) -> None:
    got = all_items(sent.service, f"{sent.levy['links']['self']}/refusals", limit=2)
    plain = [{name: None if v in ("", None) else str(v) for name, v in row.items()} for row in got]
    wanted = [{name: v or None for name, v in row.items()} for row in refusals(sent.command)]
    assert in_order(plain) == in_order(wanted)
    assert {row["file"] for row in got} == {"usage.csv"}


def test_pages_csv_and_parquet_hold_the_same(sent: Sent) -> None:
    for table in ("lines", "declarations", "refusals"):
        items = all_items(sent.service, f"{sent.levy['links']['self']}/{table}")
        for item in items:
            item.pop("number", None)
        got = pq.read_table(io.BytesIO(sent.get(table, Accept=PARQUET).content)).to_pylist()
        assert got == items
        shown = sent.get(table, Accept=CSV).content.decode("utf-8-sig")
        assert len(shown.splitlines()) == len(items) + 1


def test_formulas_of_a_spreadsheet_are_disarmed_in_csv(sent: Sent) -> None:
    text = sent.get("lines?format=csv").text
    assert '"\'=R-1"' in text
    assert '"=R-1"' not in text


def test_downloads_are_named_tagged_and_say_that_they_are_provisional(sent: Sent) -> None:
    for table in ("lines?format=csv", "declarations?format=csv", "refusals?format=parquet", "totals", "receipt"):
        got = sent.get(table)
        assert got.headers["Licheng-Provisional"] == "true"
        assert f'filename="{MONTH}-provisional-{sent.levy["id"]}' in got.headers["Content-Disposition"]
        again = sent.get(table, **{"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_receipt_is_the_file_with_its_mark_and_the_senders_names(sent: Sent) -> None:
    kept = json.loads((folder_of(sent.service, sent.levy) / RECEIPT).read_bytes())
    usage = kept["inputs"][0]
    got = sent.get("receipt").json()
    assert got == {"provisional": True, **kept}
    assert usage == {"file": "usage.csv", "hash": sha256(sent.folder / "usage.csv")}
    assert got["files"][DECLARATIONS] == sha256(sent.command / DECLARATIONS)


def test_a_sender_is_shown_its_own_names_of_files_in_the_receipt_as_in_refusals(sent: Sent) -> None:
    usage, _ = month_files(sent.folder, rows())
    levy = over(sent.service, send_form(sent.service, [("usage", ("mei.csv", usage.read_bytes()))]))
    kept = json.loads((folder_of(sent.service, levy) / RECEIPT).read_bytes())["inputs"]
    own, others = (sent.service.get(levy["links"]["receipt"], role) for role in ("platform", "auditor"))
    refused = sent.service.get(levy["links"]["refusals"], "platform").json()["items"]
    assert {row["file"] for row in refused} == {one["file"] for one in own.json()["inputs"]} == {"mei.csv"}
    assert [one["hash"] for one in own.json()["inputs"]] == [one["hash"] for one in kept]
    assert others.json()["inputs"] == kept
    assert "mei.csv" not in others.text
    assert own.headers["ETag"] != others.headers["ETag"]


def test_parquet_says_that_it_is_provisional(sent: Sent) -> None:
    for table in ("lines", "declarations", "refusals", "side-refusals"):
        schema = pq.read_schema(io.BytesIO(sent.get(table, Accept=PARQUET).content))
        assert schema.metadata[b"licheng.provisional"] == b"true"


def test_verify_and_explain_read_the_folder_of_an_upload(sent: Sent) -> None:
    folder = folder_of(sent.service, sent.levy)
    assert run("verify", folder).code == 0
    explained = json.loads(run("explain", folder, 1, "--json").out)
    line = sent.get("lines?limit=1", "admin").json()["items"][0]
    assert (explained["line"]["worker"], explained["line"]["levy_fen"]) == (line["worker"], line["levy_fen"])
    assert explained["now"]["worksheet"]


def test_no_file_holds_an_id_as_it_was_given(sent: Sent) -> None:
    known = ["w_rider_0000", "w_broken00", "=R-1", "team 1"]
    # By another process: whoever closes the database's file in this one gives up the locks that SQLite holds on it.
    search = ["grep", "-rlF", *(part for text in known for part in ("-e", text)), str(sent.service.home)]
    found = subprocess.run(search, capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "")
    assert not (folder_of(sent.service, sent.levy).parent / "upload").exists()
    usage = pq.read_table(folder_of(sent.service, sent.levy) / "usage.parquet")
    shown = json.dumps(usage.to_pylist())
    assert len(shown) > 1000
    assert [text for text in known if text in shown] == []


def test_who_did_not_send_it_sees_no_given_id(sent: Sent) -> None:
    for role in ("auditor", "admin"):
        line = sent.get("lines?limit=1", role).json()["items"][0]
        assert line["worker"].startswith("w_")
        assert len(line["worker"]) == 45
        assert (line["worker_ref"], line["x_columns"]) == (None, None)
        assert line["premium_millifen"] is not None
        assert {row["worker_ref"] for row in sent.get("refusals", role).json()["items"]} == {None}


def test_a_month_of_another_platform_is_not_there(sent: Sent) -> None:
    other = sent.service.key("platform", "didi")
    unknown = sent.service.http.get("/v1/levies/lv_00000000000000000000000000", headers=other)
    for table in ("", "/lines", "/declarations", "/refusals", "/totals", "/receipt"):
        got = sent.service.http.get(sent.levy["links"]["self"] + table, headers=other)
        assert (got.status_code, got.json()["code"]) == (404, "not_found")
        assert set(got.json()) == set(unknown.json())
    assert sent.service.http.get("/v1/levies", headers=other).json()["items"] == []
    assert sent.service.get(sent.levy["links"]["self"], "insurer").status_code == 403


def test_rows_of_another_platform_are_refused_one_by_one(sent: Sent) -> None:
    usage, _ = month_files(sent.folder, [*rows(), {**rows()[0], **OTHERS}, {**rows()[3], "platform": "didi"}])
    levy = over(sent.service, send(sent.service, usage.read_bytes()))
    items = all_items(sent.service, levy["links"]["refusals"])
    others = [row for row in items if row["code"] == "platform_not_yours"]
    assert {(row["row"], row["scheme"]) for row in others} == {
        (row, scheme) for row in (13, 14) for scheme in ("pilot_per_order", "class_rate", "mileage_linked")
    }
    assert others[0]["message"].startswith("Your key is of the platform meituan")
    assert run("verify", folder_of(sent.service, levy)).code == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_other_encodings_are_read(sent: Sent, encoding: str) -> None:
    usage, _ = month_files(sent.folder, [{**row, "x_team": "一队"} for row in rows()])
    levy = over(sent.service, send(sent.service, usage.read_text("utf-8").encode(encoding)))
    line = sent.service.get(levy["links"]["lines"], "platform").json()["items"][0]
    assert json.loads(line["x_columns"]) == {"x_team": "一队"}


def test_parquet_is_read(sent: Sent) -> None:
    plain = [{name: value for name, value in row.items() if name != "x_team"} for row in rows()]
    sources = write_parquet(sent.folder / "usage.parquet", plain)
    levy = over(sent.service, send(sent.service, sources.read_bytes(), PARQUET))
    settle(sources, sent.folder / "of_parquet", *COMMAND)
    got = sent.service.get(levy["links"]["totals"], "platform").json()
    assert got == {"provisional": True, **totals(sent.folder / "of_parquet")}


def test_two_files_of_usage_are_one_month(sent: Sent) -> None:
    usage, register = month_files(sent.folder, rows())
    header, *body = usage.read_text("utf-8").splitlines(keepends=True)
    halves = [("usage", ("part.csv", "".join([header, *half]).encode())) for half in (body[:5], body[5:])]
    levy = over(sent.service, send_form(sent.service, [*halves, ("platforms", ("r.csv", register.read_bytes()))]))
    got = sent.service.get(levy["links"]["declarations"] + "?format=csv", "platform")
    assert got.content == (sent.command / DECLARATIONS).read_bytes()
    shown = {row["file"] for row in sent.service.get(levy["links"]["refusals"], "platform").json()["items"]}
    assert shown == {"2 part.csv"}


def test_a_second_upload_of_a_month_stands_beside_the_first(sent: Sent) -> None:
    usage, _ = month_files(sent.folder, rows(3))
    first, second = (over(sent.service, send(sent.service, usage.read_bytes())) for _ in range(2))
    assert first["id"] < second["id"]
    listed = sent.service.get("/v1/levies?limit=2", "platform").json()
    assert [item["id"] for item in listed["items"]] == [second["id"], first["id"]]
    assert listed["next"] is not None
    receipts = [sent.service.get(levy["links"]["receipt"], "platform").json() for levy in (first, second)]
    assert receipts[0]["files"] == receipts[1]["files"]


def test_refusals_csv_is_the_commands_in_the_order_of_what_was_sent(sent: Sent) -> None:
    got = sent.get("refusals?format=csv").content.decode("utf-8-sig").splitlines()
    assert got == (sent.command / REFUSALS).read_text("utf-8-sig").splitlines()
    usage, _ = month_files(sent.folder, [{**row, "region": "990000"} for row in rows(9)])
    levy = over(sent.service, send(sent.service, usage.read_bytes()))
    items = sent.service.get(levy["links"]["refusals"] + "?limit=1000", "platform").json()["items"]
    assert len({item["row"] for item in items}) > 2
    assert items == sorted(items, key=lambda item: int(item["row"]))


def test_a_row_refused_as_a_whole_has_the_commands_bytes_in_refusals_csv(sent: Sent) -> None:
    usage, _ = month_files(sent.folder, [*rows(3), {**rows()[0], "orders": 5}])  # the same key, differently
    settle(usage, sent.folder / "whole", *COMMAND)
    levy = over(sent.service, send(sent.service, usage.read_bytes()))
    wanted = (sent.folder / "whole" / REFUSALS).read_bytes()
    assert b',"",' in wanted
    assert sent.service.get(levy["links"]["refusals"] + "?format=csv", "platform").content == wanted


def test_an_erased_worker_is_shown_to_nobody_again(sent: Sent) -> None:
    usage, _ = month_files(sent.folder, [{**row, "worker": row["worker"].replace("rider", "gone_")} for row in rows(6)])
    levy = over(sent.service, send(sent.service, usage.read_bytes()))
    address = levy["links"]["lines"]
    given = "w_gone__0000001"
    before = sent.service.get(address + "?format=csv", "platform")
    assert given in before.text
    engine = connect(sent.service.database, CHAIN)
    stored = Keyring.of(SECRET).worker_key(given)
    with writing(engine) as connection:
        facts = {"worker": stored, "at": now().isoformat()}
        connection.execute(text("INSERT INTO erasures (worker_key, erased_at) VALUES (:worker, :at)"), facts)
    engine.dispose()
    after = sent.service.get(address + "?format=csv", "platform", **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert given not in after.text
    assert stored not in after.text  # it is the same in the months of all platforms
    assert '"erased"' in after.text
    assert stored in sent.service.get(address + "?format=csv", "auditor").text
    assert "w_gone__0000000" in after.text
    assert given not in sent.service.get(levy["links"]["refusals"] + "?format=csv", "platform").text
