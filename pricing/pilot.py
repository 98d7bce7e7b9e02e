"""The gate of the pilot: provinces, platforms, tiers, floats; and the tier of each platform and region."""

from __future__ import annotations

import numpy as np

from pricing.edition import MISSING, Edition
from pricing.errors import CODE, ROW_CODES
from pricing.gate import Gate, built, by_region, closed, first_of
from pricing.platform_terms import AS_IT_IS
from pricing.rate_table import NATION, UNITS, By
from pricing.rules import PLATFORMS, PROVINCES, TIER_RULE
from pricing.scheme import Scheme
from pricing.units import IntArray


def _platform_batches(edition: Edition) -> tuple[IntArray, int]:
    """Number of the batch of each platform (0: in none), with the entry that lists them. Shape (platforms,)."""
    batches = np.zeros(len(edition.platforms) + 1, dtype=np.int64)
    levels = edition.levels["platform_batch"]
    for platform, batch in edition.nodes(PLATFORMS).items():
        batches[edition.platforms[platform]] = levels[str(batch)]
    number = edition.number_of(PLATFORMS, NATION)
    return batches, number if isinstance(number, int) else MISSING


def tiers(edition: Edition) -> tuple[IntArray, IntArray, int]:
    """Tier per platform and region (0: none), whether one must still be assigned, and the rule's entry.

    Shapes (platforms, regions). The register's tier comes first, then the rule's.
    """
    given = edition.terms.pilot_tier
    number = edition.number_of(TIER_RULE, NATION)
    if not isinstance(number, int):
        return given, np.zeros(given.shape, dtype=np.int64), MISSING
    batches, _ = _platform_batches(edition)
    provinces, _ = by_region(edition, PROVINCES)
    rule = np.zeros((len(edition.levels["platform_batch"]) + 1, len(edition.levels["province_batch"]) + 1), np.int64)
    for batch, node in edition.nodes(TIER_RULE).items():
        row = edition.levels["platform_batch"][batch]
        for province, word in node.nodes.items() if isinstance(node, By) else [(slice(None), node)]:
            column = province if isinstance(province, slice) else edition.levels["province_batch"][province]
            rule[row, column] = edition.levels["tier_rule"][str(word)]
    by_rule = rule[batches[:, None], np.maximum(provinces, 0)[None, :]]
    low = np.where(by_rule == edition.levels["tier_rule"]["low"], edition.levels["pilot_tier"]["low"], 0)
    required = (given == 0) & (by_rule == edition.levels["tier_rule"]["required"])
    return np.where(given > 0, given, low), required.astype(np.int64), number


def _amounts(edition: Edition, scheme: Scheme) -> tuple[IntArray, IntArray]:
    """Per-order amounts and their entries as (regions, industries, tiers)."""
    grid = edition.grid(scheme.base_rate)
    shape = (len(edition.regions) + 1, len(edition.levels["pilot_industry"]) + 1, len(edition.levels["pilot_tier"]) + 1)
    index = {"region": 0, "pilot_industry": 1, "pilot_tier": 2}
    axes = [np.arange(shape[index[key]]).reshape([-1 if i == index[key] else 1 for i in range(3)]) for key in grid.keys]
    place = np.zeros((1, 1, 1), dtype=np.int64)
    for axis, size in zip(axes, grid.sizes, strict=True):
        place = place * size + axis
    place = np.broadcast_to(place, shape)
    return grid.values[place], grid.entries[place]


def pilot_gate(edition: Edition, scheme: Scheme) -> Gate:
    """Who is in the pilot: codes over platform, region and pilot industry."""
    shape = (len(edition.platforms) + 1, len(edition.regions) + 1, len(edition.levels["pilot_industry"]) + 1)
    shut = closed(edition, scheme)
    province, province_entries = by_region(edition, PROVINCES)
    levels = edition.levels["province_batch"]
    batches, platforms_entry = _platform_batches(edition)
    tier, required, tier_entry = tiers(edition)
    amounts, amount_entries = _amounts(edition, scheme)
    p, r, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    amount = amounts[r, i, tier[p, r]]
    tiered = (amounts[:, :, 0] == MISSING) & (amounts[:, :, 1] != MISSING)
    floats = edition.terms.floats.get(scheme.float_column)
    pct = np.full(shape, AS_IT_IS) if floats is None else floats[:, :, None]
    steps = edition.steps(scheme.float_steps)
    step, limit = (steps[0].step, steps[0].limit) if steps else (1, UNITS["pct"])
    refusal = first_of(
        shape,
        [
            (shut > 0, ROW_CODES[shut or CODE["rate_not_known"]]),
            (i == 0, "industry_not_in_scope"),
            ((province == levels["out"])[None, :, None], "province_not_in_scope"),
            ((province == levels["not_established"])[None, :, None], "scope_not_established"),
            ((province == MISSING)[None, :, None], "scope_not_established"),
            ((batches == 0)[:, None, None], "platform_not_in_scope"),
            (tiered[r, i] & ((required[p, r] > 0) | (tier[p, r] == 0)), "rate_tier_not_assigned"),
            ((pct != AS_IT_IS) & (steps is None), "float_not_in_force"),
            ((pct - AS_IT_IS) % step != 0, "float_not_a_step"),
            (np.abs(pct - AS_IT_IS) > limit, "float_above_limit"),
            (amount == MISSING, "rate_not_known"),
        ],
    )
    float_entry = np.where(pct != AS_IT_IS, steps[1] if steps else MISSING, MISSING)
    marks = [
        np.broadcast_to(province_entries[None, :, None], shape),
        np.full(shape, platforms_entry),
        np.where(np.broadcast_to(tiered[r, i], shape), tier_entry, MISSING),
        np.broadcast_to(float_entry, shape),
        np.broadcast_to(amount_entries[r, i, tier[p, r]], shape),
    ]
    return built(("platform", "region", "pilot_industry"), refusal, marks, edition)
