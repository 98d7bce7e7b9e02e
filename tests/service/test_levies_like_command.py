"""A month over HTTP is charged what the command line charges, whatever the platforms and contractors are called."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.months import settle, write_csv
from tests.service.sent_months import Json, all_items, over
from tests.service.serving import Service, client

HOSTS = Path(__file__).parents[2] / "service" / "examples" / "hosts"
QUERY = {"month": "2025-10", "known_on": "2025-11-30", "demonstration": "true", "covers": "all"}
SIDES = ("enrolments", "history")
NAMED = ("scheme", "platform", "contractor")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as found:
        yield found


def sent_whole(
    service: Service, key: dict[str, str], role: str, files: dict[str, bytes], query: dict[str, str] = QUERY
) -> Json:
    """A month that was sent as a form, when it is over."""
    parts = [(name, (f"{name}.csv", content)) for name, content in files.items()]
    return over(service, service.http.post("/v1/levies", params=query, files=parts, headers=key), role)


def charged(totals: Json) -> dict[str, int]:
    return {name: of["levy_fen"] for kind in ("schemes", "covers") for name, of in totals[kind].items()}


def test_the_shipped_hosts_cost_the_same_at_both_doors(service: Service, tmp_path: Path) -> None:
    files = {name: (HOSTS / f"{name}.csv").read_bytes() for name in ("usage", *SIDES)}
    levy = sent_whole(service, service.key("admin"), "admin", files)
    assert levy["state"] == "done", levy
    sides = [word for name in SIDES for word in (f"--{name}", HOSTS / f"{name}.csv")]
    asked = ("--month", QUERY["month"], "--known-on", QUERY["known_on"], "--covers", "all", "--demonstration")
    by_hand = charged(settle(HOSTS / "usage.csv", tmp_path / "out", *asked, *sides))
    assert (by_hand["lumbar"], by_hand["stress"], by_hand["income_interruption"]) == (726, 467, 1_222)
    assert charged(service.get(levy["links"]["totals"], "admin").json()) == by_hand


def test_names_that_no_table_knows_settle_in_the_order_of_the_command_line(service: Service, tmp_path: Path) -> None:
    row = {
        "month": "2025-10",
        "region": "500000",
        "occupation": "food_rider",
        "vehicle": "e_bike",
        "employment": "none",
    }
    names = ("my_own-1", "9x", "xiaohongshu", "kuaishou")
    rows = [
        {**row, "worker": "w_many_places", "platform": name, "contractor": station, "orders": 7, "income_fen": 100_003}
        | {"distance_m": 100_001 * number, "active_days": 9}
        for number, name in enumerate(names, 1)
        for station in ("chengdu_station", "an-agency-with-a-long-name", "mcn/17")
    ]
    usage = write_csv(tmp_path / "usage.csv", rows)
    levy = sent_whole(service, service.key("admin"), "admin", {"usage": usage.read_bytes()})
    asked = ("--month", QUERY["month"], "--known-on", QUERY["known_on"], "--covers", "all", "--demonstration")
    totals = settle(usage, tmp_path / "out", *asked)
    several = (
        pq.read_table(tmp_path / "out" / "lines.parquet").to_pylist(),
        all_items(service, levy["links"]["lines"], "admin"),
    )
    by_command, by_service = (
        {tuple(one[name] for name in NAMED): one["levy_fen"] for one in lines} for lines in several
    )
    assert len(by_command) >= len(rows)
    assert by_service == by_command
    assert charged(service.get(levy["links"]["totals"], "admin").json()) == charged(totals)


def test_of_alike_rows_of_a_declaration_others_bear_the_odd_fen_but_nobody_more(
    service: Service, tmp_path: Path
) -> None:
    """The order among them is that of the ids, which are other ones in the store."""
    row = {
        "month": "2025-05",
        "platform": "sf",
        "region": "510000",
        "occupation": "parcel_courier",
        "employment": "none",
    }
    usage = write_csv(tmp_path / "usage.csv", [{**row, "worker": f"w_courier_{n:02d}", "orders": 9} for n in range(40)])
    query = {"month": "2025-05", "known_on": "2025-11-30", "schemes": "courier_single"}
    levy = sent_whole(service, service.key("admin"), "admin", {"usage": usage.read_bytes()}, query)
    words = (f"--{name.replace('_', '-')}={value}" for name, value in query.items())
    totals = settle(usage, tmp_path / "out", *words)
    by_command = pq.read_table(tmp_path / "out" / "lines.parquet").column("levy_fen").to_pylist()
    by_service = [one["levy_fen"] for one in all_items(service, levy["links"]["lines"], "admin")]
    assert len(set(by_command)) == 2
    assert max(by_command) - min(by_command) == 1
    assert sorted(by_service) == sorted(by_command)
    assert service.get(levy["links"]["totals"], "admin").json()["schemes"] == totals["schemes"]


def test_a_platform_of_any_name_sends_its_own_and_rows_of_others_beside_it_are_refused(service: Service) -> None:
    head, *rows = (HOSTS / "usage.csv").read_text(encoding="utf-8").splitlines()
    own = "\n".join([head, *[row for row in rows if "douyin" in row]]).encode()
    key = service.key("platform", "douyin")
    files = {"usage": own, **{name: (HOSTS / f"{name}.csv").read_bytes() for name in SIDES}}
    history = files["history"].decode("utf-8-sig").splitlines()
    columns = history[0].split(",")
    other = history[1].split(",")
    other[columns.index("platform")] = "kuaishou"
    files["history"] = "\n".join([*history, ",".join(other)]).encode()
    parts = [(name, (f"{name}.csv", content)) for name, content in files.items()]
    sent = service.http.post("/v1/levies", params=QUERY, files=parts, headers=key)
    levy = over(service, sent, "admin")
    assert levy["state"] == "done", levy
    totals = service.http.get(levy["links"]["totals"], headers=key).json()
    assert charged(totals)["lumbar"] == 726
    refused = service.http.get(levy["links"]["side-refusals"], headers=key).json()["items"]
    assert "platform_not_yours" in {one["code"] for one in refused}
