"""A levy as its sender is told: how far it is, what was wrong, where its tables are."""

from __future__ import annotations

import json
from typing import Any

from service.addresses import LEVIES
from service.auth.keyring import Keyring
from service.engines.sealed_words import opened_values
from service.month.keys import SenderKeys
from service.store.levies import DONE, FAILED, Levy

PROVISIONAL = {"Licheng-Provisional": "true"}  # until the month is closed, nothing of it is final
TABLES = ("lines", "declarations", "refusals", "side-refusals", "totals", "receipt")


def levy_answer(levy: Levy, tenant: str, keyring: Keyring, erased: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The answer for one levy. tenant: who asks; its own words are opened for the sender alone, but for what names a
    worker that was erased. erased: stored ids.
    """
    order, address = json.loads(levy.order), f"{LEVIES}/{levy.id}"
    return {
        "format": 1,
        "id": levy.id,
        "state": levy.state,
        "provisional": True,
        "month": levy.month,
        "known_on": order["known_on"],
        "created_at": levy.created_at,
        "started_at": levy.started_at,
        "finished_at": levy.finished_at,
        "stage": levy.stage,
        "rows_done": levy.rows_done,
        "rows": levy.rows,
        "error": None if levy.error is None else error_of(levy, tenant, keyring, erased),
        "links": {"self": address, **{table: f"{address}/{table}" for table in TABLES}},
    }


def error_of(levy: Levy, tenant: str, keyring: Keyring, erased: frozenset[str]) -> dict[str, str]:
    """What was wrong with a levy, as a tenant is told."""
    return opened_values(json.loads(levy.error or "{}"), _own_keys(levy, keyring, tenant), erased)


def _own_keys(levy: Levy, keyring: Keyring, tenant: str) -> SenderKeys | None:
    return SenderKeys(keyring, levy.tenant) if tenant == levy.tenant else None


def is_over(levy: Levy) -> bool:
    """Whether nothing more happens to it."""
    return levy.state in (DONE, FAILED)


def eyes_of(levy: Levy, keyring: Keyring, tenant: str, erased: frozenset[str], whole: bool) -> Any:
    """Who looks at a levy, as the engines ask for it: given ids are opened for the tenant that sent them."""
    from service.engines.visible import Eyes

    return Eyes(_own_keys(levy, keyring, tenant), erased, whole)


def eyes_of_sender(keys: SenderKeys) -> Any:
    """How a sender sees a month that is only checked: as its own platform, and nothing of it was there to be erased."""
    from service.engines.visible import Eyes

    return Eyes(keys)
