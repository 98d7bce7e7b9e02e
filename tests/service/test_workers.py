"""One worker's data: given out whole, erased whole, and in clear nowhere, before as after."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from pricing.arrow import LINE_SCHEMA
from pricing.arrow_usage import USAGE_SCHEMA
from service.auth.keyring import Keyring
from service.engines.of_worker import kept_of_worker
from service.engines.visible import Eyes
from service.month.keys import SenderKeys
from service.store import schema
from service.store.database import Engine, connect, database_url, reading, writing
from service.store.workers import erase, erased_at
from tests.months import run, write_csv
from tests.service.secrets import CHAIN
from tests.service.sent_months import Json, all_items, month_files, over, rows, send, send_form
from tests.service.serving import SECRET, Service, client

QUOTE: Json = {
    "month": "2025-08",
    "worker": "w_nobody00",
    "schemes": ["pilot_per_order"],
    "covers": [],
    "usage": [
        {"platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 5}
    ],
}
SECRETS = ("w_rider_", "=R-", "team ")  # what must stand nowhere in clear


@dataclass
class Made:
    """A service that keeps three quotes and a month of a worker, and a quote and a line of another."""

    service: Service
    levy: str
    number: int
    quote: Json = field(default_factory=dict)

    @property
    def worker(self) -> str:
        """Has two lines of the month."""
        return f"w_rider_{2 * self.number + 1:07d}"

    @property
    def other(self) -> str:
        """Has one."""
        return f"w_rider_{2 * self.number:07d}"

    @property
    def refs(self) -> set[str]:
        """How the sender calls the worker's rows."""
        return {f"=R-{3 * self.number + place}" for place in (1, 2)}

    def ask(self, role: str = "insurer", **changed: str) -> httpx.Response:
        """Store a quote of the worker."""
        named = {"Idempotency-Key": f"quote-{self.number}"} if not changed and role == "insurer" else {}
        return self.service.post("/v1/quotes", {**QUOTE, "worker": self.worker, **changed}, role, **named)


def make(service: Service, levy: str, number: int) -> Made:
    made = Made(service, levy, number)
    made.quote = made.ask().json()
    for answer in (made.ask("platform"), made.ask(month="2025-09"), made.ask(worker=made.other)):
        assert answer.status_code == 201, answer.text
    return made


def sent_month(service: Service, folder: Path) -> str:
    levy = over(service, send(service, write_csv(folder / "usage.csv", rows(42)).read_bytes()))
    assert levy["state"] == "done", levy
    return str(levy["id"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str, Iterator[int]]]:
    with client() as service:
        yield service, sent_month(service, tmp_path_factory.mktemp("sent")), count()


@pytest.fixture
def made(kept: tuple[Service, str, Iterator[int]]) -> Made:
    """Every test has a worker of its own."""
    service, levy, numbers = kept
    return make(service, levy, next(numbers))


def export(made: Made, worker: str = "", role: str = "auditor") -> Json:
    answer = made.service.get(f"/v1/workers/{worker or made.worker}/export", role)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def erased(made: Made, worker: str = "") -> Json:
    answer = made.service.http.delete(f"/v1/workers/{worker or made.worker}", headers=made.service.key("admin"))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def in_clear(made: Made) -> list[str]:
    """Files and rows in which something stands that names a worker: bytes of every file, values of every row. Another
    process looks through the files, for to close a database's file here would let go of the locks of the service.
    """
    found = []
    for word in SECRETS:
        asked = ["grep", "-rlaF", "-e", word, made.service.home]
        ran = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert ran.returncode in (0, 1), ran.stderr
        named = [path.name for path in made.service.home.rglob("*") if word in path.name]
        found += [f"{name}: {word}" for name in (*named, *(Path(line).name for line in ran.stdout.splitlines()))]
    engine = connect(made.service.database, CHAIN)
    with reading(engine) as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        assert len(names) >= 6
        for name in names:
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                found += [f"{name}: {word}" for word in SECRETS if word in repr(tuple(row))]
    engine.dispose()
    return found


