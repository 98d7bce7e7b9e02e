"""A broken or odd input of a levy: its files, what is said of it in both languages, what is priced all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.months import refusals, run, totals

MONTH = ("--month", "2025-08", "--known-on", "2025-11-30")
NAMES = ("month", "worker", "platform", "region", "occupation", "orders", "income_fen", "worker_ref")
HEADER = ",".join(NAMES) + "\n"
Content = str | bytes | pa.Table


def driver(worker: str = "w_0000000A", orders: str = "100", worker_ref: str = "R-1", **other: str) -> str:
    """A line of CSV that costs 100 × 0.01 yuan, unless something in it is changed."""
    row = {"month": "2025-08", "platform": "didi", "region": "110000", "occupation": "ride_hailing_driver"}
    row |= {"worker": worker, "orders": orders, "income_fen": "500000", "worker_ref": worker_ref, **other}
    return ",".join(row[name] for name in NAMES) + "\n"


def table(**columns: object) -> pa.Table:
    """The same row as a table; a column that is None is left out."""
    row: dict[str, object] = dict(zip(NAMES, ([cell] for cell in driver().strip().split(",")), strict=True))
    row |= {"orders": [100], "income_fen": [500000], **columns}
    return pa.table({name: column for name, column in row.items() if column is not None})


@dataclass(frozen=True)
class Case:
    """code: of an error (exit above 0) or of a refused row; priced, refused, duplicate: rows of `pilot_per_order`."""

    name: str
    files: Mapping[str, Content]
    code: str = ""
    words: tuple[str, ...] = ()
    words_zh: tuple[str, ...] = ()
    exit: int = 0
    priced: int = 0
    refused: int = 0
    duplicate: int = 0
    levy_fen: int = 0
    register: str | bytes | None = None
    options: tuple[str, ...] = field(default=())


def written(files: Mapping[str, Content], folder: Path) -> Path:
    """The files of a case in a folder of their own."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def check(case: Case, folder: Path, environment: pytest.MonkeyPatch) -> None:
    """Settle the case's files: what is said, what is priced, and nothing beside the folder but what was there."""
    usage, out = folder / "usage", folder / "place" / "month"
    usage.mkdir()
    out.parent.mkdir()
    options: tuple[object, ...] = (*MONTH, "--schemes", "pilot_per_order", "--out", out, *case.options)
    if case.register is not None:
        options = (*options, "--platforms", written({"register.csv": case.register}, folder) / "register.csv")
    environment.setenv("LICHENG_LANG", "en")
    done = run("levy", written(case.files, usage), *options)
    if not case.exit:
        assert (done.code, done.err) == (0, ""), done.err
        check_folder(case, out)
        return
    assert (done.code, list(out.parent.iterdir())) == (case.exit, []), done.err
    environment.setenv("LICHENG_LANG", "zh")
    for said, words in ((done.err, case.words), (run("levy", usage, *options).err, case.words_zh)):
        assert said.startswith("licheng: ")
        assert said.endswith(f"[{case.code}]\n"), said
        assert [word for word in words if word not in said] == [], said
        assert "Traceback" not in said


def check_folder(case: Case, out: Path) -> None:
    """Counts of a published folder, and the words of the refusals that the case is about."""
    found = totals(out)["schemes"]["pilot_per_order"]
    counts = {name: found[name] for name in ("priced", "refused", "duplicate", "levy_fen")}
    assert counts == {name: getattr(case, name) for name in counts}, refusals(out)
    assert found["read"] == case.priced + case.refused + case.duplicate
    told = [row for row in refusals(out) if row["code"] == case.code]
    assert bool(told) == bool(case.code), refusals(out)
    assert [word for word in case.words if not any(word in row["message"] for row in told)] == [], told
    assert [word for word in case.words_zh if not any(word in row["message_zh"] for row in told)] == [], told
    assert list(out.parent.iterdir()) == [out]
