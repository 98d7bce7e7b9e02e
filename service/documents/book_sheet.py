"""One scheme's sheet under construction: inputs, then steps one below the other, then checks, then the premium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pricing.edition import Edition
from pricing.rate_table import EVIDENCE, NATION, STATUSES
from pricing.scheme import Scheme
from pricing.spoken import named
from pricing.usage import BY_NAME
from pricing.words import COLON, say, sentences
from service.documents.book_inputs import Choice, Number
from service.documents.book_levels import LevelLists
from service.documents.book_pages import NONE, OK, Allowed, Cell, Formula, Page, quoted
from service.documents.book_tables import TableSheet
from service.documents.book_words import input_words, part_words, unit_words
from service.documents.exact_formulas import Whole, to_fen

HEAD = 8
NATIONAL = quoted(NATION)
_WIDTHS = (46, 24, 18, 62, 40, 16, 14)


class SchemeSheet:
    """Rows of one scheme. Every step is one cell of column B; other rows refer to it."""

    def __init__(self, edition: Edition, scheme: Scheme, tables: Mapping[str, TableSheet], lists: LevelLists) -> None:
        self.edition, self.scheme, self.tables, self.lists = edition, scheme, tables, lists
        self.lang = lists.lang
        self.page = Page(scheme.name, _WIDTHS, HEAD, last=HEAD)
        self.inputs: dict[str, Whole] = {}
        self.steps: list[tuple[str, str]] = []
        self._checks: list[tuple[str, str, str]] = []
        self._regions: dict[str, str] = {}

    # -- inputs ---------------------------------------------------------------------------------------------------

    def section(self, code: str) -> None:
        """A heading within the sheet."""
        self.page.skip()
        self.page.add(Cell(say("book_section_" + code, self.lang), "section"))

    def add_input(self, one: Choice | Number) -> None:
        """An unlocked cell with its list or limits, and the check of what is typed into it."""
        row, label = self.page.last + 1, input_words(one.name, self.lang)
        cell = f"$B${row}"
        if isinstance(one, Number):
            self._number(one, label, cell)
            return
        codes, words = self.lists.ranges(one.name, one.levels or ("",))
        shown = f'=IFERROR(INDEX({words},MATCH({cell}&"",{codes},0)),"")'
        self.page.add(
            Cell(label, "label"), Cell(one.example or None, "input_text"), Cell(one.name, "code"), Cell(Formula(shown))
        )
        strict = one.name != "region"  # a county may be typed that has no value of its own
        message = say("book_choose" if one.required else "book_choose_or_empty", self.lang)
        self.page.allowed.append(Allowed(cell.replace("$", ""), codes, strict=strict, message=message))
        self.inputs[one.name] = Whole(f'{cell}&""', 0)
        found = f'INDEX({codes},MATCH({cell}&"",{codes},0))'
        listed = f'IFERROR(EXACT({found},{cell}&""),FALSE)'  # MATCH alone takes * for any text
        if one.name == "region":
            listed = f'AND(LEN({cell}&"")=6,IFERROR(INT(VALUE({cell}&""))>0,FALSE),{self._province(cell, codes)})'
        condition = listed if one.required else f'OR({cell}="",{listed})'
        self.check(say("book_check_listed", self.lang, name=label), condition, one.code)

    def _province(self, cell: str, codes: str) -> str:
        return f'ISNUMBER(MATCH(LEFT({cell}&"",2)&"0000",{codes},0))'

    def _number(self, one: Number, label: str, cell: str) -> None:
        code = "book_whole" if one.required else "book_whole_or_empty"
        message = say(code, self.lang, greatest=f"{one.greatest:,}")
        column = sentences(self.lang).get("column_" + one.name, "")
        unit = unit_of(one.name)
        how = " · ".join(filter(None, (column, message)))
        self.page.add(Cell(label, "label"), Cell(one.example, "input_number", unit), Cell(one.name, "code"), Cell(how))
        self.page.allowed.append(Allowed(cell.replace("$", ""), greatest=one.greatest, message=message))
        self.inputs[one.name] = Whole(cell, one.greatest)
        whole = f"AND(ISNUMBER({cell}),IFERROR(AND(INT({cell})={cell},{cell}>=0,{cell}<={one.greatest}),FALSE))"
        condition = whole if one.required else f'OR({cell}="",{whole})'
        self.check(say("book_check_whole", self.lang, name=label), condition, one.code)

    # -- steps ----------------------------------------------------------------------------------------------------

    def step(self, code: str, found: Whole, unit: str, marks: Sequence[str] = (), **facts: object) -> Whole:
        """A row with a formula. code: its label and how it is worked out; marks: formulas of its entry and marks."""
        label, how = say("book_step_" + code, self.lang, **facts), say("book_how_" + code, self.lang, **facts)
        return self._row(label, how, found, unit, marks)

    def _row(self, label: str, how: str, found: Whole, unit: str, marks: Sequence[str]) -> Whole:
        shown = unit_words(unit, self.lang)
        cells = [
            Cell(Formula(f'=IFERROR({mark},"")'), "code" if place == 0 else "text") for place, mark in enumerate(marks)
        ]
        value = Cell(Formula(f'=IFERROR({found},"{NONE}")'), "step", unit)
        row = self.page.add(Cell(label, "label"), value, Cell(shown, "note"), Cell(how), *cells)
        self.steps.append((label, how))
        return Whole(f"$B${row}", found.greatest)

    def look_up(
        self,
        table: str,
        levels: Mapping[str, str],
        must: str = "",
        otherwise: str = "",
        *,
        counts: bool = True,
        only_if: str = "",
    ) -> Whole:
        """A row that reads a table. must: refusal where it says nothing; otherwise: the value then; counts: whether the
        premium rests on the entry; only_if: condition under which it does.
        """
        sheet = self.tables[table]
        place = sheet.place(self.region_of(table), levels)
        value = f"INDEX({sheet.column('value')},{place})"
        value = f"IFERROR({value},{otherwise})" if otherwise else value
        keys = ", ".join(("region", *sheet.keys) if sheet.regional else sheet.keys)
        code = "looked_up_else" if otherwise else "looked_up" if keys else "looked_up_one"
        title = self._title(sheet, levels)
        facts = {"title": title, "sheet": sheet.name, "keys": keys, "otherwise": otherwise}
        marks = self.marks(sheet, place, only_if) if counts else self.marks(sheet, place, only_if)[:1]
        default = int(otherwise) if otherwise.isdecimal() else 0
        found = self.step(code, Whole(value, max(sheet.greatest, default)), _unit(sheet), marks, **facts)
        if must:
            known = say("book_check_known", self.lang, title=title)
            self.check(known, f'NOT({found}="{NONE}")', must)
        return found

    def _title(self, sheet: TableSheet, levels: Mapping[str, str]) -> str:
        """A table's title, with the level that the sheet itself fixes: floor, cap, least …"""
        fixed = [level.strip('"') for level in levels.values() if level.startswith('"')]
        parts = (part_words(level, self.lang) for level in fixed)
        return COLON[self.lang].join((sheet.table.title[self.lang], *parts))

    def marks(self, sheet: TableSheet, place: str, only_if: str = "") -> list[str]:
        """Formulas of the entry that a place of a table stands in, with its two marks."""
        found = [f"INDEX({sheet.column(what)},{place})" for what in ("entry", "status", "evidence")]
        return [f'IF({only_if},{one},"")' for one in found] if only_if else found

    def region_of(self, table: str) -> str:
        """Cell of the region whose entry answers: county → city → province → nation; once per table."""
        sheet = self.tables[table]
        if not sheet.regional:
            return NATIONAL
        if table not in self._regions:
            region, regions = self.inputs["region"], sheet.column("region")
            formula = NATIONAL
            for code in (f'LEFT({region},2)&"0000"', f'LEFT({region},4)&"00"', f"{region}"):
                formula = f"IF(ISNUMBER(MATCH({code},{regions},0)),{code},{formula})"
            facts = {"title": sheet.table.title[self.lang], "sheet": sheet.name}
            self._regions[table] = str(self.step("region", Whole(formula, 0), "code", **facts))
        return self._regions[table]

    # -- checks and result ----------------------------------------------------------------------------------------

    def check(self, label: str, condition: str, code: str) -> None:
        """A condition without which there is no premium; code: the refusal of the contract."""
        self._checks.append((label, condition, code))

    def finish(self, millifen: Whole) -> None:
        """The checks, the premium rounded to fen once, and the weakest marks it rests on."""
        self.section("checks")
        first = self.page.last + 1
        refused = say("book_refused", self.lang)
        for label, condition, code in dict.fromkeys(self._checks):
            verdict = Formula(f'=IF(IFERROR({condition},FALSE),"{OK}","{refused}")')
            self.page.add(Cell(label, "label"), Cell(verdict, "check"), None, Cell(code, "code"))
        checks = f"$B${first}:$B${self.page.last}"
        count = self.page.last - first + 1
        why = Formula(f'=IFERROR(INDEX({checks.replace("B", "D")},MATCH("{refused}",{checks},0)),"")')
        self.section("result")
        fen = to_fen(millifen)
        good = f'COUNTIF({checks},"{OK}")={count}'
        result = self.step("fen", Whole(f'IF({good},{fen},"{NONE}")', fen.greatest), "fen")
        yuan = self.step("yuan", Whole(f"{result}/100", fen.greatest), "yuan")
        for column, ranked, code in (("F", STATUSES, "status"), ("G", EVIDENCE, "evidence")):
            self.step(code, Whole(self._weakest(column, ranked, first), 0), "word")
        title = Cell(say("book_step_yuan", self.lang), "label")
        self.page.put(HEAD - 2, [title, Cell(Formula(f"={yuan}"), "result", "yuan"), None, Cell(why, "warning")])

    def _weakest(self, column: str, ranked: Sequence[str], last: int) -> str:
        """The last of the ranked marks that any step's entry has."""
        formula = quoted(NONE)
        for mark in ranked:
            words = quoted(named("mark", mark, self.lang))
            formula = f"IF(COUNTIF(${column}${HEAD + 1}:${column}${last},{words})>0,{words},{formula})"
        return formula


def unit_of(name: str) -> str:
    """What an input counts, by its name."""
    ends = {"_fen": "fen", "_ppm": "ppm", "_min": "minutes", "_m": "metres", "_pct": "pct", "_months": "months"}
    found = next((unit for end, unit in ends.items() if name.endswith(end)), "")
    return found or {"active_days": "days"}.get(name, "count" if name in (*BY_NAME, "heads") else "word")


def _unit(sheet: TableSheet) -> str:
    """A table's unit by the name under which its numbers are shown."""
    unit = sheet.table.unit
    return {"ppm of contribution_base": "ppm", "ppm of average_wage": "ppm", "fen per month": "fen"}.get(unit, unit)
