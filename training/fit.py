"""Fit one peril: claim frequency as tables chosen by cross-validation, curves where the plan wants them, severity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.curve import Curve, fit_curve
from models.design import Coding, FactorSpec, recode
from models.experience import BoolArray, Experience, FloatArray, IntArray
from models.factor_spec import Codes, Column
from models.frequency import FrequencyGLM
from models.merging import Limits
from models.names import NAMES
from models.selection import Selection, Wishes
from models.selection import fit as select
from models.severity import SeverityGLM
from models.severity_loading import Severity, chosen_strength, fit_severity
from models.strengths import choose
from models.tables import Tables

_GLM_BANDS = 64
_SEVERITY_CODES = 20
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Training rows of a peril, shapes (n,). amounts: cost of the row's claims, None where the plan has none; groups:
    what rows belong together, such as a worker's months, None where each stands alone.
    """

    columns: Mapping[str, Column]
    exposure: FloatArray
    counts: FloatArray
    amounts: FloatArray | None
    folds: IntArray
    groups: Column | None = None

    def where(self, rows: BoolArray) -> Rows:
        """Some of the rows."""
        return Rows(
            {name: column[rows] for name, column in self.columns.items()},
            self.exposure[rows],
            self.counts[rows],
            None if self.amounts is None else self.amounts[rows],
            self.folds[rows],
            None if self.groups is None else self.groups[rows],
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """cells: most that are published; pairs, triples: most tables of two and of three factors; cap: greatest cost of
    one claim for a severity; declared: names of pairs that are always tried; levels: most published ones of a factor;
    fidelity: greatest mean relative difference of the tables to the model.
    """

    cells: int
    pairs: int = 20
    cap: float | None = None
    seed: int = 2026
    triples: int = 0
    candidates: tuple[str, ...] = NAMES
    declared: tuple[tuple[str, str], ...] = ()
    levels: Mapping[str, int] = field(default_factory=dict)
    fidelity: float = np.inf

    def most(self, spec: FactorSpec) -> int:
        """Most published levels of a factor."""
        return min(self.levels.get(spec.name, spec.levels), spec.levels)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted peril. glm: the main effects alone, on all training rows, with intervals; its codes by `glm_coding`;
    tables: what is published of the frequency, without the main effects that `curves` replace.
    """

    coding: Coding
    glm_coding: Coding
    glm: FrequencyGLM
    selection: Selection
    tables: Tables
    curves: Mapping[int, Curve]
    severity: tuple[Coding, Severity] | None

    def rate(self, columns: Mapping[str, Column]) -> FloatArray:
        """Expected claims per unit of exposure by the published tables and curves, shape (n,)."""
        rate = np.exp(self.tables.log_rate(self.coding.codes(columns)))
        for place, curve in self.curves.items():
            rate = rate * curve.at(_values(columns, self.coding, place))
        return rate

    def model_rate(self, columns: Mapping[str, Column]) -> FloatArray:
        """The same by the tables as they were fitted, before any merging."""
        return np.exp(self.selection.fitted.log_rate(self.coding.codes(columns)))

    @property
    def cells(self) -> int:
        """Published cells, knots of curves among them."""
        return self.tables.cells + sum(len(curve.x) for curve in self.curves.values())


def fit_peril(rows: Rows, specs: Sequence[FactorSpec], bounds: Bounds, tell: Tell) -> Fitted:
    """Codes, GLM per fold, pairs of trees, selection by cross-validation, curves, severity; `tell` hears of each step.

    ValueError where there is no claim, or a column has a value that cannot be read.
    """
    coding = Coding.learn(specs, rows.columns, rows.exposure)
    codes = coding.codes(rows.columns)
    experience = _experience(coding, codes, rows)
    coarse, maps = coding.coarser(codes, rows.exposure, _GLM_BANDS)
    coarser = _experience(coarse, recode(codes, maps), rows)
    tell("strengths")
    strength = choose(coarser, coarse.shapes).strength
    tell("glm")

    def glm(data: Experience, groups: Column | None = None) -> FrequencyGLM:
        model = FrequencyGLM(coarse.shapes, coarse.base_codes, strength.steps, strength.levels)
        return model.fit_experience(data, groups)

    by_fold = [glm(coarser.where(coarser.folds != part)).tables_.finer(maps) for part in coarser.parts]
    tell("pairs")
    most = tuple(bounds.most(spec) for spec in specs)
    limits = Limits(bounds.cells, levels=most, fidelity=bounds.fidelity)
    selection = select(experience, by_fold, limits, _wishes(specs, bounds), coding.base_codes)
    tell("curves")
    tables, curves = _with_curves(selection.tables, coding, experience, rows)
    tell("severity")
    severity = None if rows.amounts is None else _severity(specs, rows, rows.amounts, bounds)
    return Fitted(coding, coarse, glm(coarser, rows.groups), selection, tables, curves, severity)


def _wishes(specs: Sequence[FactorSpec], bounds: Bounds) -> Wishes:
    """What the trees may do: a factor that is published as a curve acts alone, since the curve stands for all of it."""
    names = [spec.name for spec in specs]
    declared = tuple((min(pair), max(pair)) for pair in ([*map(names.index, each)] for each in bounds.declared))
    alone = tuple(place for place, spec in enumerate(specs) if spec.shape == "curve")
    return Wishes(bounds.candidates, bounds.pairs, bounds.triples, declared, alone, bounds.seed)


def _experience(coding: Coding, codes: Codes, rows: Rows) -> Experience:
    shapes = coding.shapes
    return Experience(
        codes,
        coding.sizes,
        tuple(shape.ordered > 0 for shape in shapes),
        tuple(shape.monotone for shape in shapes),
        rows.exposure,
        rows.counts,
        rows.folds,
        tuple(shape.size - shape.ordered if shape.ordered else 0 for shape in shapes),
    )


def _with_curves(tables: Tables, coding: Coding, experience: Experience, rows: Rows) -> tuple[Tables, dict[int, Curve]]:
    """The main effects of some factors as continuous curves, which have no other tables.

    Each curve is fitted against what all other terms expect, then the whole is balanced.
    """
    places = [i for i, factor in enumerate(coding.factors) if factor.spec.shape == "curve"]
    if not places:
        return tables, {}
    flat = replace(tables, mains={i: values for i, values in tables.mains.items() if i not in places})
    values = {i: _values(rows.columns, coding, i) for i in places}
    curves: dict[int, Curve] = {}
    for _ in range(2):
        for i in places:
            others = np.exp(flat.log_rate(experience.codes)) * rows.exposure
            for j, curve in curves.items():
                others = others * (curve.at(values[j]) if j != i else 1.0)
            spec = coding.factors[i].spec
            found = fit_curve(values[i], rows.counts, others, knots=spec.knots, monotone=spec.monotone)
            curves[i] = found.based_at(_base_value(spec, values[i], rows.exposure))
    expected = np.exp(flat.log_rate(experience.codes)) * rows.exposure
    for i, curve in curves.items():
        expected = expected * curve.at(values[i])
    return replace(flat, base=flat.base + float(np.log(rows.counts.sum() / expected.sum()))), curves


def _values(columns: Mapping[str, Column], coding: Coding, place: int) -> FloatArray:
    return np.asarray(columns[coding.factors[place].spec.name], dtype=np.float64)


def _base_value(spec: FactorSpec, values: FloatArray, exposure: FloatArray) -> float:
    """Where a curve is 1: at the plan's base, else at the mean of the exposure."""
    known = ~np.isnan(values)
    return float(spec.base) if spec.base is not None else float(np.average(values[known], weights=exposure[known]))


def _severity(
    specs: Sequence[FactorSpec], rows: Rows, amounts: FloatArray, bounds: Bounds
) -> tuple[Coding, Severity] | None:
    """A gamma model on few levels per factor; None where no row has both a claim and an amount."""
    if not ((rows.counts > 0) & (amounts > 0)).any():
        return None
    few = [replace(spec, levels=min(bounds.most(spec), _SEVERITY_CODES), shape="levels") for spec in specs]
    claimed = rows.counts > 0
    seen = {name: column[claimed] for name, column in rows.columns.items()}
    coding = Coding.learn(few, rows.columns, rows.exposure, by="exposure")
    codes = coding.codes(seen)
    counts, paid, folds = rows.counts[claimed], amounts[claimed], rows.folds[claimed]
    strength = chosen_strength(coding.shapes, codes, counts, paid, folds, bounds.cap)
    model = SeverityGLM(coding.shapes, coding.base_codes, strength, strength)
    return coding, fit_severity(model, codes, counts, paid, bounds.cap)
