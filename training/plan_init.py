"""A first plan from a data file: what its columns seem to be, guessed from names and values, each guess said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from models.experience import FloatArray
from pricing.errors import InputError
from training.frames import ABSENT, numbers, read_frame
from training.plan_fields import sensitive

_EXPOSURE = re.compile(
    r"expos|exppdays|insured|holders|policy.?years|duration|payroll|worked|hours|暴露|工时", re.IGNORECASE
)
_COUNTS = re.compile(
    r"^claims$|claim.?(nb|count|number)|^num(?!ber_of_d)|^nb|counts|frequency|赔案|件数|次数", re.IGNORECASE
)
_AMOUNTS = re.compile(r"amount|payment|^ind(?!ustry)|loss|cost|paid|sever|赔款|金额", re.IGNORECASE)
_SPLIT = ({"train", "test"}, {"train"}, {"test"})
_FEW = 12  # distinct whole numbers up to here are taken for names


def first_plan(path: Path) -> str:
    """A plan as YAML text with its guesses as comments; InputError where no exposure or no counts can be seen."""
    frame = read_frame(path)
    columns = {str(name): numbers(frame, str(name)) for name in frame.columns if _numeric(frame, str(name))}
    exposure = _first(columns, _EXPOSURE, lambda v: bool((v >= 0).all() and v.max() > 0))
    counts = [name for name in _all(columns, _COUNTS, _whole) if name != exposure]
    if exposure is None or not counts:
        raise InputError("plan_init_no_guess", str(path), known=", ".join(map(str, frame.columns)))
    amounts = [name for name in _all(columns, _AMOUNTS, lambda v: bool(v.max() > 1)) if name not in (exposure, *counts)]
    rest = [str(name) for name in frame.columns if str(name) not in (exposure, *counts, *amounts)]
    split = next((name for name in rest if set(frame[name].astype(str).unique()) in _SPLIT), None)
    prohibited = [name for name in rest if sensitive(name)]
    left = [name for name in rest if name != split and name not in prohibited]
    names = [name for name in left if _identifies(frame, name, columns)]
    factors = [name for name in left if name not in names]
    lines = [
        "# A first plan, guessed from names and values: read every line before you train.",
        f"name: {_q(path.stem)}",
    ]
    lines += [f"data: [{_q(path.name)}]  # relative to this file", *_split(split)]
    lines += _perils(exposure, counts, amounts, columns)
    lines += ["factors:", *(_factor(frame, name, columns) for name in factors)]
    lines += [f"  # {_q(name)}: left out: nearly one value per row, it names rows" for name in names]
    if prohibited:
        lines.append(f"prohibited: [{', '.join(map(_q, prohibited))}]  # by their names; they may not set a price")
    if names:
        lines.append(f"# groups: {_q(names[0])}  # keep the rows of one policy or worker together in cross-validation")
    return "\n".join([*lines, "seed: 2026", ""])


def _split(column: str | None) -> list[str]:
    if column is None:
        return ["# split: {kind: random, test: 0.2}  # the default; better by group or by time where rows repeat"]
    return [f"split: {{column: {_q(column)}}}  # guessed: holds train and test"]


def _perils(exposure: str, counts: Sequence[str], amounts: Sequence[str], columns: dict[str, FloatArray]) -> list[str]:
    """One peril per column of counts; amounts go to the counts in whose rows they are above zero."""
    lines = ["perils:"]
    for name in counts:
        body = [f"exposure: {_q(exposure)}", f"counts: {_q(name)}"]
        agree = {other: float(((columns[other] > 0) == (columns[name] > 0)).mean()) for other in amounts}
        best = max(agree, key=lambda other: agree[other], default=None)
        if best is not None and agree[best] > 0.9:
            body.append(f"amounts: {_q(best)}")
        lines.append(f"  {_q(name)}: {{{', '.join(body)}}}  # guessed; give the peril a name of your own")
    return lines


def _factor(frame: pd.DataFrame, name: str, columns: dict[str, FloatArray]) -> str:
    if name not in columns:
        return f"  {_q(name)}: {{kind: categorical}}"
    distinct = len(np.unique(columns[name][~np.isnan(columns[name])]))
    if distinct <= _FEW:
        return f"  {_q(name)}: {{kind: categorical}}  # numbers, but only {distinct}: taken for names"
    return f"  {_q(name)}: {{kind: numeric}}  # {distinct} values; shape: curve, monotone: up where you know it"


def _numeric(frame: pd.DataFrame, name: str) -> bool:
    """Whether every value that says something is a number, and there is one."""
    values = numbers(frame, name)
    silent = frame[name].isna().to_numpy() | np.isin(frame[name].astype(str).to_numpy(), ABSENT)
    return bool((~np.isnan(values) | silent).all() and not silent.all())


def _identifies(frame: pd.DataFrame, name: str, columns: dict[str, FloatArray]) -> bool:
    """Nearly one value per row: of texts and whole numbers, since a measurement may differ in every row."""
    distinct = int(frame[name].nunique())
    return 2 * distinct > len(frame) and (name not in columns or _whole(columns[name]))


def _whole(values: FloatArray) -> bool:
    return bool((values[~np.isnan(values)] % 1 == 0).all() and np.nanmin(values) >= 0)


def _all(columns: dict[str, FloatArray], words: re.Pattern[str], fits: Callable[[FloatArray], bool]) -> list[str]:
    return [name for name, values in columns.items() if words.search(name) and fits(values[~np.isnan(values)])]


def _first(columns: dict[str, FloatArray], words: re.Pattern[str], fits: Callable[[FloatArray], bool]) -> str | None:
    return next(iter(_all(columns, words, fits)), None)


def _q(name: str) -> str:
    """A name as YAML reads it back."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) else json.dumps(name, ensure_ascii=False)
