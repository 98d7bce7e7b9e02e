"""A declaration that stands twice in one list is charged once and said, at the command line and over HTTP alike."""

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


def codes(answers: Sequence[Json]) -> list[str]:
    """Of each answer the code of its refusal, with the rows that it names; "" where it is charged."""
    refused = [answer.get("refusal") for answer in answers]
    return ["" if one is None else " ".join([one["code"], *map(str, one.get("rows", ()))]) for one in refused]


CASES: list[tuple[str, list[Any], list[str]]] = [
    ("equal", [TOTAL, HEADS, TOTAL, HEADS, TOTAL], ["", "", "duplicate 0", "duplicate 1", "duplicate 0"]),
    ("standards written out", [TOTAL, {**TOTAL, "scheme": "pilot_per_order", "heads": ""}], ["", "duplicate 0"]),
    ("with notes of the sender's", [TOTAL, {**TOTAL, "x_file": "b"}], ["", "duplicate 0"]),
    (
        "other totals",
        [TOTAL, HEADS, {**TOTAL, "orders": 7}],
        ["conflicting_declarations 2", "", "conflicting_declarations 0"],
    ),
    (
        "another tier",
        [{**TOTAL, "pilot_tier": "low"}, {**TOTAL, "pilot_tier": "high"}],
        ["conflicting_declarations 1", "conflicting_declarations 0"],
    ),
    ("one that is refused counts for none", [BROKEN, TOTAL, "x", "x"], ["unknown_column", "", *["not_an_object"] * 2]),
    ("another month", [TOTAL, {**TOTAL, "month": "2025-09"}], ["", ""]),
    ("another day of knowledge", [TOTAL, {**TOTAL, "known_on": "2025-11-30"}], ["", ""]),
]


@pytest.mark.parametrize(("sent", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_declaration_that_stands_twice(sent: list[Any], wanted: list[str], service: Service, tmp_path: Path) -> None:
    answers = by_command(sent, tmp_path)
    assert codes(answers) == wanted
    assert service.post("/v1/declarations", sent).json() == answers
    for answer, code in zip(answers, wanted, strict=True):
        assert (answer.get("levy_fen") is None) == bool(code)


def test_a_csv_names_the_row_that_counts(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "totals.csv", [TOTAL, TOTAL])
    for lang, row in (("en", "row 1"), ("zh", "第 1 行")):
        done = run("declare", path, "--lang", lang)
        assert done.out.count("456,789.01") >= 1
        assert f"[duplicate] ({row})" in done.out
    assert run("declare", path, "--strict").code == 1


def test_the_second_says_what_it_was_of(tmp_path: Path) -> None:
    first, second = by_command([TOTAL, TOTAL], tmp_path)
    assert second == {
        **{key: first[key] for key in ("format", "month", "declared_month", "known_on", "edition", "scheme")},
        **{key: TOTAL[key] for key in ("platform", "region", "pilot_industry", "orders")},
        "row": 1,
        "levy_fen": None,
        "refusal": {
            "code": "duplicate",
            "message": "The row stands already; it counts once.",
            "message_zh": "该行已存在，只计一次。",
            "rows": [0],
        },
    }
