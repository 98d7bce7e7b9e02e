"""Refused rows of a part as the contract lists them: file, row, scheme, code, words, and what went unlevied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pricing.arrow import Part
from pricing.arrow_usage import BAD_CELLS, SAID, SET_ASIDE, bad_cells
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.enrolment import Enrolled
from pricing.errors import CODE, OUT_OF_SCOPE, ROW_CODES
from pricing.units import IntArray
from service.engines.folder import FORMULA
from service.engines.rekeyed import aside_facts
from service.engines.side_rows import Record, history_of, refused_enrolments
from service.refusals import both, of_row
from service.refusals.history_words import HISTORY, OF_HISTORY, Sent, start_of

REFUSAL_SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("worker_ref", pa.string()),
        ("scheme", pa.string()),
        *((name, pa.string()) for name in ("column", "code", "message", "message_zh")),
        ("orders", pa.int64()),
        ("income_fen", pa.int64()),
    ]
)
_ECHOED = 1000  # characters of a sender's id that are echoed
_SHOWN = ("file", "row", "worker_ref", "orders", "income_fen")
_SAID = ("column", "code", "message", "message_zh")
_WORDED = ("platform", "region", "occupation")
_WHOSE = ("worker", "file", "row")
# Refusals whose words show the row's own cell or class; all others are worded once per platform, region and occupation.
_SHARED_WORDS = (
    *("industry_not_in_scope", "province_not_in_scope", "platform_not_in_scope", "scope_not_established"),
    *("occupation_not_in_scope", "contribution_base_not_known", "average_wage_not_known", "rate_tier_not_assigned"),
    *("status_not_levied", "rate_not_known", "benefit_limit_not_known"),
)
_OWN_WORDS = (
    frozenset(
        number for number, code in enumerate(ROW_CODES) if code.startswith(("value_", "float_")) or "_not_" in code
    )
    - frozenset(CODE[code] for code in _SHARED_WORDS)
    | OF_HISTORY
)


def refused_rows(part: Part, edition: Edition, found: Mapping[str, Enrolled]) -> Iterator[pa.RecordBatch]:
    """One row per refused row and scheme, scheme by scheme, in key order. Duplicates are counted elsewhere, and so are
    rows outside a cover, which are no one's fault. found: what each settled cover makes of the enrolments.
    """
    for name, refusals in part.settlement.refusals.items():
        listed = (refusals != 0) & (refusals % COLUMN != CODE["duplicate"])
        if edition.schemes[name].product is not None:
            listed &= ~np.isin(refusals % COLUMN, list(OUT_OF_SCOPE))
        places = listed.nonzero()[0]
        if len(places):
            numbers, rows = refusals.take(places), part.settlement.checked.order.take(places)
            meant = _meant(part, refused_enrolments(part, found.get(name)), numbers, rows)
            first, which = _worded_once(part, numbers, rows, meant)
            refused = (numbers, rows, meant, found.get(name))
            words = [_words(part, edition, name, refused, place) for place in first.tolist()]
            yield _batch(part, name, rows, words, which)


def _meant(
    part: Part, enrolments: Mapping[tuple[str, int], Record], numbers: IntArray, rows: IntArray
) -> dict[int, Record]:
    """The enrolment for which a row is refused, by the place of the refusal, where there is one."""
    if not enrolments:
        return {}
    texts, codes = part.usage.texts["worker"], part.usage.codes["worker"].take(rows).tolist()
    keys = enumerate((texts[code] if code >= 0 else "", n) for code, n in zip(codes, numbers.tolist(), strict=True))
    return {place: enrolments[key] for place, key in keys if key in enrolments}


def _worded_once(
    part: Part, numbers: IntArray, rows: IntArray, meant: Mapping[int, Record]
) -> tuple[IntArray, IntArray]:
    """A first place for each set of words that is needed, and which of them each refusal has."""
    key = numbers.copy()
    for name in _WORDED:
        codes = part.usage.codes.get(name)
        if codes is not None:
            key = key * (len(part.usage.texts[name]) + 1) + codes.take(rows) + 1
    own = np.isin(numbers % COLUMN, list(_OWN_WORDS))
    own |= ~part.batch.column(SET_ASIDE).is_null().to_numpy(zero_copy_only=False)[rows]
    key[own] = -1 - rows[own]
    alike: dict[tuple[tuple[str, Any], ...], int] = {}
    for place, record in meant.items():  # enrolments that differ only in who is enrolled are told alike
        told = tuple((name, cell) for name, cell in sorted(record.items()) if name not in _WHOSE)
        key[place] = -1 - len(part.batch) - alike.setdefault((*told, ("", int(numbers[place]))), len(alike))
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first, which


def _batch(part: Part, scheme: str, rows: IntArray, words: list[dict[str, Any]], which: IntArray) -> pa.RecordBatch:
    taken = {name: part.batch.column(name).take(pa.array(rows)) for name in _SHOWN}
    said = {name: escaped(pa.array([word[name] for word in words])).take(pa.array(which)) for name in _SAID}
    columns = {**taken, **said, "scheme": pa.array([scheme]).take(pa.array(np.zeros(len(rows), dtype=np.int64)))}
    columns["file"] = escaped(columns["file"])
    columns["worker_ref"] = escaped(pc.utf8_slice_codeunits(columns["worker_ref"], 0, _ECHOED))
    return pa.RecordBatch.from_arrays([columns[name] for name in REFUSAL_SCHEMA.names], schema=REFUSAL_SCHEMA)


def escaped(texts: pa.Array) -> pa.Array:
    """Texts that a spreadsheet would run as a formula, with an apostrophe before them, as in `folder.CsvFile`."""
    formula = pc.match_substring_regex(texts, FORMULA)
    return pc.if_else(pc.fill_null(formula, False), pc.binary_join_element_wise("'", texts, ""), texts)


def _words(
    part: Part,
    edition: Edition,
    scheme: str,
    refused: tuple[IntArray, IntArray, Mapping[int, Record], Enrolled | None],
    place: int,
) -> dict[str, Any]:
    numbers, rows, meant, enrolments = refused
    number, row = int(numbers[place]), int(rows[place])
    record = {name: part.batch.column(name)[row].as_py() for name in part.batch.schema.names}
    record = {name: value for name, value in record.items() if value is not None}
    if SET_ASIDE in record:
        code, _, text = record[SET_ASIDE].partition(":")
        return {"column": "", **both(code, **aside_facts(code, text))}
    record |= bad_cells(record.pop(BAD_CELLS, "{}"), SAID)
    record = {**meant.get(place, {}), **record}
    if enrolments is not None and number % COLUMN in OF_HISTORY:
        start = start_of(enrolments, part.side.enrolments, record["worker"], edition.month)
        record[HISTORY] = Sent(history_of(part.side.history, record["worker"]), start)
    return {"column": "", **of_row(number, record, edition, edition.schemes[scheme], 0)}
