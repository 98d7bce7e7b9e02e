"""The two sides of a comparison: a published folder with one or more of its schemes, and the lines it stands on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.words import LANGUAGES, sentences
from service.engines import folder as files
from service.engines.local import Terms
from service.engines.previous import opened
from service.engines.tariff_bundle import unbundle


@dataclass(frozen=True, slots=True)
class Side:
    """A folder and the schemes of it that are added up. lines: a file with the whole month's lines."""

    folder: Path
    schemes: tuple[str, ...]
    receipt: Mapping[str, Any]
    tariff: Tariff
    terms: Terms
    lines: Path

    @property
    def usage(self) -> Path:
        """The usage it was priced from."""
        return self.folder / files.USAGE


def sides_of(folders: Sequence[Path], schemes: str) -> tuple[Side, Side]:
    """Sides A and B: two schemes of one folder (`A,B`), or the same scheme of two folders; `x+y` adds schemes up."""
    names = [tuple(name.strip() for name in side.split("+")) for side in schemes.split(",") if side.strip()]
    receipts = [files.read_receipt(folder) for folder in folders]
    known = [*receipts[0]["schemes"], *receipts[0].get("covers", ())]
    if not names and len(known) + len(folders) == 3:
        names = [(name,) for name in known]
    if len(names) + len(folders) != 3:
        code = "compare_one_scheme" if len(folders) == 2 else "compare_two_schemes"
        raise InputError(code, "schemes", known=", ".join(known))
    months = receipts[0]["month"], receipts[-1]["month"]
    if months[0] != months[1]:
        raise InputError("compare_months", str(folders[-1]), month=months[0], other=months[1])
    whole = [_whole(folder, receipt) for folder, receipt in zip(folders, receipts, strict=True)]
    return _of(whole[0], names[0]), _of(whole[-1], names[-1])


def _whole(folder: Path, receipt: Mapping[str, Any]) -> Side:
    """A folder with all its schemes."""
    tariff, terms = unbundle(folder / files.EDITION), opened(folder, receipt).terms
    charged = folder / files.CHARGED  # a correction's lines are differences; its whole month stands beside them
    return Side(folder, terms.schemes, receipt, tariff, terms, charged if charged.is_file() else folder / files.LINES)


def _of(side: Side, schemes: tuple[str, ...]) -> Side:
    for name in schemes:
        if name not in side.schemes:
            known = ", ".join(side.schemes)
            raise InputError("request_value", "schemes", key="schemes", value=name, known=known)
    return replace(side, schemes=tuple(dict.fromkeys(schemes)))


def is_synthetic(side: Side) -> bool:
    """Whether the month was drawn from a seed: the receipt says so, or the usage does in its metadata."""
    metadata = pq.ParquetFile(side.usage).schema_arrow.metadata or {}
    marks = json.loads(metadata.get(b"licheng", b"{}"))
    return bool(side.receipt.get("synthetic") or marks.get("synthetic"))


def names_of(kind: str, code: str, tariff: Tariff) -> dict[str, str]:
    """A platform's, region's or occupation's name in both languages; its code where it has none."""
    if kind == "occupation":
        said = f"compare_occupation_{code}"
        return {lang: sentences(lang).get(said, code) for lang in LANGUAGES}
    known = {"platform": tariff.platforms, "region": tariff.regions}[kind].get(code, {})
    return {lang: known.get(lang, code) for lang in LANGUAGES}
