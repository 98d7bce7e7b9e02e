"""Who bears a levy: platform, employer, contractor, worker or subsidy, by the dated table of payers, to the fen."""

from __future__ import annotations

from collections.abc import Iterator

from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.rate_table import NATION, By, RateTable
from pricing.rules import PAYERS
from pricing.scheme import Scheme
from pricing.units import PPM, IntArray, times_ppm

ENGAGEMENTS = ("direct", "contracted")
PAYER_NAMES = ("platform", "employer", "contractor", "worker", "subsidy")


def bear(levy_fen: IntArray, engagement: IntArray | None, edition: Edition, scheme: Scheme) -> dict[str, IntArray]:
    """Each payer's part of each levy. [fen]

    engagement: number of the level per row (whether it names a contractor), None where no row names one.
    Parts are differences of cumulative shares, each rounded half up, so that they are the whole by construction.
    """
    node = payers_of(edition, scheme)
    if node.factor == "payer":
        return _parts(levy_fen, node)
    levels = edition.levels["engagement"]
    if engagement is None:
        return _parts(levy_fen, _of(node, "direct"))
    parts: dict[str, IntArray] = {}
    for level in node.nodes:
        for payer, borne in _parts(levy_fen * (engagement == levels[level]), _of(node, level)).items():
            parts[payer] = parts.get(payer, 0) + borne
    return parts


def payers_table(scheme: Scheme) -> str:
    """Id of the table that says who pays for a scheme or a cover."""
    return PAYERS if scheme.product is None else scheme.product.payers


def check_payers(table: RateTable) -> None:
    """TariffError where the shares of an entry, or of one of its schemes or engagements, are not the whole."""
    for entries in table.entries.values():
        for entry in entries:
            assert isinstance(entry.value, By), "its shape was checked"
            for name, total in _totals(entry.value, ""):
                if total != PPM:
                    raise TariffError("payers_do_not_sum", f"{entry.id}{name}", total=f"{total:,}")


def _totals(node: By, name: str) -> Iterator[tuple[str, int]]:
    """Sum of the shares of each list of payers in a value, with the levels it stands under."""
    if node.factor == "payer":
        yield name, sum(int(str(share)) for share in node.nodes.values())
        return
    for level in ENGAGEMENTS if node.factor == "engagement" else node.nodes:
        inner = node.nodes.get(level)
        if not isinstance(inner, By):
            yield f"{name}, {level}", 0
            continue
        yield from _totals(inner, f"{name}, {level}")


def payers_of(edition: Edition, scheme: Scheme) -> By:
    """Shares by payer, or by engagement and payer, as the table of the scheme or cover states them. [ppm]"""
    if scheme.product is None:
        node = edition.nodes(PAYERS)[scheme.name]
    else:
        number = edition.number_of(scheme.product.payers, NATION)
        assert isinstance(number, int), "the gate closes a cover whose payers are not known"
        value = edition.entries[number].entry.value
        assert isinstance(value, By)
        node = value
    assert isinstance(node, By)
    return node


def _of(node: By, level: str) -> By:
    inner = node.nodes[level]
    assert isinstance(inner, By)
    return inner


def _parts(levy_fen: IntArray, node: By) -> dict[str, IntArray]:
    parts: dict[str, IntArray] = {}
    ppm, before = 0, levy_fen * 0
    for payer, share in node.nodes.items():
        assert isinstance(share, int)
        ppm += share
        borne = times_ppm(levy_fen, ppm)
        parts[payer] = borne - before
        before = borne
    return parts
