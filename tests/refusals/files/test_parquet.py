"""Broken and odd Parquet, and files of both kinds together."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing.usage import NUMBERS, TEXTS
from tests.refusals.files.case import HEADER, Case, Content, check, driver, table

SOUND = HEADER + driver("w_0000000S")
TEXT = pa.string()
ROW, OTHER = table(), table(worker=["w_0000000B"], orders=pa.array([100], pa.int8()))
NOT_UTF8 = pa.Array.from_buffers(
    TEXT, 1, [None, pa.py_buffer(bytes([0, 0, 0, 0, 2, 0, 0, 0])), pa.py_buffer(b"\xff\xfe")]
)
TWICE = pa.Table.from_arrays([*ROW.columns, ROW.column("orders")], names=[*ROW.column_names, "orders"])


def raw(content: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(content, sink)
    return sink.getvalue().to_pybytes()


def cast(names: tuple[str, ...], kind: pa.DataType) -> pa.Table:
    """The row with some of its columns as another type."""
    return table(**{name: ROW.column(name).cast(kind) for name in names if name in ROW.schema.names})


def row(name: str, content: Content, code: str, words: tuple[str, ...], words_zh: tuple[str, ...]) -> Case:
    """A file with one row that is refused, beside a sound file."""
    files = {"a.parquet": content, "b.csv": SOUND}
    return Case(name, files, code, words, words_zh, priced=1, refused=1, levy_fen=100)


def unreadable(name: str, content: Content, code: str, words: tuple[str, ...], words_zh: tuple[str, ...]) -> Case:
    """A file that cannot be read, beside a sound one: nothing is published."""
    return Case(name, {"a.parquet": content, "b.csv": SOUND}, code, words, words_zh, exit=3)


def accepted(name: str, *contents: Content) -> Case:
    """Files that are read as if they were all the same, each with a row of 100 orders."""
    files = {f"{n}.parquet": content for n, content in enumerate(contents)}
    return Case(name, files, priced=len(contents), levy_fen=100 * len(contents))


ROWS = [
    row("a float", table(orders=[100.0]), "value_not_whole", ("100.0 in orders",), ("100.0 不是整数",)),
    row("NaN", table(orders=[float("nan")]), "value_not_a_number", ("'nan' in orders",), ("'nan' 不是数字",)),
    row("infinite", table(orders=[float("-inf")]), "value_not_a_number", ("'-inf'",), ("'-inf' 不是数字",)),
    row("null", table(orders=pa.nulls(1)), "orders_missing", ("completed orders",), ("完成订单数",)),
    row("below zero", table(orders=[-5]), "value_negative", ("-5 in orders",), ("-5 为负数",)),
    row(
        "beyond int64", table(orders=pa.array([2**64 - 1], pa.uint64())), "value_too_large",
        ("18446744073709551615", "greatest allowed value 100000."), ("100000，",),
    ),
    row("a null worker", table(worker=pa.nulls(1, TEXT)), "value_missing", ("worker is empty",), ("worker 列为空",)),
]  # fmt: skip
FILES = [
    Case("no rows at all", {"a.parquet": ROW.slice(0, 0)}, "no_rows", ("no row", "a.parquet"), ("数据行",), 3),
    unreadable("cut short", raw(ROW)[:-9], "parquet_unreadable", ("cut short", "Parquet"), ("可能被截断",)),
    unreadable("cut in half", raw(ROW)[: len(raw(ROW)) // 2], "parquet_unreadable", ("cut short",), ("可能被截断",)),
    unreadable("broken within", raw(ROW)[:30] + bytes(90) + raw(ROW)[120:], "parquet_unreadable", ("cut",), ("截断",)),
    unreadable("text by that name", SOUND, "parquet_unreadable", ("Parquet",), ("无法读取",)),
    unreadable("text that is no UTF-8", table(worker_ref=NOT_UTF8), "parquet_unreadable", ("UTF8",), ("UTF8",)),
    unreadable("region as a number", table(region=[110000]), "column_type", ("region is int64",), ("region 列",)),
    unreadable("month as a date", table(month=pa.nulls(1, pa.date32())), "column_type", ("is date32",), ("date32",)),
    unreadable("worker as bytes", table(worker=[b"w_0000000A"]), "column_type", ("worker is binary",), ("binary",)),
    unreadable("orders as text", table(orders=["100"]), "column_type", ("orders is string", "int64"), ("string",)),
    unreadable("orders as truth", table(orders=[True]), "column_type", ("orders is bool",), ("bool",)),
    unreadable("a missing column", table(occupation=None), "column_missing", ("occupation",), ("缺少 occupation",)),
    unreadable("a doubled column", TWICE, "duplicate_column", ("orders stands twice",), ("orders 列",)),
    unreadable("an unknown column", table(tips=[1]), "unknown_column", ("'tips'", "x_"), ("'tips'", "x_")),
]  # fmt: skip
ACCEPTED = [
    accepted(
        "dictionaries", table(**{n: ROW.column(n).combine_chunks().dictionary_encode() for n in ROW.schema.names})
    ),
    accepted("large strings", cast(TEXTS, pa.large_string())),
    accepted("small numbers", cast(NUMBERS, pa.int32())),
    accepted("unsigned numbers", cast(NUMBERS, pa.uint64())),
    accepted("own columns of any type", table(x_legs=[[1, 2]], x_note=[{"a": 1.5}])),
    accepted("other types and another order", ROW, OTHER.select(ROW.column_names[::-1])),
    Case("no rows", {"a.parquet": ROW.slice(0, 0), "b.csv": SOUND}, priced=1, levy_fen=100),
    Case("of both kinds", {"a.parquet": ROW, "b.csv": HEADER + driver()}, priced=1, duplicate=1, levy_fen=100),
]


@pytest.mark.parametrize("case", [*ROWS, *FILES, *ACCEPTED], ids=lambda case: case.name)
def test_parquet(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case, tmp_path, monkeypatch)
