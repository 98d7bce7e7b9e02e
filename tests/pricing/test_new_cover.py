"""A new cover is data: one folder of YAML, and it is quoted, levied, explained and linted."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pricing.errors import TariffError
from pricing.lint import lint
from pricing.tariff import SHIPPED, Tariff
from service.engines.explained import explain_line
from service.prices.quote import quote
from tests.evaluator import calculate
from tests.months import run, write_csv

TODAY = dt.date(2026, 11, 24)
FRAME = """
  - effective_from: 2022-07
    known_from: 2022-07-01
    status: demonstration
    evidence: none
    source: {title: Trial}
"""
COVER = """
name: cover
title: {en: "Hearing loss", zh: "听力损伤"}
exposure: insured_months
base_rate: hearing_loss/base_rate
occupations: hearing_loss/occupations
payers: hearing_loss/payers
options:
  ear: "one"
relativities:
  - {table: hearing_loss/ear, of: ear}
  - {table: hearing_loss/live, of: live_min}
needs: [live_min]
share_by: [live_min]
conditions:
  - {en: "Cover for {ear} ear.", zh: "保障单耳或双耳：{ear}。"}
"""
TABLES = {
    "base_rate": ("millifen per insured month", "value: 312500"),
    "occupations": ("word", "by_occupation: {host: insured}"),
    "payers": ("ppm", "by_payer: {worker: 333333, platform: 666667}"),
    "ear": ("ppm", "by_ear: {one: 1000000, both: 1700000}"),
    "live": ("ppm", "curve: [[0, 500000], [10000, 1500000]]"),
}
ROW = {"platform": "douyin", "region": "110000", "occupation": "host", "live_min": 2500}
REQUEST = {"month": "2025-11", "worker": "w_hearing01", "schemes": [], "covers": ["hearing_loss"], "usage": [ROW]}


def tariff_with(folder: Path, cover: str = COVER, **other: str) -> Path:
    """The shipped tariff with one folder more."""
    shutil.copytree(SHIPPED, folder)
    own = folder / "hearing_loss"
    own.mkdir()
    (own / "cover.yaml").write_text(cover, encoding="utf-8")
    for name, (unit, value) in TABLES.items():
        title = f"title: {{en: {name}, zh: 试表}}"
        text = f"name: {name}\n{title}\nunit: {unit}\nentries:{FRAME}    {other.get(name, value)}\n"
        (own / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_it_is_quoted_and_explained(tmp_path: Path) -> None:
    """3.125 yuan × 1.7 × (0.5 + 2,500 ÷ 10,000) for both ears; for one ear without the 1.7."""
    tariff = Tariff.load(tariff_with(tmp_path / "tariff"))
    for ear, factor in (("one", "1"), ("both", "1.7")):
        answer = quote({**REQUEST, "enrolment": {"hearing_loss": {"ear": ear}}}, tariff, TODAY)["covers"][0]
        assert answer["premium_fen"] == calculate(f"fen(millifen(3.125 * ppm({factor} * 0.75)))")
        assert [line["step"] for line in answer["worksheet"]] == ["base_rate", "ear", "live", "ratio", "round"]
        assert answer["conditions"][0]["en"] == f"Cover for {ear} ear."
    # 3.98 yuan: a third, half up, and the rest
    assert answer["payers"] == {"worker": 133, "platform": 265}


def test_an_option_without_a_price_is_no_price(tmp_path: Path) -> None:
    for number, standard in enumerate(('""', '"three"')):
        folder = tariff_with(tmp_path / f"tariff{number}", COVER.replace('"one"', standard))
        answer = quote(REQUEST, Tariff.load(folder), TODAY)["covers"][0]
        assert answer["premium_fen"] is None
        assert answer["refusal"]["code"] == "option_not_priced"


def test_it_is_levied_and_a_line_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_TARIFF", str(tariff_with(tmp_path / "tariff")))
    usage = write_csv(tmp_path / "usage.csv", [{"month": "2025-11", "worker": "w_hearing01", **ROW}])
    out = tmp_path / "out"
    done = run(
        "levy", str(usage), "--month", "2025-11", "--covers", "hearing_loss", "--demonstration", "--out", str(out)
    )
    assert done.code == 0, done
    found = explain_line(out, 1, tmp_path, "en")
    assert found["line"]["cover"] == "hearing_loss"
    assert found["line"]["levy_fen"] == calculate("fen(millifen(3.125 * 0.75))")
    assert found["line"]["worker_fen"] + found["line"]["platform_fen"] == found["line"]["levy_fen"]


def test_it_is_linted(tmp_path: Path) -> None:
    shipped = {(finding.code, finding.place) for finding in lint(Tariff.load(), TODAY)}
    found = lint(Tariff.load(tariff_with(tmp_path / "tariff")), TODAY)
    new = {(finding.code, finding.place) for finding in found} - shipped
    assert {place for _, place in new} == {"hearing_loss"}, new
    (tmp_path / "tariff" / "hearing_loss" / "spare.yaml").write_text(
        (tmp_path / "tariff" / "hearing_loss" / "base_rate.yaml").read_text("utf-8").replace("base_rate", "spare"),
        "utf-8",
    )
    again = lint(Tariff.load(tmp_path / "tariff"), TODAY)
    assert ("lint_unread", "hearing_loss/spare") in {(finding.code, finding.place) for finding in again}


@pytest.mark.parametrize(
    ("cover", "tables", "code"),
    [
        (COVER.replace("exposure: insured_months", "exposure: years"), {}, "unknown_level"),
        (COVER.replace("of: ear", "of: nose"), {}, "unknown_level"),
        (COVER.replace("hearing_loss/ear", "hearing_loss/nose"), {}, "table_missing"),
        (COVER.replace("payers:", "payer:"), {}, "unknown_key"),
        (COVER, {"payers": "by_payer: {worker: 333333, platform: 666666}"}, "payers_do_not_sum"),
        (COVER, {"ear": "value: 1000000"}, "table_shape"),
        (COVER, {"payers": "by_engagement: {direct: {by_payer: {worker: 1000000}}}"}, "level_without_price"),
        (COVER + "history: {trend: add_on/participation, benefit_limit: add_on/participation}\n", {}, "missing_key"),
        (
            COVER + "expected: {exposure: orders, frequency: lumbar/frequency, severity: stress/severity}\n",
            {},
            "table_shape",
        ),
        (COVER, {"payers": "by_payer: {aunt: 1000000}"}, "unknown_level"),
    ],
)
def test_a_broken_one_is_refused_by_name(tmp_path: Path, cover: str, tables: dict[str, str], code: str) -> None:
    with pytest.raises(TariffError) as caught:
        Tariff.load(tariff_with(tmp_path / "tariff", cover, **tables))
    assert caught.value.code == code
    assert "hearing_loss" in caught.value.place
