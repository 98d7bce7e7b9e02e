"""What a split leaves to learn from or to judge, and what of a file tells that it was chosen by its claims."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pricing.errors import InputError
from training.notice import Notice
from training.plan import Plan, read_plan
from training.portfolio_checks import notices
from training.portfolio_data import Portfolio, read_portfolio
from training.selected import ClaimFree
from training.split import Parts

PLAN = """\
name: p
data: [a.parquet]
perils: {a: {exposure: days, counts: claims}}
factors:
  age: {kind: numeric}
  job: {kind: categorical}
"""
ROWS = 3000
HALVES = Parts(np.arange(ROWS // 2), np.arange(ROWS // 2, ROWS))


def frame() -> pd.DataFrame:
    """Claims that follow nothing, one row in five."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "days": rng.uniform(200, 365, ROWS),
            "claims": rng.poisson(0.22, ROWS).astype(float),
            "age": rng.integers(20, 60, ROWS).astype(float),
            "job": rng.choice(["rider", "driver"], ROWS),
        }
    )


def read(folder: Path, rows: pd.DataFrame, extra: str = "") -> tuple[Plan, Portfolio]:
    rows.to_parquet(folder / "a.parquet")
    (folder / "plan.yaml").write_text(PLAN + extra)
    plan = read_plan(folder / "plan.yaml")
    return plan, read_portfolio(plan)


def told(folder: Path, rows: pd.DataFrame, extra: str = "") -> dict[str, Notice]:
    """Notices by code, but those of equal rows on both sides, which few factors make."""
    found = {notice.code: notice for notice in notices(*read(folder, rows, extra), HALVES)}
    assert all(notice.message(lang) for notice in found.values() for lang in ("en", "zh"))
    found.pop("notice_features_on_both_sides", None)
    return found


def refused(folder: Path, rows: pd.DataFrame, extra: str = "") -> InputError:
    with pytest.raises(InputError) as caught:
        notices(*read(folder, rows, extra), HALVES)
    assert caught.value.message("zh")
    return caught.value


def test_a_sound_portfolio_is_left_in_peace(tmp_path: Path) -> None:
    assert told(tmp_path, frame()) == {}


def test_too_few_claims_to_cross_validate(tmp_path: Path) -> None:
    rows = frame()
    rows["claims"] = np.where(np.arange(ROWS) < 9, 1.0, 0.0)
    error = refused(tmp_path, rows)
    assert (error.code, error.values["claims"], error.values["least"]) == ("peril_too_few_claims", 9, 10)


def test_too_few_amounts_for_a_severity(tmp_path: Path) -> None:
    rows = frame()
    places = np.flatnonzero(rows["claims"] > 0)
    rows["paid"] = np.where(np.isin(np.arange(ROWS), places[:9]), 100.0, 0.0)
    rows.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.replace("counts: claims", "counts: claims, amounts: paid"))
    plan = read_plan(tmp_path / "plan.yaml")
    with pytest.raises(InputError) as caught:
        notices(plan, read_portfolio(plan), HALVES)
    assert (caught.value.code, caught.value.values["claims"]) == ("peril_too_few_amounts", 9)


def test_a_base_that_only_the_test_has(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[ROWS - 1, "job"] = "pilot"
    rows.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.replace("kind: categorical", "kind: categorical, base: pilot"))
    plan = read_plan(tmp_path / "plan.yaml")
    with pytest.raises(InputError) as caught:
        notices(plan, read_portfolio(plan), HALVES)
    assert caught.value.code == "base_not_in_training"


