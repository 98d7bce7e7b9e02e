"""Claims that tests start from: one good claim per cover, and how a case changes it."""

import copy
import datetime as dt
from typing import Any

Json = dict[str, Any]
TODAY = dt.date(2026, 11, 24)

# Twenty-one months from 2024-01: the twelve before enrolment (2025-01) and the twelve before the event (2025-10).
REVENUE = [
    *(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000),
    *(980_000, 1_000_000, 1_200_000, 1_150_000, 900_000, 1_000_001, 1_000_004, 990_000, 1_010_000),
    *(970_000, 1_020_000, 1_100_000),
]
MONTHS = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(len(REVENUE))]

_HOST: Json = {"worker": "w_9TT1AAAA", "region": "110000", "occupation": "host"}
_RIDER: Json = {"worker": "w_4KQ7ZB2M", "region": "500000", "occupation": "food_rider"}
CLAIMS: dict[str, Json] = {
    "lumbar": {
        **_HOST,
        "enrolment": {"lumbar": {"from_month": "2025-01", "waiting_days": 90}},
        "event": {"date": "2025-10-14", "kind": "lumbar_illness", "source": "hospital record", "id": "ill-1"},
        "loss_fen": 520_000,
        "proofs": {"specialist_diagnosis": True, "imaging": True, "treatment_bills": True, "platform_hours": True},
    },
    "stress": {
        **_HOST,
        "enrolment": {"stress": {"from_month": "2025-01", "waiting_days": 90}},
        "event": {"date": "2025-10-14", "kind": "stress_illness", "source": "hospital record", "id": "ill-2"},
        "loss_fen": 310_000,
        "proofs": {"specialist_diagnosis": True, "absence_certificate": True},
    },
    "third_party": {
        **_RIDER,
        "event": {"date": "2025-08-03", "kind": "road_accident", "source": "police record", "id": "accident-3"},
        "loss_fen": 2_500_000,
        "proofs": {"order_record": True, "police_report": True, "medical_bills": True},
    },
    "cargo_damage": {
        **_RIDER,
        "event": {"date": "2025-08-03", "kind": "damage", "source": "complaint", "id": "order-81"},
        "loss_fen": 26_000,
        "goods": {"declared_value_fen": 30_000},
        "proofs": {"order_record": True, "photo_of_damage": True},
    },
    "income_interruption": {
        **_HOST,
        "enrolment": {
            "income_interruption": {
                "from_month": "2025-01",
                "replaced_ppm": 300_000,
                "elimination_days": 14,
                "max_months": 3,
                "waiting_days": 90,
            }
        },
        "event": {"date": "2025-10-14", "kind": "rule_change", "source": "platform notice 88", "id": "rule-88"},
        "month": "2025-11",
        "history": {"revenue_fen": dict(zip(MONTHS, REVENUE, strict=True))},
        "revenue_fen": 500_000,
        "category_index": {"2024-11": 1_000_000, "2025-11": 900_000, "source": "statistics office"},
        "accumulation": {"claimed_fen": 50_000_000},
        "proofs": {"settlements": True, "event_notice": True},
    },
}


def claim_of(cover: str, changes: Json | None = None) -> Json:
    """A good claim under a cover with some changes laid over it, key by key; null takes a key away."""
    good = {"cover": cover, "known_on": "2026-11-24", **copy.deepcopy(CLAIMS[cover])}
    return _laid_over(good, changes or {})


def _laid_over(good: Json, changes: Json) -> Json:
    for key, value in changes.items():
        if value is None:
            good.pop(key, None)
        elif isinstance(value, dict) and isinstance(good.get(key), dict):
            _laid_over(good[key], value)
        else:
            good[key] = value
    return good
