"""A declaration that stands twice in one list is priced and says so, at the command line and over HTTP alike."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.months import run, write_csv
from tests.service.serving import Service

Json = dict[str, Any]
DIDI: Json = {"month": "2025-08", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing"}
TOTAL: Json = {**DIDI, "orders": 45678901}
DRIVERS: Json = {key: DIDI[key] for key in ("month", "platform", "region")} | {"occupation": "ride_hailing_driver"}
LOW: Json = {**TOTAL, "platform": "meituan", "pilot_industry": "instant_delivery", "pilot_tier": "low"}
BROKEN: Json = {**TOTAL, "order": 5}
COURIERS: Json = {"month": "2026-01", "platform": "sto", "region": "510000", "occupation": "parcel_courier"}
HEADS: Json = {**COURIERS, "scheme": "courier_single", "heads": 100}


def by_command(sent: Sequence[Any], tmp_path: Path) -> list[Json]:
    path = tmp_path / "totals.json"
    path.write_text(json.dumps(sent), encoding="utf-8")
    done = run("declare", path, "--json")
    assert done.code == 0, done.err
    answers: list[Json] = json.loads(done.out)
    return answers


def warned(answers: Sequence[Json]) -> list[str]:
    """Of each answer the code of its refusal, or of what it warns of its list with the rows named."""
    found = []
    for answer in answers:
        of_list = [one for one in answer.get("warnings", []) if one["code"].startswith("declaration_")]
        columns = [one["message"].partition(" with ")[2].partition(" otherwise")[0] for one in of_list]
        codes = [f"{one['code'].removeprefix('declaration_')} {one['rows']}" for one in of_list]
        said = [f"{code} {named}".strip() for code, named in zip(codes, columns, strict=True)]
        found.append(answer["refusal"]["code"] if "refusal" in answer else ", ".join(said))
    return found


CASES: list[tuple[str, list[Any], list[str]]] = [
    ("equal", [TOTAL, HEADS, TOTAL, HEADS, TOTAL], ["", "", "twice [0]", "twice [1]", "twice [0]"]),
    (
        "standards written out",
        [TOTAL, {**TOTAL, "scheme": "pilot_per_order", "pilot_float_pct": 100}],
        ["", "twice [0]"],
    ),
    ("with notes of the sender's", [TOTAL, {**TOTAL, "x_file": "b"}], ["", "twice [0]"]),
    ("under its older name", [LOW, {**LOW, "pilot_industry": "takeaway"}], ["", "twice [0]"]),
    ("by industry and by occupation", [TOTAL, {**DRIVERS, "orders": 45678901}], ["", "twice [0]"]),
    ("other totals", [TOTAL, HEADS, {**TOTAL, "orders": 7}, TOTAL], ["", "", "differs [0] orders", "twice [0]"]),
    (
        "another tier",
        [LOW, {**LOW, "pilot_tier": "high", "orders": 7}],
        ["", "differs [0] orders, pilot_tier"],
    ),
    (
        "what is refused is no rival",
        [BROKEN, {**TOTAL, "orders": "x"}, TOTAL],
        ["unknown_column", "value_not_a_number", ""],
    ),
    ("what is refused warns of nothing", [TOTAL, BROKEN, "x", "x"], ["", "unknown_column", *["not_an_object"] * 2]),
    ("another month", [TOTAL, {**TOTAL, "month": "2025-09"}], ["", ""]),
    ("another region", [TOTAL, {**TOTAL, "region": "310000"}], ["", ""]),
    ("another day of knowledge", [TOTAL, {**TOTAL, "known_on": "2025-11-30"}], ["", ""]),
]


@pytest.mark.parametrize(("sent", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_declaration_that_stands_twice(sent: list[Any], wanted: list[str], service: Service, tmp_path: Path) -> None:
    answers = by_command(sent, tmp_path)
    assert warned(answers) == wanted
    assert service.post("/v1/declarations", sent).json() == answers
    for one, answer in zip(sent, answers, strict=True):
        [alone] = by_command([one], tmp_path)
        assert answer.get("levy_fen") == alone.get("levy_fen")


def test_a_csv_names_the_earlier_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "totals.csv", [TOTAL, TOTAL])
    for lang, row in (("en", "(row 1)"), ("zh", "（第 1 行）")):
        done = run("declare", path, "--lang", lang)
        assert "".join(done.out.replace("│", "").split()).count(row.replace(" ", "")) == 1, "however lines are broken"
        assert done.out.count("456,789.01") >= 2


def test_answers_of_a_long_list_stay_short(service: Service) -> None:
    answers = service.post("/v1/declarations", [TOTAL] * 500).json()
    assert [one["warnings"][-1]["rows"] for one in answers[1:]] == [[0]] * 499
