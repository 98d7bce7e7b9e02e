"""Who may do what: every route of /v1 with every role, and everything that has an id with every other tenant's key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from service.app import create_app
from service.auth.roles import PERMITS, ROLES
from service.conventions.caller import Caller
from service.conventions.permits import only_own
from service.conventions.problems import Problem
from tests.months import write_csv
from tests.service.sent_months import over, rows, send
from tests.service.serving import QUOTE, Service, client, settings

# Every route under /v1 with what it is a permit for; None: open to everybody, for the tariff is public.
ROUTES: dict[tuple[str, str], str | None] = {
    ("POST", "/v1/prices"): "prices",
    ("POST", "/v1/declarations"): "declarations",
    ("POST", "/v1/quotes"): "quotes.create",
    ("GET", "/v1/quotes"): "quotes.read",
    ("GET", "/v1/quotes/{quote_id}"): "quotes.read",
    ("POST", "/v1/quotes/{quote_id}/reproduce"): "quotes.read",
    ("POST", "/v1/levies"): "levies.create",
    ("GET", "/v1/levies"): "levies.read",
    ("GET", "/v1/levies/{levy_id}"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/lines"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/declarations"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/refusals"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/side-refusals"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/totals"): "levies.read",
    ("GET", "/v1/levies/{levy_id}/receipt"): "levies.read",
    ("GET", "/v1/workers/{worker}/export"): "workers.export",
    ("DELETE", "/v1/workers/{worker}"): "workers.erase",
    ("GET", "/v1/audit"): "audit.read",
    ("GET", "/v1/tariffs"): None,
    ("GET", "/v1/tariffs/{month}"): None,
    ("GET", "/v1/tariffs/{month}/tables/{name:path}"): None,
    ("GET", "/v1/schema"): None,
}
PROTECTED = [(*route, action) for route, action in ROUTES.items() if action is not None]
TRIES = len(PROTECTED) * (1 + len(ROLES))  # without a key, and with one of every role
OF_ONE = [(method, path) for method, path, _ in PROTECTED if "{quote_id}" in path or "{levy_id}" in path]


@dataclass
class Made:
    """A service with a quote of an insurer and of a platform, and a settled month."""

    service: Service
    quotes: dict[str, str]
    levy: str

    def path(self, path: str, owner: str) -> str:
        """A route's address of what an owner made."""
        for name, value in (("quote_id", self.quotes[owner]), ("levy_id", self.levy), ("worker", "w_4KQ7ZB2M")):
            path = path.replace("{" + name + "}", value)
        return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with client() as service:
        quotes = {role: service.post("/v1/quotes", QUOTE, role).json()["id"] for role in ("insurer", "platform")}
        usage = write_csv(tmp_path_factory.mktemp("sent") / "usage.csv", rows(3))
        levy = over(service, send(service, usage.read_bytes()))
        assert levy["state"] == "done", levy
        yield Made(service, quotes, levy["id"])


def test_every_route_is_open_by_name_or_needs_a_permit(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path))
    found = {
        (method, route.path)
        for route in _routes(app.routes)
        if route.path.startswith("/v1")
        for method in route.methods - {"HEAD", "OPTIONS"}
    }
    assert found == set(ROUTES)
    assert {action for action in ROUTES.values() if action} | {"candidates.approve"} == set(PERMITS)


def _routes(routes: Any) -> list[APIRoute]:
    """Routes of the application, those of routers that it holds too."""
    found: list[APIRoute] = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        found += [route] if isinstance(route, APIRoute) else _routes(inner.routes) if inner is not None else []
    return found


