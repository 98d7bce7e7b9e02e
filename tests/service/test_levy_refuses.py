"""What a levy may not charge, and that its own proof can fail."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pricing.payers import PAYER_NAMES
from service.engines import folder as files
from service.engines import store
from service.engines.charged import charged
from service.engines.local import State, Terms
from service.engines.previous import opened
from service.engines.totals import TotalsDisagree, prove
from tests.months import settle, write_csv

KNOWN = ("--month", "2025-08", "--known-on", "2025-11-30")
EMPLOYEE = {
    "month": "2025-08",
    "worker": "w_employee1",
    "region": "510000",
    "occupation": "shop_operator",
    "employment": "employee",
    "income_fen": 300_000,
}
GIVEN = {**EMPLOYEE, "platform": "acme", "risk_class": 2}
BY_DEFAULT = {**EMPLOYEE, "platform": "bolt", "risk_class": ""}


def refusals_of(folder: Path) -> dict[tuple[str, str], str]:
    """Code per row number and scheme."""
    return {(row["row"], row["scheme"]): row["code"] for row in files.read_csv(folder / files.REFUSALS)}


def test_a_class_by_default_is_quoted_but_not_levied(tmp_path: Path) -> None:
    usage = write_csv(tmp_path / "usage.csv", [GIVEN, BY_DEFAULT])
    totals = settle(usage, tmp_path / "law", *KNOWN, "--schemes", "class_rate")
    assert refusals_of(tmp_path / "law") == {("3", "class_rate"): "status_not_levied"}
    # 4,588.00 is the floor: without the refused row only 3,000.00 of income are left to merge. 4,588.00 × 0.4 % = 18.35
    assert totals["schemes"]["class_rate"]["levy_fen"] == 1835
    assert pq.read_table(tmp_path / "law" / files.LINES).column("incomplete").to_pylist() == [True]


def test_with_leave_a_demonstration_is_levied_and_says_so(tmp_path: Path) -> None:
    usage = write_csv(tmp_path / "usage.csv", [GIVEN, BY_DEFAULT])
    totals = settle(usage, tmp_path / "shown", *KNOWN, "--schemes", "class_rate", "--demonstration")
    assert refusals_of(tmp_path / "shown") == {}
    assert totals["schemes"]["class_rate"]["levy_fen"] == 2400  # 6,000.00 merged × 0.4 %
    marks = pq.read_table(tmp_path / "shown" / files.LINES).column("status").to_pylist()
    assert marks == ["enacted", "demonstration"]


def test_an_amount_from_memory_is_not_levied(tmp_path: Path) -> None:
    row = {"month": "2025-06", "worker": "w_rider_01", "platform": "eleme", "region": "310000", "orders": 10}
    usage = write_csv(tmp_path / "usage.csv", [{**row, "occupation": "food_rider"}])
    known = ("--month", "2025-06", "--known-on", "2025-11-30", "--schemes", "pilot_per_order")
    totals = settle(usage, tmp_path / "law", *known)
    assert totals["schemes"]["pilot_per_order"]["levy_fen"] == 0
    assert refusals_of(tmp_path / "law") == {("2", "pilot_per_order"): "status_not_levied"}


def a_fen_more(folder: Path) -> None:
    path = folder / files.DECLARATIONS
    text = path.read_text(encoding="utf-8-sig")
    assert ",3670," in text  # two workers at the floor
    path.write_text(text.replace(",3670,", ",3671,"), encoding="utf-8")


def a_line_lost(folder: Path) -> None:
    pq.write_table(pq.read_table(folder / files.LINES).slice(0, 0), folder / files.LINES)


def a_line_of_nothing_lost(folder: Path) -> None:
    table = pq.read_table(folder / files.LINES)
    pq.write_table(table.filter([fen > 0 for fen in table.column("levy_fen").to_pylist()]), folder / files.LINES)


def a_payer_lost(folder: Path) -> None:
    table = pq.read_table(folder / files.LINES)
    place = table.schema.get_field_index("employer_fen")
    pq.write_table(table.set_column(place, "employer_fen", table.column("platform_fen")), folder / files.LINES)


def a_refusal_lost(folder: Path) -> None:
    path = folder / files.REFUSALS
    path.write_text("\n".join(path.read_text(encoding="utf-8-sig").splitlines()[:-1]) + "\n", encoding="utf-8")


def two_payers_exchanged(folder: Path) -> None:
    """What the employer bears is put down to the platform: every sum stays."""
    lines = pq.read_table(folder / files.LINES)
    names = [{"platform_fen": "employer_fen", "employer_fen": "platform_fen"}.get(n, n) for n in lines.column_names]
    pq.write_table(lines.rename_columns(names).select(lines.column_names), folder / files.LINES)


def a_row_lost(folder: Path) -> None:
    pq.write_table(pq.read_table(folder / files.USAGE).slice(1), folder / files.USAGE)


def test_a_lost_line_of_no_money_is_noticed(tmp_path: Path) -> None:
    row = {"month": "2025-08", "platform": "didi", "region": "110000", "occupation": "ride_hailing_driver"}
    rows = [{**row, "worker": "w_driver_1", "orders": 9}, {**row, "worker": "w_driver_2", "orders": 0}]
    settle(write_csv(tmp_path / "usage.csv", rows), tmp_path / "month", *KNOWN, "--schemes", "pilot_per_order")
    state, terms = settled_state(tmp_path / "month")
    with store.opened(tmp_path) as connection:
        assert prove(connection, tmp_path / "month", terms, state, None)["rows"] == 2
        a_line_of_nothing_lost(tmp_path / "month")
        with pytest.raises(TotalsDisagree):
            prove(connection, tmp_path / "month", terms, state, None)


def settled_state(folder: Path) -> tuple[State, Terms]:
    """What a folder's settlement counted, and under what."""
    state, terms = charged(folder), opened(folder, files.read_receipt(folder)).terms
    lines = pq.read_table(folder / files.LINES).to_pylist()
    borne = {payer: sum(line[f"{payer}_fen"] for line in lines) for payer in PAYER_NAMES}
    state.payers = {terms.schemes[0]: borne}
    return state, terms


