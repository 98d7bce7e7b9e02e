"""Lint: what a tariff folder that loads may still have wrong. Each check is a function; each finding names its place.

An error must be mended before the tariff is used; a warning wants a look; a note is a figure to know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from pricing import rules
from pricing.edition import Edition
from pricing.finding import SEVERITIES, Finding
from pricing.lint_prices import balance, greatest, limits_hold, one_order
from pricing.rate_table import EVIDENCE, PROVISIONAL, STATUSES, By, Curve, Entry, RateTable, leaves
from pricing.scheme import WORK_INJURY
from pricing.tariff import Tariff
from pricing.units import PPM, month_text

_LAW = (STATUSES.index("enacted"), PROVISIONAL, STATUSES.index("draft"))


def lint(tariff: Tariff, today: dt.date) -> list[Finding]:
    """Everything found in a tariff, errors first. today: for reviews that are overdue."""
    month = today.year * 12 + today.month - 1
    edition = tariff.on(month, today)
    found = [finding for check in CHECKS for finding in check(tariff, edition)]
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.severity), finding.place))


def _entries(tariff: Tariff) -> Iterator[tuple[RateTable, Entry, Entry | None]]:
    """Each entry of each table with the next one of its region."""
    for table in tariff.tables.values():
        for entries in table.entries.values():
            for entry, following in zip(entries, [*entries[1:], None], strict=True):
                yield table, entry, following


def _of_table(tariff: Tariff, name: str) -> Iterator[tuple[Entry, ...]]:
    """Entries of a table per region; none where the tariff has no such table."""
    table = tariff.tables.get(name)
    yield from () if table is None else table.entries.values()


def gaps_and_overlaps(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Months between an entry's end and the next entry, and ends that reach beyond the next entry's start."""
    for _, entry, following in _entries(tariff):
        if following is None or entry.ends is None or following.effective_from == entry.effective_from:
            continue
        start, end = month_text(following.effective_from), month_text(entry.ends)
        if entry.ends >= following.effective_from:
            yield Finding.of("error", "lint_overlap", entry.id, end=end, start=start)
        elif entry.ends < following.effective_from - 1:
            yield Finding.of("warning", "lint_gap", entry.id, end=end, start=start)


def curves(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Curves of distance that fall, knots a cliff apart, curves that hide an interval by being steep."""
    distances = {r.table for scheme in tariff.schemes.values() for r in scheme.relativities if "distance_m" in r.of}
    for table, entry, _ in _entries(tariff):
        if not isinstance(entry.value, Curve):
            continue
        pairs = list(zip(entry.value.x, entry.value.y, entry.value.x[1:], entry.value.y[1:], strict=False))
        for x0, y0, x1, y1 in pairs:
            if table.id in distances and y1 < y0:
                yield Finding.of("error", "lint_falling", entry.id, start=f"{x0:,}", end=f"{x1:,}")
            if (x1 - x0) * 20 < entry.value.x[-1] // 100 and abs(y1 - y0) > PPM // 100:
                yield Finding.of(
                    "error", "lint_cliff", entry.id, start=f"{x0:,}", end=f"{x1:,}", jump=f"{abs(y1 - y0):,}"
                )


def known_later(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Only law may be known later than it takes effect, and what was observed; a relativity may not."""
    observed = {scheme.expected.anchor for scheme in tariff.schemes.values() if scheme.expected is not None}
    relativities = {r.table for scheme in tariff.schemes.values() for r in scheme.relativities}
    for table, entry, _ in _entries(tariff):
        takes_effect = dt.date(entry.effective_from // 12, entry.effective_from % 12 + 1, 1)
        if (
            table.id not in observed
            and entry.known_from > takes_effect
            and (table.id in relativities or entry.status not in _LAW)
        ):
            yield Finding.of("error", "lint_known_later", entry.id, known_from=entry.known_from.isoformat())


def marks(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """A figure from memory or without any evidence that does not call itself a demonstration."""
    weak = (EVIDENCE.index("memory"), EVIDENCE.index("none"))
    for _, entry, _ in _entries(tariff):
        if entry.evidence in weak and entry.status != STATUSES.index("demonstration"):
            yield Finding.of("error", "lint_mark", entry.id, evidence=EVIDENCE[entry.evidence])


def reviews(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Tables whose review is overdue in the month of today, and law without a review or an end."""
    for table in tariff.tables.values():
        if table.review_by is not None and table.review_by < edition.month:
            yield Finding.of("warning", "lint_overdue", table.id, month=month_text(table.review_by))
        last = [entries[-1] for entries in table.entries.values()]
        if table.review_by is None and any(entry.ends is None and entry.status in _LAW for entry in last):
            yield Finding.of("note", "lint_no_review", table.id)


def ended(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Regions whose last value is over: carried forward, or no longer answering at all."""
    for table in tariff.tables.values():
        for region in table.entries:
            answer = edition.number_of(table.id, region)
            if isinstance(answer, int) and edition.entries[answer].carried:
                yield Finding.of(
                    "warning", "lint_carried", edition.entries[answer].entry.id, months=table.carry_forward_months
                )
            elif answer == "ended":
                yield Finding.of("warning", "lint_ended", f"{table.id}/{region}")


def floors_and_caps(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """A floor above its cap would charge more than the law allows."""
    for entries in _of_table(tariff, rules.BASE):
        for entry in entries:
            bounds = entry.value.nodes if isinstance(entry.value, By) else {}
            if int(str(bounds["floor"])) > int(str(bounds["cap"])):
                yield Finding.of("error", "lint_floor_above_cap", entry.id, region=entry.region)


def worker_pays_nothing(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Work injury is borne by others: no table may make the worker pay a part of it."""
    for entries in _of_table(tariff, rules.PAYERS):
        for entry in entries:
            nodes = entry.value.nodes if isinstance(entry.value, By) else {}
            for scheme, node in nodes.items():
                share = node.nodes.get("worker", 0) if isinstance(node, By) else 0
                if share:
                    yield Finding.of("error", "lint_worker_pays", f"{entry.id}, {scheme}", share=f"{share:,}")


def unreachable(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Levels that no look-up leads to, platforms and regions without a name, tables that nothing reads."""
    for factor in tariff.factors.values():
        tables = [tariff.tables[name] for name in factor.words_in if name in tariff.tables]
        said = {
            leaf for table in tables for entries in table.entries.values() for e in entries for leaf in leaves(e.value)
        }
        for level in factor.levels if tables else ():
            if level not in said:
                yield Finding.of("warning", "lint_unreachable", f"factors, {factor.name}", level=level)
    for _, entry, _ in _entries(tariff):
        platforms = entry.value.nodes if isinstance(entry.value, By) and entry.value.factor == "platform" else {}
        unnamed = [*sorted(set(platforms) - set(tariff.platforms)), *({entry.region} - set(tariff.regions))]
        for level in unnamed:
            yield Finding.of("warning", "lint_unreachable", entry.id, level=level)
    named = {table for scheme in tariff.schemes.values() for table in scheme.tables()}
    priced = {WORK_INJURY, *(scheme.cover for scheme in tariff.schemes.values())}
    for table_id in sorted(tariff.tables):
        if table_id.split("/")[0] in priced and table_id not in named | rules.ALL:
            yield Finding.of("warning", "lint_unread", table_id)


Check = Callable[[Tariff, Edition], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    gaps_and_overlaps,
    curves,
    known_later,
    marks,
    reviews,
    ended,
    floors_and_caps,
    worker_pays_nothing,
    unreachable,
    balance,
    limits_hold,
    greatest,
    one_order,
)