def test_an_export_holds_all_that_is_kept_of_a_worker(made: Made) -> None:
    found = export(made)
    assert (found["worker"], found["erased_at"], found["unfinished_levies"]) == (made.worker, None, [])
    assert [(one["tenant"], one["month"]) for one in found["quotes"]] == [
        ("insurer-house", "2025-08"),
        ("meituan", "2025-08"),
        ("insurer-house", "2025-09"),
    ]
    first = found["quotes"][0]
    assert (first["id"], first["answer"]) == (made.quote["id"], made.quote)
    assert {name: first["request"][name] for name in QUOTE} == {**QUOTE, "worker": made.worker}
    [month] = found["levies"]
    theirs = [
        line for line in all_items(made.service, f"/v1/levies/{made.levy}/lines") if line["worker"] == made.worker
    ]
    assert {line["worker_ref"] for line in theirs} == made.refs
    assert [line["levy_fen"] for line in month["lines"]] == [line["levy_fen"] for line in theirs]
    assert {(line["worker"], line["worker_ref"]) for line in month["lines"]} == {
        (line["worker"], line["worker_ref"]) for line in theirs
    }
    assert made.other not in json.dumps(found)


@dataclass
class Refused:
    """A service whose month prices one row of a worker, refuses two, sets one aside, and has rows of it beside."""

    service: Service
    levy: str
    worker: str


@pytest.fixture
def refused(kept: tuple[Service, str, Iterator[int]], tmp_path: Path) -> Refused:
    """Every test has a month and a worker of its own."""
    service, _, numbers = kept
    worker = f"w_sides_{next(numbers):05d}"
    good, stays = rows(2)[:2]
    own = [{**good, "worker": worker, "worker_ref": f"=R-{worker}-{number}"} for number in range(4)]
    bad = [
        {**own[1], "region": "990000"},
        {**own[2], "occupation": "instant_rider", "distance_m": "a lot"},
        {**own[3], "platform": "dada"},
    ]
    usage = write_csv(tmp_path / "usage.csv", [own[0], *bad, stays]).read_bytes()
    enrolled = {"worker": worker, "cover": "lumbar", "from_month": "2025-01", "group": "g"}
    enrolments = [enrolled, {**enrolled, "cover": "no_such"}, {**enrolled, "worker": stays["worker"]}]
    history = [{"worker": worker, "platform": "meituan", "month": "2025-07", "revenue_fen": 4_200}]
    parts = [("usage", ("usage.csv", usage)), ("platforms", ("register.csv", _register(tmp_path)))]
    for name, side in (("enrolments", enrolments), ("history", history)):
        parts.append((name, (f"{name}.csv", write_csv(tmp_path / f"{name}.csv", side).read_bytes())))
    levy = over(service, send_form(service, parts))
    assert levy["state"] == "done", levy
    return Refused(service, levy["id"], worker)


def _register(folder: Path) -> bytes:
    return month_files(folder, rows(1))[1].read_bytes()


def exported(refused: Refused) -> Json:
    [month] = export(Made(refused.service, refused.levy, 0), refused.worker)["levies"]
    assert isinstance(month, dict)
    return month


def test_an_export_holds_what_of_a_month_was_refused_or_set_aside_and_what_stood_beside(refused: Refused) -> None:
    month = exported(refused)
    usage = {row["worker_ref"].rpartition("-")[2]: row for row in month["usage"]}
    assert {row["worker"] for row in month["usage"]} == {refused.worker}
    assert {number: (row["row"], row["x_columns"]) for number, row in usage.items()} == {
        str(number): (number + 2, '{"x_team": "team 0"}') for number in range(4)
    }
    assert (usage["1"]["region"], usage["2"]["bad_cells"]) == ("990000", {"distance_m": "a lot"})
    assert (usage["3"]["set_aside"], usage["0"]["orders"]) == ("platform_not_yours:meituan dada", rows(1)[0]["orders"])
    codes = {(row["worker_ref"].rpartition("-")[2], row["code"]) for row in month["refusals"]}
    assert codes >= {("1", "region_not_known"), ("2", "value_not_a_number"), ("3", "platform_not_yours")}
    assert {row["worker_ref"] for row in month["lines"]} >= {f"=R-{refused.worker}-0"}
    assert [row["cover"] for row in month["enrolments"]] == ["lumbar", "no_such"]
    assert [(row["month"], row["revenue_fen"]) for row in month["history"]] == [("2025-07", 4_200)]
    assert [(row["side"], row["row"], row["code"]) for row in month["side_refusals"]] == [
        ("enrolments", 3, "cover_not_known")
    ]


def test_after_an_erasure_the_same_rows_are_kept_without_a_name(refused: Refused) -> None:
    made = Made(refused.service, refused.levy, 0)
    before = exported(refused)
    erased(made, refused.worker)
    after = exported(refused)
    assert {table: len(found) for table, found in after.items() if isinstance(found, list)} == {
        table: len(found) for table, found in before.items() if isinstance(found, list)
    }
    assert refused.worker not in json.dumps(after)
    for row in (*after["usage"], *after["lines"], *after["refusals"]):
        assert row["worker_ref"] is None
        assert row.get("x_columns") is None
    assert [row["orders"] for row in after["usage"]] == [row["orders"] for row in before["usage"]]


