"""What the laws are tried on: requests of every kind that the contract knows, good and bad."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

PLATFORMS = ("meituan", "huolala", "caocao", "sf_intracity", "didi", "hema", "t3", "acme", "douyin")
COUNTIES = ("110105", "310115", "320500", "370200", "440103", "440305", "500103", "510104")
CITIES = ("440100", "440300", "510100")
PROVINCES = ("110000", "220000", "310000", "320000", "330000", "440000", "460000", "500000", "510000", "620000", "660000")
UNKNOWN_REGIONS = ("990000", "000000", "77", "4403")
REGIONS = (*PROVINCES, *CITIES, *COUNTIES)
RIDERS = ("food_rider", "instant_rider", "ride_hailing_driver", "freight_driver")
OTHERS = ("parcel_courier", "host", "promoter", "seller", "shop_operator", "task_worker")
OCCUPATIONS = (*RIDERS, *OTHERS)
PILOT_INDUSTRIES = ("ride_hailing", "takeaway", "instant_delivery", "intracity_freight")
VEHICLES = ("foot", "bicycle", "e_bike", "motorcycle", "car", "van", "truck", "none")
INDUSTRIES = ("道路运输业", "餐饮业", "软件和信息技术服务业", "体育", "劳务派遣", "62", "85", "54", "没有这一行", "99")
GREATEST = {"distance_m": 100_000_000, "orders": 100_000, "income_fen": 10_000_000_000, "minutes": 44_640}
PUBLISHED = ("2015-07-22", "2021-12-31", "2022-07-01", "2025-04-22", "2025-07-08", "2025-07-15", "2025-09-18", "2025-09-30")
LONG_KNOWN = "2028-12-31"


def months(first: str = "2015-09", last: str = "2027-12") -> st.SearchStrategy[str]:
    """Months between two, both included."""
    low, high = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    return st.integers(low, high).map(lambda month: f"{month // 12}-{month % 12 + 1:02d}")


def days_around(text: str) -> st.SearchStrategy[str]:
    """The day before a date, the day and the day after."""
    return st.integers(-1, 1).map(lambda days: (dt.date.fromisoformat(text) + dt.timedelta(days)).isoformat())


MONTHS = st.one_of(months("2024-01", "2026-12"), months("2022-07", "2027-12"), months())
DATES = st.dates(dt.date(2015, 7, 1), dt.date(2028, 12, 31)).map(dt.date.isoformat)
KNOWN = st.one_of(st.just(LONG_KNOWN), st.just(LONG_KNOWN), DATES, st.sampled_from(PUBLISHED).flatmap(days_around))


def quantity(usual: int, greatest: int) -> st.SearchStrategy[int]:
    """Zero, usual and great quantities."""
    return st.one_of(st.integers(1, usual), st.integers(1, usual), st.integers(0, greatest), st.just(0))


def mostly(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, one time in five none."""
    return st.integers(0, 4).flatmap(lambda n: values if n else st.none())


def seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """No value, one time in three one."""
    return st.integers(0, 2).flatmap(lambda n: st.none() if n else values)


def without_empty(row: Json) -> Json:
    """The row without its empty columns."""
    return {name: value for name, value in row.items() if value is not None}


def places(unknown: bool = True) -> st.SearchStrategy[str]:
    """Regions of all levels, most of them with values of their own; where wanted, now and then one that is none."""
    known = st.one_of(st.sampled_from(REGIONS), st.sampled_from(("500000", "510104", "310115", "440305")))
    return st.integers(0, 19).flatmap(lambda n: known if n or not unknown else st.sampled_from(UNKNOWN_REGIONS))


QUANTITIES: dict[str, st.SearchStrategy[Any]] = {
    "orders": quantity(900, GREATEST["orders"]),
    "distance_m": quantity(6_000_000, GREATEST["distance_m"]),
    "income_fen": quantity(4_000_000, GREATEST["income_fen"]),
    "active_days": st.integers(0, 31),
    "worked_min": quantity(24_000, GREATEST["minutes"]),
    "night_min": quantity(9_000, GREATEST["minutes"]),
}


