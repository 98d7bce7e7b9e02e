"""The register in force as arrays per platform and region: tiers, floats, classes and filing entities. Read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.rate_table import levels_of
from pricing.register import Terms
from pricing.units import IntArray

AS_IT_IS = 100  # a float that changes nothing [pct]


@dataclass(frozen=True, slots=True)
class PlatformTerms:
    """The register in force, per platform and region number. Shapes (platforms, regions)."""

    pilot_tier: IntArray
    risk_class: IntArray
    entity: IntArray
    floats: Mapping[str, IntArray]
    floating: frozenset[str]
    any_risk_class: bool


def compiled_terms(
    register: Sequence[Terms],
    platforms: Mapping[str, int],
    regions: Mapping[str, int],
    tiers: Mapping[str, int],
    entities: Sequence[str],
) -> PlatformTerms:
    """The rows in force, wide regions first, over platform and region numbers."""
    shape = (len(platforms) + 1, len(regions) + 1)
    tier, risk_class, entity = (np.zeros(shape, np.int64) for _ in range(3))
    pilot_float, class_float = (np.full(shape, AS_IT_IS, np.int64) for _ in range(2))
    within_of: dict[str, list[int]] = {}
    for code, number in regions.items():
        for level in levels_of(code):
            within_of.setdefault(level, []).append(number)
    numbers = {entity: number for number, entity in enumerate(entities)}
    for row in register:
        within = within_of.get(row.region, [])
        platform = platforms[row.platform]
        # A more specific row replaces a wider one wholly: what it leaves open is not taken from the wider one.
        tier[platform, within] = tiers.get(row.pilot_tier, 0)
        pilot_float[platform, within] = row.pilot_float_pct or AS_IT_IS
        class_float[platform, within] = row.class_float_pct or AS_IT_IS
        risk_class[platform, within] = row.risk_class or 0
        entity[platform, within] = numbers[row.entity]
    floats = {"pilot_float_pct": pilot_float, "class_float_pct": class_float}
    for array in (tier, risk_class, entity, *floats.values()):
        array.setflags(write=False)
    floating = frozenset(name for name, pcts in floats.items() if (pcts != AS_IT_IS).any())
    return PlatformTerms(tier, risk_class, entity, floats, floating, bool(risk_class.any()))