def test_who_is_only_refused_is_exported_too(kept: tuple[Service, str, Iterator[int]]) -> None:
    service, levy, _ = kept
    [month] = export(Made(service, levy, 0), "w_broken00")["levies"]
    assert (month["id"], month["lines"], len(month["usage"])) == (levy, [], 1)
    assert {row["code"] for row in month["refusals"]} == {"region_not_known"}


def test_no_group_of_rows_that_holds_a_worker_is_passed_over(tmp_path: Path) -> None:
    keys = SenderKeys(Keyring.of(SECRET), "meituan")
    sent = [{"month": "2025-08", "worker": f"w_rider_{number:05d}", "orders": number} for number in range(40)]
    order = sorted((keys.worker(row["worker"]), row) for row in sent for _ in range(3))
    months = [{**row, "worker": stored} for stored, row in order]
    batch = pa.RecordBatch.from_pylist(months, USAGE_SCHEMA)
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "usage.parquet", row_group_size=7)
    pq.write_table(LINE_SCHEMA.empty_table(), tmp_path / "lines.parquet")
    for row in sent:
        found = kept_of_worker(tmp_path, keys.worker(row["worker"]), Eyes(keys, whole=True))
        assert [one["orders"] for one in found["usage"]] == [row["orders"]] * 3
        assert {name: len(rows) for name, rows in found.items() if rows} == {"usage": 3}


@pytest.mark.slow
def test_an_export_of_more_quotes_than_are_read_at_once_holds_each_once(made: Made) -> None:
    for _ in range(200):
        assert made.ask("platform").status_code == 201
    quotes = [one["id"] for one in export(made)["quotes"]]
    assert (len(quotes), len(set(quotes)), quotes) == (203, 203, sorted(quotes))


def test_nothing_names_a_worker_in_clear_before_or_after_an_erasure(made: Made) -> None:
    assert in_clear(made) == []
    export(made)
    assert in_clear(made) == []
    done = erased(made)
    assert (done["quotes"], done["unfinished_levies"]) == (3, [])
    assert in_clear(made) == []


def test_the_search_for_clear_names_would_find_one(made: Made) -> None:
    note = made.service.home / "levies" / made.levy / "note"
    note.write_text(made.worker, encoding="utf-8")
    _change(made, "UPDATE keys SET holder = 'w_rider_0000001' WHERE role = 'actuary'")
    assert {place.split(":")[0] for place in in_clear(made)} >= {"note", "keys", "licheng.db-wal"}
    note.unlink()
    _change(made, "UPDATE keys SET holder = 'x' WHERE role = 'actuary'")
    _settle(connect(made.service.database, CHAIN))
    assert in_clear(made) == []


def _change(made: Made, statement: str) -> None:
    engine = connect(made.service.database, CHAIN)
    with writing(engine) as connection:
        connection.execute(text("PRAGMA secure_delete=ON"))
        connection.execute(text(statement))
    engine.dispose()


def test_an_erased_worker_is_shown_to_nobody(made: Made) -> None:
    erased(made)
    gone = made.service.get(f"/v1/quotes/{made.quote['id']}")
    assert (gone.status_code, gone.json()["code"]) == (410, "quote_erased")
    again = made.service.post(f"/v1/quotes/{made.quote['id']}/reproduce", {})
    assert again.status_code == 410
    replayed = made.ask()
    assert (replayed.status_code, made.worker in replayed.text) == (410, False)
    lines = json.dumps(all_items(made.service, f"/v1/levies/{made.levy}/lines"))
    assert [word for word in (made.worker, *made.refs) if f'"{word}"' in lines] == []
    assert made.other in lines
    found = export(made)
    assert [(one["request"], one["answer"]) for one in found["quotes"]] == [(None, None)] * 3
    assert {line["worker"] for month in found["levies"] for line in month["lines"]} == {found["stored_as"]}
    assert {line["worker_ref"] for month in found["levies"] for line in month["lines"]} == {None}


TABLES = ("lines", "refusals", "side-refusals")


def downloads(service: Service, levy: str, role: str) -> list[str]:
    """All that a role is shown of a month's tables: as JSON, as CSV, as rows of a Parquet file."""
    found = []
    for table in TABLES:
        address = f"/v1/levies/{levy}/{table}"
        whole = [service.get(f"{address}?format={kind}", role) for kind in ("csv", "parquet")]
        assert [one.status_code for one in whole] == [200, 200]
        parquet = pq.read_table(pa.BufferReader(whole[1].content)).to_pylist()
        found += [json.dumps(all_items(service, address, role)), whole[0].text, json.dumps(parquet)]
    return found


