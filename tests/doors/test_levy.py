"""Every worked case of a quote through a levy and through batches: the same premium, shares, payers and refusals."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pytest

from pricing import parse_month, read_register
from pricing.arrow import LINE_SCHEMA, settle_batches
from pricing.payers import PAYER_NAMES
from pricing.register import COLUMNS as REGISTER
from pricing.usage import COLUMNS, KEY
from service.engines.intake import Intake
from service.engines.levy import Order, levy
from service.engines.previous import register_rows
from service.prices.quote import quote
from tests.doors.test_cases import TARIFF, TODAY, Case, cases
from tests.months import lines, refusals, write_csv, write_parquet


def overdue(quoted: Case) -> bool:
    """Whether a table was due for review: a quote warns, a levy refuses."""
    tables = (TARIFF.tables[name] for scheme in quoted["schemes"] for name in TARIFF.schemes[scheme].tables())
    return any(table.review_by is not None and month_of(quoted) > table.review_by for table in tables)


# What a levy cannot take: reason → whether a request is so.
NOT_LEVIED = {
    "a cell of another type than its column's": lambda quoted: any(
        isinstance(value, bool | float | list | dict) for row in quoted["usage"] for value in row.values()
    ),
    "a table that was due for review": overdue,
    "equal rows, which a quote shows and a month counts": lambda quoted: (
        len(quoted["usage"]) > len({tuple(row.get(name) or "" for name in KEY) for row in quoted["usage"]})
    ),
}
NAMES = [column.name for column in COLUMNS]


def request(case: Case) -> Case:
    """The case's request; known as late as a levy needs, where the month lies after its knowledge."""
    asked: Case = case["quote"]
    over = f"{asked['month']}-28"
    late = asked["month"] > asked["known_on"][:7]
    return {**asked, "known_on": over} if late else asked


def month_of(asked: Case) -> int:
    month = parse_month(asked["month"])
    assert month is not None
    return month


def why_not(case: Case) -> str:
    return next((reason for reason, holds in NOT_LEVIED.items() if holds(case["quote"])), "")


QUOTES = [pytest.param(case.values[0], id=case.id) for case in cases() if "quote" in case.values[0]]
LEVIED = [case for case in QUOTES if not why_not(case.values[0])]


def rows_of(asked: Case, worker: str = "") -> list[Case]:
    """The usage rows of a request as a file has them."""
    return [{"month": asked["month"], "worker": worker or asked["worker"], **row} for row in asked["usage"]]


def answers(asked: Case) -> dict[str, Case]:
    """What the quote says: per scheme the fen and payers of each row, and the code of each refused one."""
    found = {}
    for scheme in quote(asked, TARIFF, TODAY)["schemes"]:
        shares = {share["row"]: (share["levy_fen"], share["payers"]) for share in scheme.get("shares", [])}
        refused = {refusal["row"]: refusal["code"] for refusal in scheme["refusals"]}
        found[scheme["scheme"]] = {"premium_fen": scheme["premium_fen"], "shares": shares, "refused": refused}
    return found


def levied(settled: list[Case], refused: list[dict[str, str]], rows: list[Case], first: int) -> dict[str, Case]:
    """The same out of lines and refusals: of rows that stand in a file from line `first`."""
    key = {tuple(row.get(name) or "" for name in KEY): place for place, row in enumerate(rows)}
    found: dict[str, Case] = {}
    for line in settled:
        place = key.get(tuple(line[name] for name in KEY))
        if place is not None:
            payers = {payer: line[f"{payer}_fen"] for payer in PAYER_NAMES if line[f"{payer}_fen"]}
            found.setdefault(line["scheme"], {})[place] = (line["levy_fen"], payers)
    codes: dict[str, dict[int, str]] = {}
    for row in refused:
        if first <= int(row["row"]) < first + len(rows):
            codes.setdefault(row["scheme"], {})[int(row["row"]) - first] = row["code"]
    return {
        name: {
            "premium_fen": sum(fen for fen, _ in found[name].values()) if name in found else None,
            "shares": found.get(name, {}),
            "refused": codes.get(name, {}),
        }
        for name in {*found, *codes}
    }


