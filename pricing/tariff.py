"""A tariff: a folder of dated tables, factors and schemes, read once and whole.

`Tariff.load(folder)` reads and checks everything; `on(month, known)` gives the edition that prices that month with
what had been published by that date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.factors import Factor, check_levels, opened, read_factors
from pricing.portfolio import Portfolio, read_portfolios
from pricing.rate_table import RateTable, read_table, read_yaml
from pricing.register import Terms
from pricing.scheme import Scheme, read_schemes

SHIPPED = Path(__file__).parent / "rates"
_UNDATED = ("factors", "schemes", "regions", "platforms", "reference_portfolios")


@dataclass(frozen=True, slots=True)
class Tariff:
    """All tables of a folder, as they were read. Names are for people: code → {en, zh}."""

    folder: Path
    factors: Mapping[str, Factor]
    tables: Mapping[str, RateTable]
    schemes: Mapping[str, Scheme]
    regions: Mapping[str, Mapping[str, str]]
    platforms: Mapping[str, Mapping[str, str]]
    portfolios: Mapping[str, Portfolio]

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Tariff:
        """Read a tariff folder; TariffError with file and entry where anything is not of the format."""
        if not (folder / "schemes.yaml").is_file():
            raise TariffError("tariff_not_found", str(folder), folder=folder)
        paths = {p.relative_to(folder).with_suffix("").as_posix(): p for p in sorted(folder.rglob("*.yaml"))}
        tables = {name: read_table(path, name) for name, path in paths.items() if name not in _UNDATED}
        factors = opened(read_factors(folder / "factors.yaml"), tables)
        regions = _names(folder / "regions.yaml")
        for table in tables.values():
            check_levels(table, factors)
            for region in table.entries:
                if region[:2] + "0000" not in regions:
                    raise TariffError("region_not_valid", table.id, region=region)
        return cls(
            folder=folder,
            factors=factors,
            tables=tables,
            schemes=read_schemes(folder / "schemes.yaml", tables),
            regions=regions,
            platforms=_names(folder / "platforms.yaml"),
            portfolios=read_portfolios(folder / "reference_portfolios.yaml"),
        )

    def on(self, month: int, known: dt.date, register: Iterable[Terms] = ()) -> Edition:
        """The edition for a month (counted since year 0) as known on a date, with a register of platforms."""
        return Edition(
            month=month,
            known=known,
            tables=self.tables,
            factors=self.factors,
            schemes=self.schemes,
            regions=self.regions,
            register=tuple(register),
        )


def _names(path: Path) -> dict[str, dict[str, str]]:
    levels = read_yaml(path).get("levels")
    if not isinstance(levels, dict):
        raise TariffError("missing_key", str(path), key="levels")
    for code, names in levels.items():
        if not isinstance(names, dict) or set(names) != {"en", "zh"}:
            raise TariffError("both_languages", f"{path}, {code}")
    return levels
