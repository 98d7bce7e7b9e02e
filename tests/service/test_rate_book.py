"""The rate book as a file, the filing pack around it, and what the command refuses."""

import csv
import datetime as dt
import hashlib
import io
import json
import random
import zipfile
from pathlib import Path

import formulas
import openpyxl
import pytest

from pricing import units
from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from pricing.words import sentences
from service.documents.exact_formulas import SAFE, TooLarge, Whole, over_ppm, parts_of, times_ppm
from service.documents.filing_pack import INDEX, filing_pack
from service.documents.rate_book import workbook_bytes
from service.documents.rate_pages import rate_book
from tests.months import run

MONTH = parse_month("2025-11") or 0
KNOWN = dt.date(2026, 1, 31)
TARIFF = Tariff.load()
EDITION = TARIFF.on(MONTH, KNOWN)


@pytest.fixture(scope="module")
def pack() -> dict[str, bytes]:
    return filing_pack(TARIFF, EDITION)


@pytest.fixture(scope="module")
def books(pack: dict[str, bytes]) -> dict[str, openpyxl.Workbook]:
    return {lang: openpyxl.load_workbook(io.BytesIO(pack[f"rate_book.{lang}.xlsx"])) for lang in ("en", "zh")}


def computed(formula: str) -> int:
    """What a spreadsheet makes of a formula without cells."""
    return int(formulas.Parser().ast("=" + formula)[1].compile()().tolist())


@pytest.mark.slow
def test_formulas_round_as_the_kernel_does_however_large_the_product() -> None:
    rng = random.Random(1)
    for digits in (3, 6, 9, 11, 12):
        for _ in range(4):
            amount, ratio = rng.randrange(10**digits), rng.randrange(3_000_000)
            formula = times_ppm(Whole(str(amount), 10**digits), Whole(str(ratio), 3_000_000)).text
            assert computed(formula) == units.times_ppm(amount, ratio), formula
            assert ("*1000000)" in formula) == (10**digits * 3_000_000 > SAFE), "split only where it must be"
            divisor = rng.randrange(100_000, 2_000_000)
            formula = over_ppm(Whole(str(ratio), 3_000_000), Whole(str(divisor), 2_000_000), 100_000).text
            assert computed(formula) == units.over_ppm(ratio, divisor), formula
            formula = parts_of(Whole(str(ratio), 3_000_000), Whole(str(amount % 9000), 9000), Whole("31", 31)).text
            assert computed(formula) == units.parts_of(ratio, amount % 9000, 31), formula


def test_a_half_goes_up() -> None:
    assert [computed(times_ppm(Whole(str(n), 9), Whole("500000", 500_000)).text) for n in (1, 2, 3)] == [1, 1, 2]


def test_a_product_beyond_a_spreadsheet_is_never_written() -> None:
    with pytest.raises(TooLarge):
        times_ppm(Whole("$B$1", 10**15), Whole("$B$2", 10**10))


@pytest.mark.slow
def test_both_languages_have_the_same_sheets_and_inputs(books: dict[str, openpyxl.Workbook]) -> None:
    en, zh = books["en"], books["zh"]
    assert en.sheetnames == zh.sheetnames
    assert set(TARIFF.schemes) <= set(en.sheetnames)
    for name in TARIFF.schemes:
        assert en[name]["A1"].value == TARIFF.schemes[name].title["en"]
        assert zh[name]["A1"].value == TARIFF.schemes[name].title["zh"]
        column = [[sheet.cell(row, 2).protection.locked for row in range(9, 100)] for sheet in (en[name], zh[name])]
        assert column[0] == column[1]
        assert column[0].count(False) >= 3


@pytest.mark.slow
def test_only_inputs_are_open_and_every_page_prints(books: dict[str, openpyxl.Workbook]) -> None:
    formula_cells = 0
    for book in books.values():
        for sheet in book.worksheets:
            assert sheet.protection.sheet
            assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.print_title_rows
            assert sheet.freeze_panes
            for row in sheet.iter_rows():
                for cell in row:
                    formula_cells += cell.data_type == "f"
                    assert cell.data_type != "f" or cell.protection.locked, (sheet.title, cell.coordinate)
                    assert cell.protection.locked or sheet.title in TARIFF.schemes
    assert formula_cells > 1000


@pytest.mark.slow
def test_every_input_has_its_list_or_limits(books: dict[str, openpyxl.Workbook]) -> None:
    sheet = books["en"]["mileage_linked"]
    checked = {str(one.sqref): one for one in sheet.data_validations.dataValidation}
    open_ = [f"B{row}" for row in range(9, 60) if not sheet.cell(row, 2).protection.locked]
    assert sorted(open_) == sorted(checked)
    kinds = {sheet[cell.replace("B", "C")].value: checked[cell].type for cell in open_}
    assert kinds["vehicle"] == kinds["region"] == "list"
    assert kinds["distance_m"] == kinds["income_fen"] == "whole"


@pytest.mark.slow
def test_a_table_sheet_says_where_each_value_comes_from(books: dict[str, openpyxl.Workbook]) -> None:
    """Beijing's floor of 7,162.00 yuan from 2025-07 stands with its entry, marks and notice."""
    sheet = next(one for one in books["en"].worksheets if one.title.endswith("_contribution_base"))
    rows = {row[0]: row for row in sheet.iter_rows(min_row=7, values_only=True)}
    floor = rows["110000|floor"]
    assert floor[3:7] == (716200, "contribution_base@2025-07/110000", "enacted", "quoted")
    assert "2025年度" in str(floor[10])


