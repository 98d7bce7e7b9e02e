"""A levy that is called wrongly, in the wrong place, or with a register that cannot be: its code, words and exit."""

from pathlib import Path

import pytest

from tests.months import lines, refusals, run, settle, totals
from tests.refusals.files.case import HEADER, MONTH, Case, check, driver, written

SOUND = {"a.csv": HEADER + driver()}
REGISTER = "platform,region,pilot_tier,entity\n"
RIDER = driver(platform="meituan", region="500000", occupation="food_rider")
TIERED = {"a.csv": HEADER + RIDER + driver("w_0000000S")}


def refused(name: str, code: str, words: str, words_zh: str, register: str | bytes) -> Case:
    """A register that cannot be used."""
    return Case(name, SOUND, code, (words,), (words_zh,), exit=3, register=register)


REGISTERS = [
    refused("unknown column", "unknown_column", "'tier'", "'tier'", "platform,tier\ndidi,low\n"),
    refused("unknown tier", "register_value", "'middle'", "'middle'", REGISTER + "didi,110000,middle,\n"),
    refused("no platform", "register_value", "'platform'", "'platform'", REGISTER + ",110000,low,\n"),
    refused("overlap", "register_overlap", "platform didi", "平台 didi", REGISTER + "didi,110000,low,\n" * 2),
    refused("a short row", "csv_unreadable", "1 cells, 4 columns", "单元格 1 个", REGISTER + "didi\n"),
    refused("a long row", "csv_unreadable", "5 cells, 4 columns", "单元格 5 个", REGISTER + "didi,110000,low,a,b\n"),
    refused("a comma", "csv_unreadable", "1200, not 1,200", "写 1200", "platform,pilot_float_pct\ndidi,1,200\n"),
    refused("semicolons", "csv_unreadable", "separated by commas", "以逗号", REGISTER.replace(",", ";")),
    refused("a doubled column", "csv_unreadable", "twice", "无法读取", "platform,region,region\ndidi,1,2\n"),
    refused("an open quote", "csv_unreadable", "unexpected end", "无法读取", REGISTER + 'didi,110000,low,"a\n'),
    refused("empty", "csv_unreadable", "empty", "无法读取", ""),
    refused("neither encoding", "text_unreadable", "not UTF-8", "不是 UTF-8", REGISTER.encode() + b"didi,,,\xff\n"),
    refused("half a per cent", "register_value", "99.5", "99.5", "platform,pilot_float_pct\ndidi,99.5\n"),
    Case("GB18030", SOUND, priced=1, levy_fen=100, register=(REGISTER + "didi,,,滴滴\n").encode("gb18030")),
    Case("with BOM and own columns", SOUND, priced=1, levy_fen=100, register="\ufeffplatform,x_own\ndidi,7\n"),
    Case("with the tier", TIERED, priced=2, levy_fen=800, register=REGISTER + "meituan,500000,low,\n"),
    Case(
        "without the platform of the month", TIERED, "rate_tier_not_assigned", ("meituan", "500000", "pilot_tier"),
        ("meituan", "pilot_tier"), priced=1, refused=1, levy_fen=100, register=REGISTER + "didi,110000,,\n",
    ),
]  # fmt: skip
CALLS = [
    Case("no such month", SOUND, "request_month", ("'2025-13'",), ("'2025-13'",), 2, options=("--month", "2025-13")),
    Case("no date", SOUND, "request_date", ("'30.11.2025'",), ("30.11.2025",), 2, options=("--known-on", "30.11.2025")),
    Case("not over", SOUND, "month_not_over", ("2025-12",), ("晚于",), 2, options=("--month", "2025-12")),
    Case("no such scheme", SOUND, "request_value", ("'tax'",), ("'tax'",), 2, options=("--schemes", "tax")),
    Case("no register", SOUND, "file_not_found", ("nowhere",), ("nowhere",), 3, options=("--platforms", "nowhere")),
    Case("no previous", SOUND, "no_receipt", ("nowhere",), ("nowhere",), 3, options=("--previous", "nowhere")),
    Case(
        "a proposal", SOUND, "levy_demonstration", ("mileage_linked", "--demonstration"), ("--demonstration",), 4,
        options=("--schemes", "pilot_per_order,mileage_linked"),
    ),
    Case("no data", {"notes.md": "of the month"}, "no_data", (".csv", ".parquet"), ("使用量文件",), 3),
    Case(
        "overdue", SOUND, "levy_overdue", ("2027-07", "pilot_amount"), ("复核", "pilot_amount"), 4,
        options=("--month", "2027-07", "--known-on", "2027-09-01"),
    ),
    Case(
        "overdue, none named", SOUND, "levy_overdue", ("2027-07", "before"), ("复核",), 4,
        options=("--schemes", "", "--month", "2027-07", "--known-on", "2027-09-01"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", [*REGISTERS, *CALLS], ids=lambda case: case.name)
def test_call(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case, tmp_path, monkeypatch)


@pytest.mark.parametrize(("name", "code"), [("nothing.csv", "file_not_found"), ("a.xlsx", "unknown_kind")])
def test_a_file_that_is_none(name: str, code: str, tmp_path: Path) -> None:
    written({"a.xlsx": b"PK"}, tmp_path)
    done = run("levy", tmp_path / name, *MONTH, "--out", tmp_path / "out")
    assert (done.code, done.err.strip().endswith(f"[{code}]")) == (3, True), done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    usage, out = written(SOUND, tmp_path / "usage"), tmp_path / "out"
    settle(usage, out, *MONTH)
    before = {path: path.read_bytes() for path in out.iterdir()}
    done = run("levy", usage, *MONTH, "--out", out)
    assert (done.code, "[folder_exists]" in done.err) == (3, True)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("place", ["a'b/it's", "[ab]*?/x{1}", "月 份/二〇二五"])
def test_any_name_of_a_folder(place: str, tmp_path: Path) -> None:
    decoy = settle(written({"a.csv": HEADER + driver(orders="7")}, tmp_path / "other"), tmp_path / "a" / "x1", *MONTH)
    out = tmp_path / place / "month"
    usage = written({"it's.csv": HEADER + driver()}, tmp_path / place / "usage")
    settle(usage, out, *MONTH)
    settle(usage, tmp_path / place / "corrected", *MONTH, "--previous", out)
    assert (
        totals(out)["schemes"]["pilot_per_order"]["levy_fen"] == 100 != decoy["schemes"]["pilot_per_order"]["levy_fen"]
    )
    assert lines(tmp_path / place / "corrected") == []
    assert run("verify", out).code == run("verify", tmp_path / place / "corrected").code == 0
    assert "1.00" in run("explain", out, "1").out


def test_check_publishes_nothing_and_counts_the_same(tmp_path: Path) -> None:
    usage = written({"a.csv": HEADER + driver(orders="x") + driver("w_0000000S")}, tmp_path / "usage")
    before = sorted(tmp_path.rglob("*"))
    done = run("check", usage, *MONTH, "--schemes", "pilot_per_order", "--json", "--strict")
    assert (done.code, sorted(tmp_path.rglob("*"))) == (1, before)
    assert '"value_not_a_number":1' in done.out
    settled = run("levy", usage, *MONTH, "--schemes", "pilot_per_order", "--strict", "--out", tmp_path / "out")
    assert (settled.code, (tmp_path / "out").is_dir()) == (1, True)


@pytest.mark.parametrize("name", ["=cmd.csv", "+1.csv", "使用量.csv"])
def test_any_name_of_a_file(name: str, tmp_path: Path) -> None:
    usage = written({name: HEADER + driver(orders="-1")}, tmp_path / "usage")
    settle(usage, tmp_path / "out", *MONTH, "--schemes", "pilot_per_order")
    assert refusals(tmp_path / "out")[0]["file"] == name
    assert "\n=" not in (tmp_path / "out" / "refusals.csv").read_text(encoding="utf-8-sig").replace('"', "")


def test_files_of_one_name_in_two_folders(tmp_path: Path) -> None:
    broken = HEADER + driver() + "broken in {}\n"
    files = {"a/u.csv": broken.format("a"), "b/u.csv": broken.format("b").replace("0A", "0B")}
    found = settle(written(files, tmp_path / "usage"), tmp_path / "out", *MONTH, "--schemes", "pilot_per_order")
    counts = found["schemes"]["pilot_per_order"]
    assert (counts["priced"], counts["refused"], counts["duplicate"]) == (2, 2, 0)