@pytest.mark.parametrize(("method", "path", "action"), PROTECTED)
def test_no_route_answers_without_a_key(made: Made, method: str, path: str, action: str) -> None:
    answer = made.service.http.request(method, made.path(path, "insurer"), content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path", "action"), PROTECTED)
def test_a_role_does_what_it_is_permitted_and_nothing_else(
    made: Made, method: str, path: str, action: str, role: str
) -> None:
    address = path.replace("{worker}", "w_nobody00")
    headers = {**made.service.key(role), "Content-Type": "application/json"}
    answer = made.service.http.request(method, made.path(address, "insurer"), content=b"{}", headers=headers)
    if role in PERMITS[action]:
        assert answer.status_code not in (401, 403, 500), answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


@pytest.mark.parametrize(("role", "tenant"), [("insurer", "other-house"), ("platform", "didi")])
@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_what_another_tenant_made_does_not_exist(made: Made, method: str, path: str, role: str, tenant: str) -> None:
    headers = made.service.key(role, tenant)
    unknown = path.replace("{quote_id}", "q_" + "0" * 26).replace("{levy_id}", "lv_" + "0" * 26)
    never = made.service.http.request(method, unknown, headers=headers)
    for owner in ("insurer", "platform"):
        found = made.service.http.request(method, made.path(path, owner), headers=headers)
        if role == "insurer" and "levies" in path:
            assert (found.status_code, never.status_code) == (403, 403)
            continue
        assert (found.status_code, found.json()["code"]) == (404, "not_found")
        assert _bare(found.json()) == _bare(never.json())  # the same words as of what was never there


@pytest.mark.parametrize("role", ["auditor", "admin"])
@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_who_runs_the_service_sees_every_tenants(made: Made, method: str, path: str, role: str) -> None:
    for owner in ("insurer", "platform"):
        found = made.service.http.request(method, made.path(path, owner), headers=made.service.key(role))
        assert found.status_code == 200, found.text


def _bare(problem: dict[str, Any]) -> str:
    """What a problem says, but for what was asked and the request's id."""
    text = json.dumps({name: value for name, value in problem.items() if name != "request_id"}, sort_keys=True)
    for prefix in ("q_", "lv_"):
        text = "…".join(part if number == 0 else part[26:] for number, part in enumerate(text.split(prefix)))
    return text


def test_lists_hold_the_callers_own(made: Made) -> None:
    def ids(role: str, tenant: str = "", path: str = "/v1/quotes") -> set[str]:
        answer = made.service.http.get(path, headers=made.service.key(role, tenant))
        return {one["id"] for one in answer.json()["items"]}

    assert made.quotes["insurer"] in ids("insurer")
    assert made.quotes["platform"] not in ids("insurer")
    assert ids("insurer", "other-house") == set() == ids("platform", "didi")
    assert ids("platform", "didi", "/v1/levies") == set()
    assert set(made.quotes.values()) <= ids("auditor")


ROW = {"platform": "didi"}
OWN = {"platform": "meituan"}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"usage": [OWN, ROW]}, "/usage/1/platform"),
        ([{"usage": [OWN]}, {"usage": [ROW]}], "/1/usage/0/platform"),
        (ROW, "/platform"),
        ([OWN, OWN, ROW], "/2/platform"),
        ({"usage": [{"platform": "Meituan"}]}, "/usage/0/platform"),
        ({"usage": [{"platform": ""}]}, "/usage/0/platform"),
        ({"usage": [OWN]}, None),
        ({"usage": "didi"}, None),
        ({"usage": [None, [ROW], {"platform": 7}]}, None),
        (None, None),
        ([], None),
    ],
)
def test_a_platform_speaks_of_itself_alone(sent: Any, pointer: str | None) -> None:
    only_own(Caller("k", "insurer", "meituan", "x"), sent)
    platform = Caller("k", "platform", "meituan", "x")
    if pointer is None:
        only_own(platform, sent)
        return
    with pytest.raises(Problem) as caught:
        only_own(platform, sent)
    assert (caught.value.status, caught.value.code, caught.value.pointer) == (403, "platform_not_yours", pointer)


@pytest.mark.parametrize("path", ["/v1/prices", "/v1/quotes"])
def test_anothers_platform_is_refused_at_the_door(made: Made, path: str) -> None:
    other = {**QUOTE, "usage": [*QUOTE["usage"], {**QUOTE["usage"][0], "platform": "didi"}]}  # type: ignore[index, misc]
    answer = made.service.post(path, other, "platform")
    assert (answer.status_code, answer.json()["pointer"]) == (403, "/usage/1/platform")
    assert made.service.post(path, other, "insurer").status_code in (200, 201)
