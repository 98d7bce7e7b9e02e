"""Small months for whole folders: 5 to 40 workers over a few platforms, sound rows and broken ones."""

from itertools import islice
from typing import Any

from hypothesis import strategies as st

from tests.properties.strategies import RIDERS, VEHICLES, key_of, without_empty

Json = dict[str, Any]
THREE = ("meituan", "sf_intracity", "didi")
FOUR = (*THREE, "acme")
PLACES = ("110000", "110105", "500000", "440305", "510104")
BROKEN: tuple[Json, ...] = (
    {"orders": None, "income_fen": None},
    {"region": "990000"},
    {"occupation": "astronaut"},
    {"risk_class": 0},
    {"active_days": 0},
)
ROWS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "region": st.sampled_from(PLACES),
        "occupation": st.sampled_from((*RIDERS, *RIDERS, "parcel_courier", "host")),
        "vehicle": st.sampled_from((*VEHICLES[:3], None)),
        "contractor": st.sampled_from((None, None, None, "agency/站点")),
        "employment": st.sampled_from(("employee", "employee", "none", "dispatched")),
        "risk_class": st.sampled_from((5, 5, 3, None)),
        "orders": st.integers(0, 2_000),
        "distance_m": st.sampled_from((None, 1, 420_000, 2_790_000, 9_000_000)),
        "income_fen": st.one_of(st.integers(0, 1_500_000), st.integers(0, 10_000_000)),
        "active_days": st.sampled_from((None, 1, 17, 31)),
        "worker_ref": st.sampled_from(("R-1", "=1+1", "+86")),
    }
)
ODD = st.sampled_from((*({},) * 10, *BROKEN))
OF_WORKER = st.lists(st.tuples(ROWS, ODD), min_size=1, max_size=3)


@st.composite
def months(
    draw: st.DrawFn, month: str, platforms: tuple[str, ...] = FOUR, least: int = 5, most: int = 40
) -> list[Json]:
    """Rows of a month: drawn workers, repeated under other names until there are enough; a few rows stand twice."""
    kinds = draw(st.lists(OF_WORKER, min_size=2, max_size=8))
    count = draw(st.integers(least, most))
    shift = draw(st.integers(0, len(platforms) - 1))
    rows: list[Json] = []
    for worker in range(count):
        own = [
            {**row, **odd, "platform": platforms[(worker + place + shift) % len(platforms)]}
            for place, (row, odd) in enumerate(kinds[worker % len(kinds)])
        ]
        unlike = {key_of(row): row for row in own}.values()
        stamp = {"month": month, "worker": f"w_{worker * 7919 % 10_000:08d}"}
        rows += [without_empty({**stamp, **row}) for row in unlike]
    return rows + [dict(row) for row in islice(rows, draw(st.integers(0, 3)))]


def register(month: str) -> list[Json]:
    """Tiers, floats, classes and entities of the month's platforms."""
    floats = {"pilot_float_pct": 90} if month >= "2027" else {}
    return [
        {"platform": "meituan", "region": "", "pilot_tier": "low", "class_float_pct": 120, "entity": "美团甲"},
        {"platform": "meituan", "region": "500000", "pilot_tier": "high", "entity": "=乙", **floats},
        {"platform": "sf_intracity", "region": "", "class_float_pct": 80, "entity": "'丙", **floats},
        {"platform": "didi", "region": "110000", "risk_class": 4, "entity": "丁", **floats},
    ]


def of_platforms(rows: list[Json], *names: str) -> list[Json]:
    """The rows of some platforms."""
    return [row for row in rows if row["platform"] in names]
