"""A small peril of known truth, fitted once, that tests of the desk start from."""

from functools import cache

import numpy as np

from models.factor_spec import FactorSpec
from training.fit import Bounds, Fitted, Rows, fit_peril

SPECS = (
    FactorSpec("area", "categorical", "levels", 0, 255, 10, "north"),
    FactorSpec("km", "numeric", "curve", 1, 255, 5, 20_000.0),
    FactorSpec("age", "numeric", "levels", 0, 64, 10, None),
)
SURCHARGE = {"north": 1.0, "south": 1.5, "west": 1.0}


def rows_of(many: int, seed: int) -> Rows:
    """Claims at 0.3 a year, south 1.5 times, rising with the root of the kilometres, whatever the age."""
    draw = np.random.default_rng(seed)
    area = draw.choice(list(SURCHARGE), many).astype(object)
    km, age = draw.integers(1, 40, many) * 1000.0, draw.integers(18, 80, many).astype(float)
    years = draw.uniform(0.2, 1.0, many)
    rate = 0.3 * np.array([SURCHARGE[name] for name in area]) * np.sqrt(km / 20_000)
    claims = draw.poisson(rate * years).astype(float)
    paid = np.array([draw.gamma(2.0, 500.0, int(count)).sum() for count in claims])
    return Rows({"area": area, "km": km, "age": age}, years, claims, paid, np.arange(many) % 5)


@cache
def peril() -> tuple[Fitted, Rows, Rows]:
    """Fitted by its main effects, with the rows that trained and others that test."""
    train, test = rows_of(20_000, 7), rows_of(8_000, 8)
    bounds = Bounds(60, candidates=("glm",))
    return fit_peril(train, SPECS, bounds, lambda step: None), train, test
