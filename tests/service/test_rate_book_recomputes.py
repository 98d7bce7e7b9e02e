"""The rate book's formulas, recalculated by a foreign library, come to the kernel's premium to the fen."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from service.documents.rate_book import workbook_bytes
from service.documents.rate_pages import rate_book
from tests.evaluator import calculate
from tests.months import run
from tests.pricing.test_new_cover import tariff_with
from tests.service.rate_books import NOTHING, Sheet, draws, load, on_sheet, priced

MONTH = parse_month("2025-11") or 0
KNOWN = dt.date(2026, 1, 31)
TARIFF = Tariff.load()
SCHEMES = list(TARIFF.schemes)
EACH = 9


def written(tariff: Tariff, folder: Path, lang: str = "en", month: int = MONTH) -> Path:
    path = folder / f"book_{lang}.xlsx"
    path.write_bytes(workbook_bytes(rate_book(tariff, tariff.on(month, KNOWN), lang).book))
    return path


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheet]:
    return load(written(TARIFF, tmp_path_factory.mktemp("book")), SCHEMES)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_drawn_months_cost_the_same_to_the_fen(sheets: dict[str, Sheet], scheme: str) -> None:
    """Fen, millifen and the weakest marks; where the kernel refuses, the sheet has no premium either."""
    edition, compared = TARIFF.on(MONTH, KNOWN), 0
    for typed in draws(edition, scheme, EACH, seed=2026):
        expected = priced(TARIFF, MONTH, KNOWN, scheme, typed)
        assert (typed, sheets[scheme].answer(on_sheet(typed))) == (typed, expected)
        compared += expected != NOTHING
    assert compared >= 5, "too few of the drawn months have a price"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_sheet_opens_with_a_price_of_its_inputs(sheets: dict[str, Sheet], scheme: str) -> None:
    answer = sheets[scheme].answer(sheets[scheme].standing)
    typed = dict(sheets[scheme].standing)
    if "volatility_ppm" in typed:  # 0.75 and 1.25 by turns: a mean absolute deviation of a quarter
        typed["history"] = [75, 125] * 6
    assert answer == priced(TARIFF, MONTH, KNOWN, scheme, typed) != NOTHING


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("income_fen", None),
        ("income_fen", 5200.5),
        ("income_fen", -1),
        ("income_fen", "much"),
        ("income_fen", 10_000_000_001),
        ("distance_m", None),
        ("vehicle", None),
        ("vehicle", "rocket"),
        ("vehicle", "E_bike"),
        ("vehicle", "*"),
        ("occupation", "food_ride?"),
        ("region", "990000"),
        ("region", "5000"),
        ("occupation", ""),
        ("risk_class", "9"),
        ("class_float_pct", 110),
        ("active_days", 0),
    ],
)
def test_a_bad_cell_leaves_no_premium(sheets: dict[str, Sheet], name: str, value: object) -> None:
    sheet = sheets["mileage_linked"]
    assert sheet.answer(sheet.standing) != NOTHING
    assert sheet.answer({**sheet.standing, name: value}) == NOTHING


@pytest.mark.slow
def test_a_float_of_the_amount_is_recomputed_where_its_steps_are_in_force(tmp_path: Path) -> None:
    month, compared = parse_month("2027-02") or 0, 0
    sheet = load(written(TARIFF, tmp_path, month=month), ["pilot_per_order"])["pilot_per_order"]
    floats = (50, 70, 90, 110, 150, 95, 160)
    for typed in draws(TARIFF.on(month, KNOWN), "pilot_per_order", 8, seed=7, floats=floats):
        typed = {**typed, "pilot_tier": "low", "region": "500000"}
        expected = priced(TARIFF, month, KNOWN, "pilot_per_order", typed)
        assert (typed, sheet.answer(typed)) == (typed, expected)
        compared += expected != NOTHING
    assert compared >= 4


@pytest.mark.slow
def test_the_chinese_book_computes_the_same(tmp_path: Path) -> None:
    sheet = load(written(TARIFF, tmp_path, "zh"), ["mileage_linked"], "zh")["mileage_linked"]
    for typed in draws(TARIFF.on(MONTH, KNOWN), "mileage_linked", 4, seed=11):
        fen, millifen, status, _ = sheet.answer(typed)
        assert (typed, fen, millifen) == (typed, *priced(TARIFF, MONTH, KNOWN, "mileage_linked", typed)[:2])
        assert status in ("示范", "")


@pytest.mark.slow
def test_numbers_typed_for_codes_are_read_as_codes(sheets: dict[str, Sheet]) -> None:
    """A list of codes picked in a spreadsheet may arrive as numbers."""
    sheet = sheets["cargo_damage"]
    as_numbers = {"region": int(sheet.standing["region"]), "limit_fen": int(sheet.standing["limit_fen"])}
    assert sheet.answer({**sheet.standing, **as_numbers}) == sheet.answer(sheet.standing) != NOTHING


def changed(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The shipped tariff with some texts of its tables replaced."""
    shutil.copytree(SHIPPED, folder)
    for table, before, after in changes:
        path = folder / f"{table}.yaml"
        text = path.read_text("utf-8")
        assert before in text, (table, before)
        path.write_text(text.replace(before, after), "utf-8")
    return folder


