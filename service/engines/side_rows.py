"""Rows of a part's side files as they were sent, and what each settled cover makes of its enrolments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pricing.arrow import Part
from pricing.arrow_usage import BAD_CELLS, SAID, bad_cells
from pricing.edition import Edition
from pricing.enrolment import Enrolled, enrolled
from pricing.gate import closed
from pricing.side import Table

Record = dict[str, Any]


def record_of(table: Table, place: int) -> Record:
    """A row as it was sent: only the cells that are there."""
    texts = {
        name: texts[int(table.codes[name][place])] for name, texts in table.texts.items() if _has(table, name, place)
    }
    numbers = {name: int(cells[place]) for name, cells in table.numbers.items() if cells[place] >= 0}
    bad = bad_cells(texts.pop(BAD_CELLS, "{}"), SAID)
    return {**texts, **numbers, **bad}


def _has(table: Table, name: str, place: int) -> bool:
    return int(table.codes[name][place]) >= 0


def history_of(table: Table, worker: str) -> list[Record]:
    """Rows of one worker's history as they were sent."""
    return [record_of(table, place) for place in table.rows_of(worker).tolist()]


def judged(part: Part, edition: Edition, names: Iterable[str]) -> dict[str, Enrolled]:
    """The enrolments of each cover that is settled and open in the month."""
    schemes = [edition.schemes[name] for name in names]
    table = part.side.enrolments
    if not table.rows:
        return {}
    covers = [scheme for scheme in schemes if scheme.product is not None and not closed(edition, scheme)]
    return {scheme.name: enrolled(table, edition, scheme) for scheme in covers}


def refused_enrolments(part: Part, found: Enrolled | None) -> Mapping[tuple[str, int], Record]:
    """The refused enrolment of each worker by the number of its refusal; of several the last, as a cover takes it."""
    if found is None:
        return {}
    table = part.side.enrolments
    places = (found.refusals > 0).nonzero()[0]
    records = [record_of(table, int(place)) for place in found.own[places].tolist()]
    numbers = found.refusals[places].tolist()
    return {(record["worker"], int(number)): record for record, number in zip(records, numbers, strict=True)}
