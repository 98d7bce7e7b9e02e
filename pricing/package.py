"""Packages: covers that are offered together under one name. The price is the sum of theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pricing.errors import TariffError
from pricing.strict_yaml import both_languages, mapping_of, read_yaml, words_of


@dataclass(frozen=True, slots=True)
class Package:
    """A name for people and the covers under it."""

    title: Mapping[str, str]
    covers: tuple[str, ...]


def read_packages(path: Path, covers: Collection[str]) -> dict[str, Package]:
    """`packages.yaml` of a tariff folder, none where there is no such file; TariffError where a cover is unknown."""
    if not path.is_file():
        return {}
    bodies = mapping_of(read_yaml(path), "packages", str(path))
    packages = {}
    for name in bodies:
        body, place = mapping_of(bodies, name, str(path)), f"{path}, {name}"
        packages[name] = Package(both_languages(body.get("title"), place), words_of(body, "covers", place))
        for cover in packages[name].covers:
            if cover not in covers:
                raise TariffError("unknown_level", place, level=cover, known=", ".join(covers))
    return packages
