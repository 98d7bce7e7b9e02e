"""Hostile bodies at every door that takes a body, and bodies under a wrong name: each has one definite answer."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.schemas.calls import CALLS, CSV, FORM, JSON, LINES, PARQUET
from tests.attacks.raw import RIDER, answers_still
from tests.attacks.test_bodies import BODIES
from tests.service.sent_months import over
from tests.service.serving import Service, served

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = f"{FORM}; boundary=b"
LEVY = "/v1/levies?month=2025-08&known_on=2025-11-30"
# What no reader of JSON gets through, whatever the JSON is for.
_UNREAD = ("encoding_not_taken", "body_not_utf8", "nested_too_deeply", "duplicate_json_key", "json_unreadable")
UNREAD = [name for name, (_, _, _, code) in BODIES.items() if code in _UNREAD]
READERS = (("/v1/prices", JSON), ("/v1/quotes", JSON), ("/v1/declarations", JSON))
ALIKE = [(path, kind, name) for path, kind in READERS for name in UNREAD]
# Doors that read something else than one JSON text.
OTHERS = (
    ("/v1/prices", LINES),
    ("/v1/declarations", CSV),
    ("/v1/quotes/q_01KC0000000000000000000000/reproduce", JSON),
    ("/v1/quotes/q_01KC0000000000000000000000/reproduce", ""),
    (LEVY, MULTIPART),
    ("/", URLENCODED),
    ("/host", URLENCODED),
    ("/months", MULTIPART),
    ("/months/check", MULTIPART),
    ("/months/sign-in", URLENCODED),
    ("/months/sign-out", URLENCODED),
)
ANYHOW = [(path, kind, name) for path, kind in OTHERS for name in BODIES]
FILES = [(kind, name) for kind in (CSV, PARQUET) for name in BODIES]
WRONG_KINDS = (
    *("", "*/*", "text/plain", "text/json", "application/xml", "application/jsonp", URLENCODED, MULTIPART),
    *("application/json; charset=utf-16", "application/json, text/csv", "application/x-ndjson; charset=gb18030"),
)
TAKERS = [path for (method, path), call in CALLS.items() if method == "post" and call.body]
MISNAMED = [(path, kind) for path in TAKERS for kind in WRONG_KINDS if not (path == "/v1/levies" and kind == MULTIPART)]
TRIES = len(ALIKE) + len(ANYHOW) + len(FILES) + len(MISNAMED)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    environ = {"LICHENG_ADDRESS_PER_MINUTE": "100000", "LICHENG_BODY_SECONDS": "5"}
    with served(environ=environ) as found:
        yield found


def sent(service: Service, path: str, kind: str, body: bytes, more: bytes = b"") -> httpx.Response:
    """A body as the admin, who may send everything. more: one further header."""
    name, _, value = more.decode().partition(": ")
    headers = {**service.key("admin"), **({"Content-Type": kind} if kind else {}), **({name: value} if name else {})}
    return service.http.post(path, content=body, headers=headers)


def read(answer: httpx.Response) -> Any:
    """An answer of JSON, in which nothing stands that is none."""
    return json.loads(answer.content, parse_constant=pytest.fail)


@pytest.mark.parametrize(("path", "kind", "name"), ALIKE)
def test_doors_that_read_json_refuse_alike(service: Service, path: str, kind: str, name: str) -> None:
    more, body, status, code = BODIES[name]
    answer = sent(service, path, kind, body, more)
    assert (answer.status_code, read(answer)["code"]) == (status, code)


@pytest.mark.parametrize(("path", "kind", "name"), ANYHOW)
def test_other_doors_have_a_definite_answer(service: Service, path: str, kind: str, name: str) -> None:
    more, body, _, _ = BODIES[name]
    answer = sent(service, path, kind, body, more)
    assert answer.status_code < 500, answer.text
    assert answer.elapsed.total_seconds() < 8
    assert str(service.home) not in answer.text
    if answer.headers["content-type"] == "application/problem+json":
        assert {"code", "message", "message_zh", "request_id"} <= set(read(answer))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_month_that_is_no_month_fails_with_a_reason(service: Service, kind: str, name: str) -> None:
    more, body, _, _ = BODIES[name]
    answer = sent(service, LEVY, kind, body, more)
    if answer.status_code != 202:
        assert answer.status_code in (415, 422), answer.text
        return
    levy = over(service, answer, "admin")
    assert levy["state"] == "failed"
    assert levy["error"]["code"] not in ("", "levy_given_up", "internal_error")
    assert str(service.home) not in json.dumps(levy)


@pytest.mark.parametrize(("path", "kind"), MISNAMED)
def test_what_is_called_something_else_is_not_read(service: Service, path: str, kind: str) -> None:
    answer = sent(service, LEVY if path == "/v1/levies" else path, kind, RIDER)
    assert (answer.status_code, read(answer)["code"]) == (415, "media_type_not_taken")


def test_after_all_of_them_others_are_served(service: Service) -> None:
    assert answers_still(service)
    assert service.get("/status/ready", role="").json()["status"] == "ready"
