"""Re-keying: before anything of an upload is kept, a worker's given id gives way to the one under which it is stored.

What the sender called the worker is sealed into `worker_ref`, its own columns into `x_columns`, so that only the sender
is shown them again. Rows of a platform that is not the sender's are set aside: refused by row, never settled.
"""

from __future__ import annotations

import json
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pricing.arrow_usage import BAD_CELLS, LIKE, OWN_COLUMNS, SAID, SET_ASIDE
from pricing.coding import SLUG, WORKER
from pricing.errors import InputError
from service.engines.order import Rekey, Upload
from service.engines.sealed_words import (
    cut,
    mark_of,
    may_be_a_number_of_somebody,
    may_be_an_id,
    may_hold_an_id,
    sealed,
)

NOT_YOURS = "platform_not_yours"
# Bytes that are kept of an id, so that what is sealed stays short enough to be echoed whole.
_MOST_WORKER, _MOST_REF = 160, 320
MOST_OWN = 8_000  # characters of a row's x_ columns together, as JSON: they are sealed and kept with every line
_FREE = ("contractor", "group")
_AS_THEY_ARE = ("worker", "worker_ref", "file", OWN_COLUMNS, SET_ASIDE, BAD_CELLS)  # each is sealed in a way of its own
_TOO_LARGE = 10**18  # for any column
_NOBODY = "?"  # stands before what is no pseudonym, so that it stays none


def stored(batch: pa.RecordBatch, upload: Upload) -> pa.RecordBatch:
    """A batch of usage or of a side file as it may be kept."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns |= _words_sealed(columns, upload)
    if "worker_ref" in columns:
        columns["worker_ref"] = _sealed_refs(columns["worker"], columns["worker_ref"], upload.rekey)
    columns["worker"] = _stored_workers(columns["worker"], upload.rekey)
    _check_own(columns)
    columns[OWN_COLUMNS] = _mapped(columns[OWN_COLUMNS], upload.rekey.seal)
    columns[SET_ASIDE] = _mapped(columns[SET_ASIDE], lambda text: text.partition(":")[0] + ":…")
    if upload.own and "platform" in columns:
        columns |= _others_aside(columns, upload)
    return pa.RecordBatch.from_arrays([columns[name] for name in batch.schema.names], schema=batch.schema)


def stored_worker(given: str, rekey: Rekey) -> str:
    """The id under which a worker is stored; of what is no pseudonym, something that is none either."""
    return ("" if WORKER.fullmatch(given) else _NOBODY) + rekey.worker(given)


def given_of(sealed: str | None, rekey: Rekey) -> tuple[str, str | None] | None:
    """Worker and worker_ref as they were given; None where they cannot be opened."""
    opened = None if not sealed else rekey.open(sealed)
    if opened is None:
        return None
    worker, ref = json.loads(opened)
    return worker, ref or None


def is_of(sealed: str | None, stored: str, rekey: Rekey) -> bool:
    """Whether a sealed worker_ref names the worker that is stored under an id."""
    given = given_of(sealed, rekey)
    return given is not None and stored_worker(given[0], rekey) == stored


def aside_facts(code: str, text: str) -> dict[str, object]:
    """Facts of the sentence of a row that was set aside."""
    own, _, platform = text.partition(" ")
    return {"own": own, "platform": platform} if code == NOT_YOURS else {"text": text}


def _words_sealed(columns: dict[str, pa.Array], upload: Upload) -> dict[str, pa.Array]:
    """Columns of texts and cells that were no numbers, with marks for what may be an id. Names that a sender is free to
    give (a station, a group) are such where they hold the id of a worker of the batch, or are of a pseudonym's form.
    """
    rekey, known = upload.rekey, upload.known
    ids = {text for name in ("worker", "worker_ref") if name in columns for text in columns[name].unique().to_pylist()}

    def free(text: str) -> str:
        return sealed(text, rekey) if may_hold_an_id(text, ids) else text

    def platform(text: str) -> str:
        return free(text) if SLUG.fullmatch(text) else word(text)

    def word(text: str) -> str:
        return mark_of(text, rekey) if may_be_an_id(text, known) else text

    def cell(value: str | int | float) -> object:
        if isinstance(value, str):
            return word(value)
        if not may_be_a_number_of_somebody(value):
            return value
        return {LIKE: _as_wrong(value), SAID: mark_of(str(value), rekey)}

    def cells(text: str) -> str:
        return json.dumps({name: cell(value) for name, value in json.loads(text).items()}, ensure_ascii=False)

    texts = [name for name, column in columns.items() if pa.types.is_string(column.type) and name not in _AS_THEY_ARE]
    ways = {**dict.fromkeys(texts, word), BAD_CELLS: cells}
    ways |= {name: way for name, way in (*zip(_FREE, repeat(free)), ("platform", platform)) if name in columns}
    return {name: _mapped(columns[name], way) for name, way in ways.items()}


def _as_wrong(value: int | float) -> int | float:
    """A number that is refused for the same reason as a bad cell that is sealed."""
    if isinstance(value, float):
        return 0.5
    return -1 if value < 0 else _TOO_LARGE


def _check_own(columns: dict[str, pa.Array]) -> None:
    """InputError where a row's own columns are longer than is kept of a row."""
    lengths = pc.utf8_length(columns[OWN_COLUMNS])
    found = pc.max(lengths).as_py() or 0
    if found > MOST_OWN:
        place = pc.index(lengths, found).as_py()
        facts = {"row": columns["row"][place].as_py(), "found": f"{found:,}", "most": f"{MOST_OWN:,}"}
        raise InputError("own_columns_long", columns["file"][place].as_py(), **facts)


