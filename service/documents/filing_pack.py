"""The filing pack of an edition: rate books, rules, sources, sample worksheets, and an index with every file's hash."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from pricing.edition import Edition
from pricing.folder_hash import folder_hash
from pricing.rate_table import EVIDENCE, NATION, STATUSES, Found
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from pricing.words import LANGUAGES
from service.documents.rate_book import workbook_bytes
from service.documents.rate_pages import rate_book
from service.documents.rating_rules import rules_page
from service.prices.declare import declare
from service.prices.quote import quote
from service.tariff.pages import plain
from service.terminal.prices import show_declarations, show_quote

EXAMPLES = Path(__file__).parents[1] / "examples"
INDEX = "index.json"
FORMAT = 1
_QUOTED, _DECLARED = ("rider", "host"), "courier_station"
_OF_A_RELEASE = ("model_card*.md", "impact.json")
_COLUMNS = (
    *("table", "entry", "region", "effective_from", "ends", "known_from", "carried_forward", "unit", "value"),
    *("status", "evidence", "source", "clause"),
)


def filing_pack(tariff: Tariff, edition: Edition) -> dict[str, bytes]:
    """Every file of the pack by its name. TooLarge where a rate book could not be exact."""
    books = {lang: rate_book(tariff, edition, lang) for lang in LANGUAGES}
    files = {f"rate_book.{lang}.xlsx": workbook_bytes(book.book) for lang, book in books.items()}
    files["rules.md"] = rules_page(books, edition).encode()
    files["sources.csv"] = _sources(edition).encode()
    for pattern in _OF_A_RELEASE:
        files |= {path.name: path.read_bytes() for path in sorted(tariff.folder.glob(pattern))}
    files |= {f"worksheets/{name}": text.encode() for name, text in _worksheets(tariff, edition)}
    files[INDEX] = _index(files, tariff, edition).encode()
    return files


def _index(files: Mapping[str, bytes], tariff: Tariff, edition: Edition) -> str:
    """What the pack is of, and the hash of each other file."""
    listed = [
        {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    head = {
        "format": FORMAT,
        "month": month_text(edition.month),
        "known_on": edition.known.isoformat(),
        "edition": edition.hash,
        "tariff_sha256": folder_hash(tariff.folder),
    }
    return json.dumps({**head, "files": listed}, ensure_ascii=False, indent=1) + "\n"


def _sources(edition: Edition) -> str:
    """Every entry in force with value, marks, source and clause, as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_entry(found, edition) for found in sorted(edition.entries, key=lambda one: one.entry.id))
    return text.getvalue()


def _entry(found: Found, edition: Edition) -> dict[str, Any]:
    entry = found.entry
    table = entry.id.split("@")[0]
    return {
        "table": table,
        "entry": entry.id,
        "region": "" if entry.region == NATION else entry.region,
        "effective_from": month_text(entry.effective_from),
        "ends": "" if entry.ends is None else month_text(entry.ends),
        "known_from": entry.known_from.isoformat(),
        "carried_forward": "yes" if found.carried else "no",
        "unit": edition.tables[table].unit,
        "value": json.dumps(plain(entry.value), ensure_ascii=False),
        "status": STATUSES[found.status],
        "evidence": EVIDENCE[entry.evidence],
        "source": entry.source,
        "clause": entry.clause,
    }


def _worksheets(tariff: Tariff, edition: Edition) -> Iterator[tuple[str, str]]:
    """The examples as the command line shows them, moved to the edition's month and knowledge."""
    for lang in LANGUAGES:
        for name in _QUOTED:
            request = _moved(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")), edition)
            answer = quote({**request, "technical": True}, tariff, edition.known, lang)
            yield f"{name}.{lang}.txt", _shown(show_quote, answer, lang)
        totals = json.loads((EXAMPLES / f"{_DECLARED}.json").read_text(encoding="utf-8"))
        answers = [declare(_moved(row, edition), tariff, edition.known, lang) for row in totals]
        numbered = [{"row": number, **answer} for number, answer in enumerate(answers)]
        yield f"{_DECLARED}.{lang}.txt", _shown(show_declarations, numbered, lang)


def _shown(show: Any, answer: Any, lang: str) -> str:
    """What a page prints."""
    with redirect_stdout(io.StringIO()) as printed:
        show(answer, lang)
    return printed.getvalue()


def _moved(request: Mapping[str, Any], edition: Edition) -> dict[str, Any]:
    """An example as if it were sent for the edition's month: its history moves along."""
    own = parse_month(request["month"])
    assert own is not None
    months = edition.month - own
    found = {**request, "month": month_text(edition.month), "known_on": edition.known.isoformat()}
    revenue = request.get("history", {}).get("revenue_fen", {})
    if revenue:
        later = {month_text((parse_month(month) or 0) + months): amount for month, amount in revenue.items()}
        found["history"] = {"revenue_fen": later}
    return found
