"""Uploads that lie about their size, runs that fail, side files that are not used: said clearly, nothing given away."""

import io
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.conventions.problems import Problem
from service.engines.intake import MOST_BATCH, Intake
from service.engines.order import Upload
from service.engines.visible import Eyes
from service.month.keys import SenderKeys
from service.month.run import EXIT_BUG, RunSettings
from service.store.database import connect, writing
from tests.months import write_csv
from tests.service.secrets import CHAIN
from tests.service.sent_months import PARQUET, all_items, month_files, over, rows, send, send_form
from tests.service.serving import SECRET, Service, client, settings

Json = dict[str, Any]
KEYS = SenderKeys(Keyring.of(SECRET), "meituan")
MARK = "w_marked_0001"


ONE = {
    **{"month": "2025-08", "worker": "w_rider_0001", "platform": "meituan", "region": "110000"},
    "occupation": "food_rider",
}


def bomb(count: int) -> bytes:
    """A file of very many rows that are all the same, in a few kilobytes."""
    column = pa.array([0], pa.int32()).take(pa.repeat(pa.scalar(0), count))
    table = pa.table({name: pa.DictionaryArray.from_arrays(column, pa.array([cell])) for name, cell in ONE.items()})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=count)
    return out.getvalue()


def test_a_small_file_of_very_many_rows_is_refused_before_it_is_read(service: Service, tmp_path: Path) -> None:
    sent = bomb(20_000_000)
    assert len(sent) < 1_000_000
    error = over(service, send(service, sent, PARQUET))["error"]
    assert (error["code"], "1,000,000" in error["message"]) == ("too_many_rows", True)
    path = tmp_path / "usage.parquet"
    path.write_bytes(sent)
    intake = Intake([path], upload=Upload({path: "usage.parquet"}, KEYS, frozenset(), most_rows=1_000_000))
    with pytest.raises(InputError, match="More than 1,000,000 rows"):
        next(intake.batches())
    assert intake.rows == 0


@pytest.mark.parametrize(("part", "suffix"), [("history", "csv"), ("enrolments", "csv"), ("history", "parquet")])
def test_side_files_of_very_many_rows_are_refused(tmp_path: Path, part: str, suffix: str) -> None:
    cells = {
        "history": {"month": "2025-01", "revenue_fen": 1},
        "enrolments": {"cover": "stress", "from_month": "2025-01"},
    }
    sent = [{"worker": f"w_side_{number:05d}", **cells[part]} for number in range(31)]
    side = write_csv(tmp_path / "side.csv", sent)
    if suffix == "parquet":
        side = tmp_path / "side.parquet"
        pq.write_table(pa.Table.from_pylist(sent), side)
    usage, _ = month_files(tmp_path, rows(3))
    parts = [("usage", ("u.csv", usage.read_bytes())), (part, (side.name, side.read_bytes()))]
    with client(most_rows=30) as small:
        error = over(small, send_form(small, parts))["error"]
    assert (error["code"], error["place"]) == ("too_many_rows", side.name)
    assert "30" in error["message"]
    assert "30" in error["message_zh"]


def test_rows_of_all_files_are_counted_while_they_are_read(tmp_path: Path) -> None:
    """However an order is settled, by a run or a check: who reads it counts."""
    paths = [write_csv(tmp_path / f"{name}.csv", [ONE] * 6) for name in "ab"]
    for most, read in ((12, 12), (11, 6), (0, 12)):
        upload = Upload({path: path.name for path in paths}, KEYS, frozenset(), most_rows=most)
        intake, found = Intake(paths, upload=upload), 0
        with pytest.raises(InputError, match="More than 11 rows") if most == 11 else nullcontext():
            for batch in intake.batches():
                found += len(batch)
        assert found == read


@pytest.mark.slow
def test_a_row_group_that_unfolds_to_very_much_is_refused(service: Service) -> None:
    plain = pa.table({"worker": pa.array(["0" * (1 << 20)] * 540)})
    out = io.BytesIO()
    pq.write_table(plain, out, use_dictionary=False, compression="zstd")
    assert len(out.getvalue()) < 1_000_000
    error = over(service, send(service, out.getvalue(), PARQUET))["error"]
    assert (error["code"], error["place"]) == ("parquet_unfolds", "usage.parquet")


