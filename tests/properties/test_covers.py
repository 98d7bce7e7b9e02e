"""Laws of the covers: payers bear the whole, more exposure never costs less, volatility knows no unit."""

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pricing.history import volatility
from pricing.payers import bear
from pricing.settle import settle
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.usage import Usage

TARIFF = Tariff.load()
EDITION = TARIFF.on(2025 * 12 + 10, dt.date(2026, 1, 31))
RIDER: dict[str, Any] = {
    "month": "2025-11",
    "worker": "w_covers001",
    "platform": "meituan",
    "region": "110000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
}
HOST = {**RIDER, "occupation": "host", "vehicle": None, "live_min": 4800, "desk_min": 5760, "longest_sitting_min": 180}
REVENUES = st.lists(st.integers(0, 10**12), min_size=12, max_size=12)
AMOUNTS = st.fixed_dictionaries({"distance_m": st.integers(1, 10**8), "orders": st.integers(1, 10**5)})


def premium(rows: list[dict[str, Any]], cover: str, side: Side | None = None) -> int:
    """Premium of a worker's month in fen."""
    priced = settle(Usage.of(rows), EDITION, [cover], side=side or Side.of()).priced[cover]
    assert priced is not None
    return int(priced.levy_fen.sum())


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=20),
    st.sampled_from(list(TARIFF.schemes)),
    st.lists(st.sampled_from([1, 2]), min_size=20, max_size=20),
)
def test_payers_bear_the_whole(levies: list[int], name: str, engaged: list[int]) -> None:
    levy = np.array(levies, dtype=np.int64)
    for engagement in (None, np.array(engaged[: len(levies)], dtype=np.int64)):
        parts = bear(levy, engagement, EDITION, TARIFF.schemes[name])
        assert (sum(parts.values()) == levy).all()
        assert all((part >= 0).all() for part in parts.values())


@given(AMOUNTS, st.integers(0, 10**6), st.integers(0, 10**3))
def test_more_kilometres_or_orders_never_cost_less(amounts: dict[str, int], metres: int, orders: int) -> None:
    more = {"distance_m": amounts["distance_m"] + metres, "orders": amounts["orders"] + orders}
    more = {"distance_m": min(more["distance_m"], 10**8), "orders": min(more["orders"], 10**5)}
    for cover in ("third_party", "cargo_damage"):
        assert premium([{**RIDER, **more}], cover) >= premium([{**RIDER, **amounts}], cover)


@given(AMOUNTS, st.integers(1, 99), st.sampled_from(["third_party", "cargo_damage"]))
def test_splitting_a_row_does_not_matter(amounts: dict[str, int], percent: int, cover: str) -> None:
    parts = [{name: value * percent // 100 for name, value in amounts.items()}]
    parts.append({name: value - parts[0][name] for name, value in amounts.items()})
    rows = [{**RIDER, **part, "contractor": f"agency{number}"} for number, part in enumerate(parts)]
    if any(part["distance_m"] == 0 for part in parts):
        return
    assert premium(rows, cover) == premium([{**RIDER, **amounts}], cover)


@given(REVENUES, st.sampled_from([2, 10, 100]))
def test_volatility_does_not_depend_on_the_unit(revenue: list[int], unit: int) -> None:
    one, other = (volatility(np.array([[r * u for r in revenue]], dtype=np.int64)) for u in (1, unit))
    assert one.tolist() == other.tolist()
    assert 0 <= one[0] <= 2_000_000


@given(st.lists(st.integers(10**5, 10**7), min_size=12, max_size=12), st.data())
def test_history_of_several_platforms_is_one_history(revenue: list[int], data: st.DataObject) -> None:
    months = [f"2024-{m}" for m in (11, 12)] + [f"2025-{m:02}" for m in range(1, 11)]
    revenue = [*revenue[:6], *(max(late, early) for early, late in zip(revenue[:6], revenue[6:], strict=True))]
    first = [data.draw(st.integers(0, amount)) for amount in revenue]
    rows = {
        platform: [
            {"worker": "w_covers001", "platform": platform, "month": month, "revenue_fen": amount}
            for month, amount in zip(months, amounts, strict=True)
        ]
        for platform, amounts in (
            ("all", revenue),
            ("douyin", first),
            ("kuaishou", [whole - part for whole, part in zip(revenue, first, strict=True)]),
        )
    }
    enrolled = {"worker": "w_covers001", "cover": "income_interruption", "from_month": "2025-11", "waiting_days": "90"}
    enrolled |= {"replaced_ppm": "500000", "elimination_days": "30", "max_months": "3"}
    enrolments = [{**enrolled, "group": "g", "eligible": 4, "enrolled": 3}]
    row = [{**HOST, "revenue_fen": 10**6}]
    histories = (rows["all"], [*rows["douyin"], *rows["kuaishou"]], [*rows["kuaishou"], *rows["douyin"]])
    premiums = {premium(row, "income_interruption", Side.of(enrolments, history)) for history in histories}
    assert len(premiums) == 1
