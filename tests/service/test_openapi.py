"""The OpenAPI document: every route described, every example works, every answer is as it says."""

import json
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from service.auth.roles import PERMITS
from service.conventions.problems import MEDIA_TYPE
from service.schemas.calls import CALLS
from tests.service.serving import Service
from tests.service.test_problems import WRONG

EXAMPLES = Path(__file__).resolve().parents[2] / "service/examples"


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.get("/openapi.json", role="").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, said) for path, methods in document["paths"].items() for method, said in methods.items()]


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Whether a value is as a schema of the document says."""
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole).validate(value)


def as_described(document: dict[str, Any], method: str, path: str, answer: Any) -> Any:
    """The answer's JSON, checked against what the document says of the call."""
    said = document["paths"][path][method]["responses"][str(answer.status_code)]
    kind = answer.headers["content-type"].split(";")[0]
    for name in said.get("headers", {}):
        if name in ("X-Request-Id", "Location", "Licheng-Release"):
            assert name in answer.headers, name
    if kind not in ("application/json", MEDIA_TYPE):
        assert kind in said["content"]
        return None
    check(document, said["content"][kind]["schema"], answer.json())
    return answer.json()


def test_every_call_is_described_and_every_description_is_of_a_call(service: Service, document: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(document)}
    assert described == set(CALLS)
    routes = service.http.app.openapi()["paths"]  # type: ignore[attr-defined]
    undescribed = [path for path in routes if path.replace(":path}", "}") not in document["paths"]]
    assert undescribed == []


def test_the_document_is_openapi_with_a_name_for_each_call(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    names = [said["operationId"] for _, _, said in operations(document)]
    assert len(names) == len(set(names)) > 20
    text = json.dumps(document)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


def test_each_call_says_who_may_and_how_it_is_refused(document: dict[str, Any]) -> None:
    for method, path, said in operations(document):
        call = CALLS[method, path]
        assert bool(said["security"]) == bool(call.action)
        assert call.action in ("", *PERMITS)
        assert {"429", "500"} <= set(said["responses"])
        assert ("401" in said["responses"]) == (bool(call.action) or path == "/metrics")
        assert ("413" in said["responses"]) == (method == "post")


def sent(service: Service, method: str, path: str, said: dict[str, Any], made: dict[str, str]) -> Any:
    """The answer to a call's own example, as one who may."""
    action = CALLS[method, path].action
    role = "admin" if not action or "admin" in PERMITS[action] else PERMITS[action][0]
    for parameter in said["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", made.get(parameter["name"], parameter["example"]))
    answer = None
    for kind, content in said.get("requestBody", {}).get("content", {"": {}}).items():
        if kind and "example" not in content:
            continue
        example = content.get("example")
        body = example.encode() if isinstance(example, str) else json.dumps(example).encode() if example else None
        headers = {**service.key(role), **({"Content-Type": kind} if kind else {})}
        address = f"{path}?month=2025-08" if (method, path) == ("post", "/v1/levies") else path
        answer = service.http.request(method, address, content=body, headers=headers)
        assert answer.status_code < 300, (kind, answer.text)
    return answer


@pytest.mark.slow
def test_the_example_of_every_call_works_and_is_answered_as_described(
    service: Service, document: dict[str, Any]
) -> None:
    made: dict[str, str] = {}
    seen = 0
    order = sorted(operations(document), key=lambda one: (one[0] == "delete", "{" in one[1], one[0] != "post"))
    for method, path, said in order:
        if path == "/metrics":
            continue  # for this machine alone: tests/service/test_metrics.py
        answer = sent(service, method, path, said, made)
        found = as_described(document, method, path, answer)
        seen += 1
        if answer.status_code in (201, 202):
            made["quote_id" if path == "/v1/quotes" else "levy_id"] = found["id"]
        if answer.status_code == 202:
            settled(service, found["id"])
    assert seen == len(CALLS) - 1


def settled(service: Service, levy_id: str) -> None:
    """Wait until a month is settled."""
    end = time.monotonic() + 60
    while service.get(f"/v1/levies/{levy_id}", role="admin").json()["state"] in ("queued", "running"):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert service.get(f"/v1/levies/{levy_id}", role="admin").json()["state"] == "done"


@pytest.mark.parametrize(("request_body", "code", "pointer"), WRONG)
def test_the_models_and_the_door_refuse_the_same(
    document: dict[str, Any], request_body: Any, code: str, pointer: str
) -> None:
    schema = {"$ref": "#/components/schemas/PricesRequest"}
    by_names = ("one_worker", "register_overlap", "register_value", "nested_too_deeply", "request_value")
    if (
        code in by_names
        or pointer.startswith("/enrolment/")
        or (code, pointer) == ("not_an_object", "/history/revenue_fen")
    ):
        return  # which names are known, and what belongs together, is the tariff's to say
    with pytest.raises(jsonschema_rs.ValidationError):
        check(document, schema, request_body)


@pytest.mark.parametrize("name", ["rider.json", "host.json"])
def test_the_models_and_the_door_take_the_same(service: Service, document: dict[str, Any], name: str) -> None:
    request = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    full = {**request, "curve": True, "technical": True, "lang": "zh", "x_own": {"any": "thing"}}
    check(document, {"$ref": "#/components/schemas/PricesRequest"}, full)
    as_described(document, "post", "/v1/prices", service.post("/v1/prices", full))


@pytest.mark.parametrize("value", [True, 1.5, "620", -1])
def test_a_cell_is_strictly_a_whole_number(document: dict[str, Any], value: Any) -> None:
    request = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
    request["usage"][0]["orders"] = value
    with pytest.raises(jsonschema_rs.ValidationError):
        check(document, {"$ref": "#/components/schemas/PricesRequest"}, request)


def test_problems_are_as_described(service: Service, document: dict[str, Any]) -> None:
    answers = [
        ("post", "/v1/prices", service.post("/v1/prices", {})),
        ("post", "/v1/quotes", service.post("/v1/quotes", {}, role="auditor")),
        ("get", "/v1/quotes/{quote_id}", service.get("/v1/quotes/q_none")),
        ("get", "/v1/audit", service.get("/v1/audit", role="")),
        ("get", "/v1/tariffs/{month}", service.get("/v1/tariffs/never", role="")),
        ("post", "/v1/levies", service.post("/v1/levies", {}, role="admin")),
    ]
    found = [as_described(document, method, path, answer)["status"] for method, path, answer in answers]
    assert found == [422, 403, 404, 401, 422, 415]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_the_api_shows_every_call_and_needs_no_script(service: Service, lang: str) -> None:
    page = service.http.get(f"/docs?lang={lang}")
    assert page.status_code == 200
    assert all(f"{method.upper()} {path}" in page.text for method, path in CALLS)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text.replace(str(service.http.base_url), "").replace("http://www.w3.org", "")
    assert "https://" not in page.text
