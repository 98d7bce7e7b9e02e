"""What the laws are tried on: requests of every kind that the contract knows, good and bad."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

PLATFORMS = ("meituan", "huolala", "caocao", "sf_intracity", "didi", "hema", "t3", "acme", "douyin")
COUNTIES = ("110105", "310115", "320500", "370200", "440103", "440305", "500103", "510104")
CITIES = ("440100", "440300", "510100")
PROVINCES = ("500000", "110000", "220000", "310000", "320000", "330000", "440000", "460000", "510000", "660000")
REGIONS = (*PROVINCES, *CITIES, *COUNTIES)
UNKNOWN_REGIONS = ("990000", "000000", "77", "4403")
RIDERS = ("food_rider", "instant_rider", "ride_hailing_driver", "freight_driver")
OTHERS = ("parcel_courier", "host", "promoter", "seller", "shop_operator", "task_worker")
OCCUPATIONS = (*RIDERS, *OTHERS)
PILOT_INDUSTRIES = ("ride_hailing", "takeaway", "instant_delivery", "intracity_freight")
VEHICLES = ("e_bike", "foot", "bicycle", "motorcycle", "car", "van", "truck", "none")
INDUSTRIES = ("道路运输业", "餐饮业", "软件和信息技术服务业", "体育", "劳务派遣", "62", "85", "54", "没有这一行", "99")
GREATEST = {"distance_m": 100_000_000, "orders": 100_000, "income_fen": 10_000_000_000, "minutes": 44_640}
PUBLISHED = ("2015-07-22", "2021-12-31", "2022-07-01", "2025-04-22", "2025-07-08", "2025-07-15", "2025-09-18")
ALL_KNOWN = "2028-12-31"
MAY_LACK = ("vehicle", "employment", "orders", "distance_m", "income_fen", "active_days", "worked_min", "night_min")


def months_of(*years: int) -> list[str]:
    """The months of some years, one after the other."""
    return [f"{year}-{month:02d}" for year in years for month in range(1, 13)]


def quantity(usual: int, greatest: int) -> st.SearchStrategy[int]:
    """Usual quantities, great ones and none at all."""
    return st.one_of(st.integers(1, usual), st.integers(1, usual), st.integers(0, greatest), st.just(0))


def around(text: str) -> tuple[str, ...]:
    """The day before a date, the day, the day after."""
    day = dt.date.fromisoformat(text)
    return tuple((day + dt.timedelta(days)).isoformat() for days in (-1, 0, 1))


USUAL_MONTHS = months_of(2025, 2026, 2025, 2026, 2024, 2022, 2023, 2027, 2021)
MONTHS = st.sampled_from([*USUAL_MONTHS, "2015-09", "2015-10", "2018-03"])
MIDDLES = [f"{month}-15" for month in months_of(2026, 2025, 2024, 2023, 2022, 2027, 2015)]
DATES = st.sampled_from(MIDDLES)
KNOWN = st.sampled_from([*[ALL_KNOWN] * 100, *MIDDLES, *[day for text in PUBLISHED for day in around(text)]])
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "platform": st.sampled_from(PLATFORMS),
    "contractor": st.sampled_from((None, None, "", "agency", "agency/station_2", "站点")),
    "region": st.sampled_from((*REGIONS, "500000", "510104", "310115", "440305")),
    "occupation": st.sampled_from((*RIDERS, *RIDERS, *OCCUPATIONS, "parcel_courier")),
    "vehicle": st.sampled_from(VEHICLES),
    "employment": st.sampled_from(("employee", "none", "dispatched", "employee")),
    "industry": st.sampled_from((*[None] * 12, *INDUSTRIES)),
    "risk_class": st.sampled_from((*[None] * 12, *range(1, 9))),
    "orders": quantity(900, GREATEST["orders"]),
    "distance_m": quantity(6_000_000, GREATEST["distance_m"]),
    "income_fen": quantity(4_000_000, GREATEST["income_fen"]),
    "active_days": st.integers(0, 31),
    "worked_min": quantity(24_000, GREATEST["minutes"]),
    "night_min": quantity(9_000, GREATEST["minutes"]),
    "live_min": st.sampled_from((None, None, 0, 7_200)),
}
STRANGE: dict[str, st.SearchStrategy[Any]] = {
    "region": st.sampled_from((*REGIONS, *REGIONS, *UNKNOWN_REGIONS)),
    "risk_class": st.sampled_from((*[None] * 12, *range(9))),
}


def without_empty(row: Json) -> Json:
    """The row without its empty columns."""
    return {name: value for name, value in row.items() if value is not None}


@st.composite
def rows(draw: st.DrawFn, strange: bool = False) -> Json:
    """Rows of usage with any attributes, some columns missing; strange ones also with what is no region or class."""
    row = draw(st.fixed_dictionaries(COLUMNS | STRANGE if strange else COLUMNS))
    missing = draw(st.sets(st.sampled_from(MAY_LACK), max_size=3))
    return without_empty({name: value for name, value in row.items() if name not in missing})


def key_of(row: Json) -> tuple[str, ...]:
    """What makes two rows of a worker's month the same row."""
    return tuple(str(row.get(name) or "") for name in ("platform", "contractor", "region", "occupation", "vehicle"))


def usages(least: int = 1, most: int = 5, strange: bool = False) -> st.SearchStrategy[list[Json]]:
    """Rows of one worker, each with a key of its own."""
    return st.lists(rows(strange), min_size=least, max_size=most, unique_by=key_of)


