"""Broken and odd CSV: each has its code and words, and the sound rows beside it are priced."""

from pathlib import Path

import pytest

from pricing.usage import BY_NAME
from tests.months import refusals
from tests.refusals.files.case import HEADER, NAMES, Case, check, driver

SOUND = driver("w_0000000S")
SWALLOWED = driver(worker_ref='"R-1') + driver("w_0000000B") + driver("w_0000000C", worker_ref='R-3"') + SOUND
CHINESE = HEADER.strip() + ",industry\n" + driver().strip() + ",道路运输业\n"
LAST = driver("w_0000000E", "5")
OTHER_ORDER = """orders,worker_ref,region,x_note,occupation,platform,worker,month
5,R,110000,a,ride_hailing_driver,didi,w_0000000O,2025-08
"""
WITHOUT_REGION = "month,worker,platform,occupation\n2025-08,w_0000000O,didi,ride_hailing_driver\n"


def one(name: str, row: str, code: str, words: tuple[str, ...], words_zh: tuple[str, ...]) -> Case:
    """A refused row beside a sound one."""
    files = {"a.csv": HEADER + row + SOUND}
    return Case(name, files, code, words, words_zh, priced=1, refused=1, levy_fen=100)


def unreadable(name: str, content: str | bytes, code: str, words: tuple[str, ...], words_zh: tuple[str, ...]) -> Case:
    """A file that cannot be read, beside a sound one: nothing is published."""
    return Case(name, {"a.csv": content, "b.csv": HEADER + SOUND}, code, words, words_zh, exit=3)


ROWS = [
    one("separators", driver(orders='"1,234"'), "value_not_a_number", ("'1,234' in orders",), ("'1,234' 不是数字",)),
    one("a comma", driver(orders='"1,200"'), "value_not_a_number", ("'1,200'", "1200, not 1,200"), ("写 1200，不写",)),
    one("a space", driver(orders="1 200"), "value_not_a_number", ("'1 200'", "1200, not"), ("'1 200'", "1 200")),
    one("a bare comma", driver(orders="1,200"), "row_cells", ("write 1200, not 1,200",), ("写 1200，不写 1,200",)),
    one("a float", driver(orders="620.0"), "value_not_whole", ("620.0 in orders",), ("620.0 不是整数",)),
    one("NaN", driver(orders="NaN"), "value_not_a_number", ("'nan' in orders",), ("'nan' 不是数字",)),
    one("below zero", driver(orders="-5"), "value_negative", ("-5 in orders",), ("-5 为负数",)),
    one("too large", driver(orders="100001"), "value_too_large", ("greatest allowed value 100000.",), ("100000，",)),
    one("too many digits", driver(orders="9" * 25), "value_too_large", ("9999",), ("超过允许的最大值",)),
    one("full-width digits", driver(orders="１００"), "value_not_a_number", ("１００",), ("不是数字",)),
    one("no orders", driver(orders=""), "orders_missing", ("completed orders",), ("完成订单数",)),
    one("a short line", driver().replace(",R-1", ""), "row_cells", ("header", "w_0000000A"), ("表头",)),
    one("a long line", driver().replace("R-1", "R,1"), "row_cells", ("header", "w_0000000A"), ("表头",)),
    one("another month", driver(month="2025-07"), "month_differs", ("'2025-07'", "2025-08"), ("'2025-07'",)),
    one("a line break", driver(worker_ref='"R\n2"'), "row_line_break", ("swallowed", "w_0000000A"), ("换行",)),
    one("swallowed rows", SWALLOWED.removesuffix(SOUND), "row_line_break", ("w_0000000B",), ("吞掉", "w_0000000B")),
    one("a zero byte", driver(worker="w_00\x00000A"), "worker_not_valid", ("pseudonym",), ("化名",)),
    one("no worker", driver(worker=""), "value_missing", ("column worker is empty",), ("worker 列为空",)),
    one("an id that is a formula", driver(worker="=w_0000000A"), "worker_not_valid", ("'=w_0000000A'",), ("化名",)),
]
FILES = [
    unreadable("an open quote", HEADER + driver(worker_ref='"R'), "csv_quote_open", ("swallowed",), ("引号",)),
    unreadable("no row and no header", "", "empty_file", ("The file is empty",), ("文件为空",)),
    Case("a header alone", {"a.csv": HEADER}, "no_rows", ("no row", "a.csv"), ("没有任何数据行",), 3),
    Case("a header without line end", {"a.csv": HEADER.strip()}, "no_rows", ("no row",), ("没有任何数据行",), 3),
    Case("a header and empty lines", {"a.csv": HEADER + "\n,,,,,,,\n"}, "no_rows", ("no row",), ("数据行",), 3),
    Case("headers alone", {"a.csv": HEADER, "b.csv": HEADER}, "no_rows", ("a.csv", "b.csv"), ("a.csv", "b.csv"), 3),
    unreadable("UTF-16", (HEADER + driver()).encode("utf-16"), "csv_unreadable", ("GB18030",), ("GB18030",)),
    unreadable(
        "neither encoding", (HEADER + driver()).encode() + b"\xff\xff", "csv_unreadable", ("at byte",), ("GB18030",)
    ),
    unreadable(
        "mixed encodings", CHINESE.encode() + LAST.strip().encode() + ",道路运输业".encode("gb18030") + b"\xff\n",
        "csv_unreadable", ("neither UTF-8 nor GB18030 at byte",), ("无法读取",),
    ),
    unreadable(
        "semicolons", HEADER.replace(",", ";"), "csv_unreadable", ("semicolons", "separated by commas"),
        ("分号", "以逗号分隔"),
    ),
    unreadable(
        "tabs", HEADER.replace(",", "\t"), "csv_unreadable", ("by tabs", "separated by commas"),
        ("制表符", "以逗号分隔"),
    ),
    unreadable("no header", driver() + LAST, "unknown_column", ("'2025-08'", *BY_NAME), ("'2025-08'", *BY_NAME)),
    unreadable("an unknown column", "tips," + HEADER, "unknown_column", ("'tips'", "x_"), ("'tips'", "x_")),
    unreadable("a doubled column", "orders," + HEADER, "duplicate_column", ("orders stands twice",), ("orders 列",)),
    unreadable("a missing column", WITHOUT_REGION, "column_missing", ("column region",), ("region 列",)),
    unreadable("a name without end", "x_" + "a" * 200_000 + "\n", "csv_unreadable", ("field larger",), ("无法读取",)),
    unreadable("a Parquet file", b"PAR1\x15\x04\x15\x16\n", "unknown_column", ("PAR1",), ("PAR1",)),
]  # fmt: skip
ACCEPTED = [
    Case("UTF-8 with BOM", {"a.csv": (HEADER + driver()).encode("utf-8-sig")}, priced=1, levy_fen=100),
    Case("GB18030", {"a.csv": CHINESE.encode("gb18030")}, priced=1, levy_fen=100),
    Case(
        "GB18030 beside UTF-8", {"a.csv": CHINESE.encode("gb18030"), "b.csv": CHINESE.replace("0A", "0B")},
        priced=2, levy_fen=200,
    ),
    Case("no last line end", {"a.csv": HEADER + driver().strip()}, priced=1, levy_fen=100),
    Case("line ends of Windows", {"a.csv": (HEADER + driver()).replace("\n", "\r\n")}, priced=1, levy_fen=100),
    Case("line ends of old Macintosh", {"a.csv": (HEADER + driver()).replace("\n", "\r")}, priced=1, levy_fen=100),
    Case("a header alone beside rows", {"a.csv": HEADER, "b.csv": HEADER + driver()}, priced=1, levy_fen=100),
    Case("spaces in the header", {"a.csv": HEADER.replace(",", " , ") + driver()}, priced=1, levy_fen=100),
    Case("quotes in the header", {"a.csv": '"' + '","'.join(NAMES) + '"\n' + driver()}, priced=1, levy_fen=100),
    Case("columns in another order", {"a.csv": HEADER + driver(), "b.csv": OTHER_ORDER}, priced=2, levy_fen=105),
    Case("own columns", {"a.csv": "x_note," + HEADER + 'a "b,' + driver() + 'c" d,' + SOUND}, priced=2, levy_fen=200),
    Case("a suffix in capitals", {"a.CSV": HEADER + driver(), "deep/b.Csv": HEADER + SOUND}, priced=2, levy_fen=200),
    Case("empty lines", {"a.csv": HEADER + "\n" + driver() + "\n,,,,,,,\n" + SOUND + "\n"}, priced=2, levy_fen=200),
    Case(
        "the same row twice", {"a.csv": HEADER + driver(), "b.csv": HEADER + driver()},
        priced=1, duplicate=1, levy_fen=100,
    ),
]  # fmt: skip
CONFLICT = Case(
    "unlike rows of one key",
    {"a.csv": HEADER + driver(), "b.csv": HEADER + driver(orders="7") + SOUND},
    *("conflicting_rows", ("same key", "differ"), ("同一键",)),
    **{"priced": 1, "refused": 2, "levy_fen": 100},
)


