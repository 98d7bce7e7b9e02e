"""Months sent to a service: uploaded as a platform does it, watched until they are over, compared with the command."""

import json
import time
from pathlib import Path
from typing import Any

import httpx

from tests.months import write_csv
from tests.properties.months import register
from tests.service.serving import PLATFORM, Service

Json = dict[str, Any]
MONTH, KNOWN = "2025-08", "2025-11-30"
SCHEMES = "pilot_per_order,class_rate,mileage_linked"
QUERY = {"month": MONTH, "known_on": KNOWN, "schemes": SCHEMES, "demonstration": "true"}
COMMAND = ("--month", MONTH, "--known-on", KNOWN, "--schemes", SCHEMES, "--demonstration")
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"


def rows(count: int = 9, platform: str = PLATFORM) -> list[Json]:
    """Rows of so many workers, each with a worker_ref, a note of the sender's own, some with two rows."""
    whole = {"month": MONTH, "platform": platform, "employment": "employee", "risk_class": 5, "vehicle": "e_bike"}
    made = [
        {
            **whole,
            "worker": f"w_rider_{number // 3 * 2 + (number % 3 > 0):07d}",
            "region": ("110000", "500000")[number % 2],
            "occupation": ("food_rider", "instant_rider")[number % 3 == 2],
            "orders": 101 * (number % 17) + number % 3,
            "distance_m": 310_000 * (number % 23) + 7,
            "income_fen": 90_000 * (number % 11) + 101 * number,
            "active_days": 3 * (number % 9) + 1,
            "worker_ref": f"=R-{number}",
            "x_team": f"team {number % 4}",
        }
        for number in range(count)
    ]
    broken = {**made[-1], "worker": "w_broken00", "region": "990000"}
    return [*made, broken, made[0]]


def month_files(folder: Path, sent: list[Json]) -> tuple[Path, Path]:
    """Usage and register as files."""
    return write_csv(folder / "usage.csv", sent), write_csv(folder / "register.csv", register(MONTH))


def send(service: Service, body: bytes, kind: str = CSV, role: str = "platform", **query: str) -> httpx.Response:
    """POST one file as the body; query: what else it asks for, "" leaves it out."""
    asked = {name: value for name, value in {**QUERY, **query}.items() if value}
    return service.http.post(
        "/v1/levies", params=asked, content=body, headers={**service.key(role), "Content-Type": kind}
    )


def send_form(service: Service, parts: list[tuple[str, tuple[str, bytes]]], **texts: str) -> httpx.Response:
    """POST a form of files and texts as the platform."""
    asked = {name: value for name, value in {**QUERY, **texts}.items() if value}
    return service.http.post("/v1/levies", data=asked, files=parts, headers=service.key("platform"))


def over(service: Service, sent: httpx.Response, role: str = "platform", wait_s: float = 60) -> Json:
    """The answer for a month that was sent, once it is done or failed."""
    assert sent.status_code == 202, sent.text
    last = time.monotonic() + wait_s
    while time.monotonic() < last:
        answer: Json = service.get(sent.headers["Location"], role).json()
        assert "state" in answer, answer
        if answer["state"] in ("done", "failed"):
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not over after {wait_s} s: {answer}")


def all_items(service: Service, address: str, role: str = "platform", limit: int = 100) -> list[Json]:
    """All items of a list, page by page."""
    found: list[Json] = []
    following: str | None = f"{address}?limit={limit}"
    while following:
        page = service.get(following, role).json()
        assert len(page["items"]) <= limit
        found, following = [*found, *page["items"]], page["next"]
    return found


def folder_of(service: Service, levy: Json) -> Path:
    """Where the published month of a levy lies."""
    return service.home / "levies" / str(levy["id"]) / "month"


def in_order(items: list[Json]) -> list[Json]:
    """Items in an order that does not depend on how they are stored."""
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
