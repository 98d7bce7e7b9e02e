"""Files of any columns as frames; a CSV's texts stay texts until a column is asked for as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from models.experience import BoolArray, FloatArray
from models.factor_spec import Column, text_of
from pricing.errors import InputError

ABSENT = ("", "NA", "NaN", "nan", "NULL", "null", "None")  # texts of a CSV that say nothing


def read_frame(path: Path) -> pd.DataFrame:
    """A CSV (texts, nothing guessed) or Parquet file; InputError where it is absent or neither."""
    if not path.is_file():
        raise InputError("file_not_found", "", path=path)
    try:
        if path.suffix == ".parquet":
            frame: pd.DataFrame = pq.read_table(path).to_pandas()
            return frame
        if path.suffix != ".csv":
            raise InputError("portfolio_file_kind", str(path))
        text = {"dtype": str, "keep_default_na": False}
        try:
            return pd.read_csv(path, encoding="utf-8-sig", **text)
        except UnicodeDecodeError:
            return pd.read_csv(path, encoding="gb18030", **text)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise InputError("portfolio_unreadable", str(path), reason=str(error).splitlines()[0]) from None


def numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """A column as floats, NaN where there is no finite number."""
    column = frame[name].astype(object) if isinstance(frame[name].dtype, pd.CategoricalDtype) else frame[name]
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def names(column: pd.Series[Any]) -> Column:
    """Level names of a column, empty where nothing is said."""
    places, distinct = pd.factorize(column, use_na_sentinel=True)
    words = np.array([*(text_of(value) or "" for value in distinct.tolist()), ""], dtype=object)
    found: Column = words[places]
    return found


def doubled(frame: pd.DataFrame) -> BoolArray:
    """Rows that repeat an earlier one in every column, where some column tells rows apart: the same row read twice.

    Without such a column equal rows are different risks that look alike, and stay.
    """
    distinct = max(int(frame[name].nunique()) for name in frame.columns)
    if 2 * distinct <= len(frame):
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame.duplicated().to_numpy(), dtype=bool)