@pytest.mark.slow
def test_products_beyond_fifteen_digits_are_split_and_stay_exact(tmp_path: Path) -> None:
    """A cap of 99,999.97 yuan at 99.9999 % and ×1.5: 10^16 on the way, which a double does not hold."""
    rates = ("work_injury/class_rate", "8: 19000", "8: 999999")
    folder = changed(tmp_path / "tariff", rates, ("contribution_base", "cap: 2201700", "cap: 9999997"))
    tariff = Tariff.load(folder)
    sheet = load(written(tariff, tmp_path), ["mileage_linked"])["mileage_linked"]
    edition, split = tariff.on(MONTH, KNOWN), 0
    for typed in draws(edition, "mileage_linked", EACH, seed=3):
        typed = {**typed, "region": "500000", "risk_class": "8", "income_fen": 9_999_999 - typed["distance_m"] % 1000}
        expected = priced(tariff, MONTH, KNOWN, "mileage_linked", typed)
        assert (typed, sheet.answer(typed)) == (typed, expected)
        split += expected != NOTHING
    assert split >= 5


@pytest.mark.slow
def test_a_ratio_too_large_for_a_spreadsheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = changed(
        tmp_path / "tariff",
        ("work_injury/distance", "[5000000, 1779000]", "[5000000, 10000000]"),
        ("work_injury/vehicle", "truck: 900000", "truck: 10000000"),
        ("work_injury/night_share", "[1000000, 1210000]", "[1000000, 10000000]"),
        ("work_injury/worked_min", "[21120, 1100000]", "[21120, 10000000]"),
    )
    monkeypatch.setenv("LICHENG_TARIFF", str(folder))
    done = run("tariff", "export", "--month", "2025-11", "--out", tmp_path / "rates.xlsx")
    assert (done.code, "[export_too_large]" in done.err) == (3, True), done
    assert not (tmp_path / "rates.xlsx").exists()


@pytest.mark.slow
def test_a_cover_added_as_data_has_its_sheet(tmp_path: Path) -> None:
    """3.125 yuan × 1.7 × (0.5 + 2,500 ÷ 10,000) for both ears."""
    path = written(Tariff.load(tariff_with(tmp_path / "tariff")), tmp_path)
    sheet = load(path, ["hearing_loss"])["hearing_loss"]
    typed = {"region": "110000", "occupation": "host", "live_min": 2500}
    for ear, factor in (("one", "1"), ("both", "1.7")):
        fen = calculate(f"fen(millifen(3.125 * ppm({factor} * 0.75)))")
        assert sheet.answer({**typed, "ear": ear})[0] == fen
    assert sheet.answer({**typed, "ear": "three"}) == NOTHING
