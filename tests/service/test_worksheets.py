"""Worksheets written as text for many rows say of each row what is said of it alone."""

import datetime as dt
import json
from typing import Any

import pytest

from pricing.explain import explain
from pricing.register import read_register
from pricing.settle import settle
from pricing.tariff import Tariff
from pricing.units import parse_month
from pricing.usage import Usage
from pricing.words import LANGUAGES
from service.json_text import as_read, json_bytes, written
from service.prices.quote import quote
from service.prices.worksheets import Worksheets

TODAY = dt.date(2025, 11, 30)
TARIFF = Tariff.load()
PLATFORMS = [{"platform": "meituan", "region": "500000", "pilot_tier": "low"}]
REGISTER = tuple(read_register(PLATFORMS, TARIFF.factors["pilot_tier"].levels, TARIFF.regions))
EDITION = TARIFF.on(parse_month("2025-08") or 0, TODAY, REGISTER)
ROW = {"month": "2025-08", "platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike"}
FULL = {**ROW, "employment": "none", "orders": 620, "distance_m": 2_790_000, "income_fen": 520_000, "active_days": 26}
NIGHT = {"worked_min": 10_920, "night_min": 1_800}
RECORDS = [
    {**FULL, **NIGHT, "worker": "w_alike_01"},
    {**FULL, **NIGHT, "worker": "w_alike_01", "platform": "sf_intracity"},
    {**FULL, **NIGHT, "worker": "w_unlike_01", "vehicle": "motorcycle"},
    {**FULL, **NIGHT, "worker": "w_unlike_01", "platform": "sf_intracity", "region": "110000"},
    {**FULL, "worker": "w_without_01"},  # no minutes: the steps that read them say nothing
    {**FULL, **NIGHT, "worker": "w_without_01", "platform": "sf_intracity", "occupation": "instant_rider"},
    {**FULL, **NIGHT, "worker": "w_zero_0001", "orders": 0, "distance_m": 0, "income_fen": 0},
]


def line_of(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "row"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["pilot_per_order", "mileage_linked"])
def test_many_rows_are_said_as_each_alone(name: str, lang: str) -> None:
    scheme = EDITION.schemes[name]
    priced = settle(Usage.of(RECORDS), EDITION, [name]).priced[name]
    assert priced is not None
    places = range(len(priced.rows))
    assert len(places) == len(RECORDS)
    together = as_read(Worksheets.of(priced, EDITION, scheme, lang).sheet((9 - place, place) for place in places))
    for place in places:
        mine = [line for line in together if line["row"] == 9 - place]
        assert [line_of(line) for line in mine] == Worksheets.of(priced, EDITION, scheme, lang, [place]).alone()
        lines = explain(priced, place, EDITION, scheme)
        assert [line["text"] for line in mine] == [line.texts[lang] for line in lines]
        for said, line in zip(mine, lines, strict=True):
            assert said["step"] == line.step
            assert (said["operand"], said["unit"]) == (line.operand, line.unit)
            assert (said["running_millifen"], said.get("ratio_ppm")) == (line.running_millifen, line.ratio_ppm)
            assert {key: said[key] for key in line.marks} == line.marks
            assert ("entry" in said) == bool(line.entry)


def test_a_step_that_cannot_be_read_says_nothing_of_its_worker_alone() -> None:
    request = {"month": "2025-08", "schemes": ["mileage_linked"]}
    steps = {}
    for worker in ("w_without_01", "w_alike_01"):
        usage = [{key: value for key, value in row.items() if key != "month"} for row in RECORDS]
        mine = [row for row in usage if row["worker"] == worker]
        sheet = quote({**request, "worker": worker, "usage": mine}, TARIFF, TODAY)["schemes"][0]["worksheet"]
        steps[worker] = {line["step"] for line in sheet}
    assert steps["w_alike_01"] - steps["w_without_01"] == {"night_share", "worked_min"}


def test_a_number_beyond_64_bits_beside_a_worksheet() -> None:
    rows = [{**FULL, **NIGHT}, {**FULL, "platform": "sf_intracity", "orders": 10**30}]
    answer = quote({"month": "2025-08", "worker": "w_huge_0001", "usage": rows, "platforms": PLATFORMS}, TARIFF, TODAY)
    [pilot] = [scheme for scheme in answer["schemes"] if scheme["scheme"] == "pilot_per_order"]
    assert str(10**30) in pilot["refusals"][0]["message"]
    assert [line["row"] for line in pilot["worksheet"]] == [0, 0]


def test_what_is_written_already_stands_as_it_is() -> None:
    text = '[{"step":"里程","text":"\\"a\\" → b"}]'
    assert json_bytes({"a": written(text), "b": 1}) == f'{{"a":{text},"b":1}}\n'.encode()
    assert json_bytes({"a": written(text), "b": 10**30}) == f'{{"a":{text},"b":{10**30}}}\n'.encode()
    assert as_read({"a": written(text)}) == {"a": json.loads(text)}