def test_a_platform_is_not_told_under_which_id_an_erased_worker_is_stored(refused: Refused) -> None:
    made = Made(refused.service, refused.levy, 0)
    stored = export(made, refused.worker)["stored_as"]
    before = downloads(refused.service, refused.levy, "platform")
    assert [stored in text for text in before] == [False] * 9
    erased(made, refused.worker)
    after = downloads(refused.service, refused.levy, "platform")
    assert [stored in text for text in after] == [False] * 9
    assert ['"erased"' in text for text in after] == [True] * 3 + [False] * 6
    assert [refused.worker in text for text in after] == [False] * 9
    assert [stored in text for text in downloads(refused.service, refused.levy, "auditor")[:3]] == [True] * 3


def test_lines_stay_as_records_of_what_was_levied(made: Made) -> None:
    before = export(made)["levies"][0]["lines"]
    totals = made.service.get(f"/v1/levies/{made.levy}/totals", "platform").content
    erased(made)
    after = export(made)["levies"][0]["lines"]
    assert [line["levy_fen"] for line in after] == [line["levy_fen"] for line in before]
    assert made.service.get(f"/v1/levies/{made.levy}/totals", "platform").content == totals
    assert run("verify", made.service.home / "levies" / made.levy / "month").code == 0


def test_other_workers_keep_what_is_theirs(made: Made) -> None:
    before = export(made, made.other)
    erased(made)
    after = export(made, made.other)
    assert (after["quotes"], after["levies"]) == (before["quotes"], before["levies"])
    assert before["quotes"]


def test_the_audit_log_says_what_was_done_and_not_to_whom(made: Made) -> None:
    stored = export(made)["stored_as"]
    done = erased(made)
    items = all_items(made.service, "/v1/audit", "auditor")
    entries = {one["action"]: one for one in items if one["action"].startswith("worker.")}  # the last of each
    assert entries["worker.erased"]["subject"] == done["erasure"]
    said = entries["worker.erased"]["detail"]
    assert (said["quotes"], said["erased_at"], set(said)) == (3, done["erased_at"], {"quotes", "erased_at", "worker"})
    assert entries["worker.exported"]["detail"]["quotes"] == 3
    assert [word for word in (made.worker, stored) if word in json.dumps(items)] == []


def test_what_is_stored_after_an_erasure_is_erased_by_the_next(made: Made) -> None:
    assert erased(made)["quotes"] == 3
    assert erased(made)["quotes"] == 0
    assert made.ask(month="2025-09").status_code == 201
    assert erased(made)["quotes"] == 1


@pytest.mark.slow
def test_who_works_on_is_named_again_in_a_later_month(made: Made, tmp_path: Path) -> None:
    erased(made)
    time.sleep(1.1)  # times are kept by the second
    later = sent_month(made.service, tmp_path)
    lines = {levy: json.dumps(all_items(made.service, f"/v1/levies/{levy}/lines")) for levy in (made.levy, later)}
    assert [made.worker in lines[levy] for levy in (made.levy, later)] == [False, True]
    assert [month["lines"][0]["worker"] == made.worker for month in export(made)["levies"]] == [False, True]
    erased(made)
    assert made.worker not in json.dumps(all_items(made.service, f"/v1/levies/{later}/lines"))


@pytest.mark.parametrize(
    "worker", ["short", "w_4KQ7ZB2M%0a", "..%2F..%2Fetc%2Fpasswd", "w" * 65, "%F0%9F%9A%B4rider00"]
)
def test_what_is_no_pseudonym(made: Made, worker: str) -> None:
    for method, address in (("GET", f"/v1/workers/{worker}/export"), ("DELETE", f"/v1/workers/{worker}")):
        answer = made.service.http.request(method, address, headers=made.service.key("admin"))
        codes = {400: "address_unreadable", 404: "address_unknown", 422: "worker_not_valid"}
        assert answer.json()["code"] == codes[answer.status_code], answer.text


def test_nobody_is_known_by_that_name(made: Made) -> None:
    found = export(made, "w_nobody00")
    assert (found["quotes"], found["levies"]) == ([], [])
    assert erased(made, "w_nobody00")["quotes"] == 0


