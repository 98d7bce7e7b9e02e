"""Every broken request of `rows/` is refused with its code, its place and key words in both languages."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.prices.declare import COLUMNS, declare
from service.prices.quote import quote
from service.reading import read_csv, read_json, read_text
from service.refusals import of_error

ROWS = Path(__file__).parent / "rows"
TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
Case = dict[str, Any]

REQUEST: Case = {"month": "2025-08", "known_on": "2025-11-30", "worker": "w_4KQ7ZB2M"}
RIDER: Case = {
    "platform": "meituan",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "employment": "employee",
    "orders": 620,
    "distance_m": 2_790_000,
    "active_days": 26,
    "income_fen": 520_000,
}
LOW_TIER: Case = {"platform": "meituan", "region": "500000", "pilot_tier": "low"}


def cases() -> list[Any]:
    """All cases of the folder; `with` and `request` change a rider's row and request, null leaves a cell out."""
    found = [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(ROWS.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 30
    return found


def changed(before: Case, changes: Case) -> Case:
    return {key: value for key, value in {**before, **changes}.items() if value is not None}


def request_of(case: Case) -> Case:
    rows = case.get("usage", [changed(RIDER, case.get("with", {}))])
    whole = {**REQUEST, "usage": rows, "platforms": case.get("platforms", [LOW_TIER])}
    return changed(whole, case.get("request", {}))


def texts_of(case: Case, folder: Path) -> Case:
    """What the door answers to a text: JSON is a quote, CSV are declarations."""
    if "json" in case:
        text = case["json"].replace("DIGITS", "9" * 5000).replace("BRACKETS", "[" * 100_000)
        return quote(read_json(text, "-"), TARIFF, TODAY)
    path = folder / "totals.csv"
    path.write_bytes(bytes.fromhex(case["bytes"]) if "bytes" in case else case["csv"].encode())
    return declare(read_csv(read_text(str(path)), str(path), frozenset(COLUMNS))[0], TARIFF, TODAY)


def refusal_of(case: Case, folder: Path) -> Case:
    """The refusal of a case, of its scheme and row or of the whole request; schemes in `still` are priced."""
    try:
        if "declare" in case:
            answer = declare(case["declare"], TARIFF, TODAY)
            return dict(answer["refusal"])
        as_text = {"json", "csv", "bytes"} & set(case)
        answer = texts_of(case, folder) if as_text else quote(request_of(case), TARIFF, TODAY)
    except InputError as error:
        return of_error(error)
    json.dumps(answer, allow_nan=False)
    schemes = {scheme["scheme"]: scheme for scheme in answer["schemes"]}
    assert [name for name in case.get("still", []) if schemes[name]["premium_fen"] is None] == []
    refusals = {refusal["row"]: refusal for refusal in schemes[case["scheme"]]["refusals"]}
    return dict(refusals[case.get("row", 0)])


@pytest.mark.parametrize("case", cases())
def test_broken_request(case: Case, tmp_path: Path) -> None:
    refusal = refusal_of(case, tmp_path)
    assert (refusal["code"], refusal.get("column")) == (case["code"], case.get("column")), refusal
    assert case.get("place", "") in refusal.get("place", ""), refusal
    assert [word for word in case["words"] if word not in refusal["message"]] == [], refusal
    assert [word for word in case["words_zh"] if word not in refusal["message_zh"]] == [], refusal


def test_own_columns_pass() -> None:
    plain, own = quote(request_of({}), TARIFF, TODAY), quote(request_of({"with": {"x_note": "own"}}), TARIFF, TODAY)
    priced = [*own["schemes"], *own["covers"]]
    passed = [share.pop("x_note") for one in priced for share in one.get("shares", [])]
    assert passed == ["own"] * (3 + 2)
    assert own == plain
    assert [scheme["premium_fen"] is None for scheme in plain["schemes"]] == [False, False, True, False]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_csv(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "totals.csv"
    text = "month,platform,region,pilot_industry,orders,x_备注\n2025-08,didi,110000,ride_hailing,100,试点\n"
    path.write_bytes(text.encode(encoding))
    rows = read_csv(read_text(str(path)), str(path), frozenset(COLUMNS) - {"orders"})
    assert declare(rows[0], TARIFF, TODAY)["levy_fen"] == 100


@pytest.mark.parametrize("name", ["no such file.json", ".", "\0", "x" * 5000])
def test_a_file_that_is_none(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text(name)
    assert caught.value.code == "file_not_found"
    assert "no file" in caught.value.message("en")
    assert "找不到文件" in caught.value.message("zh")


def test_a_duplicate_counts_once() -> None:
    row = changed(RIDER, {})
    once, twice = (quote(request_of({"usage": rows}), TARIFF, TODAY) for rows in ([row], [row, row]))
    assert [s["premium_fen"] for s in once["schemes"]] == [s["premium_fen"] for s in twice["schemes"]]
    assert [s["refusals"] for s in twice["schemes"]][:2] == [[], []]
