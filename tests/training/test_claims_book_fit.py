"""A fit finds the truth of a synthetic book: its intervals cover it as often as they say, and a plan trains at once."""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.design import Coding, FactorSpec
from models.experience import Experience
from models.frequency import FrequencyGLM
from models.relativity import Relativities
from training.book import draw_blocks, simulate_book
from training.book_months import VEHICLE_NAMES, WorkerMonths
from training.claims import BOOK_TRADES, Peril
from training.claims_perils import CARGO_DAMAGE, WORK_INJURY
from training.claims_truth import Truth, solved_truth, terms
from training.pipeline import train

WORKERS, MONTHS, SEEDS = 4000, 12, 20
FACTORS = ("distance_m", "night_share", "trade", "vehicle", "calendar_month")
OF_WORKERS = ("night_share", "trade", "vehicle")  # do not vary, or little, over a worker's months
LEAST_WORKERS, LEAST_CLAIMS = 30, 10  # of a code that is judged: an interval of a handful is a guess
NO_PENALTY = 1e-6  # a penalty draws relativities to 1, and its intervals then cover something else

pytestmark = pytest.mark.slow


def columns(months: WorkerMonths) -> dict[str, np.ndarray]:
    """The factors as a plan's data would have them, one row per worker-month."""
    shape = months.orders.shape
    calendar = np.array([f"{number + 1:02d}" for number in months.calendar])
    found = {
        "distance_m": months.distance_m.astype(float),
        "night_share": months.night_share,
        "trade": np.array(BOOK_TRADES)[months.trade][:, None],
        "vehicle": np.array(VEHICLE_NAMES)[months.vehicle][:, None],
        "calendar_month": calendar[None, :],
    }
    return {name: np.broadcast_to(values, shape) for name, values in found.items()}


def drawn(truth: Truth, peril: Peril, seed: int) -> tuple[Coding, Experience, np.ndarray, dict[str, np.ndarray]]:
    """A seed's rows as the pipeline codes them, the worker of each, and each code's true log relativity."""
    [block] = draw_blocks(truth, WORKERS, MONTHS, seed, 2025 * 12)
    months, claims = block.months, block.claims[peril.name]
    shape = months.orders.shape
    insured = np.broadcast_to(months.insured(peril.trades), shape)
    counts = np.zeros(shape)
    np.add.at(counts, (claims.worker, claims.occurred), 1)
    own = {name: values[insured] for name, values in columns(months).items()}
    exposure = np.ones(int(insured.sum()))
    few = {"distance_m": 16, "night_share": 6}
    specs = [
        FactorSpec(name, "numeric" if name in few else "categorical", levels=few.get(name, 255)) for name in FACTORS
    ]
    coding = Coding.learn(specs, own, exposure, by="exposure")
    codes = coding.codes(own)
    ordered = tuple(shape.ordered > 0 for shape in coding.shapes)
    folds = np.zeros(len(exposure), dtype=np.int64)
    experience = Experience(codes, coding.sizes, ordered, (0,) * len(FACTORS), exposure, counts[insured], folds)
    rate = truth.rate(months, peril)[insured]
    factors = {name: np.broadcast_to(one, shape)[insured] for name, one in terms(months, peril).items()}
    true = {}
    for place, name in enumerate(FACTORS):
        with_it, without = (np.bincount(codes[:, place], w, coding.sizes[place]) for w in (rate, rate / factors[name]))
        log = np.log(np.divide(with_it, without, out=np.ones_like(without), where=without > 0))
        true[name] = log - log[coding.base_codes[place]]
    return coding, experience, np.broadcast_to(np.arange(WORKERS)[:, None], shape)[insured], true


def judged(found: Relativities, codes: np.ndarray, worker: np.ndarray, true: np.ndarray) -> Iterator[bool]:
    """Whether the 95 % interval of each code with enough workers and claims holds its true relativity."""
    low, high = found.interval()
    for code in range(len(true)):
        enough = len(np.unique(worker[codes == code])) >= LEAST_WORKERS and found.claims[code] >= LEAST_CLAIMS
        if enough and code != found.base_code:
            yield bool(low[code] <= np.exp(true[code]) <= high[code])


