"""The plan: the contract's example, its defaults, and each mistake refused by name."""

from pathlib import Path

import pandas as pd
import pytest

from models.names import NAMES
from pricing.errors import InputError
from training.plan import Split, TableLimits, read_plan
from training.plan_fields import sensitive
from training.plan_init import first_plan

LEAST = """\
name: motor
data: claims.csv
perils: {property: {exposure: days, counts: claims, amounts: paid}}
factors:
  age: {kind: numeric}
  job: {kind: categorical}
"""
CONTRACT = """\
name: motor_property
data: [claims.parquet]
split: {column: set}
perils:
  property: {exposure: Exppdays, counts: Numtppd, amounts: Indtppd, cap: 20000}
factors:
  Density:    {kind: numeric, shape: curve, monotone: up, knots: 10}
  Age:        {kind: numeric, levels: 64}
  Occupation: {kind: categorical, base: Employed}
prohibited: [Gender]
groups: PolNum
tables: {cells: 1300, pairs: 20, triples: 0, fidelity_mean: 0.03}
unseen: refuse
seed: 2026
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_of_the_contract(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, CONTRACT))
    density, age, job = plan.factors
    assert plan.data == (tmp_path / "claims.parquet",)
    assert plan.split == Split("column", "set")
    assert (density.shape, density.monotone, density.knots) == ("curve", 1, 10)
    assert (age.levels, job.base, plan.groups, plan.perils[0].cap) == (64, "Employed", "PolNum", 20000)
    assert plan.columns() == ("Density", "Age", "Occupation", "Exppdays", "Numtppd", "Indtppd", "set", "PolNum")


def test_everything_else_has_a_default(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, LEAST))
    assert (plan.split, plan.tables, plan.candidates) == (Split("random"), TableLimits(), NAMES[:-1])
    assert (plan.unseen, plan.seed, plan.groups, plan.weights, plan.interactions) == ("refuse", 2026, None, None, ())


def test_groups_are_split_whole_unless_the_plan_says_otherwise(tmp_path: Path) -> None:
    assert read_plan(write(tmp_path, LEAST + "groups: worker\nseed: 7\n")).split == Split("group", "worker", 0.2, 7)
    stated = LEAST + "groups: worker\nsplit: {kind: random, test: 0.25}\n"
    assert read_plan(write(tmp_path, stated)).split == Split("random", None, 0.25)


MISTAKES = {
    "unknown_key": ("seed: 1\ncolour: red", "colour"),
    "plan_split_by": ("split: {kind: time}", "time"),
    "plan_not_a_share": ("split: {kind: random, test: 1}", "test"),
    "plan_word_not_known": ("candidates: [pairs, forest]", "forest"),
    "plan_triples_contradict": ("candidates: [glm, triples]", "triples: 0"),
    "plan_pairs_over_limit": ("interactions: [[age, job]]\ntables: {pairs: 0}", "1 pairs"),
    "plan_not_pairs": ("interactions: [[age, age]]", "two different"),
    "plan_not_a_factor": ("interactions: [[age, town]]", "town"),
    "plan_factor_prohibited": ("prohibited: [age]", "age"),
    "plan_not_above_zero": ("tables: {cells: 0}", "cells"),
    "plan_not_a_word": ("unseen: [a, b]", "unseen"),
    "plan_factor_not_a_factor": ("groups: job", "job"),
    "number_not_whole": ("seed: -1", "-1"),
}


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_is_refused_by_name(tmp_path: Path, code: str) -> None:
    added, word = MISTAKES[code]
    with pytest.raises(InputError) as refused:
        read_plan(write(tmp_path, LEAST + added + "\n"))
    assert refused.value.code == code
    assert word in refused.value.message("en")
    assert refused.value.message("zh")


def test_a_curve_has_no_table_with_another_factor(tmp_path: Path) -> None:
    text = LEAST.replace("{kind: numeric}", "{kind: numeric, shape: curve}") + "interactions: [[job, age]]\n"
    with pytest.raises(InputError) as refused:
        read_plan(write(tmp_path, text))
    assert (refused.value.code, refused.value.values["factor"]) == ("plan_pair_of_curve", "age")


@pytest.mark.parametrize("named", [("glm",), ("pairs", "glm"), ("stack",), ("glm_pairs", "stack", "pairs")])
def test_a_plan_may_name_any_models_in_any_order(tmp_path: Path, named: tuple[str, ...]) -> None:
    plan = read_plan(write(tmp_path, LEAST + f"candidates: [{', '.join(named)}]\n"))
    assert plan.candidates == tuple(name for name in NAMES if name in named)


def test_tables_of_three_factors_are_named_and_allowed_or_neither(tmp_path: Path) -> None:
    allowed = LEAST + "tables: {triples: 2}\n"
    assert read_plan(write(tmp_path, allowed)).candidates == NAMES
    both = read_plan(write(tmp_path, allowed + "candidates: [triples, glm]\n"))
    assert both.candidates == ("glm", "triples")
    with pytest.raises(InputError) as refused:
        read_plan(write(tmp_path, allowed + "candidates: [glm, pairs]\n"))
    assert refused.value.code == "plan_triples_contradict"


def test_a_factor_has_as_many_levels_as_the_fit_unless_the_plan_says_fewer(tmp_path: Path) -> None:
    text = LEAST.replace("{kind: categorical}", "{kind: categorical, levels: 7}")
    age, job = read_plan(write(tmp_path, text)).factors
    assert (age.levels, age.spec().levels) == (255, 255)
    assert (job.levels, job.spec().levels) == (7, 1000)


CHANGES = {
    "missing_key": ("counts: claims, ", ""),
    "plan_cap_without_amounts": ("amounts: paid", "cap: 5"),
    "plan_not_a_number": ("amounts: paid", "amounts: paid, cap: much"),
    "plan_no_order": ("kind: categorical", "kind: categorical, monotone: up"),
    "plan_key_of_other_shape": ("kind: numeric", "kind: numeric, knots: 5"),
    "plan_too_few": ("kind: numeric", "kind: numeric, shape: curve, knots: 1"),
    "plan_factor_is_outcome": ("age:", "claims:"),
    "plan_multiplies_other": ("kind: numeric", "kind: numeric, shape: curve, multiplies: payroll"),
}


@pytest.mark.parametrize("code", CHANGES)
def test_a_broken_peril_or_factor_is_refused_by_name(tmp_path: Path, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_plan(write(tmp_path, LEAST.replace(*CHANGES[code], 1)))
    assert refused.value.code == code


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no plan"):
        read_plan(tmp_path / "absent.yaml")


def test_a_curve_that_multiplies_the_exposure_it_is_fitted_on(tmp_path: Path) -> None:
    text = LEAST.replace("age: {kind: numeric}", "km: {kind: numeric, shape: curve, multiplies: days}")
    assert read_plan(write(tmp_path, text)).factors[0].multiplies == ("days",)


@pytest.mark.parametrize("name", ["Gender", "worker_sex", "driverSex", "hukou_type", "性别", "户籍所在地"])
def test_names_that_may_never_be_factors(tmp_path: Path, name: str) -> None:
    assert sensitive(name)
    with pytest.raises(InputError) as refused:
        read_plan(write(tmp_path, LEAST.replace("job", name)))
    assert refused.value.code == "plan_factor_prohibited"


@pytest.mark.parametrize("name", ["Essex", "sextant", "trace", "地区", "age"])
def test_names_that_only_look_like_them(name: str) -> None:
    assert not sensitive(name)


def test_a_first_plan_is_a_plan(tmp_path: Path) -> None:
    rows = range(40)
    frame = pd.DataFrame(
        {
            "policy": [f"p{i}" for i in rows],
            "Exposure": [0.5 + i % 2 / 2 for i in rows],
            "ClaimNb": [int(i % 9 == 0) for i in rows],
            "ClaimAmount": [1000.5 * (i % 9 == 0) for i in rows],
            "Age": [20 + i % 15 for i in rows],
            "Zone": [i % 3 for i in rows],
            "Gender": ["f" if i % 2 else "m" for i in rows],
        }
    )
    frame.to_csv(tmp_path / "book.csv", index=False)
    text = first_plan(tmp_path / "book.csv")
    plan = read_plan(write(tmp_path, text))
    peril = plan.perils[0]
    assert (peril.exposure, peril.counts, peril.amounts) == (("Exposure",), "ClaimNb", "ClaimAmount")
    assert [(factor.name, factor.kind) for factor in plan.factors] == [("Age", "numeric"), ("Zone", "categorical")]
    assert plan.prohibited == ("Gender",)
    assert "# policy: left out" in text
    assert "guessed" in text


def test_no_first_plan_without_claims(tmp_path: Path) -> None:
    pd.DataFrame({"Exposure": [1, 2], "Age": [3, 4]}).to_csv(tmp_path / "book.csv", index=False)
    with pytest.raises(InputError) as refused:
        first_plan(tmp_path / "book.csv")
    assert refused.value.code == "plan_init_no_guess"
