"""A distance curve that comes out falling is said with its reason, and one that rises is left in peace."""

import numpy as np
import pytest

from models.factor_spec import FactorSpec
from pricing.errors import InputError
from training.extremes import check_extremes
from training.falling import bends
from training.fit import Bounds, Fitted, Rows, fit_peril

MANY = 20_000


def draw(exponent: float) -> Rows:
    """A year's kilometres from the time insured and a speed; claims per year by their power."""
    rng = np.random.default_rng(3)
    years = rng.uniform(0.2, 1, MANY)
    km = (years * rng.uniform(15_000, 45_000, MANY)).round()
    area = rng.choice(["north", "south"], MANY)
    claims = rng.poisson(0.3 * years * (km / 20_000) ** exponent * np.where(area == "south", 1.5, 1)).astype(float)
    return Rows({"km": km, "area": area}, years, claims, None, np.arange(MANY) % 5)


def fit(rows: Rows, monotone: int) -> Fitted:
    specs = [FactorSpec("area", "categorical"), FactorSpec("km", shape="curve", monotone=monotone, knots=5)]
    return fit_peril(rows, specs, Bounds(1300, candidates=("glm",)), lambda step: None)


def found(rows: Rows, monotone: int) -> list[str]:
    notices = list(bends("accident", fit(rows, monotone), rows))
    assert all("km" in notice.message(lang) for notice in notices for lang in ("en", "zh"))
    return [notice.code for notice in notices]


def chosen_by_claims(rows: Rows) -> Rows:
    """What an insurer sends who keeps claims only: every row with one, and hardly any other."""
    return rows.where((rows.counts > 0) | (np.arange(MANY) % 50 == 0))


def test_claims_that_rise_are_left_in_peace() -> None:
    assert found(draw(0.5), 1) == []
    assert found(draw(0.5), 0) == []


def test_a_file_chosen_by_claims_makes_the_curve_fall_and_the_reason_is_said() -> None:
    """The same risk that rises: among rows with claims the rate per year is one over the years."""
    rows = chosen_by_claims(draw(0.5))
    assert found(rows, 1) == ["notice_curve_falls_selected"]
    [notice] = bends("accident", fit(rows, 1), rows)
    assert float(str(notice.values["unbound"])) < -0.1 < float(str(notice.values["published"]))
    assert found(rows, 0) == ["notice_curve_falls_selected"]


def test_claims_that_truly_fall_are_held_level_and_said() -> None:
    rows = draw(-0.7)
    assert found(rows, 1) == ["notice_curve_falls"]
    assert found(rows, 0) == ["notice_curve_published_falling"]
    assert found(rows, -1) == []
    assert found(draw(0.5), -1) == ["notice_curve_rises"]


def test_a_relativity_that_no_table_holds_is_refused_by_its_level() -> None:
    rows = draw(0.5)
    check_extremes("accident", fit(rows, 1))
    leak = np.where(rows.counts > 0, "hospital", rows.columns["area"])
    told = Rows({**rows.columns, "area": leak}, rows.exposure, rows.counts, None, rows.folds)
    with pytest.raises(InputError) as refused:
        check_extremes("accident", fit(told, 1))
    assert refused.value.code == "relativity_too_large"
    assert refused.value.values["level"] == "hospital"