def test_a_scheme_not_in_force_has_a_notice_instead_of_formulas() -> None:
    book = rate_book(TARIFF, TARIFF.on(parse_month("2022-05") or 0, KNOWN), "en")
    closed = {name for name, code in book.closed.items() if code}
    assert "pilot_per_order" in closed
    assert "class_rate" not in closed
    page = next(page for page in book.book.pages if page.name == "pilot_per_order")
    assert not page.allowed
    assert any("before the first entry" in str(cell.value) for cell in page.cells.values())


@pytest.mark.slow
def test_the_index_names_every_file_with_its_hash(pack: dict[str, bytes]) -> None:
    index = json.loads(pack[INDEX])
    assert {one["file"]: one["sha256"] for one in index["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in pack.items() if name != INDEX
    }
    assert (index["month"], index["known_on"], index["edition"]) == ("2025-11", "2026-01-31", EDITION.hash)
    assert index["tariff_sha256"] == folder_hash(SHIPPED)


@pytest.mark.slow
def test_every_entry_in_force_stands_among_the_sources(pack: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(pack["sources.csv"].decode())))
    assert sorted(row["entry"] for row in rows) == sorted(found.entry.id for found in EDITION.entries)
    assert all(row["source"] and row["status"] and row["evidence"] and row["value"] for row in rows)


@pytest.mark.slow
def test_the_rules_are_said_in_both_languages(pack: dict[str, bytes]) -> None:
    rules = pack["rules.md"].decode()
    for lang in ("en", "zh"):
        for note in ("one_worker", "half_up", "once"):
            assert sentences(lang)["book_note_" + note] in rules
        for scheme in TARIFF.schemes.values():
            assert f"## {scheme.title[lang]} (`{scheme.name}`)" in rules
    steps = rules[rules.index("(`mileage_linked`)") :]
    order = [
        steps.index(word) for word in ("Contribution base**", "Distance**", "Vehicle**", "off-balance**", "Price**")
    ]
    assert order == sorted(order)


@pytest.mark.slow
def test_sample_worksheets_are_of_the_month(pack: dict[str, bytes]) -> None:
    assert pack["worksheets/rider.en.txt"].decode().startswith("2025-11 · worker w_4KQ7ZB2M")
    assert "2025-11" in pack["worksheets/host.zh.txt"].decode()
    assert "—" not in pack["worksheets/host.en.txt"].decode().split("Who pays what")[0], "each cover has its premium"


@pytest.mark.slow
def test_equal_editions_make_equal_bytes(pack: dict[str, bytes]) -> None:
    book = rate_book(TARIFF, TARIFF.on(MONTH, KNOWN), "zh").book
    assert workbook_bytes(book) == pack["rate_book.zh.xlsx"]


@pytest.mark.slow
def test_the_command_writes_a_pack_with_the_release_s_papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tariff = tmp_path / "tariff"
    for path in SHIPPED.rglob("*.yaml"):
        (tariff / path.relative_to(SHIPPED)).parent.mkdir(parents=True, exist_ok=True)
        (tariff / path.relative_to(SHIPPED)).write_bytes(path.read_bytes())
    (tariff / "model_card.md").write_text("# Card\n", "utf-8")
    (tariff / "impact.json").write_text("{}\n", "utf-8")
    monkeypatch.setenv("LICHENG_TARIFF", str(tariff))
    out = tmp_path / "filing.zip"
    done = run("tariff", "export", "--month", "2025-11", "--known-on", "2026-01-31", "--out", out)
    assert (done.code, done.err) == (0, "")
    with zipfile.ZipFile(out) as archive:
        assert {"rate_book.en.xlsx", "rate_book.zh.xlsx", "rules.md", "sources.csv", INDEX} <= set(archive.namelist())
        assert archive.read("model_card.md") == b"# Card\n"
        assert archive.read("impact.json") == b"{}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filing.zip", "tariff"]


@pytest.mark.slow
def test_one_workbook_in_the_language_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "new" / "rates.xlsx"
    done = run("tariff", "export", "--month", "2025-11", "--lang", "zh", "--json", "--out", out)
    assert json.loads(done.out)["files"] == ["rates.xlsx"]
    assert openpyxl.load_workbook(out)["Cover"]["A1"].value == "费率手册"


@pytest.mark.parametrize(
    ("month", "name", "code"),
    [
        ("2025-11", "there", "export_exists"),
        ("2025-11", "rates.ods", "export_name"),
        ("1999-01", "early", "export_nothing_in_force"),
        ("2025-13", "never", "request_month"),
    ],
)
def test_wrong_calls_are_refused_by_code(tmp_path: Path, month: str, name: str, code: str) -> None:
    (tmp_path / "there").mkdir()
    done = run("tariff", "export", "--month", month, "--out", tmp_path / name)
    assert (done.code, f"[{code}]" in done.err) == (3 if code == "export_exists" else 2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_folder_of_perils_has_no_rate_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "perils"
    folder.mkdir()
    (folder / "factors.yaml").write_text("name: factors\nfactors:\n  vehicle: {levels: [a], complete: true}\n", "utf-8")
    table = "entries:\n- {effective_from: 2025-01, known_from: 2025-01-01, status: demonstration, evidence: none,"
    table += " source: {title: t}, value: 1}\n"
    for name in ("frequency", "severity"):
        (folder / f"{name}.yaml").write_text(f"name: {name}\ntitle: {{en: a, zh: 表}}\nunit: fen\n{table}", "utf-8")
    (folder / "perils.yaml").write_text("name: perils\nperils: {}\n", "utf-8")
    monkeypatch.setenv("LICHENG_TARIFF", str(folder))
    done = run("tariff", "export", "--month", "2025-11", "--out", tmp_path / "out")
    assert "[export_no_schemes]" in done.err, done
