"""What a platform can read: its own rows and what it owes, and nothing by which others' months would differ."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing.arrow import LINE_SCHEMA
from pricing.arrow_usage import OWN_COLUMNS
from pricing.payers import PAYER_NAMES
from pricing.usage import KEY
from service.auth.roles import PERMITS, PLATFORM, ROLES
from service.engines.downloads import csv_bytes, parquet_bytes
from service.engines.folder import DECLARATION_COLUMNS, LINES
from service.engines.of_worker import FILES as OF_WORKER
from service.engines.refused import REFUSAL_SCHEMA
from service.engines.side_refused import SIDE_REFUSAL_SCHEMA
from service.engines.visible import PLATFORM_COLUMNS, UNMERGED, Eyes, seen_lines
from tests.months import settle, write_csv
from tests.service.sent_months import month_files, over, rows, send_form
from tests.service.serving import Service, client

Json = dict[str, Any]
SERVICE = Path(__file__).parents[2] / "service"
PAGES = [SERVICE / name for name in ("PRIVACY.md", "PRIVACY.zh-CN.md")]
# From these, with the public tariff, another platform's quantities could be worked out.
MERGED = {"rate", "float_ppm", "ratio_ppm", "premium_millifen", "flags", "contribution_base_fen", "merged"}
MARKS = {"scheme", "cover", "status", "evidence", "incomplete", "settles", "reason"}
OWED = {"levy_fen", *(f"{payer}_fen" for payer in PAYER_NAMES)}
LINE = {"number", *KEY, "worker_ref", "exposure", "unit", OWN_COLUMNS, *MARKS, *OWED}
STATE = {"format", "id", "state", "provisional", "month", "known_on", "created_at", "started_at", "finished_at"}
STATE |= {"stage", "rows_done", "rows", "error", "links"}
TOTALS = {"format", "provisional", "month", "known_on", "edition", "synthetic", "demonstration", "left_out", "rows"}
TOTALS |= {"schemes", "covers", "side"}
RECEIPT = {"format", "program", "month", "known_on", "edition", "schemes", "covers", "demonstration", "synthetic"}
RECEIPT |= {"left_out", "inputs", "previous", "files", "notice", "run"}
# What a platform may read of what others sent as well, once months are merged.
READ = {
    "/v1/levies": STATE,
    "/v1/levies/{levy_id}": STATE,
    "/v1/levies/{levy_id}/lines": LINE,
    "/v1/levies/{levy_id}/declarations": set(DECLARATION_COLUMNS),
    "/v1/levies/{levy_id}/refusals": set(REFUSAL_SCHEMA.names),
    "/v1/levies/{levy_id}/side-refusals": set(SIDE_REFUSAL_SCHEMA.names),
    "/v1/levies/{levy_id}/totals": TOTALS,
    "/v1/levies/{levy_id}/receipt": RECEIPT,
}
# What is answered from the caller's own request alone.
OWN = ("/v1/prices", "/v1/declarations", "/v1/quotes", "/v1/quotes/{quote_id}", "/v1/quotes/{quote_id}/reproduce")


class Seen:
    """A service with a month and a quote of one platform."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        usage, register = (path.read_bytes() for path in month_files(folder, rows()))
        parts = [("usage", ("usage.csv", usage)), ("platforms", ("register.csv", register))]
        stranger = {"worker": "w_stranger", "cover": "lumbar", "from_month": "2025-01", "group": "g"}
        enrolments = write_csv(folder / "enrolments.csv", [stranger]).read_bytes()
        parts.append(("enrolments", ("enrolments.csv", enrolments)))
        self.levy = over(service, send_form(service, parts))["id"]
        row = {"platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 9}
        self.quote = service.post(
            "/v1/quotes", {"month": "2025-08", "worker": "w_rider_0001", "usage": [row]}, PLATFORM
        )

    def read(self, path: str, method: str = "GET", role: str = PLATFORM, **headers: str) -> Any:
        names = {
            "levy_id": self.levy,
            "quote_id": self.quote.json()["id"],
            "month": "2025-08",
            "worker": "w_rider_0001",
        }
        place = re.sub(r"\{(\w+)(?::path)?\}", lambda found: names.get(found[1], "work_injury/class_rate"), path)
        key = self.service.key(role) if role else {}
        return self.service.http.request(method, place, headers={**key, **headers})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with client() as service:
        yield Seen(service, tmp_path_factory.mktemp("sent"))


def routes(of: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route, through routers that stand in routers."""
    for route in of.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner)
        else:
            yield from ((method, route.path) for method in sorted(route.methods - {"HEAD"}))


def test_every_route_that_a_platform_can_read_says_which_fields(seen: Seen) -> None:
    found = [(method, path) for method, path in routes(seen.service.http.app) if path.startswith("/v1/")]
    assert len(found) > 15
    known = {*READ, *OWN}
    for method, path in found:
        public = seen.read(path, method, role="").status_code != 401
        barred = seen.read(path, method).status_code == 403
        assert public or barred or path in known, f"{method} {path}: may a platform read it, and what of it?"


@pytest.mark.parametrize("path", READ)
def test_a_platform_is_answered_with_these_fields_only(seen: Seen, path: str) -> None:
    answer = seen.read(path).json()
    items = answer.get("items", [answer])
    assert items
    assert {name for item in items for name in item} <= READ[path]
    assert not keys_within(answer) & MERGED - ({"float_ppm"} if path.endswith("declarations") else set())  # its own


def test_an_exact_amount_is_declared_only_where_nothing_is_merged(seen: Seen) -> None:
    items = seen.read("/v1/levies/{levy_id}/declarations").json()["items"]
    exact = {item["scheme"] for item in items if item["amount_millifen"] is not None}
    assert {item["scheme"] for item in items} >= {"pilot_per_order", "mileage_linked"}
    assert exact == {"pilot_per_order"}
    assert exact <= set(UNMERGED)


@pytest.mark.parametrize("path", [path for path in READ if path.endswith(("lines", "declarations", "refusals"))])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_download_holds_the_same_fields(seen: Seen, path: str, kind: str) -> None:
    body = seen.read(f"{path}?format={kind}").content
    header = body.decode("utf-8-sig").splitlines()[0].replace('"', "").split(",") if kind == "csv" else None
    names = header or pq.read_schema(pa.BufferReader(body)).names
    assert names
    assert set(names) <= READ[path] - {"number"}


def test_an_exposure_is_shown_only_where_nothing_is_merged(seen: Seen) -> None:
    items = seen.read("/v1/levies/{levy_id}/lines").json()["items"]
    shown = {item["scheme"] for item in items if item["exposure"] is not None or item["unit"] is not None}
    assert {item["scheme"] for item in items} >= {"pilot_per_order", "mileage_linked"}
    assert shown == {"pilot_per_order"}
    assert shown <= set(UNMERGED)


def test_an_auditor_sees_the_steps_but_no_given_id(seen: Seen) -> None:
    items = seen.read("/v1/levies/{levy_id}/lines", role="auditor").json()["items"]
    assert {"ratio_ppm", "premium_millifen", "rate"} <= set(items[0])
    assert {(item["worker_ref"], item[OWN_COLUMNS]) for item in items} == {(None, None)}
    assert not {item["worker"] for item in items} & {row["worker"] for row in rows()}


def test_only_two_places_say_how_much_of_a_month_is_seen() -> None:
    made = [path.name for path in SERVICE.rglob("*.py") if re.search(r"\bEyes\(", path.read_text(encoding="utf-8"))]
    assert sorted(made) == ["answered.py", "worker_data.py"], (
        "for pages and downloads, and for the export of one worker"
    )
    asked = {p.name for p in SERVICE.rglob("*.py") if re.search(r"\beyes_of\(.*role", p.read_text(encoding="utf-8"))}
    assert asked == {"own.py"}, "of the pages and of the API alike"


def lines_with(folder: Path, elsewhere_m: int) -> tuple[pa.Table, pa.Table]:
    """A merged month of one rider on two platforms: all lines, and those of the first."""
    common = {"month": "2025-08", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike"}
    here = {**common, "orders": 300, "distance_m": 900_000, "active_days": 20, "income_fen": 610_000}
    there = {
        **here,
        "orders": 90,
        "distance_m": elsewhere_m,
        "active_days": 9,
        "income_fen": 70_000 + elsewhere_m % 1000,
    }
    sent = [{**here, "worker": f"w_rider_000{n}", "platform": "meituan"} for n in range(3)]
    sent += [{**there, "worker": f"w_rider_000{n}", "platform": "dada"} for n in range(2)]
    schemes = ("--schemes", "mileage_linked", "--covers", "third_party,cargo_damage", "--demonstration")
    out = folder / f"month_{elsewhere_m}"
    settle(
        write_csv(folder / f"{elsewhere_m}.csv", sent), out, "--month", "2025-08", "--known-on", "2025-11-30", *schemes
    )
    whole = pq.read_table(out / LINES)
    return whole, whole.filter(pa.compute.equal(whole["platform"], "meituan"))


def shown(lines: pa.Table) -> tuple[bytes, bytes, list[Json]]:
    """Lines as CSV, as Parquet and as JSON, as a platform is shown them."""
    eyes = Eyes(None)
    batches = [seen_lines(b.select(list(eyes.columns)), eyes) for b in lines.combine_chunks().to_batches()]
    return (
        b"".join(csv_bytes(batches)),
        b"".join(parquet_bytes(batches)),
        [row for b in batches for row in b.to_pylist()],
    )


def test_months_that_differ_elsewhere_but_not_in_its_levies_are_the_same_bytes_to_a_platform(tmp_path: Path) -> None:
    (_, one), (_, other) = lines_with(tmp_path, 400_000), lines_with(tmp_path, 400_050)
    hidden = [name for name in LINE_SCHEMA.names if name not in PLATFORM_COLUMNS]
    assert one["levy_fen"].to_pylist() == other["levy_fen"].to_pylist()
    assert one.select(hidden).to_pylist() != other.select(hidden).to_pylist(), (
        "the months must differ in what is hidden"
    )
    assert one["exposure"].to_pylist() != other["exposure"].to_pylist()
    assert shown(one) == shown(other)


def test_months_that_differ_in_its_levies_are_not(tmp_path: Path) -> None:
    (_, one), (_, other) = lines_with(tmp_path, 400_000), lines_with(tmp_path, 900_000)
    assert shown(one) != shown(other)


def keys_within(value: Any) -> set[str]:
    """Every key of a JSON value, however deep."""
    if isinstance(value, dict):
        return set(value).union(*(keys_within(one) for one in value.values()))
    return set().union(*(keys_within(one) for one in value)) if isinstance(value, list) else set()


def table_rows(page: Path, first: str) -> list[list[str]]:
    """Cells of the table of a page whose first row begins so."""
    cells = [
        line.strip().strip("|").split("|") for line in page.read_text(encoding="utf-8").splitlines() if "|" in line
    ]
    table = [[cell.strip() for cell in row] for row in cells]
    start = next(place for place, row in enumerate(table) if row[0] == first)
    width = len(table[start])
    return [row for row in table[start:] if len(row) == width]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_which_role_may_do_what(page: Path) -> None:
    told = {row[0]: [cell != "–" for cell in row[1:]] for row in table_rows(page, "prices")[: len(PERMITS)]}
    assert told == {action: [role in roles for role in ROLES] for action, roles in PERMITS.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_what_an_auditor_is_shown_in_an_export_alone(seen: Seen, page: Path) -> None:
    listed = seen.read("/v1/levies/{levy_id}/lines", role="auditor").json()["items"]
    [month] = seen.service.get(f"/v1/workers/{rows()[0]['worker']}/export", "auditor").json()["levies"]
    shown = {name: {line[name] for line in listed} for name in LINE_SCHEMA.names}
    more = {name for name in LINE_SCHEMA.names if not {line[name] for line in month["lines"]} <= shown[name]}
    told = table_rows(page, "month")[: len(LINE_SCHEMA.names)]
    assert more == {"worker", "worker_ref", OWN_COLUMNS}
    assert {row[0] for row in told if re.search("export|导出", row[2])} == more


def _files_after_an_erasure(page: Path) -> set[str]:
    table = table_rows(
        page, "lines: what was levied, and its steps" if page.suffixes == [".md"] else "明细：缴了多少，及其计算步骤"
    )
    return {name for row in table for name in re.findall(r"`(\w+\.(?:parquet|csv))`", row[1])}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_names_every_file_of_a_month_that_an_erasure_leaves_with_a_worker_in_it(page: Path) -> None:
    assert _files_after_an_erasure(page) == set(OF_WORKER)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_which_columns_a_platform_sees(page: Path) -> None:
    told = table_rows(page, "month")[: len(LINE_SCHEMA.names)]
    assert [row[0] for row in told] == LINE_SCHEMA.names
    assert {row[0] for row in told if row[1] != "–"} == set(PLATFORM_COLUMNS)
    limited = {row[0] for row in told if row[1] != "–" and row[1] == told[LINE_SCHEMA.names.index("exposure")][1]}
    assert limited == {"exposure", "unit"}
    assert set(PLATFORM_COLUMNS) <= LINE
