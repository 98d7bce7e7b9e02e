"""Tables on new months: kept where the law stayed, rebalanced where its level moved, refitted where its shape did."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pricing.errors import InputError
from tests.training.monitored import PLAN, changed, later, months_of, trained
from training.monitor import Bounds, Watched, monitor, write
from training.monitor_expected import pricing_of
from training.monitor_page import page
from training.monitor_reference import FILE, learn, of_json, places, read_reference, reference
from training.plan import read_plan
from training.portfolio_data import read_portfolio
from training.run_files import write_json
from training.run_rows import parts_of
from training.score import score
from training.split import split

ALL = Bounds(late=0)


@cache
def run() -> Path:
    """The run with its plan and reference, as its last steps write them."""
    folder = trained()
    (folder / "run" / "plan.yaml").write_text(PLAN, encoding="utf-8")
    plan = read_plan(folder / "plan.yaml")
    portfolio = read_portfolio(plan)
    apart = split(plan.split, portfolio.rows, portfolio.columns.get(plan.split.by or ""))
    parts = {rows.name: parts_of(plan, portfolio, apart, rows) for rows in portfolio.perils}
    write_json(folder / "run" / FILE, reference(plan, portfolio, parts, pricing_of(folder / "run" / "tables")))
    return folder / "run"


def found(frame: pd.DataFrame, folder: Path, bounds: Bounds = ALL) -> dict[str, Any]:
    """What the monitor says of the rows."""
    folder.mkdir(exist_ok=True)
    frame.to_parquet(folder / "new.parquet")
    return monitor(Watched.of(run()), [folder / "new.parquet"], lambda step, rows: None, bounds)


def fire(frame: pd.DataFrame, folder: Path, bounds: Bounds = ALL) -> dict[str, Any]:
    """The same of its one peril."""
    own: dict[str, Any] = found(frame, folder, bounds)["perils"]["fire"]
    return own


def asks(own: dict[str, Any], code: str) -> list[str]:
    """Sentences of one code."""
    return [one["message"] for one in own["evidence"] if one["code"] == code]


@pytest.mark.slow
def test_under_the_same_law_tables_are_kept(tmp_path: Path) -> None:
    own = [fire(later(seed), tmp_path) for seed in range(100, 120)]
    # At 95 % one of twenty intervals misses 1; four or more would come once in sixty or so.
    assert sum(bool(asks(one, "monitor_level_off")) for one in own) <= 3
    assert sum(one["verdict"] == "keep" for one in own) >= 15, "three tests, each of them at 95 %"
    assert {line["asks"] for one in own for line in one["evidence"]} <= {"keep", "rebalance", "refit"}


@pytest.mark.slow
def test_more_claims_everywhere_are_rebalanced_by_their_factor(tmp_path: Path) -> None:
    own = [fire(later(seed, changed(level=0.25 * 1.3)), tmp_path) for seed in range(200, 210)]
    told = [one for one in own if one["verdict"] == "rebalance"]
    assert len(told) >= 8
    assert np.mean([one["factor"]["ratio"] for one in told]) == pytest.approx(1.3, abs=0.06)
    assert sum(one["factor"]["low"] <= 1.3 <= one["factor"]["high"] for one in told) >= len(told) - 2


def test_claims_that_no_longer_rise_with_distance_ask_for_a_refit(tmp_path: Path) -> None:
    own = fire(later(7, changed(elasticity=0.0)), tmp_path)
    assert own["verdict"] == "refit"
    assert own["factor"] is None
    assert own["slope"]["high"] < 1
    [told] = [text for text in asks(own, "monitor_factor_off") if text.startswith("Factor km")]
    assert "p = " in told


@pytest.mark.parametrize(
    ("shares", "code", "least"),
    [((0.24, 0.35, 0.41), "monitor_mix_moved", 0.1), ((0.05, 0.25, 0.7), "monitor_mix_gone", 0.25)],
)
def test_a_mix_that_moved_is_named(shares: tuple[float, ...], code: str, least: float, tmp_path: Path) -> None:
    frame = later(11, changed(shares=shares))
    own = fire(frame, tmp_path)
    before, after = (
        one["area"].value_counts(normalize=True).sort_index().to_numpy()
        for one in (pd.read_parquet(trained() / "data.parquet"), frame)
    )
    due = float(((after - before) * np.log(after / before)).sum())
    assert own["factors"]["area"]["psi"] == pytest.approx(due, rel=0.15), "the training rows are four fifths of these"
    assert due > least
    [told] = asks(own, code)
    assert "exposure of area" in told
    assert own["verdict"] == ("refit" if code == "monitor_mix_gone" else "watch")


def test_little_exposure_moves_by_chance(tmp_path: Path) -> None:
    own = fire(months_of(33, ["2026-01"], workers=30), tmp_path)
    furthest = max((one["psi"], name) for name, one in own["factors"].items() if not one["of_time"])
    assert furthest[0] > ALL.psi_watch, "of thirty workers"
    assert not asks(own, "monitor_mix_moved")
    assert asks(own, "monitor_mix_by_chance")


def test_the_calendar_is_no_change_of_mix(tmp_path: Path) -> None:
    own = found(later(13), tmp_path)
    calendar = own["perils"]["fire"]["factors"]["calendar"]
    assert calendar["of_time"]
    assert calendar["psi"] > ALL.psi_refit
    assert not asks(own["perils"]["fire"], "monitor_mix_gone")
    assert "monitor_of_time" in {one["code"] for one in own["notices"]}


def test_late_months_are_shown_and_not_judged(tmp_path: Path) -> None:
    frame = months_of(14, [f"2026-{month:02d}" for month in range(1, 7)])
    frame.loc[frame["month"] > "2026-03", "claims"] //= 4
    own = found(frame, tmp_path, Bounds())
    peril = own["perils"]["fire"]
    assert own["late"] == ["2026-04", "2026-05", "2026-06"]
    assert [(one["label"], one["judged"]) for one in peril["months"]][2:4] == [("2026-03", True), ("2026-04", False)]
    assert peril["whole"]["claims"] == frame.loc[frame["month"] < "2026-04", "claims"].sum()
    assert peril["verdict"] == "keep"
    assert fire(frame, tmp_path)["whole"]["high"] < 1
    assert fire(later(14), tmp_path, Bounds())["verdict"] == "unjudged"


def test_expected_claims_are_those_of_score(tmp_path: Path) -> None:
    own = fire(later(15), tmp_path)
    scored = score(run() / "tables", [tmp_path / "new.parquet"], tmp_path / "scored.csv", lambda step, rows: None)
    assert own["whole"]["expected"] == pytest.approx(scored.counts["fire"], rel=1e-9)
    by_month = pd.read_csv(tmp_path / "scored.csv")["expected_counts_fire"].groupby(later(15)["month"]).sum()
    assert [one["expected"] for one in own["months"]] == pytest.approx(by_month.tolist())


def test_no_row_is_lost(tmp_path: Path) -> None:
    frame = later(16)
    frame.loc[:9, "area"] = "moon"
    frame.loc[10:14, "months"] = np.nan
    frame["claims"] = frame["claims"].astype(float)
    frame.loc[15:16, "claims"] = -1.0
    own = fire(frame, tmp_path)
    aside = {one["code"]: one for one in own["set_aside"]}
    counted = {code: one["rows"] for code, one in aside.items()}
    assert counted == {"aside_without_level": 10, "aside_exposure_missing": 5, "aside_counts_negative": 2}
    assert "moon" in aside["aside_without_level"]["message"]
    assert aside["aside_without_level"]["claims"] == frame.loc[:9, "claims"].sum()
    assert own["whole"]["exposure"] == len(frame) - 17
    assert own["whole"]["claims"] == frame.loc[17:, "claims"].sum()
    assert asks(own, "monitor_unpriced")


def test_a_portfolio_that_the_tables_do_not_know_asks_for_a_refit(tmp_path: Path) -> None:
    frame = later(17)
    frame.loc[frame.index < 900, "area"] = "moon"
    own = fire(frame, tmp_path)
    assert own["unpriced"] == pytest.approx(900 / len(frame))
    assert asks(own, "monitor_unpriced_over")
    assert own["verdict"] == "refit"


def test_a_margin_excuses_what_it_covers(tmp_path: Path) -> None:
    frame = later(18, changed(level=0.25 * 1.3))
    assert fire(frame, tmp_path)["verdict"] == "rebalance"
    excused = fire(frame, tmp_path, Bounds(late=0, level_margin=0.5))
    assert excused["verdict"] == "keep"
    assert asks(excused, "monitor_level_within")


def test_rows_without_time_or_groups_are_judged_and_said(tmp_path: Path) -> None:
    grouped = fire(later(19), tmp_path)
    own = found(later(19).drop(columns=["month", "worker"]), tmp_path)
    assert {"monitor_no_time", "monitor_no_groups"} <= {one["code"] for one in own["notices"]}
    alike = own["perils"]["fire"]
    assert [one["label"] for one in alike["months"]] == [""]
    assert alike["whole"]["ratio"] == pytest.approx(grouped["whole"]["ratio"])
    assert alike["whole"]["high"] < grouped["whole"]["high"], "a worker's months hang together"


def test_no_claim_at_all_is_no_reason_for_a_factor_of_zero(tmp_path: Path) -> None:
    own = fire(later(24).assign(claims=0), tmp_path)
    assert asks(own, "monitor_no_claims")
    assert (own["verdict"], own["factor"]) == ("unjudged", None)


def test_rows_that_name_no_group_stand_alone() -> None:
    assert places(np.array(["a", "", "a", "nan", ""], dtype=object), 5).tolist() == [0, 1, 0, 2, 3]
    assert places(None, 3).tolist() == [0, 1, 2]


def test_csv_says_the_same(tmp_path: Path) -> None:
    own = fire(later(20), tmp_path)
    later(20).to_csv(tmp_path / "new.csv", index=False)
    again = monitor(Watched.of(run() / "tables"), [tmp_path / "new.csv"], lambda step, rows: None, ALL)
    assert again["perils"]["fire"] == own


def test_a_plan_teaches_the_same_reference() -> None:
    learned = learn(read_plan(trained() / "plan.yaml"), pricing_of(run() / "tables"))
    kept = read_reference(run())
    assert (learned.first, learned.last, learned.time) == (kept.first, kept.last, kept.time)
    for name, one in learned.perils["fire"].factors.items():
        assert np.array_equal(one.exposure, kept.perils["fire"].factors[name].exposure)
    assert of_json(json.loads((run() / FILE).read_text(encoding="utf-8"))).plan == "quick"


def break_column(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="km")


def break_number(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(km=frame["km"].astype(str).where(frame.index > 2, "far"))


def break_exposure(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(months=0.0)


def break_levels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(area="moon")


def break_months(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(month="2025-12")


def break_time(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(month=frame["month"].where(frame.index > 5))


def break_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


@pytest.mark.parametrize(
    ("broken", "code", "word"),
    [
        (break_column, "columns_missing", "km"),
        (break_number, "factor_not_numeric", "far"),
        (break_exposure, "peril_without_rows", "fire"),
        (break_levels, "peril_without_rows", "moon"),
        (break_months, "monitor_not_later", "2025-12"),
        (break_time, "monitor_time_missing", "month"),
        (break_rows, "portfolio_empty", ""),
    ],
)
def test_data_that_cannot_be_judged_are_refused(broken: Any, code: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        found(broken(later(21)), tmp_path)
    assert refused.value.code == code
    said = [refused.value.message(lang) for lang in ("en", "zh")]
    assert said[0] != said[1]
    assert all(word in text for text in said)


@pytest.mark.parametrize(
    ("old", "new", "code", "word"),
    [
        ("fire:", "flood:", "monitor_peril_without_tables", "flood"),
        ("exposure: months", "exposure: age", "plan_factor_is_outcome", "age"),
        ("exposure: months", "exposure: worker", "monitor_other_exposure", "worker"),
        ("age: {kind: numeric, levels: 8}", "years: {kind: numeric}", "monitor_other_reference", "years"),
    ],
)
def test_a_plan_of_other_tables_is_refused(old: str, new: str, code: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.replace(old, new), encoding="utf-8")
    later(22).to_parquet(tmp_path / "new.parquet")
    with pytest.raises(InputError) as refused:
        monitor(Watched.of(run(), run(), tmp_path / "plan.yaml"), [tmp_path / "new.parquet"], lambda step, rows: None)
    assert refused.value.code == code
    assert all(word in refused.value.message(lang) for lang in ("en", "zh"))


def test_without_plan_or_reference_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError) as alone:
        Watched.of(tmp_path)
    assert alone.value.code == "monitor_no_plan"
    with pytest.raises(InputError) as bare:
        read_reference(tmp_path)
    assert bare.value.code == "monitor_no_reference"
    (tmp_path / FILE).write_text('{"perils": {"fire": {}}}', encoding="utf-8")
    with pytest.raises(InputError) as odd:
        read_reference(tmp_path)
    assert odd.value.code == "portfolio_unreadable"
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as torn:
        read_reference(tmp_path)
    assert torn.value.code == "portfolio_unreadable"


def test_the_page_carries_everything_in_both_languages(tmp_path: Path) -> None:
    frame = later(23, changed(level=0.3, shares=(0.05, 0.25, 0.7)))
    frame.loc[:3, "area"] = "<script>alert(1)</script>"
    own = found(frame, tmp_path)
    text = page(own, "2026-07-01", "zh")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count("<svg") >= 3
    for one in own["perils"]["fire"]["evidence"]:
        assert one["message"] != one["message_zh"]
    assert 'id="zh" aria-label="中文" checked' in text
    write(own, tmp_path / "out", text)
    assert json.loads((tmp_path / "out" / "monitor.json").read_text(encoding="utf-8")) == own
    assert (tmp_path / "out" / "monitor.html").read_text(encoding="utf-8") == text
    with pytest.raises(InputError) as again:
        write(own, tmp_path / "out", text)
    assert again.value.code == "folder_exists"
    assert sorted(child.name for child in tmp_path.iterdir()) == ["new.parquet", "out"]