def without_empty_payers(answer: dict[str, Case]) -> dict[str, Case]:
    for scheme in answer.values():
        scheme["shares"] = {
            row: (fen, {payer: part for payer, part in payers.items() if part})
            for row, (fen, payers) in scheme["shares"].items()
        }
    return answer


def settled_folder(asked: Case, rows: list[Case], folder: Path, *, parquet: bool) -> Path:
    """A levy of these rows under the request's register and knowledge."""
    usage = write_parquet(folder / "u.parquet", rows) if parquet else write_csv(folder / "u.csv", rows, NAMES)
    register = write_csv(folder / "register.csv", asked.get("platforms", []), REGISTER)
    order = Order(
        sources=(usage,),
        month=month_of(asked),
        register=tuple(register_rows(register)),
        known_on=dt.date.fromisoformat(asked["known_on"]),
        schemes=tuple(asked["schemes"]),
        out=folder / "month",
        demonstration=True,
    )
    levy(order, TARIFF, lambda stage, rows: None)
    return folder / "month"


def test_almost_every_case_is_levied() -> None:
    skipped = {case.id: why_not(case.values[0]) for case in QUOTES if why_not(case.values[0])}
    assert len(LEVIED) >= 200
    assert len(skipped) <= 20, skipped


@pytest.mark.slow  # a whole folder for each
@pytest.mark.parametrize("case", LEVIED)
def test_a_levy_of_one_worker(case: Case, tmp_path: Path) -> None:
    asked = request(case)
    rows, parquet = rows_of(asked), len(asked["usage"]) % 2 == 0
    out = settled_folder(asked, rows, tmp_path, parquet=parquet)
    assert levied(lines(out), refusals(out), rows, 1 if parquet else 2) == without_empty_payers(answers(asked))


@pytest.mark.parametrize("case", LEVIED)
def test_a_batch_of_one_worker(case: Case, tmp_path: Path) -> None:
    asked = request(case)
    register = read_register(asked.get("platforms", []), TARIFF.factors["pilot_tier"].levels, TARIFF.regions)
    edition = TARIFF.on(month_of(asked), dt.date.fromisoformat(asked["known_on"]), register)
    path = write_csv(tmp_path / "usage.csv", rows_of(asked), NAMES)
    batches = settle_batches(Intake([path]).batches(), edition, asked["schemes"])
    found = levied(pa.Table.from_batches(batches, LINE_SCHEMA).to_pylist(), [], rows_of(asked), 2)
    quoted = without_empty_payers(answers(asked))
    shares = {name: answer["shares"] for name, answer in quoted.items()}
    assert {name: found.get(name, {}).get("shares", {}) for name in quoted} == shares


def together(case: Case) -> str:
    """What requests must have in common to be settled in one month."""
    asked = request(case)
    return str([asked["month"], asked["known_on"], asked.get("platforms", []), asked["schemes"]])


BY_MONTH = sorted((case.values[0] for case in LEVIED), key=together)
MONTHS: list[Sequence[Case]] = [list(group) for _, group in groupby(BY_MONTH, key=together)]


@pytest.mark.parametrize("month", [month for month in MONTHS if len(month) > 1], ids=lambda month: together(month[0]))
def test_a_month_of_all_workers_gives_each_the_same(month: Sequence[Case], tmp_path: Path) -> None:
    """Declared schemes are rounded once for the month: there a line may differ from its quote by a fen."""
    rows, places = [], []
    for worker, case in enumerate(month):
        own = rows_of(request(case), f"w_{worker:08d}")
        places.append((case, own, len(rows) + 2))
        rows += own
    out = settled_folder(request(month[0]), rows, tmp_path, parquet=False)
    settled, refused = lines(out), refusals(out)
    for case, own, first in places:
        found, quoted = levied(settled, refused, own, first), without_empty_payers(answers(request(case)))
        if any(TARIFF.schemes[name].declared for name in quoted):
            assert {name: answer["refused"] for name, answer in found.items()} == {
                name: answer["refused"] for name, answer in quoted.items()
            }
            for name, answer in quoted.items():
                fen = {row: share[0] for row, share in answer["shares"].items()}
                assert all(abs(found[name]["shares"][row][0] - fen[row]) <= 1 for row in fen)
        else:
            assert found == quoted


def test_there_are_large_months() -> None:
    assert max(map(len, MONTHS)) >= 20
