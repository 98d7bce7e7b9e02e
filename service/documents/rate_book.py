"""The workbook's file: the only one that knows the library of spreadsheets. Equal pages make equal bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pricing.words import say
from service.documents.book_pages import OK, Allowed, Book, Cell, Formula, Page
from service.documents.book_words import unit_words

_A4 = 9
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TEXT = "@"
_FONTS: Mapping[str, Font] = {
    "title": Font(bold=True, size=15),
    "section": Font(bold=True, size=12, color="1F4E79"),
    "head": Font(bold=True, color="FFFFFF"),
    "warning": Font(bold=True, color="9C0006"),
    "note": Font(color="595959"),
    "link": Font(color="0563C1", underline="single"),
    "result": Font(bold=True, size=13),
    "code": Font(name="Consolas", size=9, color="404040"),
}
_FILLS: Mapping[str, PatternFill] = {
    "head": PatternFill("solid", fgColor="1F4E79"),
    "input_text": PatternFill("solid", fgColor="FFF2CC"),
    "input_number": PatternFill("solid", fgColor="FFF2CC"),
    "result": PatternFill("solid", fgColor="E2EFDA"),
}
_NUMERIC = ("number", "step", "result", "input_number", "input_text", "check")
_UNWRAPPED = ("title", "section", "note", "warning", "link", "code", *_NUMERIC)
_LINE = Side("thin", color="7F7F7F")
_EDGE = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def workbook_bytes(book: Book) -> bytes:
    """The book as an .xlsx file: formula cells locked, inputs open, A4 pages that fit in width."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for page in book.pages:
        _write(workbook.create_sheet(page.name), page, book)
    workbook.calculation = CalcProperties(fullCalcOnLoad=True)
    workbook.properties.title, workbook.properties.creator = book.title, "licheng"
    written = io.BytesIO()
    workbook.save(written)
    return _undated(written.getvalue(), book.day)


def _write(sheet: Worksheet, page: Page, book: Book) -> None:
    for (row, column), cell in page.cells.items():
        _fill(sheet, row, column, cell, book.lang)
    for number, width in enumerate(page.widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    _mark_refused(sheet, page)
    for one in page.allowed:
        sheet.add_data_validation(_validation(one, book.lang))
    sheet.freeze_panes = f"A{page.head + 1}"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.orientation = "landscape" if sum(page.widths) > 110 else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{page.head}:{page.head}"
    footer = sheet.oddFooter
    assert footer is not None
    footer.left.text, footer.right.text = book.stamp, "&A  &P/&N"


def _mark_refused(sheet: Worksheet, page: Page) -> None:
    """Checks that do not hold stand out."""
    rows = [row for (row, _), cell in page.cells.items() if cell.style == "check"]
    if rows:
        look = DifferentialStyle(font=Font(bold=True, color="9C0006"))
        rule = Rule(type="cellIs", operator="notEqual", formula=[f'"{OK}"'], dxf=look)
        sheet.conditional_formatting.add(f"B{min(rows)}:B{max(rows)}", rule)


def _fill(sheet: Worksheet, row: int, column: int, cell: Cell, lang: str) -> None:
    target = sheet.cell(row, column, cell.value)
    computed = isinstance(cell.value, Formula)
    if isinstance(cell.value, str) and not computed:
        target.data_type = "s"
    if cell.style in _FONTS:
        target.font = _FONTS[cell.style]
    if cell.style in _FILLS:
        target.fill = _FILLS[cell.style]
    if cell.style.startswith("input"):
        target.protection, target.border = Protection(locked=False), _EDGE
    if cell.style == "input_text" or (cell.style == "code" and not computed):
        target.number_format = _TEXT
    elif cell.style in _NUMERIC:
        target.number_format = _number_format(cell.unit, lang)
    wide = cell.style in _UNWRAPPED
    target.alignment = Alignment(
        wrap_text=not wide and cell.style != "wide",
        vertical="top",
        horizontal="right" if cell.style in _NUMERIC else None,
    )
    if cell.link:
        target.hyperlink = Hyperlink(ref=target.coordinate, location=f"'{cell.link}'!A1")


def _number_format(unit: str, lang: str) -> str:
    """Thousands, with the unit behind the number."""
    shown = "" if unit in ("", "word", "code") else unit_words(unit, lang)
    digits = "#,##0.00" if unit == "yuan" else "#,##0"
    return f'{digits}" {shown}"' if shown else digits


def _validation(one: Allowed, lang: str) -> DataValidation:
    if one.options:
        found = DataValidation("list", formula1=one.options, allow_blank=True)
    else:
        found = DataValidation("whole", formula1="0", formula2=str(one.greatest), operator="between", allow_blank=True)
    found.errorStyle = "stop" if one.strict else "warning"
    found.showErrorMessage, found.showInputMessage = True, True
    found.error = found.prompt = one.message[:250]
    found.errorTitle = found.promptTitle = say("book_input_title", lang)
    found.add(one.cell)
    return found


def _undated(written: bytes, day: str) -> bytes:
    """The same file without the clock: what is equal has equal bytes, and so an equal hash."""
    stamp = f"{day}T00:00:00Z".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", lambda m: m[1] + stamp, content)
            found = zipfile.ZipInfo(name, _EPOCH)
            found.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(found, content)
    return made.getvalue()
