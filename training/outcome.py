"""What became of a plan's wishes: each declared pair with what it saved, candidates and tables that were not grown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from models.levels import Levels
from models.names import TRIPLES
from pricing.errors import InputError
from training.fit import Fitted, Rows
from training.notice import Notice
from training.plan import Plan


def check_folds(peril: str, train: Rows) -> None:
    """Refuse claims that all lie in one part of the cross-validation."""
    if np.count_nonzero(np.bincount(train.folds, train.counts)) < 2:
        raise InputError("peril_claims_in_one_part", peril, peril=peril, claims=f"{train.counts.sum():g}")


def declared(fitted: Fitted) -> Iterator[dict[str, Any]]:
    """The declared pairs of a peril. saved: held-out deviance beside all other pairs, with its standard error, both per
    record × 100; kept: whether a table of the pair is published.
    """
    names = [factor.spec.name for factor in fitted.coding.factors]
    for each in fitted.selection.declared:
        yield {
            "factors": [names[place] for place in each.key],
            "saved": each.saved,
            "error": each.error,
            "kept": each.key in fitted.tables.pairs,
        }


def outcome(plan: Plan, peril: str, fitted: Fitted) -> Iterator[Notice]:
    """Wishes of a plan that the fit does not follow, and what the declared pairs saved; nothing goes in silence."""
    for factor in fitted.coding.factors:
        if isinstance(factor, Levels) and factor.kept < len(factor.values):
            pooled, known = len(factor.values) - factor.kept, len(factor.values)
            yield Notice("notice_levels_pooled", {"factor": factor.spec.name, "levels": known, "pooled": pooled})
    judged = {score.name for score in fitted.selection.scores}
    not_grown = [name for name in plan.candidates if name not in judged]
    if not_grown:
        named, chosen = ", ".join(not_grown), fitted.selection.winner
        yield Notice("notice_candidates_not_grown", {"peril": peril, "candidates": named, "chosen": chosen})
    elif TRIPLES in plan.candidates and not fitted.tables.triples:
        yield Notice("notice_triples_not_kept", {"peril": peril, "chosen": fitted.selection.winner})
    found = list(declared(fitted))
    for each in found:
        worse = "notice_interaction_not_kept" if each["saved"] > 0 else "notice_interaction_worse"
        code = "notice_interaction_kept" if each["kept"] else worse
        shown = {key: f"{each[key]:.4f}" for key in ("saved", "error")}
        yield Notice(code, {"peril": peril, "pair": " × ".join(each["factors"]), **shown})
    if plan.interactions and not found:
        pairs = "; ".join(" × ".join(pair) for pair in plan.interactions)
        yield Notice("notice_interactions_not_tried", {"peril": peril, "pairs": pairs})