def coverage(peril: Peril, *, raised: float) -> dict[bool, dict[str, list[bool]]]:
    """With errors by worker (True) and without (False), per factor: whether each interval of all seeds covers.

    raised: how often the base frequency is multiplied, so that a modest book has claims enough.
    """
    whole = solved_truth()
    base = {**whole.base, peril.name: whole.base[peril.name] * raised}
    truth = replace(whole, perils=(peril,), base=base)
    found: dict[bool, dict[str, list[bool]]] = {by: {name: [] for name in FACTORS} for by in (True, False)}
    for seed in range(SEEDS):
        coding, experience, worker, true = drawn(truth, peril, seed)
        for by in (True, False):
            model = FrequencyGLM(coding.shapes, coding.base_codes, NO_PENALTY, NO_PENALTY)
            model.fit_experience(experience, worker if by else None)
            for place, name in enumerate(FACTORS):
                codes = experience.codes[:, place]
                found[by][name] += judged(model.relativities_[place], codes, worker, true[name])
    return found


@pytest.mark.parametrize(
    ("peril", "raised"), [(CARGO_DAMAGE, 1.0), (WORK_INJURY, 200.0)], ids=["cargo_damage", "work_injury"]
)
def test_intervals_cover_the_truth_as_often_as_they_say(peril: Peril, raised: float) -> None:
    found = coverage(peril, raised=raised)
    pooled = {by: [hit for hits in of.values() for hit in hits] for by, of in found.items()}
    assert len(pooled[True]) > 500
    assert 0.90 <= np.mean(pooled[True]) <= 0.98
    if peril is CARGO_DAMAGE:  # many claims of few workers: independent errors are too narrow for what workers keep
        kept = {by: np.mean([hit for name in OF_WORKERS for hit in of[name]]) for by, of in found.items()}
        assert kept[False] < 0.90 <= kept[True]


def quiet(step: str, rows: int) -> None:
    """No progress is shown."""


def test_the_plan_of_the_road_trains_and_finds_the_truth(tmp_path: Path) -> None:
    book = simulate_book(6000, 12, 11, "2025-01", tmp_path / "book")
    known = json.loads((book.folder / "TRUTH.json").read_text(encoding="utf-8"))["perils"]
    report = train(book.folder / "plan.yaml", tmp_path / "road", dt.date(2026, 1, 1), quiet)
    assert set(report["perils"]) == {"work_injury", "third_party", "cargo_damage"}
    assert all(one["set_aside"] == 0 for one in report["perils"].values())
    goods = known["cargo_damage"]["relativities"]
    assert report["perils"]["cargo_damage"]["elasticity"]["distance_m"] == pytest.approx(
        goods["distance_m"]["elasticity"], abs=0.1
    )
    with (tmp_path / "road" / "relativities.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {(line["peril"], line["factor"], line["level"]): line for line in csv.DictReader(file)}
    for trade in ("courier", "freight"):
        line = lines["cargo_damage", "trade", trade]
        assert float(line["relativity"]) == pytest.approx(goods["trade"][trade], rel=0.25)


def test_the_plan_of_the_desk_trains(tmp_path: Path) -> None:
    """Its perils are rare, and one worker in nine is at a desk: a plan needs about 150,000 worker-months."""
    book = simulate_book(15_000, 12, 11, "2025-01", tmp_path / "book")
    report = train(book.folder / "plan_desk.yaml", tmp_path / "desk", dt.date(2026, 1, 1), quiet)
    assert set(report["perils"]) == {"lumbar", "stress", "income_interruption"}
    for name, one in report["perils"].items():
        assert one["rows"] + one["test_rows"] == pytest.approx(15_000 * 12 * 0.11, rel=0.05), name
        assert one["claims"] < book.claims[name], "some claims are kept for the test"
