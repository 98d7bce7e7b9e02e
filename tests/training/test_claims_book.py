"""A synthetic book of claims: exact in size, repeatable, whole, near the facts it names, and found again by a fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from training.book import BLOCK_WORKERS, Book, simulate_book
from training.book_claims import draw_tail, mean_of
from training.book_months import WorkerMonths, draw_months
from training.claims import DESK, FRAILTY_VARIANCE, ROAD, Tail
from training.claims_perils import CARGO_DAMAGE, PERILS, WORK_INJURY
from training.claims_truth import SOLVED_ON_SEED, relativity, solved_truth, terms
from training.plan import read_plan

WORKERS, MONTHS, SEED, FIRST = 3000, 12, 7, "2025-01"
TABLES = ("exposure.parquet", "exposure_desk.parquet", "claims.parquet")
FILES = (*TABLES, "TRUTH.json", "SYNTHETIC.md", "plan.yaml", "plan_desk.yaml")
# The facts, by their own arithmetic: Hainan's benefits over its orders; the nation's benefits over its cases.
PER_ORDER, PER_CASE = 24.31e6 / 1.04e9, 490e6 / 32_000
PILOT = ("rider", "ride_hailing", "freight")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return simulate_book(WORKERS, MONTHS, SEED, FIRST, tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def claims(book: Book) -> pd.DataFrame:
    return pd.read_parquet(book.folder / "claims.parquet")


@pytest.fixture(scope="module")
def rows(book: Book) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(book.folder / name) for name in TABLES[:2]}


@pytest.fixture(scope="module")
def known(book: Book) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((book.folder / "TRUTH.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def population() -> WorkerMonths:
    """Another population than the one that the truth was solved on."""
    rng = np.random.Generator(np.random.SFC64(SOLVED_ON_SEED + 1))
    return draw_months(rng, 60_000, 2025 * 12, 12, solved_truth().scale.regions)


def test_every_worker_has_every_month_once(book: Book, rows: dict[str, pd.DataFrame]) -> None:
    both = pd.concat(rows.values())
    assert book.rows == len(both) == WORKERS * MONTHS
    assert both["worker"].nunique() == WORKERS
    assert not both.duplicated(["worker", "month"]).any()
    assert sorted(both["month"].unique()) == [f"2025-{month:02d}" for month in range(1, 13)]
    assert (both["month"].str[5:].astype(str) == both["calendar_month"].astype(str)).all()


def test_trades_lie_in_their_file_with_their_perils(rows: dict[str, pd.DataFrame]) -> None:
    for (_, frame), trades in zip(rows.items(), (ROAD, DESK), strict=True):
        assert set(frame["trade"]) == set(trades)
        perils = {peril.name for peril in PERILS if peril.trades == trades}
        assert {name.removesuffix("_claims") for name in frame.columns if name.endswith("_claims")} == perils
        assert (frame["insured_months"] == 1).all()
        assert not frame.isna().any().any()
        assert ((frame["night_share"] >= 0) & (frame["night_share"] <= 1)).all()
    assert {"distance_m", "vehicle", "orders"} <= set(rows["exposure.parquet"].columns)


def test_counts_and_amounts_are_those_of_the_claims(rows: dict[str, pd.DataFrame], claims: pd.DataFrame) -> None:
    for frame in rows.values():
        keyed = frame.astype({"worker": str, "month": str}).set_index(["worker", "month"])
        for peril in {name.removesuffix("_claims") for name in frame.columns if name.endswith("_claims")}:
            own = claims[claims["peril"] == peril].astype({"worker": str, "occurred_month": str})
            by_month = own.groupby(["worker", "occurred_month"])
            sums = by_month[["amount_fen", "reported_by_end", "paid_fen"]].sum().assign(claims=by_month.size())
            for part, column in (("claims", "claims"), ("fen", "amount_fen"), ("reported", "reported_by_end")):
                found = keyed[f"{peril}_{part}"]
                assert found[found > 0].to_dict() == sums[column][sums[column] > 0].to_dict(), (peril, part)
            assert keyed[f"{peril}_paid_fen"].sum() == sums["paid_fen"].sum()


def test_claims_are_told_after_they_occur_and_paid_after_they_are_told(claims: pd.DataFrame) -> None:
    occurred, reported = (claims[f"{part}_month"].astype(str) for part in ("occurred", "reported"))
    assert (occurred <= reported).all()
    assert (claims["reported_by_end"] == (reported <= "2025-12")).all()
    assert (reported > "2025-12").any()
    assert (claims["paid_fen"] <= claims["amount_fen"]).all()
    assert (claims.loc[~claims["reported_by_end"], "paid_fen"] == 0).all()
    assert 0 < claims["paid_fen"].sum() < claims["amount_fen"].sum()
    assert (claims["medical_fen"] + claims["statutory_fen"] == claims["amount_fen"]).all()
    assert (claims["amount_fen"] > 0).all()
    assert claims["claim"].is_unique
    graded = claims["outcome"].astype(str).str.startswith("grade_")
    assert (claims["grade"].notna() == graded).all()
    assert (claims.loc[claims["outcome"].astype(str) == "medical", "statutory_fen"] == 0).all()


def test_everything_says_that_it_is_synthetic(book: Book, known: dict[str, Any]) -> None:
    marks = {"synthetic": True, "seed": SEED, "workers": WORKERS, "months": MONTHS, "first_month": FIRST}
    for name in TABLES:
        assert json.loads(pq.read_metadata(book.folder / name).metadata[b"licheng"]) == marks
    assert known.items() >= marks.items()
    said = (book.folder / "SYNTHETIC.md").read_text(encoding="utf-8")
    assert all(text in said for text in ("合成数据", "assumption", "海南日报", "`work_injury.frequency.elasticity`"))
    for name in ("plan.yaml", "plan_desk.yaml"):
        assert (book.folder / name).read_text(encoding="utf-8").startswith("# SYNTHETIC")
        plan = read_plan(book.folder / name)
        [data] = plan.data
        assert set(plan.columns()) <= set(pq.read_schema(data).names)


def test_the_truth_names_every_parameter(known: dict[str, Any], claims: pd.DataFrame) -> None:
    assert known["frailty"]["variance"] == FRAILTY_VARIANCE
    assert known["exposure"]["column"] == "insured_months"
    for peril in PERILS:
        one = known["perils"][peril.name]
        assert one["base_claims_per_month"] == solved_truth().base[peril.name]
        assert one["relativities"]["trade"] == peril.frequency.trades
        assert one["relativities"][peril.frequency.quantity]["elasticity"] == peril.frequency.elasticity
        assert sum(outcome["share"] for outcome in one["outcomes"]) == pytest.approx(1)
        assert np.mean(list(one["relativities"]["calendar_month"].values())) == pytest.approx(1)
        own = claims[claims["peril"] == peril.name]
        book = known["book"][peril.name]
        assert (book["claims"], book["yuan"] * 100) == (len(own), pytest.approx(own["amount_fen"].sum()))
        assert book["reported_by_end"] == own["reported_by_end"].sum()


def test_the_expected_cost_meets_the_facts(population: WorkerMonths) -> None:
    """On a population that nothing was solved on, outcome by outcome."""
    truth = solved_truth()
    pilot = population.insured(PILOT)
    cases = (truth.rate(population, WORK_INJURY) * pilot).sum(axis=1)
    benefits = truth.statutory_fen(population, WORK_INJURY) / 100
    medical = truth.unit_fen["work_injury"] / 100
    cost = sum(
        outcome.share * (cases * (benefits[:, place] + medical * outcome.cost)).sum()
        for place, outcome in enumerate(WORK_INJURY.outcomes)
    )
    assert cost / (population.orders * pilot).sum() == pytest.approx(PER_ORDER, rel=0.03)
    assert cost / cases.sum() == pytest.approx(PER_CASE, rel=0.03)


def test_truth_and_note_print_the_totals_beside_the_facts(book: Book, known: dict[str, Any]) -> None:
    said = (book.folder / "SYNTHETIC.md").read_text(encoding="utf-8")
    for name, fact in (("cost_per_order_yuan", PER_ORDER), ("cost_per_case_yuan", PER_CASE)):
        one = known["totals"][name]
        assert one["fact"] == pytest.approx(fact, rel=0.002)  # stated to three or more digits
        assert one["expected"] == pytest.approx(fact, rel=0.1)  # 3,000 workers
        assert f"| `{name}` | {one['fact']:,.6g} | {one['expected']:,.6g} |" in said


def test_other_perils_have_the_frequency_they_were_solved_for(population: WorkerMonths) -> None:
    truth = solved_truth()
    for peril in PERILS[1:]:
        assert peril.frequency.claims_per is not None
        total, per = peril.frequency.claims_per
        insured = population.insured(peril.trades)
        units = insured.sum() * 12 if total == "months" else (getattr(population, total) * insured).sum()
        assert truth.rate(population, peril).sum() / units == pytest.approx(per, rel=0.03), peril.name


def test_benefits_are_those_of_the_law_by_hand() -> None:
    """Chengdu, December 2025: average wage 7,646 yuan, own wage 8,000; income of 2024 54,188 yuan."""
    scale, outcomes = solved_truth().scale, {one.name: place for place, one in enumerate(WORK_INJURY.outcomes)}
    place = list(scale.regions).index("510100")
    of = dict(zip(outcomes, scale.fen[place, int(scale.step_of(np.array(800_000)))] / 100, strict=True))
    monthly = 1.025 ** (1 / 12)
    years_27, years_15 = (sum(monthly**-month for month in range(1, months + 1)) for months in (324, 180))
    assert of["medical"] == 0
    assert of["grade_10"] == 7 * 8000
    assert of["grade_5"] == 18 * 8000  # no employer, no allowance
    assert of["grade_1"] == pytest.approx(27 * 8000 + years_27 * (0.9 * 8000 + 0.5 * 7646), abs=0.02)
    assert of["grade_4"] == pytest.approx(21 * 8000 + years_27 * 0.75 * 8000, abs=0.02)
    assert of["death"] == pytest.approx(6 * 7646 + 20 * 54_188 + years_15 * 0.7 * 8000, abs=0.02)


def test_frequency_is_log_linear_with_a_concave_curve() -> None:
    rng = np.random.Generator(np.random.SFC64(1))
    population = draw_months(rng, 3000, 2025 * 12, 12, solved_truth().scale.regions)
    found = terms(population, WORK_INJURY)
    order = np.argsort(population.distance_m, axis=None)
    metres = population.distance_m.ravel()[order][:: len(order) // 50].astype(float)
    curve = found["distance_m"].ravel()[order][:: len(order) // 50]
    seen = metres > 0
    slopes = np.diff(curve[seen]) / np.diff(metres[seen])
    assert (slopes > 0).all()
    assert (np.diff(slopes) < 0).all()
    whole = relativity(population, WORK_INJURY)
    road = population.insured(ROAD)[:, 0]
    product = np.prod([np.broadcast_to(one, whole.shape)[road] for one in found.values()], axis=0)
    assert whole[road] == pytest.approx(product)
    assert (whole[~road] == 0).all()


def test_tails_have_a_mean_of_one_and_are_heavy() -> None:
    rng = np.random.default_rng(1)
    for peril in PERILS:
        drawn = draw_tail(rng, peril.tail, 400_000)
        assert drawn.mean() == pytest.approx(1, abs=0.03), peril.name
    drawn = draw_tail(rng, WORK_INJURY.tail, 400_000)
    assert np.quantile(drawn, 0.999) > 10
    assert mean_of(Tail(sigma=1.1, pareto=0.05)) == pytest.approx(0.95 * np.exp(0.605) + 0.05 * 6 * 2.5 / 1.5)


def test_workers_differ_more_than_chance_and_keep_their_risk(book: Book) -> None:
    """Claims of goods per worker: the variance is m + 0.5 m², and one half-year foretells the other."""
    rows = pd.read_parquet(book.folder / "exposure.parquet")
    truth = solved_truth()
    rng = np.random.Generator(np.random.SFC64([SEED, 0, 0]))
    drawn = draw_months(rng, WORKERS, 2025 * 12, MONTHS, truth.scale.regions)
    road = drawn.insured(ROAD)[:, 0]
    mean = truth.rate(drawn, CARGO_DAMAGE)[road]
    counts = rows["cargo_damage_claims"].to_numpy().reshape(mean.shape)
    assert (rows["distance_m"].to_numpy().reshape(mean.shape) == drawn.distance_m[road]).all()
    expected, claimed = mean.sum(axis=1), counts.sum(axis=1)
    assert claimed.sum() == pytest.approx(expected.sum(), rel=0.06)
    assert ((claimed - expected) ** 2 / expected).mean() > 1.3
    assert ((claimed - expected) ** 2 - claimed).sum() / (expected**2).sum() == pytest.approx(
        FRAILTY_VARIANCE, abs=0.15
    )
    halves = [(counts[:, part] - mean[:, part]).sum(axis=1) for part in (slice(0, 6), slice(6, 12))]
    products = mean[:, :6].sum(axis=1) * mean[:, 6:].sum(axis=1)
    assert (halves[0] * halves[1]).sum() / products.sum() == pytest.approx(FRAILTY_VARIANCE, abs=0.15)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    one, again, other = (
        simulate_book(300, 3, seed, FIRST, tmp_path / name) for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    for name in FILES:
        assert (one.folder / name).read_bytes() == (again.folder / name).read_bytes(), name
    assert (one.folder / TABLES[0]).read_bytes() != (other.folder / TABLES[0]).read_bytes()
    assert sorted(path.name for path in one.folder.iterdir()) == sorted(FILES)


def test_blocks_are_joined_and_told(tmp_path: Path) -> None:
    told: list[int] = []
    workers = BLOCK_WORKERS + 5
    book = simulate_book(workers, 2, 3, "2024-12", tmp_path, told.append)
    assert told == [2 * BLOCK_WORKERS, 2 * workers]
    frames = [pd.read_parquet(tmp_path / name) for name in TABLES]
    assert len({*frames[0]["worker"], *frames[1]["worker"]}) == workers
    assert frames[2]["claim"].tolist() == [f"c_{number:09d}" for number in range(1, sum(book.claims.values()) + 1)]
    assert set(frames[0]["month"]) == {"2024-12", "2025-01"}
    assert set(frames[0]["calendar_month"]) == {"12", "01"}


def test_nothing_is_overwritten_and_nonsense_is_refused(book: Book, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        simulate_book(1, 1, 1, FIRST, book.folder)
    for workers, months, seed, first in ((0, 1, 1, FIRST), (1, 0, 1, FIRST), (1, 121, 1, FIRST), (1, 1, -1, FIRST)):
        with pytest.raises(ValueError, match="workers from 1"):
            simulate_book(workers, months, seed, first, tmp_path)
    with pytest.raises(ValueError, match="YYYY-MM"):
        simulate_book(1, 1, 1, "2025-13", tmp_path)
    assert list(tmp_path.iterdir()) == []
