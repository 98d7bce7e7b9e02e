"""A tariff: a folder of dated tables, factors and schemes, read once and whole.

`Tariff.load(folder)` reads and checks everything; `on(month, known)` gives the edition that prices that month with
what had been published by that date.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.factors import Factor, check_levels, opened, read_factors
from pricing.package import Package, read_packages
from pricing.payers import PAYER_NAMES, check_payers, payers_table
from pricing.perils import Peril, read_perils
from pricing.portfolio import Portfolio, read_portfolios
from pricing.product import read_covers
from pricing.rate_table import NATION, RateTable
from pricing.register import Terms
from pricing.rules import OCCUPATION_INDUSTRY, tables_read
from pricing.scheme import Scheme, read_schemes
from pricing.shape import check_shapes
from pricing.strict_yaml import both_languages, read_yaml
from pricing.table_reader import read_table

SHIPPED = Path(__file__).parent / "rates"
# What the rules read by name: factors with some of their levels, and tables by a scheme's scope and exposure.
_FACTORS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("occupation", "vehicle", "risk_class", "industry", "platform", "pilot_industry"), ()),
    **dict.fromkeys(("platform_batch", "payer", "scheme"), ()),
    "employment": ("none",),
    "pilot_tier": ("low",),
    "province_batch": ("out", "not_established"),
    "tier_rule": ("required", "low"),
    "bound": ("floor", "cap"),
    "limit": ("least", "greatest"),
    "engagement": ("direct", "contracted"),
}
_UNDATED = ("factors", "schemes", "packages", "perils", "regions", "platforms", "reference_portfolios")


_EDITIONS_KEPT = 16
Asked = tuple[int, dt.date, tuple[Terms, ...]]  # month, known, register
_NATION_ONLY: Mapping[str, Mapping[str, str]] = {NATION: {"en": "Nation", "zh": "全国"}}


@dataclass(frozen=True, slots=True)
class Tariff:
    """All tables of a folder, as they were read. Names are for people: code → {en, zh}.

    A folder of law has schemes; one that a plan made has only `perils.yaml`, factors and tables.
    """

    folder: Path
    factors: Mapping[str, Factor]
    tables: Mapping[str, RateTable]
    schemes: Mapping[str, Scheme]
    regions: Mapping[str, Mapping[str, str]]
    platforms: Mapping[str, Mapping[str, str]]
    portfolios: Mapping[str, Portfolio]
    packages: Mapping[str, Package]
    perils: Mapping[str, Peril]
    work_injury: tuple[str, ...] = field(init=False)  # names of its schemes
    covers: tuple[str, ...] = field(init=False)  # names of the covers that are sold beside it
    _editions: OrderedDict[Asked, Edition] = field(init=False, default_factory=OrderedDict, compare=False, repr=False)

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Tariff:
        """Read a tariff folder; TariffError with file and entry where anything is not of the format."""
        if not any((folder / name).is_file() for name in ("schemes.yaml", "perils.yaml")):
            raise TariffError("tariff_not_found", str(folder), folder=folder)
        paths = {p.relative_to(folder).with_suffix("").as_posix(): p for p in sorted(folder.rglob("*.yaml"))}
        dated = {name: path for name, path in paths.items() if name not in _UNDATED and path.name != "cover.yaml"}
        tables = {name: read_table(path, name) for name, path in dated.items()}
        law = (folder / "schemes.yaml").is_file()
        schemes = {**read_schemes(folder / "schemes.yaml", tables), **read_covers(folder, tables)} if law else {}
        factors = opened({**read_factors(folder / "factors.yaml"), **_options(schemes)}, tables)
        regions = _names(folder / "regions.yaml") if law else _NATION_ONLY
        for code in regions:
            if len(code) != 6 or not (code.isascii() and code.isdigit()) or code[:2] + "0000" not in regions:
                raise TariffError("region_not_valid", str(folder / "regions.yaml"), region=code)
        for table in tables.values():
            check_levels(table, factors)
            for region in table.entries:
                if region[:2] + "0000" not in regions:
                    raise TariffError("region_not_valid", table.id, region=region)
        if law:
            _check_parts(folder, factors, tables, schemes)
        for payers in dict.fromkeys(payers_table(scheme) for scheme in schemes.values()):
            check_payers(tables[payers])
        return cls(
            folder=folder,
            factors=factors,
            tables=tables,
            schemes=schemes,
            regions=regions,
            platforms=_names(folder / "platforms.yaml") if law else {},
            portfolios=read_portfolios(folder / "reference_portfolios.yaml") if law else {},
            packages=read_packages(folder / "packages.yaml", schemes),
            perils=read_perils(folder / "perils.yaml", tables),
        )

    def __post_init__(self) -> None:
        """Tell schemes of work injury from covers, once."""
        covers = tuple(name for name, scheme in self.schemes.items() if scheme.product is not None)
        object.__setattr__(self, "covers", covers)
        object.__setattr__(self, "work_injury", tuple(name for name in self.schemes if name not in covers))

    @property
    def titles(self) -> Mapping[str, Mapping[str, str]]:
        """What each scheme and cover is called, by language."""
        return {name: scheme.title for name, scheme in self.schemes.items()}

    def has(self, month: int, known: dt.date, register: Iterable[Terms] = ()) -> bool:
        """Whether that edition is kept, so that it need not be built."""
        return (month, known, tuple(register)) in self._editions

    def on(self, month: int, known: dt.date, register: Iterable[Terms] = ()) -> Edition:
        """The edition for a month (counted since year 0) as known on a date, with a register of platforms.

        An edition does not change, so the last few that were asked for are kept with the arrays they compiled.
        """
        asked = (month, known, tuple(register))
        edition = self._editions.pop(asked, None) or Edition(self, *asked)
        self._editions[asked] = edition
        if len(self._editions) > _EDITIONS_KEPT:
            self._editions.popitem(last=False)
        return edition


def _options(schemes: Mapping[str, Scheme]) -> dict[str, Factor]:
    """The options of all covers as factors; their levels are those that tables price."""
    named = [name for scheme in schemes.values() if scheme.product is not None for name in scheme.product.options]
    return {name: Factor(name, (), complete=False, words_in=()) for name in named}


def _check_parts(
    folder: Path, factors: Mapping[str, Factor], tables: Mapping[str, RateTable], schemes: Mapping[str, Scheme]
) -> None:
    """TariffError where a factor or a table is missing that the rules of its schemes read by name."""
    for name, levels in _FACTORS.items():
        if name not in factors or not set(levels) <= set(factors[name].levels):
            raise TariffError("missing_key", str(folder / "factors.yaml"), key=": ".join((name, *levels)))
    for payer in set(factors["payer"].levels) - set(PAYER_NAMES):
        raise TariffError("unknown_level", str(folder / "factors.yaml"), level=payer, known=", ".join(PAYER_NAMES))
    for name, scheme in schemes.items():
        place = f"{folder / 'schemes.yaml'}, {name}"
        if scheme.product is None and name not in factors["scheme"].levels:
            raise TariffError("unknown_level", place, level=name, known=", ".join(factors["scheme"].levels))
        for table in (*tables_read(scheme), OCCUPATION_INDUSTRY):
            if table not in tables:
                raise TariffError("table_missing", place, table=table)
    check_shapes(tables, schemes)


def _names(path: Path) -> dict[str, dict[str, str]]:
    levels = read_yaml(path).get("levels")
    if not isinstance(levels, dict):
        raise TariffError("missing_key", str(path), key="levels")
    for code, names in levels.items():
        both_languages(names, f"{path}, {code}")
    return levels
