"""What the audit log says of quotes, levies and erasures against what is stored: put in, changed, taken away?

An entry holds a hash of the row that it made. The documents of a quote have a hash of their own, over what is sealed,
for an erasure empties them; the erasure must then stand in the log itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from service.store.audit import Entry, chain_of, mark_of
from service.store.levies import DONE, FAILED, RECEIVED, Levy
from service.store.levies import row_hash as levy_hash
from service.store.quotes import CREATED, Quote, documents_hash
from service.store.quotes import row_hash as quote_hash
from service.store.tables import erasures, levies, quotes
from service.store.workers import ERASED

MOST = 100  # findings that are named
UNLOGGED, CHANGED, MISSING = "unlogged", "changed", "missing"
_OVER = {f"levy.{state}": state for state in (DONE, FAILED)}
Finding = tuple[str, str, str]  # what it is, its id, what is wrong


@dataclass(slots=True)
class Logged:
    """What a walk along the log gathers. Hashes are None in entries of earlier programs."""

    quotes: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    levies: dict[str, str | None] = field(default_factory=dict)
    over: dict[str, str] = field(default_factory=dict)  # levy to the state that it ended in
    erasures: dict[str, tuple[str, str]] = field(default_factory=dict)  # mark of a worker: last time, id
    erased: set[tuple[str, str]] = field(default_factory=set)  # mark of a worker, time
    unmarked_until: str = ""  # time of the last erasure by an earlier program

    def take(self, entry: Entry, detail: Mapping[str, Any]) -> None:
        """An entry with its facts."""
        if entry.action == CREATED:
            self.quotes[entry.subject] = detail.get("row"), detail.get("documents")
        elif entry.action == RECEIVED:
            self.levies[entry.subject] = detail.get("row")
        elif entry.action in _OVER:
            self.over[entry.subject] = _OVER[entry.action]
        elif entry.action == ERASED and "worker" not in detail:
            self.unmarked_until = entry.at
        elif entry.action == ERASED:
            mark, at = str(detail["worker"]), str(detail.get("erased_at"))
            self.erasures[mark] = at, entry.subject
            self.erased.add((mark, at))

    def forgets(self, mark: str, at: str) -> bool:
        """Whether the log holds that a worker was erased at a time."""
        return (mark, at) in self.erased or at <= self.unmarked_until


def compare(connection: Connection, logged: Logged) -> dict[str, Any]:
    """How many things were compared, how many are not as the log says, and the first of those."""
    found: list[Finding] = []
    count = wrong = 0
    for number, finding in _numbered(connection, logged):
        count += number
        wrong += finding is not None
        if finding is not None and len(found) < MOST:
            found.append(finding)
    named = [{"what": what, "id": subject, "why": why} for what, subject, why in found]
    return {"compared": count, "wrong": wrong, "first": named}


def _numbered(connection: Connection, logged: Logged) -> Iterator[tuple[int, Finding | None]]:
    """For each stored thing 1 and what is wrong with it, if anything; then 0 and what the log alone holds."""
    for quote in _rows(connection, quotes, Quote):
        yield 1, _of_quote(connection, quote, logged)
    for levy in _rows(connection, levies, Levy):
        yield 1, _of_levy(levy, logged)
    for row in connection.execute(select(erasures)):
        yield 1, _of_erasure(mark_of(chain_of(connection), row.worker_key), row.erased_at, logged)
    yield from ((0, ("quote", one, MISSING)) for one in logged.quotes)
    yield from ((0, ("levy", one, MISSING)) for one in logged.levies)
    yield from ((0, ("erasure", one, MISSING)) for _, one in logged.erasures.values())


def _rows(connection: Connection, table: Any, kind: Any) -> Iterable[Any]:
    streamed = connection.execution_options(yield_per=1000).execute(select(table).order_by(table.c.id))
    return (kind(**row._mapping) for row in streamed)


def _of_quote(connection: Connection, quote: Quote, logged: Logged) -> Finding | None:
    if quote.id not in logged.quotes:
        return "quote", quote.id, UNLOGGED
    row, documents = logged.quotes.pop(quote.id)
    emptied = quote.request is None and quote.answer is None and quote.answer_sha256 is None
    if quote.erased_at is None:
        same = documents is None or documents == documents_hash(quote)
    else:
        same = emptied and logged.forgets(mark_of(chain_of(connection), quote.worker_key), quote.erased_at)
    return None if same and row in (None, quote_hash(quote)) else ("quote", quote.id, CHANGED)


def _of_levy(levy: Levy, logged: Logged) -> Finding | None:
    if levy.id not in logged.levies:
        return "levy", levy.id, UNLOGGED
    ended = levy.state if levy.state in (DONE, FAILED) else None
    same = logged.levies.pop(levy.id) in (None, levy_hash(levy)) and logged.over.get(levy.id) == ended
    return None if same else ("levy", levy.id, CHANGED)


def _of_erasure(mark: str, at: str, logged: Logged) -> Finding | None:
    """An erasure is named by its id, never by the worker; one that no entry knows has none."""
    last, subject = logged.erasures.pop(mark, ("", ""))
    if not last:
        return None if at <= logged.unmarked_until else ("erasure", at, UNLOGGED)
    return None if last == at else ("erasure", subject, CHANGED)
