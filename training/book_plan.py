"""Plans that train on a synthetic book at once: one for the perils of the road, one for those of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.claims import EXPOSED, EXPOSURE, ROAD, Peril

_TEXT = """\
# SYNTHETIC 合成数据: a plan for the book beside it; what a fit should find stands in TRUTH.json.
name: {name}
data: [{data}]
split: {{kind: group, by: worker, test: 0.2}}
groups: worker
perils:
{perils}
factors:
{factors}
# Perils of few claims leave much to the penalty, so the bound is wide; tighten it (0.03) for a large book.
tables: {{cells: 400, pairs: 4, fidelity_mean: 0.9}}
candidates: [glm]
seed: 2026
"""
_CAPS = {"cargo_damage": 40_000}  # [fen]
_CURVE = f"{{kind: numeric, shape: curve, monotone: up, knots: 6, multiplies: [{EXPOSURE}]}}"
_EVERYWHERE = {"night_share": "{kind: numeric, levels: 16}", "calendar_month": "{kind: categorical}"}
# Factors by file of rows, the curve of the monthly quantity first.
_FACTORS: Mapping[str, Mapping[str, str]] = {
    "exposure.parquet": {
        "distance_m": _CURVE,
        "trade": "{kind: categorical, base: rider}",
        "vehicle": "{kind: categorical, base: e_bike}",
        **_EVERYWHERE,
    },
    "exposure_desk.parquet": {"worked_min": _CURVE, "trade": "{kind: categorical, base: host}", **_EVERYWHERE},
}


def plans(perils: Sequence[Peril]) -> dict[str, str]:
    """The plans' texts by file name, in the order of the files they read."""
    found = {}
    for data, trades in EXPOSED.items():
        where = "road" if trades == ROAD else "desk"
        lines = [
            f"  {name}: {{exposure: {EXPOSURE}, counts: {name}_claims, amounts: {name}_fen{_cap(name)}}}"
            for name in (peril.name for peril in perils if peril.trades == trades)
        ]
        factors = [f"  {name}: {text}" for name, text in _FACTORS[data].items()]
        found["plan.yaml" if where == "road" else "plan_desk.yaml"] = _TEXT.format(
            name=f"synthetic_{where}", data=data, perils="\n".join(lines), factors="\n".join(factors)
        )
    return found


def _cap(peril: str) -> str:
    """Freight costs sixty times a meal: beyond a cap its cost is spread, or no table could hold the relativity."""
    return f", cap: {_CAPS[peril]}" if peril in _CAPS else ""
