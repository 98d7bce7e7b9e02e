"""The sums of a comparison, by DuckDB: rows of both sides side by side, then workers, bands and parts of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pricing.payers import PAYER_NAMES
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.usage import KEY, NUMBERS, TEXTS
from pricing.words import LANGUAGES
from service.engines import folder as files
from service.engines.compared_sides import Side
from service.engines.month_files import SIDE_NAMES

VERDICTS = ("more", "less", "same", "only_a", "only_b")
FEN_EDGES = (100, 500, 1000, 2000, 5000, 10_000, 20_000)
PCT_EDGES = (5, 10, 25, 50, 100, 200)
DISTANCE_EDGES = (0, 250_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000)
_ROW = tuple(name for name in KEY if name != "month")
_KEYS = ", ".join(_ROW)
_PLACES = {"platform": "platform", "region": "left(region, 2) || '0000'", "occupation": "occupation"}
_COUNTS = (
    "count(*) AS workers, count(*) FILTER (b > a) AS more, count(*) FILTER (b < a) AS less, "
    "count(*) FILTER (b = a) AS same, coalesce(sum(a), 0) AS a_fen, coalesce(sum(b), 0) AS b_fen"
)


def make(connection: Any, sides: tuple[Side, Side], same_usage: bool) -> None:
    """Tables `used` (each key's quantities), `pairs` (each key with the money of both sides), `workers`."""
    usages = [_file(side.usage) for side in (sides[:1] if same_usage else sides)]
    keys = ", ".join(f"coalesce({name}, '') AS {name}" for name in _ROW)
    rows = " UNION ALL ".join(f"SELECT {keys}, orders, distance_m, {n} AS n FROM {u}" for n, u in enumerate(usages))
    # Rows sent twice count once; where two differ they are refused. Of two folders the first that has the key counts.
    connection.execute(
        f"CREATE TEMP TABLE used AS SELECT {_KEYS}, max(orders) AS orders, max(nullif(distance_m, 0)) AS distance_m "
        f"FROM (SELECT * FROM ({rows}) QUALIFY n = min(n) OVER (PARTITION BY {_KEYS})) GROUP BY {_KEYS}"
    )
    a, b = (
        f"(SELECT {_KEYS}, sum(levy_fen)::BIGINT AS fen FROM {_lines(side)} GROUP BY ALL) {name}"
        for name, side in zip("ab", sides, strict=True)
    )
    connection.execute(
        f"CREATE TEMP TABLE pairs AS SELECT {_KEYS}, a.fen AS a, b.fen AS b, orders, distance_m "
        f"FROM {a} FULL JOIN {b} USING ({_KEYS}) LEFT JOIN used USING ({_KEYS})"
    )
    connection.execute(
        "CREATE TEMP TABLE workers AS SELECT worker, sum(a)::BIGINT AS a, sum(b)::BIGINT AS b, "
        "sum(orders)::BIGINT AS orders, sum(distance_m)::BIGINT AS distance_m, "
        "bool_and((a IS NULL) = (b IS NULL)) AS alike FROM pairs GROUP BY worker"
    )


def same_usage(connection: Any, sides: tuple[Side, Side]) -> bool:
    """Whether both sides were priced from the same rows, in whatever files they came, with the same side files."""
    besides = [{name: side.receipt["files"].get(name) for name in SIDE_NAMES.values()} for side in sides]
    if besides[0] != besides[1]:
        return False
    a, b = (side.receipt["files"][files.USAGE] for side in sides)
    if a == b:
        return True
    columns = ", ".join(name for name in (*TEXTS, *NUMBERS) if name != "worker_ref")
    one, two = (f"SELECT {columns} FROM {_file(side.usage)}" for side in sides)
    query = f"SELECT count(*) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"
    return not connection.execute(query).fetchone()[0]


def workers_of_usage(connection: Any) -> int:
    """Distinct workers of the month, priced or not."""
    return int(connection.execute("SELECT count(DISTINCT worker) FROM used WHERE worker <> ''").fetchone()[0])


def totals(connection: Any, side: Side) -> dict[str, Any]:
    """Sums of a side's own lines: workers, lines, money, marks and payers."""
    lines = _lines(side)
    payers = ", ".join(f"coalesce(sum({payer}_fen), 0)::BIGINT AS {payer}" for payer in PAYER_NAMES)
    sums = _dicts(
        connection,
        "SELECT count(DISTINCT worker) AS workers, count(*) AS lines, "
        f"coalesce(sum(levy_fen), 0)::BIGINT AS levy_fen, {payers} FROM {lines}",
    )[0]
    marks = connection.execute(
        f"SELECT status, evidence, count(*), sum(levy_fen)::BIGINT FROM {lines} GROUP BY ALL"
    ).fetchall()
    marks.sort(key=lambda mark: (STATUSES.index(mark[0]), EVIDENCE.index(mark[1])))
    return {
        **{name: sums[name] for name in ("workers", "lines", "levy_fen")},
        "payers": {payer: sums[payer] for payer in PAYER_NAMES if sums[payer]},
        "marks": tuple(marks),
        "status": max((mark[0] for mark in marks), key=STATUSES.index, default=""),
        "evidence": max((mark[1] for mark in marks), key=EVIDENCE.index, default=""),
    }


def verdicts(connection: Any) -> list[dict[str, Any]]:
    """One row per verdict, also where nobody has it."""
    found = _dicts(
        connection,
        "SELECT CASE WHEN a IS NULL THEN 'only_b' WHEN b IS NULL THEN 'only_a' WHEN b > a THEN 'more' "
        "WHEN b < a THEN 'less' ELSE 'same' END AS verdict, count(*) AS workers, count(*) FILTER (alike) AS alike, "
        "coalesce(sum(a), 0)::BIGINT AS a_fen, coalesce(sum(b), 0)::BIGINT AS b_fen FROM workers GROUP BY ALL",
    )
    rows = {row["verdict"]: row for row in found}
    none = {"workers": 0, "alike": 0, "a_fen": 0, "b_fen": 0}
    return [rows.get(name, {"verdict": name, **none}) for name in VERDICTS]


def bands(connection: Any, by: str) -> list[dict[str, Any]]:
    """Compared workers by change in fen or per cent of A, from the largest fall to the largest rise."""
    edges = FEN_EDGES if by == "fen" else PCT_EDGES
    change = "abs(b - a)::HUGEINT" + ("" if by == "fen" else " * 100")
    size = " + ".join(f"({change} > {edge}::HUGEINT{'' if by == 'fen' else ' * a'})::INTEGER" for edge in edges)
    place = f"CASE WHEN a = b THEN 0 ELSE sign(b - a)::INTEGER * (1 + {size}) END"
    if by == "pct":
        place = f"CASE WHEN a = 0 AND b > 0 THEN 99 ELSE {place} END"
    found = connection.execute(
        f"SELECT {place} AS place, count(*), sum(a)::BIGINT, sum(b)::BIGINT FROM workers "
        "WHERE a IS NOT NULL AND b IS NOT NULL GROUP BY ALL"
    ).fetchall()
    counted = {row[0]: row[1:] for row in found}
    return [
        {"by": by, "low": low, "high": high, **dict(zip(("workers", "a_fen", "b_fen"), row, strict=True))}
        for at, low, high in _band_edges(edges, by)
        for row in [counted.get(at, (0, 0, 0))]
    ]


def _band_edges(edges: Sequence[int], by: str) -> Iterator[tuple[int, int | None, int | None]]:
    """Place, low and high of each band."""
    ends = [*zip((0, *edges), (*edges, None), strict=True)]
    for place, (low, high) in reversed([*enumerate(ends, 1)]):
        if by == "fen" or low < 100:  # nothing falls by more than all of it
            yield -place, None if high is None else -high, -low
    yield 0, 0, 0
    yield from ((place, low, high) for place, (low, high) in enumerate(ends, 1))
    if by == "pct":
        yield 99, None, None


def kilometres(connection: Any) -> list[dict[str, Any]]:
    """Workers of each band of merged kilometres, with what is priced on both sides of them."""
    place = " + ".join(f"(w.distance_m >= {edge})::INTEGER" for edge in DISTANCE_EDGES)
    both, sums = "p.a IS NOT NULL AND p.b IS NOT NULL", []
    for name in ("orders", "distance_m"):
        only = f"FILTER ({both} AND p.{name} > 0)"
        money = name.removesuffix("_m")
        sums.append(f"coalesce(sum(p.{name}) {only}, 0)::BIGINT AS {name}")
        sums += [f"coalesce(sum(p.{side}) {only}, 0)::BIGINT AS {side}_{money}_fen" for side in "ab"]
    compared = "FILTER (a IS NOT NULL AND b IS NOT NULL)"
    found = _dicts(
        connection,
        f"WITH w AS (SELECT *, coalesce({place}, 0) AS place FROM workers w), per_worker AS (SELECT place, {_COUNTS}, "
        f"count(*) {compared} AS compared, coalesce(sum(a) {compared}, 0)::BIGINT AS a_compared_fen, "
        f"coalesce(sum(b) {compared}, 0)::BIGINT AS b_compared_fen FROM w GROUP BY place), "
        f"per_row AS (SELECT place, {', '.join(sums)} FROM pairs p JOIN w USING (worker) GROUP BY place) "
        "SELECT * FROM per_worker JOIN per_row USING (place) ORDER BY place = 0, place",
    )
    lows, highs = (None, *DISTANCE_EDGES), (None, *DISTANCE_EDGES[1:], None)
    return [{"low_m": lows[at], "high_m": highs[at], **row} for row in found for at in [row.pop("place")]]


def parts(connection: Any, kind: str) -> list[dict[str, Any]]:
    """Sums per platform, province or occupation, the largest money first."""
    return _dicts(
        connection,
        f"SELECT code, {_COUNTS} FROM (SELECT {_PLACES[kind]} AS code, worker, sum(a) AS a, sum(b) AS b "
        "FROM pairs GROUP BY ALL) GROUP BY code ORDER BY greatest(a_fen, b_fen) DESC, code",
    )


def reasons(connection: Any, side: Side, verdict: str) -> list[dict[str, Any]]:
    """Refusals on a side, by code, of the workers whom only the other side prices; most frequent first."""
    one = "a" if verdict == "only_b" else "b"
    refused = str(side.folder / files.REFUSALS).replace("'", "''")
    found = _dicts(
        connection,
        "SELECT r.scheme, r.code, count(*) AS rows, count(DISTINCT u.worker) AS workers, "
        "min(r.message) AS en, min(r.message_zh) AS zh "
        f"FROM read_csv('{refused}', header = true, all_varchar = true) r "
        f"JOIN {_file(side.usage)} u ON u.file = r.file AND u.row = r.row::BIGINT "
        f"JOIN workers w ON w.worker = u.worker AND w.{one} IS NULL "
        f"WHERE r.scheme IN ({_names(side)}) GROUP BY ALL ORDER BY workers DESC, rows DESC, r.scheme, r.code",
    )
    return [{"example": {lang: row.pop(lang) for lang in LANGUAGES}, **row} for row in found]


def extremes(connection: Any, rising: bool, count: int) -> list[dict[str, Any]]:
    """The workers with the largest change one way, among those of whom the same rows are priced on both sides."""
    change = "b - a" if rising else "a - b"
    return _dicts(
        connection,
        "SELECT worker, distance_m, orders, a AS a_fen, b AS b_fen FROM workers "
        f"WHERE alike AND {change} > 0 ORDER BY {change} DESC, worker LIMIT {count}",
    )


def _lines(side: Side) -> str:
    return f"(SELECT * FROM {_file(side.lines)} WHERE scheme IN ({_names(side)}))"


def _names(side: Side) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in side.schemes)


def _file(path: Any) -> str:
    quoted = str(path).replace("'", "''")
    return f"read_parquet('{quoted}')"


def _dicts(connection: Any, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{name: int(v) if isinstance(v, int) else v for name, v in row.items()} for row in rows]
