"""Expected counts of rows at hand from published tables alone, with the rows that no table prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from models.experience import BoolArray, FloatArray
from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.units import PPM, IntArray
from training.frames import names, numbers
from training.lookups import Lookup
from training.published import PER
from training.score import Pricing


@dataclass(frozen=True, slots=True, eq=False)
class Unpriced:
    """Rows with a value that has no level in a table; found: what the first of them holds, in words."""

    table: str
    factor: str
    found: str
    rows: BoolArray


def pricing_of(tables: Path) -> Pricing:
    """The tables of a folder; InputError where it holds no perils."""
    tariff = Tariff.load(tables)
    if not tariff.perils:
        raise InputError("no_perils", str(tables))
    return Pricing.of(tariff, relativities=False)


def asked(pricing: Pricing, peril: str) -> tuple[str, ...]:
    """Columns that the frequency of a peril is looked up by."""
    lookups = pricing.parts[peril][0].lookups
    of_curves = [one.read.of[0] for one in lookups if one.curve is not None]
    return tuple(dict.fromkeys((*(column for one in lookups for column, _ in one.axes), *of_curves)))


def expected_counts(
    pricing: Pricing, peril: str, frame: pd.DataFrame, exposure: FloatArray
) -> tuple[FloatArray, list[Unpriced]]:
    """Expected claims of each row, NaN where a table has no level for it; exposure, result: shape (rows,)."""
    frequency = pricing.parts[peril][0]
    columns = asked(pricing, peril)
    batch = _batch(pricing, frame, columns)
    codes = {column: pricing.fine[column].codes(batch[column]) for column in columns if column in pricing.fine}
    unpriced = [found for one in frequency.lookups if (found := _without(one, codes, batch)) is not None]
    known = ~np.any([one.rows for one in unpriced], axis=0) if unpriced else np.ones(len(frame), dtype=bool)
    expected = np.full(len(frame), np.nan)
    if known.any():
        priced = batch.filter(pa.array(known)) if columns else batch
        ratio = frequency.ratio({name: code[known] for name, code in codes.items()}, 0, priced)
        expected[known] = exposure[known] * (frequency.base / PER) * (ratio / PPM)
    return expected, unpriced


def _batch(pricing: Pricing, frame: pd.DataFrame, columns: tuple[str, ...]) -> pa.RecordBatch:
    """The columns as `licheng score` reads them. A column of nothing stands in where no table asks for one."""
    arrays: dict[str, pa.Array] = {"": pa.array(np.zeros(len(frame), dtype=np.int8))}
    for name in columns:
        words = name in pricing.words
        arrays[name] = pa.array(names(frame[name]), pa.string()) if words else pa.array(numbers(frame, name))
    return pa.RecordBatch.from_pydict(arrays)


def _without(lookup: Lookup, codes: Mapping[str, IntArray], batch: pa.RecordBatch) -> Unpriced | None:
    rows = lookup.at(codes, batch) < 0
    if not rows.any():
        return None
    said = lookup.said(batch, int(rows.argmax()))
    return Unpriced(lookup.read.table, ", ".join(lookup.read.of), said, np.asarray(rows, dtype=bool))