def rows(unknown: bool = True) -> st.SearchStrategy[Json]:
    """Rows of usage with any attributes and any columns missing."""
    columns = {
        "platform": st.sampled_from(PLATFORMS),
        "contractor": seldom(st.sampled_from(("", "agency", "agency/station_2", "站点"))),
        "region": places(unknown),
        "occupation": st.one_of(st.sampled_from(RIDERS), st.sampled_from(OCCUPATIONS)),
        "vehicle": mostly(st.sampled_from(VEHICLES)),
        "employment": mostly(st.sampled_from(("none", "employee", "dispatched", "employee"))),
        "industry": seldom(st.sampled_from(INDUSTRIES)),
        "risk_class": seldom(st.integers(0 if unknown else 1, 8)),
        "live_min": seldom(quantity(9_000, GREATEST["minutes"])),
        **{name: mostly(values) for name, values in QUANTITIES.items()},
    }
    return st.fixed_dictionaries(columns).map(without_empty)


def key_of(row: Json) -> tuple[str, ...]:
    """What makes two rows of a worker's month the same row."""
    return tuple(str(row.get(name) or "") for name in ("platform", "contractor", "region", "occupation", "vehicle"))


def usages(least: int = 1, most: int = 5, unknown: bool = True) -> st.SearchStrategy[list[Json]]:
    """Rows of one worker, each with a key of its own."""
    return st.lists(rows(unknown), min_size=least, max_size=most, unique_by=key_of)


def terms(platforms: tuple[str, ...], regions: tuple[str, ...]) -> st.SearchStrategy[Json]:
    """A row of the register: tier, floats and class of a platform, wherever the region is looked for."""
    wider = tuple({level for r in regions for level in (r, r[:4] + "00", r[:2] + "0000", "000000")})
    columns = {
        "platform": st.sampled_from(platforms),
        "region": mostly(st.sampled_from(sorted(wider))),
        "effective_from": seldom(months("2022-01", "2027-12")),
        "known_from": seldom(DATES),
        "pilot_tier": mostly(st.sampled_from(("low", "high"))),
        "pilot_float_pct": seldom(st.sampled_from((100, 90, 50, 150, 95, 160, 40, 110))),
        "class_float_pct": seldom(st.sampled_from((50, 80, 100, 120, 150, 90, 130))),
        "risk_class": seldom(st.integers(1, 8)),
    }
    return st.fixed_dictionaries(columns).map(without_empty)


def term_key(row: Json) -> tuple[str, ...]:
    """What may stand only once in a register."""
    return (row["platform"], row.get("region", "000000"), row.get("effective_from", ""), row.get("known_from", ""))


@st.composite
def requests(draw: st.DrawFn, usage: st.SearchStrategy[list[Json]] | None = None) -> Json:
    """Requests of a quote with a register that fits their rows."""
    sent = draw(usages() if usage is None else usage)
    request = {"month": draw(MONTHS), "known_on": draw(KNOWN), "worker": "w_4KQ7ZB2M", "usage": sent}
    known = tuple(dict.fromkeys(row["region"] for row in sent if row["region"] not in UNKNOWN_REGIONS))
    if known:
        platforms = tuple(dict.fromkeys(row["platform"] for row in sent))
        request["platforms"] = draw(st.lists(terms(platforms, known), max_size=4, unique_by=term_key))
    return request


def declarations() -> st.SearchStrategy[Json]:
    """Totals without workers, under the two schemes that are declared."""
    columns = {
        "month": MONTHS,
        "known_on": KNOWN,
        "platform": st.sampled_from(PLATFORMS),
        "region": places(),
        "scheme": st.sampled_from(("pilot_per_order", "pilot_per_order", "courier_single")),
        "occupation": st.one_of(st.just("parcel_courier"), st.sampled_from(OCCUPATIONS)),
        "pilot_industry": seldom(st.sampled_from(PILOT_INDUSTRIES)),
        "orders": mostly(quantity(10_000_000, 100_000_000_000)),
        "heads": mostly(quantity(1_000, 100_000_000)),
        "pilot_tier": mostly(st.sampled_from(("low", "high"))),
        "pilot_float_pct": seldom(st.sampled_from((100, 90, 50, 150, 95, 160, 40, 110))),
    }
    return st.fixed_dictionaries(columns).map(without_empty)
