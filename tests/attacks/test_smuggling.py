"""Requests that two readers could read in two ways: each has one definite answer, and nothing hidden is answered."""

from collections.abc import Iterator

import pytest

from tests.attacks.raw import LIVE, RIDER, answers_still, head, said
from tests.service.serving import Service, served


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served() as found:
        yield found


HIDDEN = b"GET /v1/tariffs HTTP/1.1\r\nHost: x\r\n\r\n"
AMBIGUOUS = {
    "a length and chunks": ((b"Content-Length: 5", b"Transfer-Encoding: chunked"), b"0\r\n\r\n" + HIDDEN),
    "two lengths": ((b"Content-Length: 5", b"Content-Length: 6"), b"123456" + HIDDEN),
    "a negative length": ((b"Content-Length: -5",), b"12345"),
    "a length with a sign": ((b"Content-Length: +5",), b"12345"),
    "a length beyond all bounds": ((b"Content-Length: " + b"9" * 40,), b"12345"),
    "a length in hexadecimal": ((b"Content-Length: 0x5",), b"12345"),
    "a list of lengths": ((b"Content-Length: 5, 5",), b"12345"),
    "chunks and something": ((b"Transfer-Encoding: chunked, identity",), b"0\r\n\r\n" + HIDDEN),
    "a name with a space": ((b"Transfer-Encoding : chunked",), b"0\r\n\r\n" + HIDDEN),
    "chunks of another name": ((b"Transfer-Encoding: xchunked",), b"0\r\n\r\n" + HIDDEN),
    "a folded header": ((b"X-Note: a\r\n b", b"Content-Length: 2"), b"{}"),
    "a bare line feed": ((b"X-Note: a\nTransfer-Encoding: chunked", b"Content-Length: 2"), b"{}"),
    "a NUL in a header": ((b"X-Note: a\x00b", b"Content-Length: 2"), b"{}"),
    "a chunk of no size": ((b"Transfer-Encoding: chunked",), b"ZZ\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "a chunk with a sign": ((b"Transfer-Encoding: chunked",), b"-1\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "a chunk beyond all bounds": ((b"Transfer-Encoding: chunked",), b"F" * 40 + b"\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "a chunk longer than it says": ((b"Transfer-Encoding: chunked",), b"1\r\n{}\r\n0\r\n\r\n" + HIDDEN),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_and_the_connection_closed(service: Service, name: str) -> None:
    lines, body = AMBIGUOUS[name]
    heard = said(service, head(service, *lines) + body)
    assert heard.last == (400, True)
    assert len(heard.statuses) == 1, "nothing that was hidden behind it is answered"
    assert b'"request_malformed"' in heard.bytes
    assert answers_still(service)


NO_HTTP = {
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "another version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT other:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "line feeds alone": b"GET /status/live HTTP/1.1\nHost: x\n\n",
    "no method": b"/status/live HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_refused(service: Service, name: str) -> None:
    assert said(service, NO_HTTP[name]).last == (400, True)
    assert answers_still(service)


def test_what_stands_after_a_body_is_no_header(service: Service) -> None:
    key = service.key("insurer")["Authorization"].encode()
    start = (
        b"POST /v1/prices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b"%x\r\n%s\r\n0\r\nAuthorization: %s\r\n\r\n" % (len(RIDER), RIDER, key)
    assert said(service, start + body).statuses == [401]


def test_an_upgrade_is_not_followed(service: Service) -> None:
    asked = b"GET /status/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n"
    assert said(service, asked % b"h2c").statuses == [200]
    assert said(service, asked % b"websocket").statuses == [200]


def test_requests_in_one_piece_are_answered_one_by_one_in_order(service: Service) -> None:
    good = head(service, b"Content-Length: %d" % len(RIDER)) + RIDER
    wrong = head(service, b"Content-Length: 2") + b"{}"
    heard = said(service, (LIVE + good + wrong) * 20, wait_s=2)
    assert heard.statuses == [200, 200, 422] * 20


def test_an_early_answer_does_not_let_the_rest_of_the_body_be_a_request(service: Service) -> None:
    heard = said(service, head(service, b"Content-Length: 999999999999") + HIDDEN * 3)
    assert (heard.statuses, heard.closed) == ([413], True)


EARLY = {
    # name: path, media type, status; each is answered before its body has come
    "too large": (b"/v1/prices", b"application/json", 413),
    "a month of no known kind": (b"/v1/levies", b"text/plain", 415),
    "a form that is too long": (b"/", b"application/x-www-form-urlencoded", 413),
}


TRIES = len(AMBIGUOUS) + len(NO_HTTP) + 2 * len(EARLY)


@pytest.mark.parametrize("name", EARLY)
@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_an_early_answer_arrives_and_says_that_the_connection_ends(service: Service, name: str, close: bytes) -> None:
    path, kind, status = EARLY[name]
    key = service.key("admin")["Authorization"].encode()
    start = b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: %s\r\n%s" % (path, key, kind, close)
    body = b"a" * 30_000_000
    heard = said(service, start + b"Content-Length: %d\r\n\r\n" % len(body) + body, wait_s=5)
    assert (heard.statuses, heard.closed) == ([status], True)
    assert b"connection: close\r\n" in heard.bytes.split(b"\r\n\r\n")[0].lower() + b"\r\n"
