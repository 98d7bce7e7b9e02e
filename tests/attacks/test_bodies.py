"""Bodies that are too much, lie, or are no request; and names of paths where an id is meant."""

import gzip
import json
import time
from collections.abc import Iterator

import pytest

from tests.attacks.raw import RIDER, answers_still, head, said
from tests.service.serving import Service, served


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served(environ={"LICHENG_ADDRESS_PER_MINUTE": "100000"}) as found:
        yield found


BOMB = gzip.compress(b" " * 50_000_000)
KEYS = b"{" + b",".join(b'"x_%d": 1' % number for number in range(90_000)) + b', "x_0": 2}'
REQUEST = json.loads(RIDER)
NAN = RIDER.replace(b'"orders": 620', b'"orders": NaN')
HUGE = RIDER.replace(b'"orders": 620', b'"orders": ' + b"9" * 4_000)
LONGER = RIDER.replace(b'"orders": 620', b'"orders": ' + b"9" * 5_000)
FLOAT = RIDER.replace(b'"orders": 620', b'"orders": 1e400')

BODIES = {
    # name: further header, body, status, code of the problem or ""
    "gzip bomb": (b"Content-Encoding: gzip", BOMB, 415, "encoding_not_taken"),
    "gzip bomb that says nothing": (b"", BOMB, 400, "body_not_utf8"),
    "a hundred thousand brackets": (b"", b"[" * 100_000, 422, "nested_too_deeply"),
    "a hundred thousand objects": (b"", b'{"x_a":' * 100_000 + b"1" + b"}" * 100_000, 422, "nested_too_deeply"),
    "ninety thousand keys, one twice": (b"", KEYS, 400, "duplicate_json_key"),
    "four thousand digits": (b"", HUGE, 200, ""),
    "five thousand digits": (b"", LONGER, 400, "json_unreadable"),
    "infinity as a number": (b"", FLOAT, 200, ""),
    "NaN": (b"", NAN, 200, ""),
    "bytes that are no UTF-8": (b"", b'{"month": "\xc3\x28"}', 400, "body_not_utf8"),
    "half of a pair": (b"", b'{"worker": "\\ud800"}', 400, "text_broken"),
    "nothing": (b"", b"", 400, "json_unreadable"),
    "a list of nothing": (b"", b"[]", 422, "batch_empty"),
    "a text": (b"", b'"month"', 422, "not_an_object"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_has_a_definite_answer(service: Service, name: str) -> None:
    more, body, status, code = BODIES[name]
    started = time.monotonic()
    lines = [b"Connection: close", b"Content-Length: %d" % len(body), *([more] if more else [])]
    heard = said(service, head(service, *lines) + body, wait_s=10)
    assert (heard.statuses, heard.closed) == ([status], True)
    answer = json.loads(heard.bytes.split(b"\r\n\r\n", 1)[1], parse_constant=pytest.fail)
    assert answer.get("code", "") == code
    assert time.monotonic() - started < 8
    assert answers_still(service)


@pytest.mark.parametrize("orders", [NAN, HUGE, FLOAT])
def test_a_number_that_is_none_refuses_its_row_and_no_other(service: Service, orders: bytes) -> None:
    answer = service.http.post(
        "/v1/prices", content=orders, headers={**service.key("insurer"), "Content-Type": "application/json"}
    ).json()
    per_order = next(one for one in answer["schemes"] if one["scheme"] == "pilot_per_order")
    assert [one["row"] for one in per_order["refusals"]] == [0]
    assert per_order["incomplete"] is True
    assert [share["row"] for share in per_order["shares"]] == [1]


LYING = {
    # name: length that is declared, bytes that are sent
    "longer than it says": (len(RIDER) - 10, RIDER, {400}),
    "shorter than it says": (len(RIDER) + 10, RIDER, set()),
    "more than is taken": (10**12, RIDER, {413}),
}


@pytest.mark.parametrize("name", LYING)
def test_a_length_that_lies_is_not_believed(service: Service, name: str) -> None:
    declared, body, statuses = LYING[name]
    heard = said(service, head(service, b"Content-Length: %d" % declared) + body)
    assert set(heard.statuses) == statuses
    assert answers_still(service)


IDS = [
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f",
    "..%5c",
    "%00",
    "a%00b",
    "q_%0a",
    "~root",
    "C:%5c",
    "'--",
    "%25",
]
PATHS = ["quotes/{}", "levies/{}", "levies/{}/lines", "levies/{}/receipt", "tariffs/{}", "tariffs/2025-08/tables/{}"]
PATH_TRIES = len(IDS) * len(PATHS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", IDS)
def test_the_name_of_a_path_is_no_id(service: Service, path: str, name: str) -> None:
    answer = service.get("/v1/" + path.format(name), role="admin")
    assert answer.status_code in (400, 404, 422)
    assert "root:" not in answer.text
    assert str(service.home) not in answer.text


def test_a_request_with_every_limit_reached_is_answered_in_seconds(service: Service) -> None:
    rows = [{**REQUEST["usage"][0], "contractor": f"c{number}"} for number in range(1_000)]
    started = time.monotonic()
    answer = service.post("/v1/prices", {**REQUEST, "usage": rows, "curve": True})
    assert answer.status_code == 200
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("path", [b"/static/../../etc/passwd", b"/v1/../../../etc/passwd", b"//etc/passwd"])
def test_a_path_is_not_walked(service: Service, path: bytes) -> None:
    heard = said(service, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert heard.last == (404, True)
