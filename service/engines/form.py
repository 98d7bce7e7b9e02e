"""Forms of input files: their texts, their whole numbers, what must be there, the schema in which rows are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pricing.arrow_usage import BAD_CELLS, OWN_COLUMNS, SET_ASIDE, USAGE_SCHEMA
from pricing.side import ENROLMENT_TEXTS, GREATEST, HISTORY_COLUMNS
from pricing.tariff import Tariff
from pricing.usage import BY_NAME, NUMBERS, TEXTS


@dataclass(frozen=True, slots=True)
class FileForm:
    """Columns of a file. numbers: the greatest value of each; choices: texts that may be sent as numbers or truths."""

    texts: tuple[str, ...]
    numbers: Mapping[str, int]
    needed: tuple[str, ...]
    schema: pa.Schema
    choices: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that a file of this form may have, besides the sender's own."""
        return (*self.texts, *self.numbers)


def _form(
    texts: Iterable[str], numbers: Iterable[str], needed: tuple[str, ...], choices: Iterable[str] = ()
) -> FileForm:
    limits = {name: GREATEST[name] for name in numbers}
    own = [(name, pa.string()) for name in (BAD_CELLS, SET_ASIDE, OWN_COLUMNS)]
    fields = [(name, pa.string()) for name in texts] + [(name, pa.int64()) for name in limits]
    schema = pa.schema([*fields, ("file", pa.string()), ("row", pa.int64()), *own])
    return FileForm(tuple(texts), limits, needed, schema, frozenset(choices))


USAGE_FORM = FileForm(
    TEXTS,
    {name: BY_NAME[name].greatest for name in NUMBERS},
    ("month", "worker", "platform", "region", "occupation"),
    USAGE_SCHEMA,
)
HISTORY_FORM = _form(
    [name for name in HISTORY_COLUMNS if name not in GREATEST], ("revenue_fen",), ("worker", "month", "revenue_fen")
)


def enrolment_form(tariff: Tariff) -> FileForm:
    """Enrolments: who, which cover, from when, the group, and every option of any cover of the tariff."""
    products = [tariff.schemes[name].product for name in tariff.covers]
    options = dict.fromkeys(option for product in products if product is not None for option in product.options)
    texts = (*ENROLMENT_TEXTS, *options)
    return _form(texts, ("eligible", "enrolled"), ("worker", "cover", "from_month"), options)
