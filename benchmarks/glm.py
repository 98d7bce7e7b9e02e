"""A frequency model of 600,000 rows and ten factors, ours beside glum on the same factors as categories."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd

from benchmarks.machine import medians
from models.frequency import FrequencyGLM
from models.penalty import Shape

_ROWS = 600_000
_SIZES = (64, 64, 32, 24, 20, 12, 10, 8, 6, 4)
_RUNS = 7
_RIDGE = 4.0  # claims


def run() -> list[str]:
    """One line per kind of fit."""
    codes, rate, exposure = _portfolio()
    shapes = [Shape(size) for size in _SIZES]

    def ours(strength: float) -> FrequencyGLM:
        return FrequencyGLM(shapes, None, strength, strength).fit(codes, rate, sample_weight=exposure)

    if importlib.util.find_spec("glum") is None:
        (seconds,) = medians(_RUNS, lambda: ours(0.0))
        return [f"frequency model, {_ROWS:,} rows, ten factors: {seconds:.2f} s; glum is not installed: skipped"]
    from glum import GeneralizedLinearRegressor

    frame = pd.DataFrame({f"f{i}": pd.Categorical(column) for i, column in enumerate(codes.T)})

    def theirs(strength: float) -> GeneralizedLinearRegressor:
        # glum divides the likelihood by the sum of weights.
        alpha = strength / exposure.sum()
        model = GeneralizedLinearRegressor(family="poisson", alpha=alpha, l1_ratio=0, drop_first=strength == 0)
        return model.fit(frame, rate, sample_weight=exposure)

    lines = []
    for words, strength in (("without a penalty", 0.0), ("with a ridge", _RIDGE)):
        apart = np.abs(np.log(ours(strength).predict(codes) / theirs(strength).predict(frame))).max()
        mine, other = medians(_RUNS, lambda s=strength: ours(s), lambda s=strength: theirs(s))  # type: ignore[misc]
        lines.append(
            f"frequency model {words}, {_ROWS:,} rows, ten factors, {sum(_SIZES)} levels: {mine:.2f} s with intervals; "
            f"glum {other:.2f} s; ratio {mine / other:.2f} (aim 1.50); log rates apart at most {apart:.1e}"
        )
    return lines


def _portfolio() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, claims per unit and exposure of a synthetic portfolio: uneven levels, known effects."""
    rng = np.random.default_rng(2026)
    codes = np.stack([np.minimum(rng.random(_ROWS) ** 1.5 * size, size - 1).astype(np.int64) for size in _SIZES], 1)
    effects = [rng.normal(0, 0.3, size) for size in _SIZES]
    exposure = rng.uniform(0.1, 1, _ROWS)
    mean = exposure * np.exp(-2.5 + sum(effect[code] for effect, code in zip(effects, codes.T, strict=True)))
    return codes, rng.poisson(mean) / exposure, exposure
