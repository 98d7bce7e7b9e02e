"""The service over HTTP on loopback: single prices, batches, stored quotes, start and memory, in one run.

The load is a process of its own (`benchmarks.http_load`), the servers are too; on two cores each has one. Rates are
medians of turns taken one after the other, so that a drifting machine hits all alike.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

from benchmarks import http_rival
from benchmarks.http_load import Order, Result, load
from benchmarks.http_served import Server, key_in, licheng, started

TURNS = 5
SECONDS = 4.0  # of one turn
CONNECTIONS = 8
CALLERS = 64
BATCH = 10_000
QUOTES = 100_000
SAMPLES = 10  # of memory, over the quotes
ROW = {"region": "500000", "vehicle": "e_bike", "employment": "none"}
REQUEST = {
    "month": "2025-08",
    "known_on": "2025-11-30",
    "worker": "w_4KQ7ZB2M",
    "covers": [],
    "usage": [
        {"platform": "meituan", "occupation": "food_rider", **ROW, "orders": 620, "distance_m": 2_790_000}
        | {"active_days": 26, "income_fen": 520_000, "worked_min": 10_920, "night_min": 1_800},
        {"platform": "sf_intracity", "occupation": "instant_rider", **ROW, "orders": 140, "distance_m": 700_000}
        | {"active_days": 12, "income_fen": 110_000, "worked_min": 2_600, "night_min": 600},
    ],
    "platforms": [{"platform": "meituan", "region": "500000", "pilot_tier": "low"}],
    "schemes": ["pilot_per_order", "class_rate", "mileage_linked"],
}
JSON_HEADERS = {"Content-Type": "application/json"}


def run() -> Iterator[str]:
    """The lines as they are measured, with the aims they are held to: about ten minutes."""
    with tempfile.TemporaryDirectory() as name:
        for part in (_prices, _batches, _stored, _long):
            yield from part(Path(name))


def _prices(folder: Path) -> list[str]:
    """Single prices beside an echo, a fixed answer and a served model."""
    home, one, row = folder / "prices", _bodies(folder / "one", _workers(1_000)), folder / "row"
    home.mkdir()
    row.write_bytes(http_rival.body())
    http_rival.save(folder / "model")
    headers = key_in(home)
    with licheng(home) as ours, started(["benchmarks.http_echo"]) as echo, http_rival.served(folder / "model") as model:
        size = len(_answer(ours, headers))
        with started(["benchmarks.http_ceiling", str(size)]) as fixed:
            asked = {
                "ours": Order(ours.port, "/v1/prices", headers, str(one), CONNECTIONS, SECONDS),
                "echo": Order(echo.port, "/echo", JSON_HEADERS, str(one), CONNECTIONS, SECONDS),
                "model": Order(model.port, "/invocations", JSON_HEADERS, str(row), CONNECTIONS, SECONDS),
                "fixed": Order(fixed.port, "/", {}, str(one), CONNECTIONS, SECONDS),
            }
            rates = _medians(asked)
            crowd = _medians({name: replace(asked[name], connections=CALLERS) for name in ("ours", "echo", "model")})
        waits = _waits({name: asked[name] for name in ("ours", "echo")})
    p99 = waits["ours"] / waits["echo"]
    return [
        f"the load alone, against a socket that answers {size:,} fixed bytes: {rates['fixed']:,.0f} requests/s",
        *(line for callers, found in ((CONNECTIONS, rates), (CALLERS, crowd)) for line in _beside(callers, found)),
        f"p99 at half of its saturation, from when a request was due: {waits['ours']:.2f} ms, echo {waits['echo']:.2f} "
        f"ms = {p99:.1f} × (aim 2 ×)",
    ]


def _beside(callers: int, rates: Mapping[str, float]) -> list[str]:
    """Our rate beside the others', with so many callers at once."""
    ours, echo, model = rates["ours"], rates["echo"], rates["model"]
    return [
        f"{callers} callers: POST /v1/prices, three schemes with worksheets: {ours:,.0f} requests/s; FastAPI that "
        f"validates and echoes the same JSON: {echo:,.0f}; ours is {ours / echo:.2f} × (aim 0.35 ×)",
        f"{callers} callers: mlflow models serve, a scikit-learn pipeline, one row: {model:,.0f} requests/s; ours is "
        f"{ours / model:.1f} × (aim 20 ×)",
    ]


def _medians(asked: Mapping[str, Order]) -> dict[str, float]:
    """Median requests a second of each."""
    return {name: statistics.median(turns) for name, turns in _in_turn(asked).items()}


def _in_turn(asked: Mapping[str, Order]) -> dict[str, list[float]]:
    """Requests a second of each at full speed, A B A B …, after one short turn to warm up."""
    found: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(TURNS + 1):
        for name, order in asked.items():
            result = _good(load(order))
            if turn:
                found[name].append(result.per_second)
    return found


def _waits(asked: Mapping[str, Order]) -> dict[str, float]:
    """Median over the turns of each one's p99 at half of what it could a moment before. [ms]"""
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(TURNS):
        for name, order in asked.items():
            most = _good(load(order)).per_second
            found[name].append(_good(load(_at(order, most / 2))).percentile(0.99))
    return {name: statistics.median(turns) for name, turns in found.items()}


def _at(order: Order, rate: float) -> Order:
    """The same at a constant rate; more connections, so that the load never waits for one."""
    return Order(order.port, order.path, order.headers, order.bodies, 4 * CONNECTIONS, order.seconds, rate)


