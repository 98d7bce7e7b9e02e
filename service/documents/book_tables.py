"""Rate tables as sheets: one row per value in force, with a key by which the formulas of other sheets find it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pricing.edition import Edition
from pricing.rate_table import EVIDENCE, NATION, STATUSES, By, Curve, Found, RateTable, Steps, Value
from pricing.spoken import named
from pricing.units import month_text
from pricing.words import say
from service.documents.book_pages import LETTERS, NONE, Cell, Page, quoted, within
from service.documents.book_words import heading

ANY = "(any)"
KNOT, OFF_BALANCE, STEPS, ONE_OF = "knot", "off_balance_ppm", "steps", "one_of"
FIRST = 7  # row of the first value
_MARKS = ("entry", "status", "evidence")
_FRAME = ("from", "ends", "known_from", "source", "clause", "note")
_WIDTHS = {"entry": 36, "source": 60, "clause": 50, "note": 60}

Levels = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Row:
    """A value of a region under some levels; found: its entry, None where the region's last entry has ended."""

    region: str
    levels: Levels
    value: str | int
    found: Found | None


@dataclass(frozen=True, slots=True)
class TableSheet:
    """A table's sheet as formulas see it. keys: factors of its levels; knots: rows of the nation's curve."""

    table: RateTable
    name: str
    keys: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def regional(self) -> bool:
        """Whether any region but the nation answers."""
        return any(row.region != NATION for row in self.rows)

    @property
    def greatest(self) -> int:
        """The greatest number of the table."""
        return max((row.value for row in self.rows if isinstance(row.value, int)), default=0)

    def knots(self) -> tuple[tuple[int, int], ...]:
        """The nation's curve."""
        return tuple((x, row.value) for row in self.rows for x in self._knot(row) if isinstance(row.value, int))

    def _knot(self, row: Row) -> Iterator[int]:
        x = row.levels.get(KNOT)
        if row.region == NATION and isinstance(x, int):
            yield x

    def column(self, what: str) -> str:
        """Range of a column: key, region, a factor, value, entry, status or evidence."""
        letter = LETTERS[("key", "region", *self.keys, "value", *_MARKS).index(what)]
        return within(self.name, letter, FIRST, FIRST + max(len(self.rows), 1) - 1)

    def curve(self, what: str) -> str:
        """Range of the nation's knots (KNOT) or of their factors (value)."""
        places = [place for place, row in enumerate(self.rows) for _ in self._knot(row)]
        letter = LETTERS[("key", "region", *self.keys, "value").index(what)]
        return within(self.name, letter, FIRST + places[0], FIRST + places[-1])

    def place(self, region: str, levels: Mapping[str, str]) -> str:
        """Formula of the row that answers. region, levels: formulas of texts; a level may be left open by the table."""
        open_ = {name for name in self.keys if any(row.levels.get(name, ANY) == ANY for row in self.rows)}
        choices = [[levels[name], quoted(ANY)] if name in open_ else [levels[name]] for name in self.keys]
        keys = ['&"|"&'.join((region, *one)) for one in product(*choices)]
        formula = f"MATCH({keys[-1]},{self.column('key')},0)"
        for key in reversed(keys[:-1]):
            formula = f"IFERROR(MATCH({key},{self.column('key')},0),{formula})"
        return formula


def table_sheet(table: RateTable, number: int, edition: Edition) -> TableSheet:
    """What a table says for the edition's month, region by region, the nation first."""
    rows: list[Row] = []
    for region in sorted(table.entries):
        found = table.on(region, edition.month, edition.known)
        if isinstance(found, Found):
            rows += [Row(region, levels, value, found) for levels, value in _leaves(found.entry.value)]
        elif found == "ended":
            rows.append(Row(region, {}, NONE, None))
    keys = tuple(dict.fromkeys(name for row in rows for name in row.levels))
    name = f"T{number:02d}_{table.id.rsplit('/', 1)[-1]}"[:31]
    return TableSheet(table, name, keys, tuple(rows))


def _leaves(value: Value) -> Iterator[tuple[Levels, str | int]]:
    """Every number and word of a value with the levels it stands under."""
    if isinstance(value, By):
        for level, node in value.nodes.items():
            for levels, leaf in _leaves(node):
                yield {value.factor: level, **levels}, leaf
    elif isinstance(value, Curve):
        yield from (({KNOT: x}, y) for x, y in zip(value.x, value.y, strict=True))
        if value.off_balance_ppm is not None:
            yield {KNOT: OFF_BALANCE}, value.off_balance_ppm
    elif isinstance(value, Steps):
        yield from (({STEPS: name}, getattr(value, name)) for name in ("step", "limit"))
    elif isinstance(value, tuple):
        yield from (({ONE_OF: str(one)}, one) for one in value)
    else:
        yield {}, value


def page_of(sheet: TableSheet, lang: str) -> Page:
    """The table as people read it: title, unit, then every value with its entry, marks, dates and source."""
    columns = ("key", "region", *sheet.keys, "value", *_MARKS, *_FRAME)
    page = Page(sheet.name, [_WIDTHS.get(name, 18) for name in columns], FIRST - 1)
    page.widths = [30, *page.widths[1:]]
    page.add(Cell(sheet.table.title[lang], "title"))
    page.add(Cell(say("book_table", lang, table=sheet.table.id, unit=sheet.table.unit), "note"))
    page.add(Cell(say("book_table_key", lang), "note"))
    page.add(Cell(say("book_back", lang), "link", link="Cover"))
    page.put(FIRST - 1, [Cell(heading(name, lang), "head") for name in columns])
    for row in sheet.rows:
        page.add(*_cells(row, sheet, lang))
    if not sheet.rows:
        page.put(FIRST, [Cell(say("book_table_empty", lang), "note")])
    return page


def _cells(row: Row, sheet: TableSheet, lang: str) -> Sequence[Cell]:
    levels = [row.levels.get(name, ANY) for name in sheet.keys]
    key = "|".join((row.region, *map(str, levels))) if row.found else f"{row.region}|"
    shown = [Cell(key, "code"), Cell(row.region, "code"), *(Cell(level, _look(level)) for level in levels)]
    shown.append(Cell(row.value, _look(row.value)))
    if row.found is None:
        return [*shown, Cell(say("book_ended", lang), "note")]
    entry = row.found.entry
    marks = (named("mark", STATUSES[row.found.status], lang), named("mark", EVIDENCE[entry.evidence], lang))
    note = entry.note[lang] if entry.note else ""
    carried = say("book_carried", lang) if row.found.carried else ""
    frame = (
        month_text(entry.effective_from),
        month_text(entry.ends) if entry.ends is not None else "",
        entry.known_from.isoformat(),
        entry.source,
        entry.clause,
        " ".join(filter(None, (carried, note))),
    )
    return [*shown, Cell(entry.id, "code"), *(Cell(text) for text in (*marks, *frame))]


def _look(value: str | int) -> str:
    return "number" if isinstance(value, int) else "code"
