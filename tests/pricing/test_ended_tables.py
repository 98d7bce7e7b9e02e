"""A table that has ended has no value: the schemes that read it refuse, and charge neither nothing nor less."""

import shutil
from pathlib import Path

import pytest

from pricing.tariff import SHIPPED, Tariff
from service.prices.quote import quote
from tests.doors.test_cases import TODAY

ROW = {
    "platform": "meituan",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "employment": "employee",
    "risk_class": 5,
    "orders": 100,
    "distance_m": 900_000,
    "income_fen": 600_000,
    "active_days": 20,
}


def answers(tariff: Tariff) -> dict[str, object]:
    """Premium of each scheme, or the code of its refusal."""
    request = {"month": "2025-08", "worker": "w_ended_001", "usage": [ROW], "schemes": ["class_rate", "mileage_linked"]}
    schemes = quote(request, tariff, TODAY)["schemes"]
    return {s["scheme"]: s["refusal"]["code"] if s["premium_fen"] is None else s["premium_fen"] for s in schemes}


@pytest.mark.parametrize(
    ("table", "refusing"),
    [
        ("work_injury/class_rate", ["class_rate", "mileage_linked"]),
        ("work_injury/distance", ["mileage_linked"]),
        ("work_injury/vehicle", ["mileage_linked"]),
        ("work_injury/night_share", ["mileage_linked"]),
        ("work_injury/ratio_limits", ["mileage_linked"]),
        ("payers", ["class_rate", "mileage_linked"]),
    ],
)
def test_ended(tmp_path: Path, table: str, refusing: list[str]) -> None:
    copy = tmp_path / "tariff"
    shutil.copytree(SHIPPED, copy)
    path = copy / f"{table}.yaml"
    text = path.read_text(encoding="utf-8")
    # The first entry alone: a later one does not answer for it.
    ended = text.replace("    known_from:", "    ends: 2024-12\n    known_from:", 1)
    assert ended != text
    path.write_text(ended, encoding="utf-8")
    now, before = answers(Tariff.load(copy)), answers(Tariff.load())
    assert now == {name: "rate_not_known" if name in refusing else premium for name, premium in before.items()}
    assert all(isinstance(premium, int) and premium > 0 for premium in before.values())
