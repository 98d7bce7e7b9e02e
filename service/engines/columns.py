"""Columns of the files that a levy publishes, by file, as the code writes them."""

from __future__ import annotations

import pyarrow as pa

from pricing.arrow import LINE_SCHEMA
from service.engines.folder import DECLARATION_COLUMNS
from service.engines.refused import REFUSAL_SCHEMA
from service.engines.side_refused import SIDE_REFUSAL_SCHEMA


def folder_columns() -> dict[str, list[dict[str, str]]]:
    """Per table of a published folder its columns; types are those of the file, texts in a CSV."""
    return {
        "lines": _columns(LINE_SCHEMA),
        "declarations": [{"column": name, "type": "text"} for name in DECLARATION_COLUMNS],
        "refusals_file": _columns(REFUSAL_SCHEMA),
        "side_refusals": _columns(SIDE_REFUSAL_SCHEMA),
    }


def _columns(schema: pa.Schema) -> list[dict[str, str]]:
    return [{"column": field.name, "type": str(field.type)} for field in schema]
