"""The command that exports: the edition in force as a rate book to recompute by hand, or as a pack to file."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pricing.edition import Edition
from pricing.errors import InputError
from pricing.gate import closed
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import say
from service.cli.options import AsJson, Lang, print_json
from service.clock import today
from service.fields import read_date, read_month
from service.settings import language, tariff_folder

_OTHER_KINDS = (".xls", ".xlsm", ".ods", ".csv", ".pdf", ".json")


def tariff_export(
    month: Annotated[str, typer.Option(help="Month of the edition, YYYY-MM.")],
    out: Annotated[
        str,
        typer.Option("--out", metavar="DIR|FILE", help="FILE.xlsx: the rate book. DIR or FILE.zip: the filing pack."),
    ],
    known_on: Annotated[str, typer.Option(help="As known on this date. Default: today.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Write the edition of a month as a workbook whose formulas recompute a premium to the fen, or as a filing pack.

    A filing pack holds both languages, the rules in words, every source, sample worksheets, and each file's hash.

    [bold]Examples[/bold]

      licheng tariff export --month 2025-11 --out rates.xlsx

      licheng tariff export --month 2025-11 --known-on 2026-01-31 --out filing
    """
    path, shown = Path(out), language(lang)
    _free(path)
    tariff = Tariff.load(tariff_folder())
    edition = tariff.on(read_month(month, "--month"), read_date(known_on, "--known-on") or today())
    _in_force(edition)
    files = _files(tariff, edition, path, shown)
    facts = {"month": month_text(edition.month), "edition": edition.hash[:19], "path": path, "files": len(files)}
    if as_json:
        stands = {"month": facts["month"], "known_on": edition.known.isoformat(), "edition": edition.hash}
        print_json({"format": 1, **stands, "path": str(path), "files": sorted(files)})
    else:
        typer.echo(say("page_exported" if path.suffix.lower() == ".xlsx" else "page_exported_pack", shown, **facts))


def _free(path: Path) -> None:
    """InputError where something stands there already, or where the name is of a file that is not written here."""
    if path.exists():
        raise InputError("export_exists", str(path), path=path)
    if path.suffix.lower() in _OTHER_KINDS or not path.name:
        raise InputError("export_name", "--out")


def _in_force(edition: Edition) -> None:
    """InputError where there is nothing to export."""
    if not edition.schemes:
        raise InputError("export_no_schemes", "")
    if all(closed(edition, scheme) for scheme in edition.schemes.values()):
        facts = {"month": month_text(edition.month), "known_on": edition.known.isoformat()}
        raise InputError("export_nothing_in_force", "--month", **facts)


def _files(tariff: Tariff, edition: Edition, path: Path, lang: str) -> list[str]:
    """What was written, by name. The library of spreadsheets is loaded only here."""
    from service.documents.exact_formulas import TooLarge
    from service.documents.filing_pack import filing_pack
    from service.documents.rate_book import workbook_bytes
    from service.documents.rate_pages import rate_book

    try:
        if path.suffix.lower() == ".xlsx":
            files = {path.name: workbook_bytes(rate_book(tariff, edition, lang).book)}
        else:
            files = filing_pack(tariff, edition)
    except TooLarge as found:
        raise InputError("export_too_large", "", formula=str(found)) from None
    _publish(path, files)
    return list(files)


def _publish(path: Path, files: Mapping[str, bytes]) -> None:
    """Everything under its name at once: half a pack is never seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix.lower() == ".xlsx":
            part.write_bytes(next(iter(files.values())))
        elif path.suffix.lower() == ".zip":
            _zipped(part, files)
        else:
            for name, content in files.items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).write_bytes(content)
        part.rename(path)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)


def _zipped(path: Path, files: Mapping[str, bytes]) -> None:
    """One archive, without the clock, so that equal packs are equal files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