def test_a_factor_without_any_value(tmp_path: Path) -> None:
    assert refused(tmp_path, frame().assign(age=np.nan)).code == "factor_without_values"
    early = frame()
    early.loc[: ROWS // 2, "job"] = ""
    assert refused(tmp_path, early).values["factor"] == "job"


def test_a_factor_that_names_rows_leaves_none_to_judge(tmp_path: Path) -> None:
    error = refused(tmp_path, frame().assign(job=[f"w{i}" for i in range(ROWS)]))
    assert (error.code, error.values["rows"]) == ("no_row_to_judge", ROWS // 2)


def test_levels_that_training_never_saw_are_named(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[[5, ROWS - 2, ROWS - 1], "job"] = ["early", "late", "later"]
    notice = told(tmp_path, rows)["notice_levels_not_judged"]
    assert (notice.values["rows"], notice.values["levels"]) == (2, "'late', 'later'")
    assert "rider" in told(tmp_path, rows, "unseen: rider\n")["notice_levels_read_as"].message("en")


def test_the_level_for_the_unseen_serves_the_factors_that_have_it(tmp_path: Path) -> None:
    rows = frame().assign(zone=np.random.default_rng(5).choice(["north", "south"], ROWS))
    rows.loc[ROWS - 2, "job"], rows.loc[ROWS - 1, "zone"] = "late", "moon"
    found = told(tmp_path, rows, "  zone: {kind: categorical}\nunseen: rider\n")
    assert (found["notice_levels_read_as"].values["factor"], found["notice_levels_not_judged"].values["factor"]) == (
        "job",
        "zone",
    )


def test_numbers_that_only_the_test_lacks_are_said(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[[ROWS - 2, ROWS - 1], "age"] = np.nan
    assert told(tmp_path, rows)["notice_values_not_judged"].values["rows"] == 2
    rows.loc[3, "age"] = np.nan
    assert told(tmp_path, rows) == {}


def test_rows_set_aside_are_on_no_side(tmp_path: Path) -> None:
    rows = frame().assign(policy=np.arange(ROWS))
    rows.loc[ROWS // 2 :, "policy"] = np.arange(ROWS // 2) + 10_000
    rows.loc[ROWS - 40 :, :] = rows.loc[:39, :].to_numpy()
    rows = rows.astype({"days": float, "claims": float, "age": float, "policy": int})
    assert "notice_rows_on_both_sides" not in told(tmp_path, rows)
    assert read(tmp_path, rows)[1].perils[0].aside("frequency") == 40


def test_rows_without_a_claim_that_are_missing(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[(rows["claims"] == 0) & (np.arange(ROWS) % 10 > 0), "days"] = np.nan  # these are set aside
    notice = told(tmp_path, rows)["notice_claim_free_missing"]
    assert "Give all insured rows" in notice.message("en")


def test_a_file_of_claims_alone_is_refused(tmp_path: Path) -> None:
    rows = frame()
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows[rows["claims"] > 0])
    assert caught.value.code == "every_row_claims"


def test_claim_free_rows_that_were_set_aside_are_the_reason(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[rows["claims"] == 0, "days"] = np.nan
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows)
    assert caught.value.code == "claim_free_rows_aside"
    assert caught.value.values["aside"] == (rows["claims"] == 0).sum()
    assert "no readable exposure" in caught.value.message("en")


def test_large_groups_may_each_have_claims(tmp_path: Path) -> None:
    """Cells of a thousand policies: each has claims, and that is no sign of anything."""
    rows = frame()
    rows["days"] *= 1000
    rows["claims"] = np.random.default_rng(2).poisson(220.0, ROWS).astype(float)
    assert "notice_claim_free_missing" not in told(tmp_path, rows)


def test_claim_free_rows_by_hand() -> None:
    """Half a claim per row on equal exposures: e^−½ of 1,000 rows should have none."""
    counts = np.r_[np.zeros(600), np.ones(300), np.full(100, 2.0)]
    found = ClaimFree.of(counts, np.full(1000, 7.0))
    assert (found.seen, found.rows) == (600, 1000)
    assert found.expected == pytest.approx(1000 * np.exp(-0.5))
    assert (found.lacking, found.none) == (False, False)
    assert ClaimFree.of(counts[590:], np.full(410, 7.0)).lacking
    assert ClaimFree.of(counts[600:], np.full(400, 7.0)).none


def test_hours_with_a_claim_are_said_with_their_level(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[:11, ["days", "claims"]] = [1 / 24, 1.0]
    rows.loc[:11, "job"], rows.loc[:11, "age"] = "pilot", np.arange(20.0, 32)
    found = told(tmp_path, rows)
    assert found["notice_short_exposures"].values["rows"] == 12
    assert found["notice_level_hardly_exposed"].values["levels"] == "'pilot'"


def test_a_level_that_is_known_only_after_the_claim(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[(rows["claims"] > 0) & (np.arange(ROWS) % 3 == 0), "job"] = "hospital"
    assert told(tmp_path, rows)["notice_level_only_claims"].values["levels"] == "'hospital'"


def test_a_number_of_the_row_as_a_factor(tmp_path: Path) -> None:
    rows = frame().sort_values("claims").assign(age=np.arange(ROWS, dtype=float))
    rows = rows.sample(frac=1, random_state=1)
    assert {"notice_factor_carries", "notice_factor_identifies"} <= set(told(tmp_path, rows))
    smooth = frame().assign(age=np.random.default_rng(4).uniform(20, 60, ROWS))
    assert told(tmp_path, smooth) == {}
