"""What a portfolio's files must hold: every row used or set aside by name, every suspicion said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pricing.errors import InputError
from training.plan import read_plan
from training.portfolio_checks import carried, notices
from training.portfolio_data import Portfolio, read_portfolio
from training.split import Parts

DATA = Path(__file__).parents[3] / "shared" / "data"
PLAN = """\
name: p
data: [{files}]
perils: {{a: {{exposure: days, counts: claims, amounts: paid}}}}
factors:
  age: {{kind: numeric}}
  job: {{kind: categorical}}
"""


def plain(rows: int = 40) -> pd.DataFrame:
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "days": np.full(rows, 365.0),
            "claims": (number % 4 == 0).astype(float),
            "paid": np.where(number % 4 == 0, 100.0, 0.0),
            "age": 20.0 + number % 10,
            "job": np.where(number % 3 == 0, "rider", "driver"),
            "policy": number,
        }
    )


def read(folder: Path, frame: pd.DataFrame, extra: str = "", changed: tuple[str, str] = ("", "")) -> Portfolio:
    frame.to_csv(folder / "a.csv", index=False)
    (folder / "plan.yaml").write_text(PLAN.format(files="a.csv").replace(*changed) + extra, encoding="utf-8")
    return read_portfolio(read_plan(folder / "plan.yaml"))


def codes(folder: Path, frame: pd.DataFrame, extra: str = "", parts: Parts | None = None) -> set[str]:
    portfolio = read(folder, frame, extra)
    found = notices(read_plan(folder / "plan.yaml"), portfolio, parts)
    assert all(each.message("en") and each.message("zh") for each in found)
    return {each.code for each in found}


def test_a_clean_portfolio_is_used_whole(tmp_path: Path) -> None:
    portfolio = read(tmp_path, plain())
    (peril,) = portfolio.perils
    assert (peril.used.sum(), peril.costed.sum(), peril.set_aside) == (40, 10, ())


ASIDE = {
    "aside_exposure_missing": {"days": np.nan},
    "aside_exposure_negative": {"days": -1.0},
    "aside_exposure_zero": {"days": 0.0, "claims": 0.0, "paid": 0.0},
    "aside_claims_without_exposure": {"days": 0.0, "claims": 1.0},
    "aside_counts_missing": {"claims": np.nan},
    "aside_counts_negative": {"claims": -1.0},
    "aside_counts_not_whole": {"claims": 0.5},
    "aside_amounts_negative": {"claims": 1.0, "paid": -5.0},
    "aside_amounts_without_counts": {"claims": 0.0, "paid": 5.0},
    "aside_counts_without_amounts": {"claims": 1.0, "paid": 0.0},
}


@pytest.mark.parametrize("code", ASIDE)
def test_a_row_that_cannot_be_fitted_is_set_aside_by_name(tmp_path: Path, code: str) -> None:
    frame = plain()
    for column, value in ASIDE[code].items():
        frame.loc[7, column] = value
    portfolio = read(tmp_path, frame)
    (peril,) = portfolio.perils
    assert [(each.code, each.rows.tolist()) for each in peril.set_aside] == [(code, [7])]
    assert peril.used.sum() + peril.aside("frequency") == portfolio.rows
    assert peril.used[7] == ("amounts" in code)
    assert not peril.costed[7]
    (line,) = portfolio.aside_rows()
    assert (line["file"], line["file_row"], line["code"]) == ("a.csv", 7, code)
    assert "1 row" in str(line["message"])


def test_of_several_reasons_a_row_has_the_first(tmp_path: Path) -> None:
    frame = plain()
    frame.loc[3, ["days", "claims"]] = [-1.0, 0.5]
    (peril,) = read(tmp_path, frame).perils
    assert [each.code for each in peril.set_aside] == ["aside_exposure_negative"]


def test_a_weight_that_is_none(tmp_path: Path) -> None:
    portfolio = read(tmp_path, plain().assign(w=[0.0, *[2.0] * 39]), "weights: w\n")
    assert [each.code for each in portfolio.perils[0].set_aside] == ["aside_weight"]
    assert portfolio.weights[1] == 2


def test_a_file_read_twice_counts_once(tmp_path: Path) -> None:
    plain().to_csv(tmp_path / "a.csv", index=False)
    plain().to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "plan.yaml").write_text(PLAN.format(files="a.csv, b.csv"))
    assert read_portfolio(read_plan(tmp_path / "plan.yaml")).files == (("a.csv", 0), ("b.csv", 40))
    frame = pd.concat([plain(), plain().head(3)])
    (peril,) = read(tmp_path, frame).perils
    assert [(each.code, each.rows.tolist()) for each in peril.set_aside] == [("aside_twice", [40, 41, 42])]


def test_equal_risks_without_a_number_of_their_own_stay(tmp_path: Path) -> None:
    frame = plain().drop(columns="policy")
    assert read(tmp_path, frame).perils[0].used.all()
    assert "notice_rows_alike" in codes(tmp_path, frame)


def test_several_exposures_are_multiplied(tmp_path: Path) -> None:
    changed = ("exposure: days", "exposure: [days, heads]")
    portfolio = read(tmp_path, plain().assign(heads=2), changed=changed)
    assert portfolio.perils[0].exposure.tolist() == [730.0] * 40


def test_two_negative_exposures_make_no_positive_one(tmp_path: Path) -> None:
    frame = plain().assign(heads=1.0)
    frame.loc[0, ["days", "heads"]] = -1.0
    (peril,) = read(tmp_path, frame, changed=("exposure: days", "exposure: [days, heads]")).perils
    assert [each.code for each in peril.set_aside] == ["aside_exposure_negative"]


def test_parquet_with_categories_says_the_same_as_csv(tmp_path: Path) -> None:
    frame = plain()
    texts = read(tmp_path, frame)
    frame.astype({"job": "category", "claims": int}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.format(files="a.parquet"))
    typed = read_portfolio(read_plan(tmp_path / "plan.yaml"))
    for name in ("age", "job"):
        assert typed.columns[name].tolist() == texts.columns[name].tolist()
    assert typed.perils[0].counts.tolist() == texts.perils[0].counts.tolist()


REFUSED = {
    "columns_missing": (lambda f: f.drop(columns="job"), "", "job"),
    "factor_not_numeric": (lambda f: f.assign(age=["old", *f["age"][1:]]), "", "old"),
    "peril_without_claims": (lambda f: f.assign(claims=0.0), "", "no claims"),
    "peril_without_rows": (lambda f: f.assign(days="0,5"), "", "no readable exposure"),
    "portfolio_empty": (lambda f: f.head(0), "", "no rows"),
    "level_not_in_data": (lambda f: f, "unseen: pilot\n", "pilot"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_no_fit_can_start_from_is_refused_by_name(tmp_path: Path, code: str) -> None:
    change, extra, word = REFUSED[code]
    with pytest.raises(InputError) as refused:
        read(tmp_path, change(plain()), extra)
    assert refused.value.code == code
    assert word in refused.value.message("en")


def test_an_unknown_base_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, plain(), changed=("kind: categorical", "kind: categorical, base: pilot"))
    assert refused.value.code == "level_not_in_data"


@pytest.mark.parametrize(("name", "code"), [("a.txt", "portfolio_file_kind"), ("a.parquet", "portfolio_unreadable")])
def test_files_that_are_neither(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / name).write_text("nothing")
    (tmp_path / "plan.yaml").write_text(PLAN.format(files=name))
    with pytest.raises(InputError) as refused:
        read_portfolio(read_plan(tmp_path / "plan.yaml"))
    assert refused.value.code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.format(files="gone.csv"))
    with pytest.raises(InputError) as refused:
        read_portfolio(read_plan(tmp_path / "plan.yaml"))
    assert refused.value.code == "file_not_found"


def large() -> pd.DataFrame:
    """2,000 rows whose claims follow nothing."""
    rng = np.random.default_rng(1)
    claims = (rng.random(2000) < 0.2).astype(float)
    return pd.DataFrame(
        {
            "days": 365.0,
            "claims": claims,
            "paid": 100 * claims,
            "age": rng.integers(20, 60, 2000).astype(float),
            "job": rng.choice(["rider", "driver"], 2000),
            "policy": rng.permutation(2000),
        }
    )


def test_claims_that_follow_nothing_raise_no_suspicion(tmp_path: Path) -> None:
    assert codes(tmp_path, large()) == set()


def test_rows_sorted_by_claims(tmp_path: Path) -> None:
    assert codes(tmp_path, large().sort_values("claims")) == {"notice_order_carries"}


def test_an_identifier_that_knows_the_claims(tmp_path: Path) -> None:
    frame = large()
    frame["policy"] = np.argsort(np.argsort(frame["claims"], kind="stable"))
    assert codes(tmp_path, frame) == {"notice_column_carries"}


def test_a_share_of_deviance_by_hand() -> None:
    counts = np.r_[np.zeros(1000), np.ones(1000)]
    share = carried(np.arange(2000), counts, np.ones(2000))
    # each half is explained but for the Poisson deviance of ones at rate 1, which is 0
    assert share == pytest.approx(1.0, abs=1e-12)


def test_a_factor_that_is_known_only_after_the_claim(tmp_path: Path) -> None:
    frame = large()
    frame["job"] = np.where(frame["claims"] > 0, "hospital", "none")
    assert "notice_factor_separates" in codes(tmp_path, frame)


def test_a_level_that_ought_to_have_claims(tmp_path: Path) -> None:
    frame = large()
    frame.loc[(frame["claims"] == 0) & (frame["age"] < 40), "job"] = "office"
    assert "notice_level_without_claims" in codes(tmp_path, frame)


def test_curves_and_factors_without_enough_values(tmp_path: Path) -> None:
    plan = PLAN.replace("age: {{kind: numeric}}", "km: {{kind: numeric, shape: curve}}")
    frame = plain().assign(km=np.arange(40) % 3, job="rider")
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "plan.yaml").write_text(plan.format(files="a.csv"))
    read_in = read_plan(tmp_path / "plan.yaml")
    found = {each.code for each in notices(read_in, read_portfolio(read_in))}
    assert {"notice_fewer_values_than_knots", "notice_multiplies_not_said", "notice_factor_constant"} <= found


def test_a_curve_of_fractions(tmp_path: Path) -> None:
    plan = PLAN.replace("age: {{kind: numeric}}", "km: {{kind: numeric, shape: curve}}").format(files="a.csv")
    (tmp_path / "plan.yaml").write_text(plan)
    for unit, told in ((1e6, True), (1.0, False)):
        plain().assign(km=np.arange(40) * 1000 / unit).to_csv(tmp_path / "a.csv", index=False)
        read_in = read_plan(tmp_path / "plan.yaml")
        found = {each.code for each in notices(read_in, read_portfolio(read_in))}
        assert ("notice_curve_of_fractions" in found) == told


def test_a_factor_that_names_rows(tmp_path: Path) -> None:
    frame = plain().assign(job=[f"j{i}" for i in range(40)])
    assert "notice_factor_identifies" in codes(tmp_path, frame)


def test_what_stands_on_both_sides_of_a_split(tmp_path: Path) -> None:
    frame = plain().drop(columns="policy").assign(worker=np.arange(40) // 20)
    frame = frame.assign(claims=np.arange(40) % 2, paid=100.0 * (np.arange(40) % 2))
    halves = Parts(np.r_[0:10, 20:30], np.r_[10:20, 30:40])  # ages repeat every ten rows
    found = codes(tmp_path, frame, "groups: worker\n", halves)
    assert {"notice_features_on_both_sides", "notice_groups_on_both_sides"} <= found
    whole = Parts(np.arange(20), np.arange(20, 40))
    assert "notice_groups_on_both_sides" not in codes(tmp_path, frame, "groups: worker\n", whole)
    same = pd.concat([frame, frame])
    assert "notice_rows_on_both_sides" in codes(tmp_path, same, "", Parts(np.arange(40), np.arange(40, 80)))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real portfolios lie in ../shared/data, which is absent")
def test_swedish_motorcycles(tmp_path: Path) -> None:
    text = PLAN.format(files=DATA / "swmotorcycle.parquet").replace("days", "Exposure").replace("claims", "ClaimNb")
    text = text.replace("paid", "ClaimAmount").replace("age:", "OwnerAge:").replace("job:", "Area:")
    (tmp_path / "plan.yaml").write_text(text)
    portfolio = read_portfolio(read_plan(tmp_path / "plan.yaml"))
    (peril,) = portfolio.perils
    assert portfolio.rows == 64_548 == peril.used.sum() + peril.aside("frequency")
    assert peril.counts.sum() == 697
    assert peril.exposure.sum() == pytest.approx(65_236.8, abs=0.1)
    assert peril.amounts is not None
    assert peril.amounts.sum() == 17_041_820
