"""The rate book of an edition as pages: a cover, one sheet per scheme or cover, the levels, and one per rate table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pricing.edition import Edition
from pricing.errors import ROW_CODES
from pricing.gate import closed
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.rules import tables_read
from pricing.scheme import Scheme
from pricing.spoken import named
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import say
from service.documents.book_inputs import inputs_of
from service.documents.book_levels import LevelLists
from service.documents.book_pages import Book, Cell, Formula, Page
from service.documents.book_sheet import HEAD, SchemeSheet
from service.documents.book_steps import price_rows
from service.documents.book_tables import TableSheet, page_of, table_sheet
from service.documents.book_words import heading

COVER = "Cover"
_NOTES = ("one_worker", "integers", "half_up", "once", "exact", "fall_back", "unknown", "enrolment", "locked", "table")
_DEMONSTRATION = STATUSES.index("demonstration")


@dataclass(frozen=True, slots=True)
class RateBook:
    """A book with what each scheme's sheet does, step by step, in words; closed: refusal of schemes not in force."""

    book: Book
    rules: Mapping[str, tuple[tuple[str, str], ...]]
    closed: Mapping[str, str]


def rate_book(tariff: Tariff, edition: Edition, lang: str) -> RateBook:
    """The rate book of an edition in a language; TooLarge where a spreadsheet could not keep a product exactly."""
    read = dict.fromkeys(table for scheme in edition.schemes.values() for table in tables_read(scheme))
    tables = {name: table_sheet(edition.tables[name], number, edition) for number, name in enumerate(sorted(read), 1)}
    lists = LevelLists(tariff, lang)
    shut = {name: ROW_CODES[closed(edition, scheme)] for name, scheme in edition.schemes.items()}
    sheets = {name: _scheme(edition, scheme, tables, lists, shut[name]) for name, scheme in edition.schemes.items()}
    cover = _cover(tariff, edition, lang, tables, shut)
    pages = (cover, *(one.page for one in sheets.values()), lists.page(), *(page_of(t, lang) for t in tables.values()))
    stamp = say("book_stamp", lang, month=month_text(edition.month), edition=edition.hash[:19])
    book = Book(pages, lang, say("book_title", lang), stamp, edition.known.isoformat())
    return RateBook(book, {name: tuple(one.steps) for name, one in sheets.items()}, shut)


def _scheme(
    edition: Edition, scheme: Scheme, tables: Mapping[str, TableSheet], lists: LevelLists, shut: str
) -> SchemeSheet:
    sheet = SchemeSheet(edition, scheme, tables, lists)
    lang, page = lists.lang, sheet.page
    page.put(1, [Cell(scheme.title[lang], "title")])
    page.put(2, [Cell(_stamp(edition, lang), "note")])
    page.put(3, [Cell(say("book_note_one_worker", lang), "warning")])
    page.put(4, [Cell(_warning(edition, scheme, tables, lang), "warning")])
    page.put(HEAD - 3, [Cell(say("book_back", lang), "link", link=COVER)])
    if shut:
        facts = {"month": month_text(edition.month), "known_on": edition.known.isoformat()}
        page.put(HEAD - 2, [Cell(say(shut, lang, **facts), "warning")])
        return sheet
    heads = ("item", "value", "unit", "how", "entry", "status", "evidence")
    page.put(HEAD, [Cell(heading(name, lang), "head") for name in heads])
    sheet.section("inputs")
    for one in inputs_of(edition, scheme):
        sheet.add_input(one)
    sheet.finish(price_rows(sheet))
    return sheet


def _stamp(edition: Edition, lang: str) -> str:
    month, known = month_text(edition.month), edition.known.isoformat()
    return say("book_edition", lang, month=month, known_on=known, edition=edition.hash)


def _warning(edition: Edition, scheme: Scheme, tables: Mapping[str, TableSheet], lang: str) -> str:
    """That figures of the scheme are a demonstration, or a proposal; empty where all of them are law."""
    found = [row.found for name in scheme.tables() if name in tables for row in tables[name].rows]
    demonstration = any(one is not None and one.status == _DEMONSTRATION for one in found)
    said = [say("is_demonstration", lang)] if demonstration else []
    said += [say("not_due_proposal", lang)] if scheme.scope == "proposal" else []
    return " ".join(said)


def _cover(
    tariff: Tariff, edition: Edition, lang: str, tables: Mapping[str, TableSheet], shut: Mapping[str, str]
) -> Page:
    """What the book is, how far it may be used, and where everything stands."""
    page = Page(COVER, (34, 52, 38, 26), 1)
    page.add(Cell(say("book_title", lang), "title"))
    page.add(Cell(say("book_warning", lang), "warning"))
    page.skip()
    facts = {"month": month_text(edition.month), "known_on": edition.known.isoformat(), "hash": edition.hash}
    for name, value in facts.items():
        page.add(Cell(say("book_cover_" + name, lang), "label"), Cell(value, "code"))
    for which, ranked in (("status", STATUSES), ("evidence", EVIDENCE)):
        page.add(Cell(say("book_cover_" + which, lang), "label"), Cell(_counted(edition, which, ranked, lang)))
    page.skip()
    heads = ("sheet", "title", "premium", "refusal")
    page.add(*(Cell(heading(name, lang), "head") for name in heads))
    for name, scheme in edition.schemes.items():
        premium = Cell(Formula(f"='{name}'!$B${HEAD - 2}"), "result", "yuan") if not shut[name] else None
        page.add(Cell(name, "link", link=name), Cell(scheme.title[lang]), premium, Cell(shut[name], "code"))
    page.add(Cell("Levels", "link", link="Levels"), Cell(say("book_levels", lang)))
    page.skip()
    page.add(Cell(say("book_section_notes", lang), "section"))
    for note in _NOTES:
        page.add(Cell(say("book_note_" + note, lang), "wide"))
    page.skip()
    page.add(*(Cell(heading(name, lang), "head") for name in ("sheet", "title", "table", "unit")))
    for table in tables.values():
        title = Cell(table.table.title[lang])
        page.add(Cell(table.name, "link", link=table.name), title, Cell(table.table.id, "code"), Cell(table.table.unit))
    return page


def _counted(edition: Edition, which: str, ranked: tuple[str, ...], lang: str) -> str:
    """How many entries in force have each mark."""
    marks = [found.status if which == "status" else found.entry.evidence for found in edition.entries]
    return " · ".join(f"{named('mark', mark, lang)} {marks.count(rank)}" for rank, mark in enumerate(ranked))
