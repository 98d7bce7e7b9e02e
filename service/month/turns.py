"""Whose month is next: tenants take turns, so that many months of one do not keep another's waiting.

The next is the earliest month of the tenant whose last run is longest over; one that never ran goes first. A month that
is given back after its process died stands where it was among its tenant's, and its tenant has just had a turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from service.store.levies import Levy


def in_turn(waiting: Sequence[Levy], last_run: Mapping[str, str]) -> list[Levy]:
    """Months in the order of their turns, as if each that goes first were the last run of its tenant. waiting: the
    earliest first; last_run: by tenant when a run of it was last heard of, RFC 3339; who is not in it never ran.
    """
    queues: dict[str, deque[Levy]] = {}
    for levy in waiting:
        queues.setdefault(levy.tenant, deque()).append(levy)
    turns = deque(sorted(queues, key=lambda tenant: (last_run.get(tenant, ""), queues[tenant][0].id)))
    found: list[Levy] = []
    while turns:
        tenant = turns.popleft()
        found.append(queues[tenant].popleft())
        if queues[tenant]:
            turns.append(tenant)
    return found
