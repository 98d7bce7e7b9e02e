"""The published tables as an MLflow model: `predict` gives what `licheng score` gives. MLflow loads this file itself.

No pickle: the model is this code with the folder of tables beside it, and whoever loads it reads both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from pricing.tariff import Tariff
from training.score import Pricing


class TablesModel(PythonModel):
    """Tables that answer for any rows with their columns; rows keep their index."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the tables that were logged with the model."""
        self.pricing = Pricing.of(Tariff.load(Path(context.artifacts["tables"])), relativities=False)

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Expected counts and amounts per row, empty where a row's exposure is.

        MlflowException names a row with a level that the tables do not price: then no row is answered, as in a file.
        """
        pricing = self.pricing
        if model_input.empty:
            return pd.DataFrame({name: pd.Series(dtype=float) for name in pricing.names}, index=model_input.index)
        asked = model_input[[*pricing.numbers, *pricing.words]]
        try:
            rows = pa.RecordBatch.from_pandas(asked, preserve_index=False)
        except pa.ArrowException as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from None
        without = pricing.unpriced(rows)
        if without.any():
            raise MlflowException(_said(asked, without), error_code=INVALID_PARAMETER_VALUE)
        return pricing.scored(0, rows).select(list(pricing.names)).to_pandas().set_index(model_input.index)


def _said(rows: pd.DataFrame, without: Any) -> str:
    """How many rows have a value that no table prices, and the first of them, for a person."""
    first = int(without.argmax())
    values = ", ".join(f"{name} = {value!r}" for name, value in rows.iloc[first].to_dict().items())
    return f"{int(without.sum())} rows have a value that the tables do not price; the first is row {first}: {values}"


mlflow.models.set_model(TablesModel())
