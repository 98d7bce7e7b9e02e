"""Everything that has an id, asked for with the key of every tenant but its own: for that tenant it does not exist."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.auth.roles import PERMITS
from service.schemas.calls import CALLS
from tests.months import write_csv
from tests.service.sent_months import over, rows, send
from tests.service.serving import Service, client, settings

HTML = {"Accept": "text/html"}
# Every tenant that owns something, and every one that asks: role, tenant. The house runs the service.
OWNERS = (("insurer", "picc"), ("insurer", "cpic"), ("platform", "meituan"), ("platform", "dada"), ("admin", "house"))
ASKERS = (*OWNERS[:4], ("platform", "didi"), ("actuary", "house"))
CALLS_OF_ONE = [(method.upper(), path) for method, path in CALLS if re.search(r"\{(quote|levy)_id\}", path)]
FORMATS = ("json", "csv", "parquet")
PAGES = ("/months/{levy_id}", "/months/{levy_id}/{name}")
NAMES = [f"{table}.{kind}" for table in ("lines", "declarations", "refusals") for kind in ("csv", "parquet")]
TABLES = [path for _, path in CALLS_OF_ONE if path.count("/") == 4 and "levy_id" in path]
API = [
    *((method, path, {}) for method, path in CALLS_OF_ONE),
    *(("GET", f"{path}?format={kind}", {}) for path in TABLES for kind in FORMATS),
    *(("GET", path, {"If-None-Match": "*"}) for path in TABLES),
]
SHOWN = ["/months/{levy_id}", *(f"/months/{{levy_id}}/{name}" for name in NAMES)]
SENDERS = [owner for owner in OWNERS if owner[0] in PERMITS["levies.create"]]


def of_quotes(path: str) -> bool:
    return "{quote_id}" in path


def asked(asker: tuple[str, str]) -> list[tuple[tuple[str, str], str, str, dict[str, str]]]:
    """Owner, method, address and headers of everything that one tenant asks for of all others."""
    pages = [("GET", path, HTML) for path in SHOWN] if asker[0] in PERMITS["levies.read"] else []
    return [
        (owner, method, path, headers)
        for owner in OWNERS
        if owner != asker
        for method, path, headers in (*API, *pages)
        if of_quotes(path) or owner in SENDERS
    ]


TRIES = sum(len(asked(asker)) for asker in ASKERS)


@dataclass
class Made:
    """A service in which every owner has a quote, and every one that may send months has a settled one."""

    service: Service
    quotes: dict[tuple[str, str], str] = field(default_factory=dict)
    levies: dict[tuple[str, str], str] = field(default_factory=dict)

    def address(self, path: str, owner: tuple[str, str]) -> str:
        """The address of what an owner has."""
        return path.replace("{quote_id}", self.quotes[owner]).replace("{levy_id}", self.levies.get(owner, ""))

    def ask(self, asker: tuple[str, str], method: str, address: str, headers: dict[str, str]) -> httpx.Response:
        """As a tenant: by its key, or for a page by the session that was opened with it."""
        key = {} if address.startswith("/months") else self.service.key(*asker)
        return self.service.http.request(method, address, headers={**key, **headers})

    def sign_in(self, asker: tuple[str, str]) -> None:
        """Open a session of a tenant."""
        self.service.http.cookies.clear()
        token = self.service.key(*asker)["Authorization"].removeprefix("Bearer ")
        self.service.http.post("/months/sign-in", data={"key": token}, headers=HTML)


def quote_of(platform: str) -> dict[str, Any]:
    row = {"platform": platform, "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 5}
    return {"month": "2025-08", "worker": "w_4KQ7ZB2M", "schemes": ["pilot_per_order"], "covers": [], "usage": [row]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with client() as service:
        found = Made(service)
        for role, tenant in OWNERS:
            service.keys |= {role: service.key(role, tenant)["Authorization"].removeprefix("Bearer ")}
            platform = tenant if role == "platform" else "meituan"
            found.quotes[role, tenant] = service.post("/v1/quotes", quote_of(platform), role).json()["id"]
            if (role, tenant) in SENDERS:
                usage = write_csv(tmp_path_factory.mktemp("sent") / "usage.csv", rows(3, platform))
                done = over(service, send(service, usage.read_bytes(), role=role), role)
                assert done["state"] == "done", done
                found.levies[role, tenant] = done["id"]
        yield found


def test_no_address_with_an_id_is_left_out(tmp_path: Path) -> None:
    found = {
        (method, route.path)
        for route in _routes(create_app(settings(tmp_path)).routes)
        if re.search(r"\{(quote|levy)_id\}", route.path)
        for method in route.methods - {"HEAD"}
    }
    assert len(found) > 10
    assert found == {*CALLS_OF_ONE, *(("GET", path) for path in PAGES)}
    others = {name for route in _routes(create_app(settings(tmp_path)).routes) for name in _names(route.path)}
    assert others == {"quote_id", "levy_id", "name", "month", "worker"}, "what else is named by an address"


def _routes(routes: Any) -> list[Any]:
    """Routes that answer, those of routers that the application holds too."""
    found: list[Any] = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        found += _routes(inner.routes) if inner is not None else [route] if hasattr(route, "methods") else []
    return found


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)", path)


@pytest.mark.parametrize("owner", OWNERS)
def test_the_owner_reads_all_of_it(made: Made, owner: tuple[str, str]) -> None:
    made.sign_in(owner)
    for method, path, headers in (*API, *(("GET", path, HTML) for path in SHOWN)):
        if of_quotes(path) or owner in SENDERS:
            answer = made.ask(owner, method, made.address(path, owner), headers)
            assert answer.status_code in (200, 304), (path, answer.text)


@pytest.mark.parametrize("asker", ASKERS)
def test_what_is_another_tenants_is_answered_as_what_never_was(made: Made, asker: tuple[str, str]) -> None:
    made.sign_in(asker)
    tried = 0
    for owner, method, path, headers in asked(asker):
        never = path.replace("{quote_id}", "q_" + "0" * 26).replace("{levy_id}", "lv_" + "0" * 26)
        found = made.ask(asker, method, made.address(path, owner), headers)
        unknown = made.ask(asker, method, never, headers)
        permitted = asker[0] in PERMITS["quotes.read" if of_quotes(path) else "levies.read"]
        assert found.status_code == (404 if permitted else 403), (asker, owner, path)
        assert bare(found) == bare(unknown), (asker, owner, path)
        tried += 1
    assert tried == len(asked(asker)) > 30


def bare(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """What an answer says, but for the id that was asked for and the request's own."""
    own = {"x-request-id", "ratelimit"}
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    text = re.sub(r"(q_|lv_)[0-9A-Z]{26}", r"\1…", answer.text).replace(answer.headers["x-request-id"], "…")
    return answer.status_code, text, headers


