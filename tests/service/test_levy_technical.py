"""The expected cost of claims beside a levy: of all orders of the month, or not at all where some line does not say."""

from fractions import Fraction
from pathlib import Path

from tests.months import settle, totals, write_csv

RIDER = {
    "month": "2025-08",
    "platform": "sf_intracity",
    "region": "500000",
    "occupation": "instant_rider",
    "vehicle": "e_bike",
    "employment": "none",
    "distance_m": 2_000_000,
    "income_fen": 500_000,
}
PER_ORDER = Fraction(1435 * 8926_74 + 90 * 80_000_00 + 3 * 1_130_040_00, 10**9)  # fen: claims in 1,000 million orders


def test_all_orders_of_the_month(tmp_path: Path) -> None:
    rows = [{**RIDER, "worker": f"w_tech{number:04}", "orders": orders} for number, orders in enumerate((700, 300))]
    folder = tmp_path / "out"
    settle(write_csv(tmp_path / "usage.csv", rows), folder, "--month", "2025-08", "--known-on", "2026-01-31")
    technical = totals(folder)["schemes"]["pilot_per_order"]["technical"]
    assert (technical["exposure"], technical["unit"]) == (1000, "orders")
    assert abs(technical["cost_millifen"] - 1000 * PER_ORDER * 1000) < 3
    assert technical["observed_millifen"] == 1000 * 2340
    adequacy = Fraction(7000 * 1000, technical["cost_millifen"])
    assert abs(technical["adequacy_ppm"] - adequacy * 1_000_000) <= Fraction(1, 2)


def test_a_line_without_orders_leaves_it_open(tmp_path: Path) -> None:
    rows = [{**RIDER, "worker": "w_tech0001", "orders": 700}, {**RIDER, "worker": "w_tech0002"}]
    folder = tmp_path / "out"
    options = ("--month", "2025-08", "--schemes", "mileage_linked", "--demonstration")
    settle(write_csv(tmp_path / "usage.csv", rows, list(rows[0])), folder, *options)
    technical = totals(folder)["schemes"]["mileage_linked"]["technical"]
    assert technical["cost_millifen"] is None
    assert technical["refusal"]["code"] == "exposure_missing"