def terms(platforms: tuple[str, ...], regions: tuple[str, ...]) -> st.SearchStrategy[Json]:
    """A row of the register: tier, floats and class of a platform, wherever a region is looked for."""
    wider = tuple(dict.fromkeys(level for r in regions for level in (r[:2] + "0000", r, r[:4] + "00", "000000")))
    columns = {
        "platform": st.sampled_from(platforms),
        "region": st.sampled_from((*wider, None)),
        "effective_from": st.sampled_from((*[None] * 12, *months_of(2022, 2025, 2026))),
        "known_from": st.one_of(st.none(), st.none(), DATES),
        "pilot_tier": st.sampled_from(("low", "high", None)),
        "pilot_float_pct": st.sampled_from((None, None, None, None, 100, 90, 50, 150, 95, 160, 40, 110)),
        "class_float_pct": st.sampled_from((None, None, None, None, 50, 80, 100, 120, 150, 90, 500, 1000)),
        "risk_class": st.sampled_from((*[None] * 12, *range(1, 9))),
    }
    return st.fixed_dictionaries(columns).map(without_empty)


def term_key(row: Json) -> tuple[str, ...]:
    """What may stand only once in a register."""
    return (row["platform"], row.get("region", "000000"), row.get("effective_from", ""), row.get("known_from", ""))


def registers(usage: list[Json]) -> st.SearchStrategy[list[Json]]:
    """Registers that fit the rows."""
    regions = tuple(dict.fromkeys(row["region"] for row in usage if row["region"] not in UNKNOWN_REGIONS))
    platforms = tuple(dict.fromkeys(row["platform"] for row in usage))
    return st.lists(terms(platforms, regions or ("500000",)), max_size=4, unique_by=term_key)


def request_of(month: str, usage: list[Json], register: list[Json] | None = None, known_on: str = ALL_KNOWN) -> Json:
    """A quote request."""
    return {"month": month, "known_on": known_on, "worker": "w_4KQ7ZB2M", "usage": usage, "platforms": register or []}


@st.composite
def requests(draw: st.DrawFn, usage: st.SearchStrategy[list[Json]] | None = None) -> Json:
    """Requests of a quote with a register that fits their rows."""
    sent = draw(usages() if usage is None else usage)
    return request_of(draw(MONTHS), sent, draw(registers(sent)), draw(KNOWN))


def declarations() -> st.SearchStrategy[Json]:
    """Totals without workers, under the two schemes that are declared."""
    columns = {
        "month": MONTHS,
        "known_on": KNOWN,
        "platform": st.sampled_from(PLATFORMS),
        "region": st.sampled_from((*REGIONS, *REGIONS, *UNKNOWN_REGIONS)),
        "scheme": st.sampled_from(("pilot_per_order", "pilot_per_order", "courier_single", None)),
        "occupation": st.sampled_from((*OCCUPATIONS, *RIDERS, *["parcel_courier"] * 6)),
        "pilot_industry": st.sampled_from((*[None] * 6, *PILOT_INDUSTRIES, "street_vending")),
        "orders": st.one_of(quantity(10_000_000, 100_000_000_000), st.none()),
        "heads": st.one_of(quantity(1_000, 100_000_000), st.none()),
        "pilot_tier": st.sampled_from(("low", "high", None)),
        "pilot_float_pct": st.sampled_from((None, None, None, 100, 90, 50, 150, 95, 160, 40, 110)),
    }
    return st.fixed_dictionaries(columns).map(without_empty)


# ---- rows that the merged schemes price ------------------------------------------------------

INSURED = ("500000", "510104", "110105", "310115", "440305", "440103", "320500", "330000")
AMOUNTS = {
    "orders": st.integers(0, 2_000),
    "distance_m": st.integers(1, 2_500_000),
    "income_fen": st.integers(0, 1_500_000),
    "worked_min": st.integers(0, 8_000),
    "night_min": st.integers(0, 3_000),
}
ATTRIBUTES: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(("sf_intracity", "meituan")),
        "region": st.sampled_from(INSURED),
        "occupation": st.sampled_from(RIDERS),
        "vehicle": st.sampled_from(VEHICLES),
        "employment": st.sampled_from(("employee", "dispatched")),
        "risk_class": st.integers(1, 8),
    }
)
FLOATS = {"sf_intracity": {"class_float_pct": 120, "pilot_tier": "high"}, "meituan": {"pilot_tier": "low"}}
REGISTER = [{"platform": platform, **terms} for platform, terms in FLOATS.items()]


@st.composite
def amounts(draw: st.DrawFn, least: int = 2, most: int = 6) -> list[Json]:
    """Quantities of several rows, all with the same columns and active days."""
    missing = draw(st.sets(st.sampled_from(("orders", "worked_min", "night_min")), max_size=2))
    columns = {name: values for name, values in AMOUNTS.items() if name not in missing}
    parts = draw(st.lists(st.fixed_dictionaries(columns), min_size=least, max_size=most))
    days = draw(st.one_of(st.none(), st.integers(1, 28)))
    return [without_empty({**part, "active_days": days}) for part in parts]


def summed(parts: list[Json]) -> Json:
    """The quantities of several rows, added; their active days."""
    return {name: parts[0][name] if name == "active_days" else sum(p[name] for p in parts) for name in parts[0]}


def alike(attributes: Json, parts: list[Json]) -> list[Json]:
    """Rows that differ in their quantities and, to be rows of their own, in their contractors."""
    return [{**attributes, **part, "contractor": f"agency_{i}"} for i, part in enumerate(parts)]