@pytest.mark.parametrize("asker", ASKERS)
def test_no_list_names_what_is_anothers(made: Made, asker: tuple[str, str]) -> None:
    made.sign_in(asker)
    lists = [made.ask(asker, "GET", path, {}) for path in ("/v1/quotes", "/v1/levies")]
    lists.append(made.ask(asker, "GET", "/months", HTML))
    named = {one for answer in lists for one in re.findall(r"(?:q|lv)_[0-9A-Z]{26}", answer.text)}
    whose = [owner for owner in OWNERS for things in (made.quotes, made.levies) if things.get(owner) in named]
    own = [things[asker] for things in (made.quotes, made.levies) if asker in things]
    assert whose == [asker] * len(own)
    assert set(own) <= named


def test_one_idempotency_key_of_several_tenants_is_a_key_of_each(made: Made) -> None:
    senders = [asker for asker in ASKERS if asker[0] in PERMITS["quotes.create"]]
    ids = []
    for sender in senders:
        body = quote_of(sender[1] if sender[0] == "platform" else "meituan")
        headers = {**made.service.key(*sender), "Idempotency-Key": "order-17"}
        first, again = (made.service.http.post("/v1/quotes", json=body, headers=headers) for _ in range(2))
        assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
        assert (again.content, "idempotency-replayed" in again.headers) == (first.content, True)
        ids.append(first.json()["id"])
    assert len(set(ids)) == len(senders) > 4


def test_a_cursor_of_one_tenant_opens_no_page_of_another(made: Made) -> None:
    service, owner, other = made.service, OWNERS[0], OWNERS[1]
    for _ in range(2):
        service.http.post("/v1/quotes", json=quote_of("meituan"), headers=service.key(*owner))
    following = service.http.get("/v1/quotes?limit=1", headers=service.key(*owner)).json()["next"]
    assert service.http.get(following, headers=service.key(*owner)).status_code == 200
    taken = service.http.get(following, headers=service.key(*other))
    assert (taken.status_code, taken.json()["code"]) == (422, "cursor_not_valid")


@pytest.mark.parametrize("owner", [owner for owner in OWNERS if owner[0] == "platform"])
@pytest.mark.parametrize("asker", [asker for asker in ASKERS if asker[0] == "platform"])
def test_the_tag_of_anothers_table_says_nothing(made: Made, owner: tuple[str, str], asker: tuple[str, str]) -> None:
    address = made.address("/v1/levies/{levy_id}/lines?format=csv", owner)
    tag = made.ask(owner, "GET", address, {}).headers["etag"]
    assert made.ask(asker, "GET", address, {"If-None-Match": tag}).status_code == (304 if asker == owner else 404)
