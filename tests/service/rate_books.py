"""A rate book recalculated by a foreign library, and months drawn for it: what the sheets say beside what the kernel
says.
"""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import formulas
import numpy as np
import openpyxl

from pricing.edition import Edition
from pricing.history import MONTHS, volatility
from pricing.rate_table import EVIDENCE, STATUSES, By, Curve
from pricing.register import read_register
from pricing.rules import BASE, PROVINCES
from pricing.settle import settle
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.usage import BY_NAME, DECLARED_GREATEST, Usage
from pricing.words import say
from service.documents.book_inputs import Choice, Number, inputs_of

WORKER = "w_book0001"
PLATFORM = "meituan"
Inputs = dict[str, Any]
Answer = tuple[int | None, int | None, str, str]  # fen, millifen, weakest status and evidence
NOTHING: Answer = (None, None, "", "")


@dataclass(frozen=True)
class Sheet:
    """One scheme's sheet: cells of its inputs by name, of its answers, and how the library computes them."""

    inputs: Mapping[str, str]
    standing: Mapping[str, Any]
    compute: Any

    def answer(self, typed: Mapping[str, Any]) -> Answer:
        """What the sheet says when these cells are typed; the others are empty."""
        assert set(typed) <= set(self.inputs), set(typed) - set(self.inputs)
        values = ["" if typed.get(name) is None else typed[name] for name in self.inputs]
        fen, millifen, status, evidence = (found.value[0, 0] for found in self.compute(*values))
        return NOTHING if fen == "—" else (int(fen), int(millifen), str(status), str(evidence))


def load(path: Path, schemes: list[str], lang: str = "en") -> dict[str, Sheet]:
    """Sheets of a written workbook."""
    workbook = openpyxl.load_workbook(path)
    places = {name: _places(workbook[name], lang) for name in schemes}
    wanted = [f"'[{path.name}]{name}'!{cell}" for name, (_, _, answers) in places.items() for cell in answers]
    with chdir(path.parent):  # the library looks for a named workbook where it stands
        model = formulas.ExcelModel().from_ranges(*wanted).finish(complete=False)
    found = {}
    for name, (inputs, standing, answers) in places.items():
        cells = [[f"'[{path.name}]{name.upper()}'!{cell}" for cell in part] for part in (inputs.values(), answers)]
        found[name] = Sheet(inputs, standing, model.compile(inputs=cells[0], outputs=cells[1]))
    return found


def _places(sheet: Any, lang: str) -> tuple[dict[str, str], dict[str, Any], list[str]]:
    """Cells of the inputs by name, what stands in them, and the cells of fen, millifen, status and evidence."""
    rows = {sheet.cell(row, 1).value: row for row in range(9, sheet.max_row + 1) if sheet.cell(row, 1).value}
    open_ = [row for row in range(9, sheet.max_row + 1) if not sheet.cell(row, 2).protection.locked]
    inputs = {sheet.cell(row, 3).value: f"B{row}" for row in open_}
    standing = {sheet.cell(row, 3).value: sheet.cell(row, 2).value for row in open_}
    fen, status, evidence = (f"B{rows[say(f'book_step_{name}', lang)]}" for name in ("fen", "status", "evidence"))
    checks = rows[say("book_section_checks", lang)]
    return inputs, standing, [fen, f"B{checks - 2}", status, evidence]


# ---- what the kernel says --------------------------------------------------------------------


def priced(tariff: Tariff, month: int, known: dt.date, scheme: str, typed: Inputs) -> Answer:
    """The kernel's answer to the same inputs, sent as one row with its register, enrolment and history."""
    row = {"month": month_text(month), "worker": WORKER, "platform": typed.get("platform") or PLATFORM}
    row |= {name: value for name, value in typed.items() if name in (*BY_NAME, "heads") and value is not None}
    if "risk_class" in row:
        row["risk_class"] = int(row["risk_class"])
    if typed.get("tenure_months") is not None:
        row["first_month"] = month_text(month - typed["tenure_months"])
    terms = {name: typed[name] for name in ("pilot_tier", "pilot_float_pct", "class_float_pct") if typed.get(name)}
    register = [{"platform": row["platform"], "region": row["region"], **terms}] if terms else []
    edition = tariff.on(month, known, read_register(register, tariff.factors["pilot_tier"].levels, tariff.regions))
    usage = Usage.of([row], DECLARED_GREATEST if "heads" in row else None)
    found = settle(usage, edition, [scheme], side=_side(edition, scheme, typed)).priced[scheme]
    if found is None:
        return NOTHING
    marks = STATUSES[int(found.status[0])], EVIDENCE[int(found.evidence[0])]
    return int(found.levy_fen.sum()), int(found.sheet.millifen[0]), *marks


