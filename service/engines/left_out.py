"""Why a scheme or cover is not levied in a month: a demonstration without leave, or one that is overdue for review."""

from __future__ import annotations

from collections.abc import Iterator

from pricing.edition import Edition
from pricing.errors import InputError
from pricing.rate_table import NATION, PROVISIONAL
from pricing.review import overdue
from pricing.scheme import Scheme
from pricing.units import month_text
from service.engines.order import ALL

Why = tuple[str, dict[str, object]]
OPTION, PARAMETER = "--demonstration", "demonstration=true"  # how leave for demonstrations is given, door by door


def why_not(edition: Edition, name: str, demonstration: bool) -> Why | None:
    """Why a scheme is not levied: a code and its facts, but for how leave is given; None where it is."""
    scheme = edition.schemes[name]
    if not demonstration and (scheme.scope == "proposal" or _demonstrates(edition, scheme)):
        return "levy_demonstration", {"scheme": name}
    late = overdue(edition, scheme)
    return ("levy_overdue", {"table": ", ".join(late), "month": month_text(edition.month)}) if late else None


def named_in_vain(
    edition: Edition, schemes: tuple[str, ...], covers: tuple[str, ...], asked: tuple[str, ...], demonstration: bool
) -> Iterator[tuple[str, Why]]:
    """Of the schemes and covers that were asked for, what is not levied. asked: the covers' names as they were given;
    of `all`, what is overdue is only left out.
    """
    for name in (*schemes, *covers):
        why = why_not(edition, name, demonstration)
        if why and not (name in covers and asked == (ALL,) and why[0] == "levy_overdue"):
            yield name, why


def check_named(
    edition: Edition, schemes: tuple[str, ...], covers: tuple[str, ...], asked: tuple[str, ...], demonstration: bool
) -> None:
    """InputError at the parameter of HTTP that asks for what is not levied; arguments as for `named_in_vain`."""
    for name, (code, facts) in named_in_vain(edition, schemes, covers, asked, demonstration):
        raise InputError(code, "covers" if name in covers else "schemes", leave=PARAMETER, **facts)


def _demonstrates(edition: Edition, scheme: Scheme) -> bool:
    """Whether a cover rests on a national figure too weak to be charged."""
    if scheme.product is None:
        return False
    priced = [table for table in scheme.tables() if table not in scheme.expectation_tables()]
    entries = [edition.number_of(table, NATION) for table in priced]
    return any(isinstance(entry, int) and edition.status[entry] > PROVISIONAL for entry in entries)
