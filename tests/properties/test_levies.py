"""Parts are the whole: levies, payers and premium agree, and the order in which rows are sent does not matter."""

import shutil
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.tariff import SHIPPED, Tariff
from tests.properties.answers import TARIFF, Json, by_engine, quoted
from tests.properties.strategies import key_of, requests, usages


@pytest.fixture(scope="module")
def three_payers(tmp_path_factory: pytest.TempPathFactory) -> Tariff:
    """The shipped tables, but for the payers: three who bear a third each."""
    folder = tmp_path_factory.mktemp("payers") / "rates"
    shutil.copytree(SHIPPED, folder)
    path = folder / "payers.yaml"
    one, three = ": 1000000}", ": 333333, subsidy: 333333, contractor: 333334}"
    path.write_text(path.read_text(encoding="utf-8").replace(one, three), encoding="utf-8")
    return Tariff.load(folder)


def priced(request: Json, tariff: Tariff = TARIFF) -> Iterator[Json]:
    """The answers of a request that hold a premium."""
    return (answer for answer in quoted(request, tariff).values() if answer["premium_fen"] is not None)


@settings(max_examples=150)
@given(requests())
def test_levies_sum_to_the_premium_and_none_is_negative(request: Json) -> None:
    for answer in priced(request):
        levies = [share["levy_fen"] for share in answer["shares"]]
        assert sum(levies) == answer["premium_fen"]
        assert min(levies) >= 0


@settings(max_examples=100)
@given(sent=requests())
def test_payers_sum_to_each_levy_and_to_the_premium(three_payers: Tariff, sent: Json) -> None:
    for answer in priced(sent, three_payers):
        assert len(answer["payers"]) == 3
        assert sum(answer["payers"].values()) == answer["premium_fen"]
        assert [sum(s["payers"].values()) for s in answer["shares"]] == [s["levy_fen"] for s in answer["shares"]]


@settings(max_examples=100)
@given(requests())
def test_each_row_is_either_shared_or_refused(request: Json) -> None:
    for answer in quoted(request).values():
        shared = [share["row"] for share in answer.get("shares", [])]
        refused = [refusal["row"] for refusal in answer["refusals"]]
        assert sorted([*shared, *refused]) == list(range(len(request["usage"])))


def by_key(answer: Json, usage: list[Json]) -> Json:
    """A scheme's answer with rows named by their keys; the scheme's refusal is that of the first row sent."""
    refused = {key_of(usage[row]): code for row, code in answer["row_refusals"].items()}
    if "refusal" in answer:
        return {"row_refusals": refused}
    levies = {key_of(row): fen for row, fen in zip(usage, answer["shares_fen"], strict=True)}
    return {**answer, "shares_fen": levies, "row_refusals": refused}


@settings(max_examples=100)
@given(requests(usages(least=2)), st.data())
def test_the_order_of_rows_changes_neither_premium_nor_any_levy(request: Json, data: st.DataObject) -> None:
    shuffled = {**request, "usage": data.draw(st.permutations(request["usage"]))}
    one, other = by_engine(request), by_engine(shuffled)
    for scheme, answer in one.items():
        assert by_key(other[scheme], shuffled["usage"]) == by_key(answer, request["usage"])
