"""What a person must know to read the figures of new months: months that are late, times, groups, perils left out."""

from __future__ import annotations

from collections.abc import Iterator

from training.monitor_data import NewMonths
from training.monitor_reference import Reference
from training.notice import Notice
from training.plan import Plan
from training.score import Pricing


def notices(plan: Plan, pricing: Pricing, known: Reference, new: NewMonths, late: tuple[str, ...]) -> Iterator[Notice]:
    """Everything that limits what the verdicts say, in the order in which one asks for it."""
    if new.time is None:
        yield Notice("monitor_no_time", {})
    elif known.time != new.time:
        yield Notice("monitor_time_not_trained", {"column": new.time})
    if late:
        yield Notice("monitor_late", {"months": ", ".join(late), "late": len(late)})
    elif new.time is not None:
        yield Notice("monitor_none_late", {"column": new.time})
    if not new.grouped:
        yield Notice("monitor_no_groups", {})
    of_time = sorted({name for peril in known.perils.values() for name, one in peril.factors.items() if one.of_time})
    if of_time:
        yield Notice("monitor_of_time", {"factors": ", ".join(of_time)})
    left = [name for name in pricing.perils if name not in {peril.name for peril in plan.perils}]
    if left:
        yield Notice("monitor_left_out", {"perils": ", ".join(left)})