def _stored_workers(workers: pa.Array, rekey: Rekey) -> pa.Array:
    return _mapped(workers, lambda given: stored_worker(given, rekey))


def _sealed_refs(workers: pa.Array, refs: pa.Array, rekey: Rekey) -> pa.Array:
    """Of each row its worker and worker_ref, sealed as a JSON list; rows alike one after another are sealed once."""
    sealed: list[str] = []
    said, made = None, ""
    for pair in zip(workers.to_pylist(), refs.to_pylist(), strict=True):
        if pair != said:
            worker, ref = cut(pair[0] or "", _MOST_WORKER), cut(pair[1] or "", _MOST_REF)
            said, made = pair, rekey.seal(f"[{encode_basestring(worker)}, {encode_basestring(ref)}]")
        sealed.append(made)
    return pa.array(sealed, pa.string())


def _mapped(column: pa.Array, to: Any) -> pa.Array:
    """Each distinct text of a column made into another one."""
    if column.null_count == len(column):
        return column
    encoded = column.dictionary_encode()
    made = pa.array([to(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return made.take(encoded.indices)


def _others_aside(columns: dict[str, pa.Array], upload: Upload) -> dict[str, pa.Array]:
    """Rows that name another platform, set aside: each under a worker that is none, without its platform."""
    other = pc.fill_null(pc.not_equal(columns["platform"], upload.own), False)
    other = pc.and_(other, columns[SET_ASIDE].is_null())
    places = pc.indices_nonzero(other).to_pylist()
    if not places:
        return {}
    workers, asides = columns["worker"].to_pylist(), columns[SET_ASIDE].to_pylist()
    for place in places:
        row = f"{columns['file'][place].as_py()}:{columns['row'][place].as_py()}"
        workers[place] = _NOBODY + upload.rekey.worker(row)
        asides[place] = f"{NOT_YOURS}:{upload.own} {columns['platform'][place].as_py()[:80]}"
    platforms = pc.if_else(other, pa.scalar(None, pa.string()), columns["platform"])
    made = {"worker": pa.array(workers, pa.string()), SET_ASIDE: pa.array(asides, pa.string())}
    return made | {"platform": platforms}
