"""The layers of the service: which of its rooms each may know, without a circle, as the READMEs draw it."""

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

import pytest

from tests.house.test_imports import ROOT, imported, python_files

# What knows no room of the service, and may be known by all.
FLOOR = {"addresses", "clock", "disk", "fields", "ids", "json_text", "pointers", "reading", "secret"}
# Each room, from the bottom up, with the rooms that it knows. A folder is a room, and so is a file beside the folders.
KNOWS = {
    "auth": "",
    "refusals": "",
    "store": "auth",
    "releases": "auth refusals store",
    "tariff": "refusals releases",
    "prices": "refusals tariff",
    "claims": "prices refusals",
    "engines": "prices refusals",
    "schema": "engines prices",
    "settings": "releases",
    "serving_found": "store",
    "serving": "serving_found",
    "telemetry": "refusals releases store tariff",
    "month": "auth engines refusals releases serving store tariff telemetry",
    "worker_data": "auth engines month refusals store telemetry",
    "running": "auth month prices releases serving store tariff telemetry",
    "conventions": "auth prices refusals releases running serving store tariff",
    "schemas": "auth conventions",
    "uploads": "auth conventions engines month running store",
    "operations": "auth conventions refusals releases serving serving_found store telemetry",
    "routes": "auth conventions engines month prices running schema schemas serving store tariff telemetry uploads"
    " worker_data",
    "web": "auth conventions engines month prices running schemas store tariff uploads",
    "app": "conventions operations routes running serving web",
    "terminal": "engines serving_found settings tariff",
    "documents": "engines prices tariff terminal",
    "cli": "app auth claims documents engines operations prices refusals releases schema serving_found settings store"
    " tariff terminal worker_data",
}
PICTURE = re.compile(r"```mermaid\nflowchart TD\n(.*?)```", re.DOTALL)
MOST_LINES = 15
Arrows = Mapping[str, set[str]]


def room_of(dotted: str) -> str:
    """`store` of `service.store.keys`, "" of the package itself."""
    return dotted.partition("service.")[2].split(".")[0]


def arrows() -> dict[str, set[str]]:
    """Every room with the others that some file of it imports."""
    found: dict[str, set[str]] = {}
    for name in python_files("service"):
        room = room_of(name.removesuffix(".py").replace("/", "."))
        known = {room_of(dotted) for _, dotted in imported(name) if dotted.startswith("service.")}
        found.setdefault(room, set()).update(known - {room})
    return found


def reached(known: Arrows, room: str) -> set[str]:
    """All that a room knows, itself or by others."""
    found: set[str] = set()
    waiting = [room]
    while waiting:
        fresh = known.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def test_the_rooms_of_the_service_know_the_rooms_of_the_table_and_no_others() -> None:
    found = arrows()
    assert sum(len(known) for known in found.values()) > 100, "too few arrows were seen"
    assert {room for room in found if room in FLOOR} == FLOOR
    assert {room: known for room, known in found.items() if room in FLOOR and known} == {}
    drawn = {room: set(known.split()) for room, known in KNOWS.items()}
    assert {room: known - FLOOR for room, known in found.items() if room not in {*FLOOR, "__init__"}} == drawn


def test_no_room_knows_one_that_stands_above_it() -> None:
    order = list(KNOWS)
    above = [
        (room, known) for room in order for known in KNOWS[room].split() if order.index(known) >= order.index(room)
    ]
    assert len(order) > 20
    assert above == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_picture_of_the_readme_is_the_table(readme: str) -> None:
    text = (ROOT / "service" / readme).read_text(encoding="utf-8")
    lines = PICTURE.findall(text)[0].splitlines()
    drawn: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        for above, below in pairwise(part.replace(" ", "").split("&") for part in line.split("-->")):
            for room in above:
                drawn[room] |= set(below)
    known = {room: set(rooms.split()) for room, rooms in KNOWS.items()}
    assert 5 < len(lines) <= MOST_LINES
    assert {*drawn, *(room for rooms in drawn.values() for room in rooms)} == set(KNOWS)
    assert {room: reached(drawn, room) for room in KNOWS} == {room: reached(known, room) for room in KNOWS}
