"""A second opinion on every price: the contract's steps in exact fractions, importing nothing of ours."""

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]
Entry = dict[str, Any]
MILLION = 1_000_000
STATUS = ("enacted", "provisional", "draft", "demonstration")
EVIDENCE = ("primary", "quoted", "derived", "memory", "none")
KEY = ("month", "worker", "platform", "contractor", "region", "occupation", "vehicle")
OUT_OF_SCOPE = {"out": "province_not_in_scope", "not_established": "scope_not_established"}
SHARE_BY = {
    "class_rate": ("income_fen",),
    "mileage_linked": ("distance_m", "orders", "worked_min", "live_min", "desk_min", "income_fen"),
}


class Refused(Exception):
    """A row that a scheme does not price; the argument is the code."""


def half_up(value: Fraction | int) -> int:
    """The nearest whole number, a half going up."""
    return (2 * Fraction(value) + 1) // 2


# ---- the sums of the worked cases -----------------------------------------------------------


def _clamp(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """The value, held between two limits."""
    return max(low, min(value, high))


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "fen": lambda yuan: Fraction(half_up(yuan * 100)),  # yuan -> whole fen
    "millifen": lambda yuan: Fraction(half_up(yuan * 100_000), 100_000),  # yuan -> yuan on whole millifen
    "cent": lambda yuan: Fraction(half_up(yuan * 100), 100),  # yuan -> yuan on whole fen
    "ppm": lambda ratio: Fraction(half_up(ratio * MILLION), MILLION),  # ratio -> ratio on whole millionths
    "base": lambda income, floor, cap: max(min(income, cap), floor),
    "clamp": _clamp,
    "min": min,
    "max": max,
}
OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


