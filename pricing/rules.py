"""Tables that rules read by name, and which of them a scheme needs: by its scope, its exposure, or for its warnings."""

from __future__ import annotations

from collections.abc import Mapping

from pricing.scheme import Scheme

PAYERS = "payers"
BASE = "contribution_base"
AVERAGE_WAGE = "average_wage"
INDUSTRIES = "industries"
INDUSTRY_CLASS = "work_injury/industry_class"
OCCUPATION_CLASS = "work_injury/occupation_class"
CANDIDATES = "work_injury/occupation_class_candidates"
PROVINCES = "work_injury/pilot_provinces"
PLATFORMS = "work_injury/pilot_platforms"
TIER_RULE = "work_injury/pilot_tier"
OCCUPATION_INDUSTRY = "work_injury/pilot_industry"
READ_AS = "work_injury/pilot_industry_read_as"
REDUCTION_WINDOW = "work_injury/reduction_window"
PLAUSIBLE_SPEED = "work_injury/plausible_speed"

BY_SCOPE: Mapping[str, tuple[str, ...]] = {"pilot": (PROVINCES, PLATFORMS, TIER_RULE, OCCUPATION_INDUSTRY, READ_AS)}
BY_EXPOSURE: Mapping[str, tuple[str, ...]] = {
    "heads": (AVERAGE_WAGE,),
    "contribution_base": (BASE, INDUSTRIES, INDUSTRY_CLASS, OCCUPATION_CLASS, CANDIDATES),
}
ALL = frozenset({PAYERS, REDUCTION_WINDOW, PLAUSIBLE_SPEED}.union(*BY_SCOPE.values(), *BY_EXPOSURE.values()))


def tables_read(scheme: Scheme) -> tuple[str, ...]:
    """Every table that a price of the scheme rests on or is warned by."""
    payers = (PAYERS,) if scheme.product is None else ()
    by_rule = (*BY_SCOPE.get(scheme.scope, ()), *BY_EXPOSURE.get(scheme.exposure, ()), *payers)
    reduced = (REDUCTION_WINDOW,) if scheme.reduction else ()
    distance = scheme.exposure == "distance_m" or any(
        "distance_m" in relativity.of for relativity in scheme.relativities
    )
    by_distance = (PLAUSIBLE_SPEED,) if distance else ()
    read = dict.fromkeys((*scheme.tables(), *by_rule, *reduced, *by_distance))
    return tuple(table for table in read if table not in scheme.expectation_tables())