def test_an_erasure_overwrites_what_it_empties(tmp_path: Path) -> None:
    engine = connect(database_url("", tmp_path), CHAIN)
    schema.upgrade(engine)
    worker, mark = Keyring.of(SECRET).worker_key("w_4KQ7ZB2M"), b"\x07sealed document of a worker\x07" * 40
    _store(engine, worker, mark)
    _settle(engine)
    assert mark[:900] in (tmp_path / "licheng.db").read_bytes()
    with writing(engine) as connection:
        erase(connection, worker, "operator")
    _settle(engine)
    assert b"\x07sealed document of a worker\x07" not in (tmp_path / "licheng.db").read_bytes()
    engine.dispose()


def test_an_erasure_on_either_database(engine: Engine) -> None:
    worker = Keyring.of(SECRET).worker_key("w_4KQ7ZB2M")
    _store(engine, worker, b"sealed")
    with writing(engine) as connection:
        done = erase(connection, worker, "operator")
    with reading(engine) as connection:
        kept = connection.execute(text("SELECT request, answer, erased_at FROM quotes")).one()
        body = connection.execute(text("SELECT body FROM idempotency")).scalar_one()
        assert (tuple(kept), body, erased_at(connection, worker)) == (
            (None, None, done.erased_at),
            None,
            done.erased_at,
        )


def _store(engine: Engine, worker: str, sealed: bytes) -> None:
    """A quote with its answer kept to be repeated."""
    at = "2026-01-01T00:00:00+08:00"
    values = {"at": at, "worker": worker, "sealed": sealed}
    with writing(engine) as connection:
        for statement in (
            "INSERT INTO keys (id, secret_sha256, role, tenant, holder, created_at)"
            " VALUES ('k_1', 'sha256:0', 'insurer', 'picc', 'x', :at)",
            "INSERT INTO quotes (id, key_id, tenant, worker_key, created_at, valid_until, month, known_on, edition,"
            " release, request, answer, answer_sha256) VALUES ('q_1', 'k_1', 'picc', :worker, :at, '2026-01-31',"
            " '2025-12', '2026-01-01', 'sha256:0', 0, :sealed, :sealed, 'sha256:0')",
            "INSERT INTO idempotency (key_id, idempotency_key, route, claim, fingerprint, status, body, subject,"
            " created_at) VALUES ('k_1', 'one', 'POST /v1/quotes', 'c', 'sha256:0', 201, :sealed, 'q_1', :at)",
        ):
            connection.execute(text(statement), values)


def _settle(engine: Engine) -> None:
    """Everything of the write-ahead log in the database itself."""
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """The same data folder, for commands."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LICHENG_SECRET", SECRET.decode())
    monkeypatch.delenv("LICHENG_DATABASE_URL", raising=False)
    (tmp_path / "home").mkdir()
    with client(tmp_path / "home") as service:
        yield make(service, sent_month(service, tmp_path), 0)


@pytest.mark.slow
def test_the_commands_do_what_the_routes_do(here: Made) -> None:
    printed = json.loads(run("worker", "export", here.worker).out)
    assert {**printed, "exported_at": ""} == {**export(here), "exported_at": ""}
    counted = json.loads(run("worker", "erase", here.worker, "--json").out)
    assert (counted["erasure"], counted["quotes"], len(export(here)["quotes"])) == (None, 3, 3)
    for lang, words in (("en", "Nothing was erased"), ("zh", "尚未删除")):
        assert words in run("worker", "erase", here.worker, "--lang", lang).out
    assert "3" in run("worker", "erase", here.worker, "--yes", "--lang", "zh").out
    assert here.service.get(f"/v1/quotes/{here.quote['id']}").status_code == 410
    assert "[worker_not_valid]" in run("worker", "export", "x").err


@pytest.mark.slow
def test_another_secret_opens_nothing(here: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_SECRET", "Zq3v9-another-one-of-good-length-Xk2Lw8")
    for words in (("export", here.worker), ("erase", here.worker, "--yes")):
        done = run("worker", *words)
        assert (done.code, done.out, "[seal_broken]" in done.err) == (3, "", True)


def test_a_lost_secret_is_to_be_put_back_not_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_SECRET", "LICHENG_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert run("key", "create", "--role", "admin", "--holder", "Ops").code == 0
    (tmp_path / "secret").unlink()
    for words in (("export", "w_rider_01"), ("erase", "w_rider_01"), ("erase", "w_rider_01", "--yes")):
        done = run("worker", *words)
        assert (done.code, done.out, "[audit_without_secret]" in done.err) == (3, "", True), done.err
    assert not (tmp_path / "secret").exists()