@pytest.mark.parametrize("case", [*ROWS, *FILES, *ACCEPTED, CONFLICT], ids=lambda case: case.name)
def test_csv(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case, tmp_path, monkeypatch)


def test_there_are_cases() -> None:
    assert len({case.name for case in (*ROWS, *FILES, *ACCEPTED, CONFLICT)}) >= 40


def test_row_numbers_are_line_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [driver(f"w_0000000{name}", "x") for name in "BCD"]
    files = {"a.csv": HEADER + SOUND + "\n" + bad[0] + "short\n\n" + bad[1] + ",,,,,,,\n" + bad[2]}
    case = Case("lines", files, "row_cells", ("short",), priced=1, refused=4, levy_fen=100)
    check(case, tmp_path, monkeypatch)
    found = {int(row["row"]): row["code"] for row in refusals(tmp_path / "place" / "month")}
    assert found == {4: "value_not_a_number", 5: "row_cells", 7: "value_not_a_number", 9: "value_not_a_number"}


FORMULAS = ["=SUM(A1)", "+86", "-1", "@x", "'=x", "''+1", "'quoted'", "\t=1", "＝1", "＋86", "－1", "＠x"]


def test_formulas_are_escaped_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(driver(f"w_{n:08d}", "-1", ref) for n, ref in enumerate(FORMULAS))
    case = Case("formulas", {"a.csv": HEADER + rows}, "value_negative", ("-1 in orders",), refused=len(FORMULAS))
    check(case, tmp_path, monkeypatch)
    folder = tmp_path / "place" / "month"
    assert [row["worker_ref"] for row in refusals(folder)] == FORMULAS
    written = (folder / "refusals.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    cells = [cell for line in written for cell in line.split('"')]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t＝＋－＠"))] == []