@pytest.fixture
def proved(tmp_path: Path) -> Callable[[Callable[[Path], None]], Any]:
    """A month of a two priced rows and a refused one, spoiled in one place and proved again."""
    nothing = {**GIVEN, "worker": "w_employee2", "platform": "acme", "income_fen": 0}
    usage = write_csv(tmp_path / "usage.csv", [GIVEN, BY_DEFAULT, {**nothing, "region": "510100"}])
    folder = tmp_path / "month"
    settle(usage, folder, *KNOWN, "--schemes", "class_rate")

    def again(spoil: Callable[[Path], None]) -> Any:
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        state, terms = settled_state(copy)
        state.refused = {"class_rate": 1}
        spoil(copy)
        with store.opened(tmp_path) as connection:
            return prove(connection, copy, terms, state, None)

    return again


def test_an_untouched_month_is_proved(proved: Callable[[Callable[[Path], None]], Any]) -> None:
    assert proved(lambda folder: None)["rows"] == 3


SPOILS = [a_fen_more, a_line_lost, a_payer_lost, two_payers_exchanged, a_refusal_lost, a_row_lost]


@pytest.mark.parametrize("spoil", SPOILS)
def test_the_second_aggregation_notices(
    spoil: Callable[[Path], None], proved: Callable[[Callable[[Path], None]], Any]
) -> None:
    with pytest.raises(TotalsDisagree):
        proved(spoil)


def test_a_row_whose_month_is_no_month(tmp_path: Path) -> None:
    rows = [
        GIVEN,
        {**GIVEN, "worker": "w_employee3", "month": "2025-13"},
        {**GIVEN, "worker": "w_employee4", "month": "2025-07"},
    ]
    settle(write_csv(tmp_path / "usage.csv", rows), tmp_path / "month", *KNOWN, "--schemes", "class_rate")
    assert list(refusals_of(tmp_path / "month").values()) == ["month_not_valid", "month_differs"]