def _sound(server: Server, headers: Mapping[str, str], many: Sequence[object]) -> None:
    """A batch of refusals would be quick, and no figure of prices."""
    items = json.loads(_answer(server, headers, many))
    assert [sorted(item) for item in items if "schemes" not in item] == [], "a batch with a refusal"
    assert len(items) == len(many)


def _batches(folder: Path) -> list[str]:
    """Rows a second of one request with many months, beside single calls; with and without worksheets."""
    home = folder / "batches"
    home.mkdir()
    headers = key_in(home)
    lines = []
    with licheng(home) as server:
        for worksheet in (False, True):
            many = _workers(BATCH, worksheet=worksheet)
            single = Order(
                server.port, "/v1/prices", headers, str(_bodies(folder / "single", many)), CONNECTIONS, SECONDS
            )
            batch = Order(server.port, "/v1/prices", headers, str(_bodies(folder / "batch", [many])), 1, 600, most=1)
            _sound(server, headers, many[:100])
            rates = _medians({"single": single, "loop": replace(single, connections=1), "batch": batch})
            rows, kind = rates["batch"] * BATCH, "with worksheets" if worksheet else "without worksheets"
            lines.append(
                f"batch of {BATCH:,} {kind}: {rows:,.0f} months/s = {rows / rates['loop']:.1f} × one caller's single "
                f"calls, {rates['loop']:,.0f}/s, {rows / rates['single']:.1f} × those of {CONNECTIONS} callers, "
                f"{rates['single']:,.0f}/s (aim 30 ×)"
            )
    return lines


def _stored(folder: Path) -> list[str]:
    """Stored quotes of many callers at once; then `kill -9` in the middle, and every answered one is looked for."""
    home = folder / "stored"
    home.mkdir()
    headers, bodies = key_in(home), _bodies(folder / "quotes", _workers(1_000))
    with licheng(home) as server:
        order = Order(server.port, "/v1/quotes", headers, str(bodies), CALLERS, SECONDS)
        rate = statistics.median(_in_turn({"stored": order})["stored"])
    with licheng(home) as server:
        killed = _killed(server, headers, str(bodies))
    with licheng(home) as server:
        lost = [place for place in killed.places if _status(server, place, headers) != 200]
    return [
        f"POST /v1/quotes, {CALLERS} callers, SQLite, on the disk and in the audit log before it is answered: "
        f"{rate:,.0f} quotes/s (aim 500/s)",
        f"kill -9 in the middle: {len(killed.places):,} answered, {killed.broken} connections cut, of the answered "
        f"{len(lost)} lost (aim 0)",
    ]


def _killed(server: Server, headers: Mapping[str, str], bodies: str) -> Result:
    """What came of a load whose server was killed in the middle of it."""
    timer = Timer(SECONDS / 2, server.kill)
    timer.start()
    return load(Order(server.port, "/v1/quotes", headers, bodies, CALLERS, SECONDS, keep=True))


def _long(folder: Path) -> list[str]:
    """Start-up, and memory while many quotes are stored."""
    ups = []
    for turn in range(TURNS):
        home = folder / f"start_{turn}"
        home.mkdir()
        with licheng(home) as server:
            ups.append(server.up_s)
    headers, bodies = key_in(home), _bodies(folder / "quotes", _workers(1_000))
    with licheng(home) as server:
        sizes = [server.megabytes()]
        for _ in range(SAMPLES):
            order = Order(server.port, "/v1/quotes", headers, str(bodies), CALLERS, 3_600, most=QUOTES // SAMPLES)
            _good(load(order))
            sizes.append(server.megabytes())
    told = ", ".join(f"{size:.0f}" for size in sizes)
    half = sizes[SAMPLES // 2]
    return [
        f"licheng serve, new data folder, until it listens: {statistics.median(ups):.1f} s (aim 3 s)",
        f"resident memory at the start and after each {QUOTES // SAMPLES:,} stored quotes: {told} MB; at the end "
        f"{sizes[-1]:.0f} MB (aim 250 MB), {sizes[-1] - half:+.0f} MB over the second half",
    ]


def _workers(many: int, **more: object) -> list[dict[str, object]]:
    """Requests of as many workers, no two with the same quantities."""
    return [{**REQUEST, "worker": f"w_{place:08d}", "usage": _usage(place), **more} for place in range(many)]


def _usage(place: int) -> list[dict[str, object]]:
    several: Any = REQUEST["usage"]
    return [
        {
            **row,
            **{
                name: row[name] + step * place for name, step in (("orders", 1), ("distance_m", 37), ("income_fen", 11))
            },
        }
        for row in several
    ]


def _bodies(path: Path, requests: Sequence[object]) -> Path:
    path.write_bytes(b"\n".join(json.dumps(one).encode() for one in requests))
    return path


def _good(result: Result) -> Result:
    """A figure of refusals would be one of something else."""
    if result.refused or result.broken:
        raise RuntimeError(f"{result.refused} refused, {result.broken} broken: {result.first_refusal}")
    return result


def _answer(server: Server, headers: Mapping[str, str], sent: object = REQUEST) -> bytes:
    url = f"http://127.0.0.1:{server.port}/v1/prices"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(sent).encode(), dict(headers))) as answer:
        found: bytes = answer.read()
    return found


def _status(server: Server, place: str, headers: Mapping[str, str]) -> int:
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{place}", headers=dict(headers))
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
