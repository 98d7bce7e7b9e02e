"""What a change of a table touches: the schemes that read it, and the price of a reference month before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pricing.coding import COLUMN
from pricing.errors import ROW_CODES
from pricing.rate_table import NATION, Found
from pricing.register import Terms
from pricing.rules import tables_read
from pricing.settle import settle
from pricing.units import month_text
from pricing.usage import Usage
from service.tariff.sides import Side
from service.tariff.values import share_of

# A full month of a rider on an e-bike; the platform of 2022 holds the low tier everywhere.
REFERENCE: Mapping[str, object] = {
    "worker": "w_reference",
    "platform": "meituan",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "employment": "none",
    "orders": 760,
    "distance_m": 3_490_000,
    "worked_min": 13_520,
    "night_min": 2_400,
    "active_days": 26,
    "income_fen": 630_000,
}
_WHO: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "pilot": (
        {},
        {"platform": "caocao", "occupation": "ride_hailing_driver", "vehicle": "car"},
        {"platform": "huolala", "occupation": "freight_driver", "vehicle": "van"},
    ),
    "employed": ({"employment": "employee", "risk_class": 5},),
    "courier": ({"occupation": "parcel_courier", "employment": "employee"},),
    "proposal": ({"risk_class": 5},),
}
REGISTER = tuple(
    Terms(platform, NATION, 0, dt.date.min, "low", None, None, None, "")
    for platform in ("meituan", "caocao", "huolala")
)


def schemes_of(before: Side, after: Side, table: str) -> list[str]:
    """Names of the schemes of either side that read a table."""
    schemes = [scheme for side in (before, after) for scheme in side.tariff.schemes.values()]
    return list(dict.fromkeys(scheme.name for scheme in schemes if table in tables_read(scheme)))


def prices(before: Side, after: Side, changed: Sequence[Mapping[str, Any]], region: str) -> list[dict[str, Any]]:
    """A reference month under each scheme touched, in each region changed, before and after.

    A national change is priced in the first province for which the nation's entry answers and a price exists.
    """
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys((*before.tariff.work_injury, *after.tariff.work_injury)):
        own = [change for change in changed if name in change["schemes"]]
        regions = [region] if region and own else list(_provinces(before, after, own, name))
        rows = [_priced(before, after, name, code, who) for code in regions for who in _references(after, before, name)]
        found += [row for row in rows if row["before_fen"] is not None or row["after_fen"] is not None]
    return found


def _provinces(before: Side, after: Side, own: Sequence[Mapping[str, Any]], name: str) -> Iterator[str]:
    codes = sorted({change["region"] for change in own if change["region"] != NATION})
    yield from codes
    national = [change["table"] for change in own if change["region"] == NATION]
    for code in (code for code in after.tariff.regions if code.endswith("0000") and code != NATION):
        if code not in codes and any(_answers(side, table, code) for side in (before, after) for table in national):
            tried = (_priced(before, after, name, code, who) for who in _references(after, before, name)[:1])
            if any(row["before_fen"] is not None and row["after_fen"] is not None for row in tried):
                yield code
                return


def _answers(side: Side, table: str, region: str) -> bool:
    """Whether the nation's entry answers for a region."""
    found = side.answer(table, region)
    return isinstance(found, Found) and found.entry.region == NATION


def _references(after: Side, before: Side, name: str) -> tuple[Mapping[str, object], ...]:
    side = after if name in after.tariff.schemes else before
    return _WHO[side.tariff.schemes[name].scope]


def _priced(before: Side, after: Side, name: str, region: str, who: Mapping[str, object]) -> dict[str, Any]:
    row = {**REFERENCE, **who, "region": region}
    sides = [_price(side, name, row) for side in (before, after)]
    (old, old_code), (new, new_code) = sides
    by = None if old is None or new is None else new - old
    shown: dict[str, Any] = {"scheme": name, "region": region, "occupation": row["occupation"]}
    shown |= {"before_fen": old, "after_fen": new, "by_fen": by}
    shown["by_ppm"] = share_of(by, old) if by is not None and old else None
    refused = {"before_refusal": old_code, "after_refusal": new_code}
    return shown | {key: code for key, code in refused.items() if code}


def _price(side: Side, name: str, row: Mapping[str, object]) -> tuple[int | None, str]:
    """Premium in fen, or the code of its refusal."""
    if name not in side.tariff.schemes:
        return None, "scheme_absent"
    settlement = settle(Usage.of([{"month": month_text(side.month), **row}]), side.edition, [name])
    priced = settlement.priced[name]
    if priced is None:
        return None, ROW_CODES[int(settlement.refusals[name][0]) % COLUMN]
    return int(priced.levy_fen.sum()), ""
