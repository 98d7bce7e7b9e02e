"""Quantities that cannot be are charged as sent; a levy and a check end with a sentence on each kind of them."""

from pathlib import Path

import pytest

from pricing.words import say
from service.engines.flagged import implausible
from tests.months import run, settle, write_csv

ROW = {
    "month": "2025-08",
    "platform": "didi",
    "region": "110000",
    "occupation": "ride_hailing_driver",
    "vehicle": "car",
    "employment": "none",
    "orders": 100,
    "distance_m": 900_000,
    "income_fen": 500_000,
    "active_days": 20,
    "worked_min": 9_000,
}
ASKED = ("--month", "2025-08", "--known-on", "2025-11-30", "--schemes", "mileage_linked", "--demonstration")
# Of three workers one has as many minutes at night as he worked, two have one more; none exceeds the month.
NIGHTS = {"w_0000000A": 9_000, "w_0000000B": 9_001, "w_0000000C": 9_001}


def month(folder: Path, nights: dict[str, int]) -> Path:
    rows = [{**ROW, "worker": worker, "night_min": night} for worker, night in nights.items()]
    return write_csv(folder / "usage.csv", rows)


def joined(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_levy_and_a_check_end_with_what_cannot_be(tmp_path: Path, lang: str) -> None:
    usage, said = month(tmp_path, NIGHTS), joined(say("night_exceeds_worked", lang))
    settled = run("levy", usage, *ASKED, "--out", tmp_path / "out", "--lang", lang)
    checked = run("check", usage, *ASKED, "--lang", lang)
    assert (settled.code, checked.code) == (0, 0), settled.err + checked.err
    lines = {"en": "2lines(night_exceeds_worked)", "zh": "2条明细（night_exceeds_worked）"}[lang]
    for done in (settled, checked):
        assert lines in joined(done.out)
        assert joined(done.out).endswith(said)


def test_a_sound_month_ends_without(tmp_path: Path) -> None:
    usage = month(tmp_path, dict.fromkeys(NIGHTS, 9_000))
    done = run("levy", usage, *ASKED, "--out", tmp_path / "out")
    assert (done.code, "night_exceeds_worked" in done.out) == (0, False)
    assert implausible(tmp_path / "out") == {}


def test_a_correction_counts_the_month_as_it_is_now(tmp_path: Path) -> None:
    settle(month(tmp_path, NIGHTS), tmp_path / "out", *ASKED)
    late = month(tmp_path, {**NIGHTS, "w_0000000B": 9_000})
    settle(late, tmp_path / "late", *ASKED, "--previous", tmp_path / "out")
    found = [implausible(tmp_path / name) for name in ("out", "late")]
    assert found == [{"night_exceeds_worked": 2}, {"night_exceeds_worked": 1}]
