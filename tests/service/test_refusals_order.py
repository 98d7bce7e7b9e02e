"""Refusals stand by the name of the file and the row in it: one way through a file mends it."""

from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from service.engines.folder import read_csv
from service.engines.refusals_file import refusals_file
from service.engines.refused import REFUSAL_SCHEMA
from service.engines.verified import verify
from tests.months import refusals, settle, side_refusals, write_csv

Json = dict[str, Any]
WHEN = ("--month", "2025-08", "--known-on", "2025-11-30")
SCHEMES = ("pilot_per_order", "class_rate")


def broken(number: int) -> Json:
    """A row that both schemes refuse: the higher its number, the earlier its worker."""
    place = {"month": "2025-08", "platform": "didi", "region": "990000", "occupation": "ride_hailing_driver"}
    return {**place, "worker": f"w_{9_999 - number:08d}", "orders": 7}


def test_by_file_by_row_and_scheme_by_scheme(tmp_path: Path) -> None:
    usage, out = tmp_path / "usage", tmp_path / "month"
    usage.mkdir()
    for name, numbers in (("b.csv", range(12)), ("a.csv", range(12, 24)), ("c.csv", range(24, 26))):
        write_csv(usage / name, [broken(number) for number in numbers])
    settle(usage, out, *WHEN, "--schemes", ",".join(SCHEMES))
    found = [(row["file"], int(row["row"]), row["scheme"]) for row in refusals(out)]
    lines = {"a.csv": 12, "b.csv": 12, "c.csv": 2}
    assert found == [(name, row + 2, scheme) for name in lines for row in range(lines[name]) for scheme in SCHEMES]
    assert verify(out, lambda stage, rows: None)["unlike"] == []


def test_side_refusals_too(tmp_path: Path) -> None:
    usage = write_csv(tmp_path / "usage.csv", [{**broken(0), "region": "110000"}])
    unknown = [{"worker": f"w_{9_999 - n:08d}", "platform": "didi", "month": "2025-07"} for n in range(1, 14)]
    history = write_csv(tmp_path / "history.csv", [{**row, "revenue_fen": 5} for row in unknown])
    settle(usage, tmp_path / "month", *WHEN, "--schemes", "pilot_per_order", "--history", history)
    assert [int(row["row"]) for row in side_refusals(tmp_path / "month")] == list(range(2, 15))


def test_as_many_refusals_as_rows_are_put_in_order_on_the_disk(tmp_path: Path) -> None:
    schema = pa.schema([("file", pa.string()), ("row", pa.int64()), ("message", pa.string())])
    rows = list(range(2, 300_002))
    Random(7).shuffle(rows)
    with refusals_file(tmp_path / "out.csv", schema, tmp_path) as write:
        for first in range(0, len(rows), 777):
            part = rows[first : first + 777]
            cells = [["'=乙" if row % 3 else "a" for row in part], part, [f'"{row}"\n' for row in part]]
            whole = [[cell for cell in column for _ in "ab"] for column in cells]
            whole[2] = [text + "12"[n % 2] for n, text in enumerate(whole[2])]
            write(
                pa.RecordBatch.from_arrays(
                    [pa.array(c, f.type) for c, f in zip(whole, schema, strict=True)], schema=schema
                )
            )
    found = read_csv(tmp_path / "out.csv")
    wanted = [(name, row) for name, of in (("=乙", True), ("a", False)) for row in sorted(rows) if bool(row % 3) == of]
    assert [(one["file"], int(one["row"])) for one in found] == [place for place in wanted for _ in "ab"]
    assert [one["message"] for one in found] == [f'"{row}"\n{n}' for _, row in wanted for n in "12"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_no_refusal_is_a_header(tmp_path: Path) -> None:
    with refusals_file(tmp_path / "out.csv", REFUSAL_SCHEMA, tmp_path):
        pass
    assert read_csv(tmp_path / "out.csv") == []
    assert (tmp_path / "out.csv").read_bytes().startswith(b'\xef\xbb\xbf"file","row"')