def _side(edition: Edition, scheme: str, typed: Inputs) -> Side:
    product = edition.schemes[scheme].product
    if product is None:
        return Side.of([], [])
    month = month_text(edition.month)
    group = {"group": "g", "eligible": 100, "enrolled": 90}
    options = {name: typed[name] for name in product.options if typed.get(name)}
    enrolment = {"worker": WORKER, "cover": scheme, "from_month": month, **group, **options}
    first = edition.month - MONTHS
    history = [
        {"worker": WORKER, "month": month_text(first + place), "revenue_fen": amount}
        for place, amount in enumerate(typed.get("history", ()))
    ]
    return Side.of([enrolment], history)


# ---- drawn months ----------------------------------------------------------------------------


def draws(
    edition: Edition, scheme: str, count: int, seed: int, floats: Sequence[int] = (100, 100, 100, 100, 90)
) -> Iterator[Inputs]:
    """Inputs of a scheme: levels at random, quantities around knots, limits, floors and caps, some cells empty.

    floats: of the per-order amount, to choose from.
    """
    rng = random.Random(f"{scheme} {seed}")
    inputs = inputs_of(edition, edition.schemes[scheme])
    special = _special(edition, scheme)
    for _ in range(count):
        typed = {one.name: _drawn(rng, one, special) for one in inputs}
        typed["region"] = rng.choice(_regions(edition, scheme))
        if "class_float_pct" in typed:
            typed["class_float_pct"] = rng.choice([100, 100, 50, 80, 120, 150, 90])
        if "employment" in typed:
            typed["employment"] = rng.choice(["employee", "employee", "dispatched", "dispatched", "none"])
        if "pilot_float_pct" in typed:
            typed["pilot_float_pct"] = rng.choice(floats)
        if "volatility_ppm" in typed:
            history = sorted(rng.randint(100_000, 2_000_000) for _ in range(MONTHS))
            typed["history"], typed["volatility_ppm"] = history, int(volatility(np.array([history]))[0])
        yield typed


def on_sheet(typed: Inputs) -> Inputs:
    """What of the drawn inputs is typed into the sheet."""
    return {name: value for name, value in typed.items() if name != "history"}


def _drawn(rng: random.Random, one: Choice | Number, special: Mapping[str, list[int]]) -> Any:
    if not one.required and rng.random() < 0.4:
        return None
    if isinstance(one, Choice):
        return rng.choice(one.levels)
    around = [value for value in special.get(one.name, [0]) if 0 <= value <= one.greatest]
    usual = one.example or 1
    return rng.choice([*around, rng.randint(1, 2 * usual), rng.randint(1, 4 * usual)]) if around else usual


def _special(edition: Edition, scheme: str) -> dict[str, list[int]]:
    """Values at, under and above the knots of the curves, and the floors and caps of the contribution base."""
    found: dict[str, list[int]] = {"active_days": [1, 15, 29, 30, 31], "heads": [1, 7, 100_000], "orders": [1, 100_000]}
    for relativity in edition.schemes[scheme].relativities:
        if relativity.by_curve and not relativity.per:
            number = edition.number_of(relativity.table, "000000")
            curve = edition.entries[int(number)].entry.value
            assert isinstance(curve, Curve)
            found[relativity.of[0]] = [x + step for x in curve.x for step in (-1, 0, 1)] + [curve.x[-1] * 2]
    bounds = [found_.entry.value for found_ in edition.entries if found_.entry.id.startswith(f"{BASE}@")]
    limits = [node for value in bounds if isinstance(value, By) for node in value.nodes.values()]
    found["income_fen"] = [int(node) + step for node in limits if isinstance(node, int) for step in (-1, 0, 1)]
    return found


def _regions(edition: Edition, scheme: str) -> list[str]:
    """Regions that open the scheme, several times over; then a county below one of them, and one without values."""
    found = edition.schemes[scheme]
    product = found.product
    opening = BASE if found.exposure == "contribution_base" else found.base_rate
    opening = PROVINCES if found.scope == "pilot" else opening
    if product is not None and product.underwriting is not None:
        opening = product.underwriting.benefit_limit
    tables = {opening, found.reduction}
    own = {one.entry.region for one in edition.entries if one.entry.id.split("@")[0] in tables} - {"000000"}
    regions = sorted(own) or ["500000", "110000"]
    return [*regions * (24 // len(regions) + 1), *(region[:2] + "0105" for region in regions[:3]), "540000"]