def test_one_long_text_that_stands_in_every_row_is_refused_before_it_is_written_out(tmp_path: Path) -> None:
    cells = {name: [cell] * 40_000 for name, cell in ONE.items()}
    path = tmp_path / "usage.parquet"
    pq.write_table(pa.table({**cells, "x_a": ["a" * 50_000] * 40_000}), path, compression="zstd")
    assert path.stat().st_size < 20_000
    intake = Intake([path], upload=Upload({path: "usage.parquet"}, KEYS, frozenset(), most_rows=1_000_000))
    before = pa.total_allocated_bytes()
    with pytest.raises(InputError, match="unfolds to"):
        next(intake.batches())
    assert pa.total_allocated_bytes() - before < MOST_BATCH


@pytest.mark.parametrize("said", [b"[1", b"[1]", b"\xff", b"[" * 100_000])
def test_what_a_file_says_of_itself_may_be_anything(service: Service, said: bytes) -> None:
    plain = [{name: value for name, value in row.items() if name != "x_team"} for row in rows(3)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(plain).replace_schema_metadata({b"licheng": said}), out)
    assert over(service, send(service, out.getvalue(), PARQUET))["state"] == "done"


def test_side_rows_that_were_not_used_are_shown_without_the_stored_worker(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    stranger = {"worker": MARK, "cover": "lumbar", "from_month": "2025-01", "enrolled": 1, "eligible": 1, "group": "g"}
    side = write_csv(tmp_path / "enrolments.csv", [stranger])
    parts = [("usage", ("u.csv", usage.read_bytes())), ("enrolments", ("e.csv", side.read_bytes()))]
    address = over(service, send_form(service, parts))["links"]["side-refusals"]
    found = all_items(service, address)
    assert [(r["file"], r["row"], r["worker"], r["code"]) for r in found] == [
        ("e.csv", 2, None, "enrolment_worker_unknown")
    ]
    assert [r["worker"] for r in all_items(service, address, "auditor")] == [KEYS.worker(MARK)]
    assert len(service.get(address + "?format=csv", "platform").text.splitlines()) == 2
    assert service.http.get(address, headers=service.key("platform", "didi")).status_code == 404


def test_a_month_without_side_files_has_no_refused_side_rows(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    address = over(service, send(service, usage.read_bytes()))["links"]["side-refusals"]
    assert service.get(address, "platform").json()["items"] == []
    header = service.get(address + "?format=csv", "platform").content.decode("utf-8-sig")
    assert header.startswith('"side","file","row"')


def test_a_run_that_fails_says_where_and_nothing_of_what_was_sent(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    home = tmp_path / "home"
    home.mkdir()
    with client(home, runs=0) as idle:
        levy = send(idle, usage.read_bytes()).json()["id"]
    serving = settings(home)
    engine = connect(serving.database, CHAIN)
    with writing(engine) as connection:
        order = json.loads(connection.execute(text('SELECT "order" FROM levies')).scalar_one())
        broken = json.dumps({**order, "files": [{MARK: 1}]})
        connection.execute(text('UPDATE levies SET "order" = :broken'), {"broken": broken})
    engine.dispose()
    command = [sys.executable, "-m", "service.month.run", levy]
    ended = subprocess.run(command, input=RunSettings.of(serving, "one").text, capture_output=True, check=False)
    said = json.loads(ended.stderr)
    assert (ended.returncode, said["event"], said["levy"], said["error"]) == (EXIT_BUG, "run_failed", levy, "TypeError")
    assert (MARK.encode() in ended.stderr, ended.stdout) == (False, b"")


def test_a_tag_tells_views_apart_but_not_how_many_were_erased() -> None:
    views = [frozenset[str](), frozenset({"w_a"}), frozenset({"w_b"}), frozenset({"w_a", "w_b"})]
    labels = {Eyes(keys, erased, whole).label for erased in views for keys in (None, KEYS) for whole in (True, False)}
    assert len(labels) == 16
    assert {len(label) for label in labels} == {16}


def test_a_service_with_another_secret_is_not_available() -> None:
    sealed = Keyring.of(SECRET).seal(b"a quote", "here")
    with pytest.raises(InputError) as raised:
        Keyring.of(SECRET[::-1]).open(sealed, "here")
    problem = Problem.of(raised.value)
    assert (problem.status, problem.code, problem.headers) == (503, "seal_broken", {"Retry-After": "60"})
