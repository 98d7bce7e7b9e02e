"""Held-out Poisson deviance on real portfolios: published tables beside boosted trees, EBM, glum.

`python -m benchmarks.portfolios [property] [injury] [motorcycle] [automobile]` reads `../shared/data`.
The rivals are `benchmarks/requirements.txt`; one that is not installed is said and left out.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.machine import describe
from models.design import FactorSpec
from models.experience import FloatArray, deviance, deviance_of_rows
from training.fit import Bounds, Rows, fit_peril

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_FOLDS = 5
_NUMBERS_15 = ("Age", "Group1", "Bonus", "Poldur", "Value", "Adind", "Density")
_NAMES_15 = ("Gender", "Type", "Category", "Occupation", "Group2")


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A file with its columns; rising: factors whose rate never falls."""

    file: str
    exposure: str
    counts: str
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    cells: int
    aim: float
    group: str = ""
    rising: tuple[str, ...] = ()


PORTFOLIOS = {
    "property": Portfolio(
        "pg15training", "Exppdays", "Numtppd", _NUMBERS_15, _NAMES_15, 1300, 48.30, group="PolNum"
    ),
    "injury": Portfolio("pg15training", "Exppdays", "Numtpbi", _NUMBERS_15, _NAMES_15, 300, 27.44, group="PolNum"),
    "motorcycle": Portfolio(
        "swmotorcycle", "Exposure", "ClaimNb", ("OwnerAge", "VehAge"),
        ("Gender", "Area", "RiskClass", "BonusClass"), 160, 9.93,
    ),
    "automobile": Portfolio(
        "swautoins", "Insured", "Claims", ("Kilometres", "Bonus"), ("Zone", "Make"), 400, 142.0,
        rising=("Kilometres",),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Training or test rows: numbers and categories, exposure, counts, group of each row."""

    frame: pd.DataFrame
    exposure: FloatArray
    counts: FloatArray
    group: np.ndarray


def sides(portfolio: Portfolio) -> tuple[Side, Side]:
    """Training and test rows. Rows without exposure are set aside after the split."""
    data = pd.read_parquet(_DATA / f"{portfolio.file}.parquet")
    order = np.random.default_rng(2026).permutation(len(data))
    train = np.zeros(len(data), dtype=bool)
    train[order[: int(0.8 * len(data))]] = True
    factors = [*portfolio.names, *portfolio.numbers]
    frame = data[factors].copy()
    for name in portfolio.names:
        frame[name] = frame[name].astype(str).astype("category")
    group = data[portfolio.group] if portfolio.group else pd.util.hash_pandas_object(frame.astype(str), index=False)
    numbers = pd.factorize(group)[0]
    insured = (data[portfolio.exposure] > 0).to_numpy()

    def side(rows: np.ndarray) -> Side:
        exposure, counts = (data.loc[rows, name].to_numpy(float) for name in (portfolio.exposure, portfolio.counts))
        return Side(frame[rows], exposure, counts, numbers[rows])

    return side(train & insured), side(~train & insured)


def ours(portfolio: Portfolio, train: Side, test: Side) -> tuple[str, FloatArray]:
    """Expected counts of the test rows by the published tables alone."""
    specs = [FactorSpec(name, "categorical") for name in portfolio.names]
    specs += [FactorSpec(name, monotone=int(name in portfolio.rising)) for name in portfolio.numbers]
    folds = np.random.default_rng(2026).integers(0, _FOLDS, int(train.group.max()) + 1)[train.group]
    rows = Rows(_columns(train), train.exposure, train.counts, None, folds)
    fitted = fit_peril(rows, specs, Bounds(portfolio.cells), lambda _: None)
    words = f"tables ({fitted.selection.winner}, {fitted.cells} cells)"
    return words, test.exposure * fitted.rate(_columns(test))


def _columns(side: Side) -> Mapping[str, Any]:
    return {name: np.asarray(side.frame[name]) for name in side.frame}


def trees(train: Side, test: Side) -> FloatArray:
    """scikit-learn's boosting without limits on interactions, stopped by a tenth of the rows."""
    model = HistGradientBoostingRegressor(
        loss="poisson", categorical_features="from_dtype", learning_rate=0.05, max_iter=800, early_stopping=True,
        min_samples_leaf=100, random_state=2026,
    )  # fmt: skip
    model.fit(train.frame, train.counts / train.exposure, sample_weight=train.exposure)
    return np.asarray(test.exposure * model.predict(test.frame))


def lightgbm(train: Side, test: Side) -> FloatArray:
    """LightGBM with its usual settings for a frequency; the number of trees by cross-validation."""
    import lightgbm as lgb

    settings = {"objective": "poisson", "learning_rate": 0.05, "num_leaves": 16, "min_data_in_leaf": 100, "verbose": -1,
                "num_threads": 1, "seed": 2026}  # fmt: skip
    data = lgb.Dataset(train.frame, train.counts / train.exposure, weight=train.exposure, free_raw_data=False)
    stop = [lgb.early_stopping(50, verbose=False)]
    tried = lgb.cv(settings, data, 800, nfold=_FOLDS, stratified=False, callbacks=stop)
    number = len(next(iter(tried.values())))
    return np.asarray(test.exposure * lgb.train(settings, data, number).predict(test.frame))


def ebm(train: Side, test: Side) -> FloatArray:
    """Explainable boosting machine with ten pairs."""
    from interpret.glassbox import ExplainableBoostingRegressor

    model = ExplainableBoostingRegressor(objective="poisson_deviance", interactions=10, n_jobs=1, random_state=2026)
    model.fit(train.frame, train.counts / train.exposure, sample_weight=train.exposure)
    return np.asarray(test.exposure * model.predict(test.frame))


def glum(train: Side, test: Side) -> FloatArray:
    """A main-effect Poisson GLM with a ridge by cross-validation; numbers in twenty bands."""
    from glum import GeneralizedLinearRegressorCV

    def banded(frame: pd.DataFrame) -> pd.DataFrame:
        found = frame.copy()
        for name in frame.select_dtypes("number"):
            edges = np.unique(np.quantile(train.frame[name], np.arange(1, 20) / 20))
            found[name] = pd.Categorical(np.searchsorted(edges, frame[name]), categories=range(len(edges) + 1))
        return found

    model = GeneralizedLinearRegressorCV(family="poisson", l1_ratio=0, min_alpha_ratio=1e-6)
    model.fit(banded(train.frame), train.counts / train.exposure, sample_weight=train.exposure)
    return np.asarray(test.exposure * model.predict(banded(test.frame)))


RIVALS: dict[str, tuple[str, Callable[[Side, Side], FloatArray]]] = {
    "HGB": ("sklearn", trees),
    "LightGBM": ("lightgbm", lightgbm),
    "EBM, 10 pairs": ("interpret", ebm),
    "glum": ("glum", glum),
}


def run(names: Sequence[str] = tuple(PORTFOLIOS)) -> list[str]:
    """Lines per portfolio: ours, then each rival with the paired difference to ours and its standard error."""
    lines = []
    for name in names:
        portfolio = PORTFOLIOS[name]
        if not (_DATA / f"{portfolio.file}.parquet").exists():
            lines.append(f"{name}: {portfolio.file}.parquet is not in {_DATA.name}: skipped")
            continue
        train, test = sides(portfolio)
        words, own = ours(portfolio, train, test)
        lines.append(f"{name}: {words} {deviance(test.counts, own):.3f} (aim {portfolio.aim}, {portfolio.cells} cells)")
        lines += [f"{name}: {line}" for line in beside(train, test, own)]
    return lines


def beside(train: Side, test: Side, own: FloatArray) -> list[str]:
    """Each rival's deviance, and how much above ours."""
    lines = []
    for rival, (package, fit) in RIVALS.items():
        if importlib.util.find_spec(package) is None:
            lines.append(f"{rival}: {package} is not installed: skipped")
            continue
        expected = fit(train, test)
        gap = 100 * (deviance_of_rows(test.counts, expected) - deviance_of_rows(test.counts, own))
        error = gap.std() / np.sqrt(len(gap))
        lines.append(f"{rival} {deviance(test.counts, expected):.3f}, above ours {gap.mean():+.3f} ± {error:.3f}")
    return lines


if __name__ == "__main__":
    print(describe())
    for each in sys.argv[1:] or list(PORTFOLIOS):
        for text in run([each]):
            print(text, flush=True)
