"""Tenants take turns: twenty months of one do not keep another's single month waiting."""

import time
from pathlib import Path

import pytest

from service.month.supervisor import Supervisor
from service.month.turns import in_turn
from service.store import levies
from service.store.audit import entries
from service.store.database import Engine, connect, reading
from service.store.levies import QUEUED, Levy
from tests.service.sent_months import CSV, QUERY, month_files, rows
from tests.service.serving import client, settings

TIMES = [f"2026-11-26T10:00:0{second}.000+08:00" for second in range(5)]


def waiting(tenants: str) -> list[Levy]:
    """Months of tenants, each a letter, in the order in which they came."""
    return [
        Levy(f"lv_{number:02d}", "k_1", tenant, "2025-08", QUEUED, TIMES[0], "{}")
        for number, tenant in enumerate(tenants)
    ]


@pytest.mark.parametrize(
    ("came", "last_run", "runs"),
    [
        ("aaab", {}, "abaa"),  # nobody ran: the earliest first
        ("aaab", {"a": TIMES[1]}, "baaa"),
        ("ab", {"a": TIMES[1], "b": TIMES[2]}, "ab"),  # a has waited longer since its last run
        ("ab", {"a": TIMES[2], "b": TIMES[1]}, "ba"),  # though a's month came first
        ("aabbc", {"b": TIMES[1], "c": TIMES[0]}, "acbab"),
        ("", {}, ""),
    ],
)
def test_tenants_take_turns(came: str, last_run: dict[str, str], runs: str) -> None:
    found = in_turn(waiting(came), last_run)
    assert "".join(levy.tenant for levy in found) == runs
    for tenant in set(came):
        ids = [levy.id for levy in found if levy.tenant == tenant]
        assert ids == sorted(ids)


def ended(engine: Engine) -> list[str]:
    """Tenants of the months that are over, in the order in which they ended."""
    with reading(engine) as connection:
        acts = [entry.subject for entry in entries(connection) if entry.action == "levy.done"]
        found = [levies.find(connection, one) for one in acts]
    return [levy.tenant for levy in found if levy is not None]


def begun_at(found: list[Levy]) -> list[str]:
    """When runs of months were begun, those that were not last."""
    return sorted(levy.started_at or "never" for levy in found)


@pytest.mark.slow
def test_the_one_month_of_a_tenant_does_not_wait_for_many_of_another(tmp_path: Path) -> None:
    usage = month_files(tmp_path, rows(3))[0].read_bytes()
    with client(tmp_path, runs=0) as idle:
        for tenant in [*["meituan"] * 20, "didi"]:
            headers = {**idle.key("platform", tenant), "Content-Type": CSV}
            sent = idle.http.post("/v1/levies", params=QUERY, content=usage, headers=headers)
            assert sent.status_code == 202, sent.text
    serving = settings(tmp_path)
    engine = connect(serving.database)
    supervisor = Supervisor(serving, engine)
    supervisor.start()
    try:
        last = time.monotonic() + 60
        while len(ended(engine)) < 2:
            assert time.monotonic() < last
            time.sleep(0.05)
    finally:
        supervisor.stop()
        with reading(engine) as connection:
            begun = {tenant: begun_at(levies.listed(connection, tenant, 30, None)) for tenant in ("meituan", "didi")}
        engine.dispose()
    assert begun["didi"][0] <= begun["meituan"][1]  # before a second one, or in the same second
