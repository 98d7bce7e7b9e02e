"""Answers that others have published: Sweden 1977, the MASS help page."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.curve import fit_curve
from models.design import Coding, FactorSpec
from models.frequency import FrequencyGLM

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real portfolios lie in ../shared/data, which is absent")


def columns(name: str) -> dict[str, np.ndarray]:
    table = pq.read_table(DATA / name)
    return {column: table[column].to_numpy() for column in table.column_names}


def fitted(data: dict[str, np.ndarray], bases: dict[str, str], counts: str, exposure: str) -> FrequencyGLM:
    """A plain Poisson GLM of all factors with the log of the exposure as offset."""
    time = data[exposure].astype(float)
    specs = [FactorSpec(name, "categorical", base=base) for name, base in bases.items()]
    coding = Coding.learn(specs, data, time)
    model = FrequencyGLM(coding.shapes, coding.base_codes, steps=0, levels=0)
    return model.fit(coding.codes(data), data[counts], exposure=time)


@pytest.fixture(scope="module")
def sweden() -> dict[str, np.ndarray]:
    return columns("swautoins.parquet")


@needs_data
def test_sweden_1977(sweden: dict[str, np.ndarray]) -> None:
    bases = dict.fromkeys(("Kilometres", "Zone", "Bonus", "Make"), "1")
    model = fitted(sweden, bases, "Claims", "Insured")
    assert model.null_deviance_ == pytest.approx(34_070.585, abs=5e-4)
    assert model.deviance_ == pytest.approx(2966.118, abs=5e-4)
    assert model.df_residual_ == pytest.approx(2157)
    assert model.dispersion_ == pytest.approx(1.392, abs=5e-4)
    kilometres = np.sort(model.relativities_[0].log)  # codes go by exposure; the published effects ascend
    assert kilometres == pytest.approx([0, 0.212586, 0.320226, 0.404657, 0.575954], abs=1e-6)


@needs_data
def test_mass_insurance() -> None:
    data = columns("MASS_Insurance.parquet")
    first = {name: str(np.unique(data[name].astype(str))[0]) for name in ("District", "Group", "Age")}
    model = fitted(data, first, "Claims", "Holders")
    assert model.null_deviance_ == pytest.approx(236.26, abs=5e-3)
    assert model.deviance_ == pytest.approx(51.42, abs=5e-3)
    assert (model.df_null_, model.df_residual_) == (63, pytest.approx(54))


@needs_data
def test_a_curve_over_five_classes_is_the_level_model(sweden: dict[str, np.ndarray]) -> None:
    bases = dict.fromkeys(("Zone", "Bonus", "Make", "Kilometres"), "1")
    model = fitted(sweden, bases, "Claims", "Insured")
    specs = [FactorSpec(name, "categorical", base="1") for name in bases]
    codes = Coding.learn(specs, sweden, sweden["Insured"]).codes(sweden)
    distance = model.relativities_[3]
    others = sweden["Insured"] * model.predict(codes) / distance.factor[codes[:, 3]]
    curve = fit_curve(sweden["Kilometres"].astype(float), sweden["Claims"].astype(float), others, monotone=1)
    assert curve.x.tolist() == [1, 2, 3, 4, 5]
    assert np.log(curve.y) == pytest.approx([0, 0.212586, 0.320226, 0.404657, 0.575954], abs=1e-5)
