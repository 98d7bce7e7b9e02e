"""What changed in a tariff, and the history of a table: entries, figures, months, schemes, money, in both languages."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pricing.errors import InputError, TariffError
from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from service.cli.tariff_changes import tariff_diff, tariff_history
from service.tariff.changes import diff
from service.tariff.history import history
from service.tariff.sides import Side
from service.tariff.touch import REGISTER
from service.terminal.tariff import show_diff, show_history

ROOT = Path(__file__).parents[2]
TARIFF = Tariff.load()
AMOUNT = "work_injury/pilot_amount"


def side(month: str, known: str = "2025-12-01", tariff: Tariff = TARIFF) -> Side:
    number = parse_month(month)
    assert number is not None
    return Side(tariff, number, dt.date.fromisoformat(known), REGISTER)


def only(shown: dict[str, Any]) -> dict[str, Any]:
    """The one change there is."""
    assert len(shown["changes"]) == 1, [(c["table"], c["region"]) for c in shown["changes"]]
    change: dict[str, Any] = shown["changes"][0]
    return change


def price(shown: dict[str, Any], scheme: str, occupation: str) -> tuple[Any, Any]:
    rows = [p for p in shown["prices"] if (p["scheme"], p["occupation"]) == (scheme, occupation)]
    assert len(rows) == 1
    return rows[0]["before_fen"], rows[0]["after_fen"]


def copied(folder: Path, file: str = "", old: str = "", new: str = "") -> Tariff:
    """The shipped tariff in another folder, with one text of a file put in place of another."""
    shutil.copytree(SHIPPED, folder)
    if file:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return Tariff.load(folder)


def test_the_base_of_beijing_from_june_to_july() -> None:
    shown = diff(side("2025-06"), side("2025-07"), "110000", "contribution_base")
    change = only(shown)
    assert (change["kind"], change["unit"]) == ("replaced", "fen per month")
    assert change["values"][0] == {"at": ["floor"], "from": 682100, "to": 716200, "by": 34100, "by_ppm": 49993}
    assert (change["schemes"], "status" in change) == (["class_rate", "mileage_linked"], False)
    assert change["months"] == shown["months"] == [{"from": "2025-07", "to": "2026-06"}]
    # The pay of 6,300.00 lies below both floors: 6,821.00 and 7,162.00 × 1.1 %, rounded half up to fen.
    assert price(shown, "class_rate", "food_rider") == (7503, 7878)


def test_what_was_published_in_september_changes_august() -> None:
    shown = diff(side("2025-08", "2025-09-01"), side("2025-08", "2025-09-30"), "110000")
    wage, base = shown["changes"]
    assert (wage["table"], wage["kind"], wage["before"]) == ("average_wage", "added", None)
    assert (base["table"], base["kind"]) == ("contribution_base", "replaced")
    assert base["status"] == {"from": "provisional", "to": "enacted"}
    assert base["before"]["carried_forward"]
    assert shown["months"] == [{"from": "2025-07", "to": "2026-06"}]
    assert price(shown, "class_rate", "food_rider") == (7503, 7878)
    # 11,937.00 × 0.4 % = 47.748; before, the wage was not known.
    assert price(shown, "courier_single", "parcel_courier") == (None, 4775)


def test_another_month_that_changes_is_said() -> None:
    shown = diff(side("2025-06", "2025-09-01"), side("2025-06", "2025-09-30"), "110000", "contribution_base")
    assert shown["changes"] == []
    months = [{"from": "2025-07", "to": "2026-06"}]
    assert shown["other_months"] == [{"table": "contribution_base", "region": "110000", "months": months}]


def test_takeaway_merges_into_instant_delivery() -> None:
    shown = diff(side("2025-06"), side("2025-07"), "310000", AMOUNT)
    change = only(shown)
    assert (change["region"], change["kind"], change["schemes"]) == ("000000", "replaced", ["pilot_per_order"])
    moved = {tuple(value["at"]): (value["from"], value["to"], value.get("read_as")) for value in change["values"]}
    assert moved["takeaway", "low"] == (6000, 7000, "instant_delivery")
    assert moved["takeaway", "high"] == (6000, 25000, "instant_delivery")
    assert moved["instant_delivery", "low"] == (4000, 7000, None)
    assert moved["ride_hailing",] == (4000, 1000, None)
    assert change["status"] == {"from": "demonstration", "to": "enacted"}
    assert change["evidence"] == {"from": "memory", "to": "quoted"}
    assert change["months"] == [{"from": "2025-07", "to": None}]
    # 760 orders × 0.06 and × 0.07; × 0.04 and × 0.01; × 0.20 and × 0.18.
    assert price(shown, "pilot_per_order", "food_rider") == (4560, 5320)
    assert price(shown, "pilot_per_order", "ride_hailing_driver") == (3040, 760)
    assert price(shown, "pilot_per_order", "freight_driver") == (15200, 13680)


def test_an_entry_of_its_own_is_laid_beside_the_nations() -> None:
    change = only(diff(side("2025-08", "2025-07-01"), side("2025-08", "2025-09-01"), "110000", AMOUNT))
    assert (change["kind"], change["region"], change["values"]) == ("added_below", "110000", [])
    assert change["before"]["entry"] == f"{AMOUNT}@2025-07"
    assert change["message"].endswith("read in a digest")
    assert "The values stay as they were." in change["message"]


@pytest.mark.parametrize(
    ("months", "kind"),
    [
        (("2026-06", "2026-07"), "carried"),
        (("2026-07", "2026-06"), "uncarried"),
        (("2027-06", "2027-07"), "ended"),
        (("2024-07", "2024-06"), "removed"),
    ],
)
def test_the_life_of_an_entry(months: tuple[str, str], kind: str) -> None:
    before, after = (side(month, "2026-01-01") for month in months)
    change = only(diff(before, after, "110000", "contribution_base"))
    assert change["kind"] == kind
    assert change["message"] != change["message_zh"]


def test_two_folders_that_differ_in_one_value(tmp_path: Path) -> None:
    first = copied(tmp_path / "a")
    second = copied(tmp_path / "b", "contribution_base.yaml", "{floor: 716200,", "{floor: 726200,")
    shown = diff(side("2025-08", tariff=first), side("2025-08", tariff=second))
    change = only(shown)
    assert (change["kind"], change["region"]) == ("changed", "110000")
    assert [value["by"] for value in change["values"]] == [10000]
    assert set(change) & {"status", "evidence", "source", "dates", "note"} == set()
    assert shown["months"] == [{"from": "2025-07", "to": "2026-06"}]
    assert shown["from"]["edition"] != shown["to"]["edition"]


def test_two_folders_that_differ_in_a_scheme(tmp_path: Path) -> None:
    other = copied(tmp_path / "b", "schemes.yaml", "    floor_by_days: true\n", "")
    shown = diff(side("2025-08"), side("2025-08", tariff=other))
    assert shown["parts"] == [{"part": "scheme", "name": "mileage_linked", "kind": "changed"}]
    assert shown["changes"] == []


def test_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = diff(side("2025-10"), side("2025-11"))
    empty = ("changes", "parts", "months", "other_months", "prices")
    assert [shown[key] for key in empty] == [[], [], [], [], []]
    for lang, said in (("en", "Nothing changed."), ("zh", "没有变化。")):
        show_diff(shown, lang)
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(("lang", "said"), [("en", "Replaced"), ("zh", "替换")])
def test_pages_hold_the_figures(lang: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_diff(diff(side("2025-06"), side("2025-07"), "110000"), lang)
    page = capsys.readouterr().out
    for figure in (said, "6,821.00", "7,162.00", "+341.00, +5.0 %", "78.78", "−75.0 %", "pilot_per_order", "2025-07"):
        assert figure in page
    show_history(history(TARIFF, "contribution_base", "110000"), lang)
    page = capsys.readouterr().out
    for figure in ("6,821.00", "7,162.00", "+5.0 %", "2025-09-18", "2024-07", "劳动午报"):
        assert figure in page


def test_history_of_a_region_falls_through() -> None:
    shown = history(TARIFF, AMOUNT, "110000")
    assert [level["region"] for level in shown["levels"]] == ["110000", "000000"]
    first, second = shown["levels"][1]["entries"]
    assert (first["effective_from"], first["ends"], first["changes"]) == ("2022-07", "2025-06", [])
    assert (second["status"], second["evidence"], second["ends"]) == ("enacted", "quoted", None)
    assert {"at": ["ride_hailing"], "from": 4000, "to": 1000, "by": -3000, "by_ppm": -750000} in second["changes"]
    assert history(TARIFF, "contribution_base", "650000")["levels"] == []


@pytest.mark.parametrize("table", sorted(TARIFF.tables))
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_table_has_a_page(table: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_history(history(TARIFF, table), lang)
    assert len(capsys.readouterr().out.splitlines()) > 3


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "change_nothing_given"),
        ({"month": "2025-08"}, "change_nothing_given"),
        ({"from_month": "2025-13"}, "request_month"),
        ({"from_month": "2025-06", "month": "2025-07"}, "change_both"),
        ({"from_known": "2025-06-01", "known_on": "2025-07-01"}, "change_both"),
        ({"to_month": "2025-06"}, "missing_field"),
        ({"from_known": "yesterday"}, "request_date"),
        ({"from_month": "2025-06", "region": "99"}, "region_not_known"),
        ({"from_month": "2025-06", "table": "wages"}, "request_value"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(options: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        tariff_diff(**options)
    assert caught.value.code == code


def test_unknown_folder_and_table() -> None:
    with pytest.raises(TariffError) as caught:
        tariff_diff("no_such_folder", month="2025-08")
    assert caught.value.code == "tariff_not_found"
    with pytest.raises(InputError) as refused:
        tariff_history("wages")
    assert refused.value.code == "request_value"


def printed(*arguments: str) -> dict[str, Any]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LICHENG_")}
    command = [sys.executable, "-m", "service.cli", "tariff", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=kept)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_shape_of_the_answers() -> None:
    known = ("--from-known", "2025-09-01", "--to-known", "2025-09-30")
    shown = printed("diff", "--month", "2025-08", *known, "--table", "contribution_base")
    assert list(shown) == ["from", "to", "changes", "parts", "months", "other_months", "prices"]
    assert list(shown["from"]) == ["folder", "month", "known_on", "edition"]
    assert [side["known_on"] for side in (shown["from"], shown["to"])] == ["2025-09-01", "2025-09-30"]
    keys = {"table", "title", "region", "region_name", "kind", "before", "after", "unit", "values", "schemes", "months"}
    assert keys | {"message", "message_zh"} <= set(shown["changes"][0])
    assert {"scheme", "region", "occupation", "before_fen", "after_fen", "by_fen", "by_ppm"} <= set(shown["prices"][0])
    entry = printed("history", "contribution_base", "--region", "110000")["levels"][0]["entries"][1]
    assert (entry["known_from"], entry["known_from_assumed"], entry["status"]) == ("2025-09-18", False, "enacted")
    assert entry["changes"][0]["by_ppm"] == 49993


def test_a_later_folder_alone_stands_against_the_shipped_one(tmp_path: Path) -> None:
    copied(tmp_path / "b", "work_injury/reduction.yaml", "value: 800000", "value: 900000")
    shown = printed("diff", str(tmp_path / "b"), "--month", "2025-08", "--known-on", "2025-12-01")
    assert shown["from"]["folder"] == "pricing/rates"
    assert [(change["table"], change["region"]) for change in shown["changes"]] == [("work_injury/reduction", "370000")]