def exact(text: str, names: Mapping[str, Fraction] | None = None) -> Fraction:
    """The exact value of an arithmetic expression; decimals are fractions, never floats."""
    known = names or {}

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return Fraction((ast.get_source_segment(text, node) or "").replace("_", ""))
        if isinstance(node, ast.Name) and node.id in known:
            return known[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return FUNCTIONS[node.func.id](*map(value, node.args))
        raise ValueError(f"not arithmetic: {ast.unparse(node)}")

    return value(ast.parse(text, mode="eval").body)


def calculate(text: str, names: Mapping[str, Fraction] | None = None) -> int:
    """The whole number of fen (or ppm) that a worked case's sum comes to."""
    result = exact(text, names)
    if result.denominator != 1:
        raise ValueError(f"not whole: {text} = {result}")
    return int(result)


# ---- the dated tables -----------------------------------------------------------------------


@cache
def read_table(path: Path) -> dict[str, Any]:
    """One YAML file; dates as text, so that they compare by their letters."""
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in table.get("entries", []):
        for name in ("effective_from", "known_from", "ends"):
            if name in entry:
                entry[name] = str(entry[name])
    return table


def months_after(earlier: str, later: str) -> int:
    """Whole months from one YYYY-MM to another."""
    (year, month), (later_year, later_month) = (map(int, text.split("-")) for text in (earlier, later))
    return (later_year - year) * 12 + later_month - month


def levels(region: str) -> tuple[str, ...]:
    """County, city, province, nation: the order in which a value is looked for."""
    return region, region[:4] + "00", region[:2] + "0000", "000000"


def days_of(month: str) -> int:
    """The days of a calendar month."""
    year, number = map(int, month.split("-"))
    return (date(year + number // 12, number % 12 + 1, 1) - date(year, number, 1)).days


def weakest(used: list[Entry]) -> dict[str, str]:
    """The weakest marks of the entries that a number rests on."""
    return {
        "status": max((entry["status"] for entry in used), key=STATUS.index),
        "evidence": max((entry["evidence"] for entry in used), key=EVIDENCE.index),
    }


@dataclass
class Law:
    """The tables as they stand for one month and one knowledge."""

    rates: Path
    month: str
    known: str
    used: list[Entry] = field(default_factory=list)

    def find(self, table: str, region: str = "000000") -> Entry | None:
        """The entry in force for a region, or None; a carried value is provisional."""
        content = read_table(self.rates / f"{table}.yaml")
        for level in levels(region):
            begun = [
                entry
                for entry in content["entries"]
                if entry.get("region", "000000") == level
                and entry["known_from"] <= self.known
                and entry["effective_from"] <= self.month
            ]
            if begun:
                latest = max(begun, key=lambda entry: (entry["effective_from"], entry["known_from"]))
                return self._in_force(latest, content.get("carry_forward_months", 0))
        return None

    def _in_force(self, entry: Entry, carry: int) -> Entry | None:
        """The entry, provisional for so long after its end as the table carries it, then None."""
        overdue = months_after(entry.get("ends", self.month), self.month)
        if overdue <= 0:
            return entry
        if overdue > carry:
            return None
        return {**entry, "status": max(entry["status"], "provisional", key=STATUS.index)}

    def need(self, table: str, code: str, region: str = "000000") -> Entry:
        """The entry in force, put on record as used; refused with the code when there is none."""
        entry = self.find(table, region)
        if entry is None:
            raise Refused(code)
        self.used.append(entry)
        return entry

    def for_row(self) -> "Law":
        """The same law with an empty record of what was used."""
        return Law(self.rates, self.month, self.known)

    def check_region(self, region: str) -> None:
        """Refuses a region that is not six digits of which the first two name a province."""
        names = read_table(self.rates / "regions.yaml")["levels"]
        six = len(region) == 6 and region.isascii() and region.isdigit()
        if not six or region[:2] not in {str(code)[:2] for code in names} - {"00"}:
            raise Refused("region_not_known")

    def check_begun(self, table: str) -> None:
        """Refuses a month before every entry of a table, as far as they are known."""
        entries = read_table(self.rates / f"{table}.yaml")["entries"]
        if all(entry["effective_from"] > self.month or entry["known_from"] > self.known for entry in entries):
            raise Refused("month_before_first_entry")

    def check_payers(self, scheme: str) -> None:
        """Refuses a scheme of which nobody is yet known to bear the premium; the contract is silent."""
        entry = self.find("payers")
        if entry is None or scheme not in entry["by_scheme"]:
            raise Refused("rate_not_known")


# ---- what each scheme makes of one row ------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """An accepted row with what the tables say about it."""

    index: int
    row: Row
    used: list[Entry]
    amount: Fraction = Fraction(0)  # millifen per order, or per head
    group: tuple[str, ...] = ()  # the declaration it belongs to
    base: Entry = field(default_factory=dict)
    factors: tuple[Fraction, ...] = ()  # class rate, reduction, float


def present(row: Row, name: str) -> bool:
    """Whether a quantity is known; empty is unknown, zero is known."""
    return row.get(name) not in (None, "")


def float_of(row: Row, name: str) -> int:
    """A float in percent; none entered is 100."""
    return int(row[name]) if present(row, name) else 100


def pilot_industry(law: Law, row: Row) -> str:
    """The pilot's industry, as named or as the occupation's."""
    if present(row, "pilot_industry"):
        table, by, name = "pilot_industry_read_as", "by_pilot_industry", row["pilot_industry"]
    else:
        table, by, name = "pilot_industry", "by_occupation", row.get("occupation")
    industry = law.need(f"work_injury/{table}", "industry_not_in_scope")[by].get(name)
    if industry is None:
        raise Refused("industry_not_in_scope")
    return str(industry)


def pilot_tier(law: Law, row: Row, platform_batch: str, province_batch: str) -> str:
    """The tier entered, or the one that the table gives to a platform that needs none."""
    rule = law.find("work_injury/pilot_tier")
    law.used += [] if rule is None else [rule]
    tier = rule["by_platform_batch"][platform_batch] if rule else ""
    if isinstance(tier, dict):
        tier = tier["by_province_batch"][province_batch]
    tier = row.get("pilot_tier") or tier
    if tier == "required":
        raise Refused("rate_tier_not_assigned")
    return str(tier)


def pilot_float(law: Law, row: Row) -> Fraction:
    """The platform's float as a ratio; anything but 100 % must be a step in force."""
    percent = float_of(row, "pilot_float_pct")
    if percent != 100:
        steps = law.need("work_injury/pilot_float", "float_not_in_force")["steps"]
        if (percent - 100) % steps["step"]:
            raise Refused("float_not_a_step")
        if abs(percent - 100) > steps["limit"]:
            raise Refused("float_above_limit")
    return Fraction(percent, 100)


def pilot_terms(law: Law, index: int, row: Row) -> Terms:
    """pilot_per_order: the amount of platform, province and pilot industry."""
    law.check_begun("work_injury/pilot_amount")
    law.check_payers("pilot_per_order")
    entry = law.find("work_injury/pilot_amount", row["region"])
    industry = pilot_industry(law, row)
    province = law.need("work_injury/pilot_provinces", "scope_not_established", row["region"])["value"]
    if province in OUT_OF_SCOPE:
        raise Refused(OUT_OF_SCOPE[province])
    batch = law.need("work_injury/pilot_platforms", "platform_not_in_scope")["by_platform"].get(row["platform"])
    if batch is None:
        raise Refused("platform_not_in_scope")
    amount = entry["by_pilot_industry"].get(industry) if entry else None
    if isinstance(amount, dict):
        amount = amount["by_pilot_tier"].get(pilot_tier(law, row, batch, province))
        if amount is None:  # no tier entered, and no rule known yet that gives one
            raise Refused("rate_tier_not_assigned")
    percent = pilot_float(law, row)
    if entry is None or amount is None:  # the contract has no code for a last amount that has ended
        raise Refused("rate_not_known")
    law.used.append(entry)
    floated = Fraction(half_up(amount * percent))
    if not present(row, "orders"):
        raise Refused("orders_missing")
    group = (row["platform"], row["region"][:2], industry)
    return Terms(index, row, law.used, amount=floated, group=group)


def courier_terms(law: Law, index: int, row: Row) -> Terms:
    """courier_single: the average wage at the postal class rate, for one head."""
    law.check_begun("work_injury/courier_rate")  # first, as in the pilot; the contract is silent
    law.check_payers("courier_single")
    if row.get("occupation") != "parcel_courier":
        raise Refused("occupation_not_in_scope")
    rate = law.need("work_injury/courier_rate", "scope_not_established", row["region"])["value"]
    wage = law.need("average_wage", "average_wage_not_known", row["region"])["value"]
    amount = Fraction(wage * 1000 * rate, MILLION)
    return Terms(index, row, law.used, amount=amount, group=(row["platform"], row["region"][:2]))


def risk_class(law: Law, row: Row) -> int:
    """The row's class, else the register's, else the industry's, else the occupation's."""
    if row.get("risk_class") == 0:
        raise Refused("risk_class_not_known")
    for name in ("risk_class", "register_risk_class"):
        if present(row, name):
            return int(row[name])
    if not present(row, "industry"):
        by_default = law.need("work_injury/occupation_class", "risk_class_not_known")["by_occupation"]
        if row.get("occupation") not in by_default:
            raise Refused("risk_class_not_known")
        return int(by_default[row["occupation"]])
    named = law.need("work_injury/industry_class", "industry_not_known")["by_industry"]
    industry = str(row["industry"])
    if industry not in named:
        codes = law.need("industries", "industry_not_known")["by_industry"]
        industry = {str(code): name for name, code in codes.items()}.get(industry, "")
    if industry not in named:
        raise Refused("industry_not_known")
    return int(named[industry])


def insured(law: Law, row: Row, reducible: bool) -> tuple[Entry, tuple[Fraction, ...]]:
    """The contribution base's limits, then class rate, reduction and float as ratios."""
    if not present(row, "income_fen"):
        raise Refused("income_missing")
    base = law.need("contribution_base", "contribution_base_not_known", row["region"])["by_bound"]
    rates = law.need("work_injury/class_rate", "month_before_first_entry")["by_risk_class"]
    number = risk_class(law, row)
    factors = [Fraction(rates[number], MILLION)]
    reduction = law.find("work_injury/reduction", row["region"]) if reducible else None
    if reduction is not None:
        law.used.append(reduction)
        factors.append(Fraction(reduction["value"], MILLION))
    percent = float_of(row, "class_float_pct")
    if percent not in law.need("work_injury/class_float", "float_not_a_step")["by_risk_class"][number]:
        raise Refused("float_not_a_step")
    return base, (*factors, Fraction(percent, 100))


def class_terms(law: Law, index: int, row: Row) -> Terms:
    """class_rate: an employer's contribution for the work-injury class of its industry."""
    law.need("work_injury/class_rate", "month_before_first_entry")
    law.check_payers("class_rate")
    if not present(row, "employment"):
        raise Refused("employment_missing")
    if row["employment"] == "none":
        raise Refused("no_employer")
    base, factors = insured(law, row, reducible=True)
    return Terms(index, row, law.used, base=base, factors=factors)


def mileage_terms(law: Law, index: int, row: Row) -> Terms:
    """mileage_linked: the same base and class, whatever the employment, if a distance is known."""
    law.need("work_injury/distance", "month_before_first_entry")
    law.check_payers("mileage_linked")
    if not present(row, "distance_m") or (row["distance_m"] == 0 and (row.get("orders") or 0) > 0):
        raise Refused("distance_missing")
    if not present(row, "vehicle"):
        raise Refused("vehicle_missing")
    if not present(row, "income_fen"):  # what is missing before what contradicts: the contract is silent
        raise Refused("income_missing")
    worked = (row.get("orders") or 0) + (row.get("income_fen") or 0)
    if row.get("active_days") == 0 and worked > 0:
        raise Refused("active_days_contradict")
    base, factors = insured(law, row, reducible=False)
    law.need("work_injury/ratio_limits", "month_before_first_entry")
    return Terms(index, row, law.used, base=base, factors=factors)


# ---- the month's price of each accepted row -------------------------------------------------


def curve_at(points: list[list[int]], x: int) -> int:
    """A curve in ppm at x: straight between its knots, flat beyond them, rounded half-up."""
    if x <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if x <= right:
            return half_up(low + Fraction((high - low) * (x - left), right - left))
    return points[-1][1]


def in_steps(base_fen: int, factors: tuple[Fraction, ...]) -> int:
    """Millifen of a base: factor by factor, half-up after each."""
    running = base_fen * 1000
    for factor in factors:
        running = half_up(running * factor)
    return running


def total(accepted: list[Terms], name: str) -> int | None:
    """A quantity added over the rows, or None when one of them lacks it."""
    if not all(present(terms.row, name) for terms in accepted):
        return None
    return sum(int(terms.row[name]) for terms in accepted)


def class_prices(law: Law, accepted: list[Terms]) -> list[tuple[int, int, int | None]]:
    """Per row: millifen of the whole month under its attributes, base and no ratio."""
    income = sum(terms.row["income_fen"] for terms in accepted)
    bases = [max(min(income, t.base["cap"]), t.base["floor"]) for t in accepted]
    return [(in_steps(base, t.factors), base, None) for t, base in zip(accepted, bases, strict=True)]


def mileage_base(law: Law, terms: Terms, accepted: list[Terms]) -> int:
    """The base with its floor for the days worked; the whole floor when a row's days are unknown."""
    income = sum(other.row["income_fen"] for other in accepted)
    floor = terms.base["floor"]
    if all(present(other.row, "active_days") for other in accepted):
        # No more days than the month has: the contract is silent.
        days = min(max(other.row["active_days"] for other in accepted), days_of(law.month))
        floor = half_up(Fraction(floor * days, days_of(law.month)))
    return int(max(min(income, terms.base["cap"]), floor))


def mileage_ratio(law: Law, terms: Terms, accepted: list[Terms]) -> int:
    """Distance, vehicle, night and fatigue over the off-balance, within the limits, in ppm."""

    def table(name: str) -> Entry:
        return law.need(f"work_injury/{name}", "month_before_first_entry")

    distance = table("distance")
    ratio = curve_at(distance["curve"], sum(other.row["distance_m"] for other in accepted))
    others = [table("vehicle")["by_vehicle"][terms.row["vehicle"]]]
    night, worked = total(accepted, "night_min"), total(accepted, "worked_min")
    if night is not None and worked:
        share = min(half_up(Fraction(night * MILLION, worked)), MILLION)
        others.append(curve_at(table("night_share")["curve"], share))
    if worked is not None:
        others.append(curve_at(table("worked_min")["curve"], worked))
    for relativity in others:
        ratio = half_up(Fraction(ratio * relativity, MILLION))
    ratio = half_up(Fraction(ratio * MILLION, distance["off_balance_ppm"]))
    limits = table("ratio_limits")["by_limit"]
    return int(max(limits["least"], min(ratio, limits["greatest"])))


def mileage_prices(law: Law, accepted: list[Terms]) -> list[tuple[int, int, int | None]]:
    """Per row: millifen of the whole month under its attributes, base and ratio."""
    prices: list[tuple[int, int, int | None]] = []
    for terms in accepted:
        base, ratio = mileage_base(law, terms, accepted), mileage_ratio(law, terms, accepted)
        prices.append((in_steps(base, (*terms.factors, Fraction(ratio, MILLION))), base, ratio))
    return prices


# ---- from prices to fen ---------------------------------------------------------------------


def weights(scheme: str, accepted: list[Terms]) -> list[int]:
    """What the rows share by: the first quantity that all have and that is not zero in sum."""
    for name in SHARE_BY[scheme]:
        if total(accepted, name):
            return [terms.row[name] for terms in accepted]
    return [1] * len(accepted)


def merged_shares(prices: list[int], parts: list[int]) -> list[int]:
    """Differences of F_i = ⌊(2·Σ price·q + 1000·Q) / (2000·Q)⌋ over rows in key order."""
    whole, running, before, levies = sum(parts), 0, 0, []
    for price, part in zip(prices, parts, strict=True):
        running += price * part
        upto = (2 * running + 1000 * whole) // (2000 * whole)
        levies.append(upto - before)
        before = upto
    return levies


def declared_shares(exact_millifen: list[Fraction]) -> list[int]:
    """A declaration's whole fen, given to its lines by largest remainder, ties in order."""
    exact_fen = [amount / 1000 for amount in exact_millifen]
    levies = [amount // 1 for amount in exact_fen]
    order = sorted(range(len(levies)), key=lambda i: (levies[i] - exact_fen[i], i))
    for i in order[: half_up(sum(exact_fen, Fraction(0))) - sum(levies)]:
        levies[i] += 1
    return levies


def by_declaration(scheme: str, accepted: list[Terms]) -> dict[int, int]:
    """Levies of rows whose legal amount is the declaration's."""
    heads: dict[tuple[str, str], int] = {}
    for terms in accepted:
        heads.setdefault((terms.row["platform"], terms.row["region"]), terms.index)
    levies: dict[int, int] = {}
    for group in {terms.group for terms in accepted}:
        lines = [terms for terms in accepted if terms.group == group]
        counts = [t.row["orders"] if scheme == "pilot_per_order" else int(t.index in heads.values()) for t in lines]
        fen = declared_shares([t.amount * count for t, count in zip(lines, counts, strict=True)])
        levies |= {terms.index: levy for terms, levy in zip(lines, fen, strict=True)}
    return levies


SCHEMES: dict[str, Callable[[Law, int, Row], Terms]] = {
    "pilot_per_order": pilot_terms,
    "class_rate": class_terms,
    "courier_single": courier_terms,
    "mileage_linked": mileage_terms,
}
MERGED = {"class_rate": class_prices, "mileage_linked": mileage_prices}


def registered(row: Row, request: Mapping[str, Any], month: str, known: str) -> Row:
    """The row with what the register knows of its platform and place."""
    for level in levels(row["region"]):
        fitting = [
            entry
            for entry in request.get("platforms") or []
            if (entry["platform"], entry.get("region", "000000")) == (row["platform"], level)
            and (entry.get("effective_from") or "") <= month
            and (entry.get("known_from") or "") <= known
        ]
        if fitting:
            latest = max(fitting, key=lambda entry: (entry.get("effective_from") or "", entry.get("known_from") or ""))
            added = {name: latest.get(name) for name in ("pilot_tier", "pilot_float_pct", "class_float_pct")}
            return {**row, **added, "register_risk_class": latest.get("risk_class")}
    return row


def set_aside(rows: list[Row], keys: list[tuple[str, ...]]) -> dict[int, str]:
    """Rows of one key: equal ones count once ('duplicate'), different ones are all refused. Empty is unknown."""
    aside: dict[int, str] = {}
    for key in set(keys):
        same = [i for i, other in enumerate(keys) if other == key]
        counted = [[n for n in rows[i] if present(rows[i], n) and n != "worker_ref" and n[:2] != "x_"] for i in same]
        plain = [{name: rows[i][name] for name in names} for i, names in zip(same, counted, strict=True)]
        if any(row != plain[0] for row in plain):
            aside |= dict.fromkeys(same, "conflicting_rows")
        else:
            aside |= dict.fromkeys(same[1:], "duplicate")
    return aside


def evaluate_scheme(scheme: str, law: Law, rows: list[Row], aside: dict[int, str], order: list[int]) -> dict[str, Any]:
    """One scheme's answer over a worker's rows."""
    refusals = {i: code for i, code in aside.items() if code != "duplicate"}
    for i in refusals:  # a broken key before a conflict: the contract is silent
        with suppress(Refused):
            law.check_region(rows[i]["region"])
            continue
        refusals[i] = "region_not_known"
    accepted: list[Terms] = []
    for i in (i for i in order if i not in aside):
        row_law = law.for_row()
        try:
            row_law.check_region(rows[i]["region"])
            accepted.append(SCHEMES[scheme](row_law, i, rows[i]))
        except Refused as refused:
            refusals[i] = str(refused)
    if not accepted:
        return {"refusal": refusals[min(refusals)], "row_refusals": refusals}
    prices = MERGED[scheme](law, accepted) if scheme in MERGED else []
    if prices:
        fen = merged_shares([price for price, _, _ in prices], weights(scheme, accepted))
        levies = {terms.index: levy for terms, levy in zip(accepted, fen, strict=True)}
    else:
        levies = by_declaration(scheme, accepted)
    bases, ratios = {base for _, base, _ in prices}, {ratio for _, _, ratio in prices}
    return {
        "premium_fen": sum(levies.values()),
        "shares_fen": [levies.get(i) for i in range(len(rows))],
        "contribution_base_fen": bases.pop() if len(bases) == 1 else None,
        "ratio_ppm": ratios.pop() if len(ratios) == 1 else None,
        **weakest(law.used + [entry for terms in accepted for entry in terms.used]),
        "row_refusals": refusals,
    }


def evaluate(request: dict[str, Any], rates: Path) -> dict[str, dict[str, Any]]:
    """Answers a quote request: per scheme a price with its shares, or a refusal."""
    month, known = str(request["month"]), str(request.get("known_on") or date.today())
    stamp = {"month": month, "worker": request.get("worker", "")}
    usage = [{**stamp, **row} for row in request["usage"]]
    keys = [tuple(str(row.get(name) or "") for name in KEY) for row in usage]
    order = sorted(range(len(usage)), key=lambda i: keys[i])
    rows = [registered(row, request, month, known) for row in usage]
    aside = set_aside(usage, keys)
    return {
        scheme: evaluate_scheme(scheme, Law(rates, month, known), rows, aside, order)
        for scheme in request.get("schemes", SCHEMES)
    }


def evaluate_declaration(request: dict[str, Any], rates: Path) -> dict[str, Any]:
    """Answers a declaration of totals: the levy with its amount, or a refusal."""
    scheme = request.get("scheme") or "pilot_per_order"
    month = str(request["month"])
    law = Law(rates, month, str(request.get("known_on") or date.today()))
    try:
        law.check_region(request["region"])
        terms = SCHEMES[scheme](law, 0, request)
        count = "orders" if scheme == "pilot_per_order" else "heads"
        if not present(request, count):
            raise Refused(f"{count}_missing")
    except Refused as refused:
        return {"refusal": str(refused)}
    year, number = map(int, month.split("-"))
    percent = float_of(request, "pilot_float_pct") if scheme == "pilot_per_order" else 100
    return {
        "levy_fen": half_up(terms.amount * request[count] / 1000),
        "amount_millifen": half_up(terms.amount),
        "float_ppm": percent * 10_000,
        "declared_month": f"{year + number // 12}-{number % 12 + 1:02d}",
        **weakest(law.used),
    }
