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
        said = [f"{one['code'].removeprefix('declaration_')} {one['rows']}" for one in of_list]
        found.append(answer["refusal"]["code"] if "refusal" in answer else ", ".join(said))
    return found


CASES: list[tuple[str, list[Any], list[str]]] = [
    (
        "equal",
        [TOTAL, HEADS, TOTAL, HEADS, TOTAL],
        ["twice [2, 4]", "twice [3]", "twice [0, 4]", *["twice [1]", "twice [0, 2]"]],
    ),
    ("standards written out", [TOTAL, {**TOTAL, "scheme": "pilot_per_order", "heads": ""}], ["twice [1]", "twice [0]"]),
    ("with notes of the sender's", [TOTAL, {**TOTAL, "x_file": "b"}], ["twice [1]", "twice [0]"]),
    ("other totals", [TOTAL, HEADS, {**TOTAL, "orders": 7}], ["differs [2]", "", "differs [0]"]),
    (
        "another tier",
        [{**TOTAL, "pilot_tier": "low"}, {**TOTAL, "pilot_tier": "high"}, {**TOTAL, "pilot_tier": "low"}],
        ["twice [2], differs [1]", "differs [0, 2]", "twice [0], differs [1]"],
    ),
    ("what is refused warns of nothing", [BROKEN, "x", "x", HEADS], ["unknown_column", *["not_an_object"] * 2, ""]),
    ("another month", [TOTAL, {**TOTAL, "month": "2025-09"}], ["", ""]),
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


def test_a_csv_names_the_other_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "totals.csv", [TOTAL, TOTAL])
    for lang, rows in (("en", ["(row 2)", "(row 1)"]), ("zh", ["（第 2 行）", "（第 1 行）"])):
        done = run("declare", path, "--lang", lang)
        assert [one for one in rows if one in " ".join(done.out.split())] == rows
        assert done.out.count("456,789.01") >= 2
