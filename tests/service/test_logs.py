"""The log: what it says of a request, and what it never says."""

import io
import json
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

from service.telemetry.logs import FIELDS, Log, OfLibraries, failure
from tests.service.serving import Service, served, stop

EXAMPLES = Path(__file__).parents[2] / "service" / "examples"
RIDER = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
AS_JSON, CSV = {"Content-Type": "application/json"}, {"Content-Type": "text/csv"}
MARK = "zq7mark"  # stands in everything that a caller sends


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines_of(said: list[str]) -> list[dict[str, Any]]:
    """The lines of a log among what a process said."""
    return [json.loads(line) for line in said if line.startswith("{")]


def written(stream: io.StringIO, *events: tuple[str, dict[str, object]], level: str = "info") -> str:
    """What a log writes of some events."""
    log = Log(stream, level)
    for name, facts in events:
        log.info(name, **facts)
    log.close()
    return stream.getvalue()


def send_marked_everywhere(service: Service) -> int:
    """Requests with a marked value in each place where a caller can put one; how many."""
    row = {**RIDER["usage"][0], "worker_ref": f"{MARK}-ref", "x_note": MARK, "contractor": f"{MARK}/b"}
    request = {**RIDER, "worker": f"w_{MARK}_A", "usage": [row]}
    key, wrong = service.key("admin"), {"Authorization": f"Bearer {MARK}"}
    wrong_secret = {"Authorization": f"Bearer licheng.k_{'0' * 16}.{MARK + 'A' * 36}"}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/prices", {"json": request, "headers": key}),
        ("POST", "/v1/quotes", {"json": request, "headers": {**key, "Idempotency-Key": f"{MARK}-key"}}),
        ("POST", "/v1/prices", {"json": {**request, "usage": [{**row, "region": MARK}]}, "headers": key}),
        ("POST", "/v1/prices", {"json": {**request, f"{MARK}_field": 1}, "headers": key}),
        ("POST", "/v1/prices", {"content": f'{{"worker": "{MARK}', "headers": {**key, **AS_JSON}}),
        ("POST", "/v1/prices", {"content": MARK, "headers": {**key, "Content-Type": f"text/{MARK}"}}),
        ("POST", "/v1/prices", {"json": [request, MARK], "headers": key}),
        ("POST", "/v1/declarations", {"json": {"month": MARK, "platform": MARK}, "headers": key}),
        ("GET", f"/v1/quotes/q_{MARK}", {"headers": key}),
        ("GET", f"/v1/workers/w_{MARK}_A/export", {"headers": key}),
        ("DELETE", f"/v1/workers/w_{MARK}_A", {"headers": key}),
        ("GET", f"/{MARK}/../{MARK}", {"headers": key}),
        ("GET", f"/v1/tariffs?month={MARK}&{MARK}={MARK}", {"headers": {**key, "Accept-Language": MARK}}),
        ("GET", f"/v1/quotes?cursor={MARK}", {"headers": {**key, "X-Request-Id": f"not good {MARK}"}}),
        ("GET", "/v1/quotes", {"headers": {**wrong, "Cookie": f"session={MARK}", "User-Agent": MARK, "Referer": MARK}}),
        ("GET", "/v1/quotes", {"headers": wrong_secret}),
        (MARK.upper(), "/v1/quotes", {"headers": key}),
        ("POST", "/v1/levies?month=2025-08", {"content": f"month,worker\n2025-08,{MARK}\n", "headers": {**key, **CSV}}),
    ]
    for method, path, given in calls:
        assert service.http.request(method, path, **given).status_code != 500, path
    host, port = service.url.removeprefix("http://").split(":")
    for raw in (f"{MARK} nonsense\r\n\r\n", f"GET /{MARK} HTTP/1.1\r\nBad{MARK} header\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as bare:
            bare.sendall(raw.encode())
            bare.recv(1000)
    return len(calls)


def test_what_a_caller_sends_is_in_no_line_of_the_log() -> None:
    with served() as service:
        sent = send_marked_everywhere(service)
        time.sleep(1)  # a run that was started says what it has to say
        assert service.process is not None
        stop(service.process)
        said = "\n".join(service.said)
        token = service.keys["admin"]
    requests = [line for line in lines_of(service.said) if line["event"] == "request"]
    assert len(requests) == sent - 1, "a method that does not exist never reaches the service"
    assert MARK not in said.lower()
    assert token.split(".")[2] not in said
    assert {line["key_id"] for line in requests if "key_id" in line} == {token.split(".")[1]}
    assert all(set(line) <= FIELDS for line in lines_of(service.said))


def test_a_line_says_which_request_how_it_was_answered_and_how_long_it_took() -> None:
    with served() as service:
        answer = service.post("/v1/prices", {**RIDER, "month": "2025"}, **{"X-Request-Id": "call-17"})
        service.get("/nowhere", "")
        assert service.process is not None
        stop(service.process)
    lines = [line for line in lines_of(service.said) if line["event"] == "request"]
    first, second = lines
    assert answer.headers["x-request-id"] == "call-17"
    assert {name: first[name] for name in ("request_id", "method", "route", "status", "level")} == {
        "request_id": "call-17",
        "method": "POST",
        "route": "/v1/prices",
        "status": 422,
        "level": "info",
    }
    assert (first["code"], first["ms"] > 0) == (answer.json()["code"], True)
    assert (second["route"], second["status"], "key_id" in second) == ("unmatched", 404, False)


def test_starting_and_stopping_are_logged() -> None:
    with served() as service:
        assert service.process is not None
        stop(service.process)
    events = [line["event"] for line in lines_of(service.said)]
    assert (events[0], events[-1]) == ("started", "stopping")


def test_fields_that_are_not_named_are_not_written() -> None:
    text = written(io.StringIO(), ("request", {"status": 200, "worker": MARK, "body": MARK, "path": MARK}))
    line = json.loads(text)
    assert (line["status"], set(line)) == (200, {"time", "level", "event", "status"})


def test_a_terminal_is_shown_plain_lines() -> None:
    text = written(Terminal(), ("request", {"route": "/v1/prices", "status": 200}))
    assert text.endswith("route=/v1/prices status=200\n")
    assert not text.startswith("{")


def test_a_level_leaves_out_what_is_below() -> None:
    assert written(io.StringIO(), ("request", {"status": 200}), level="warning") == ""


def test_a_failure_is_told_by_kind_and_place_without_its_sentence() -> None:
    stream = io.StringIO()
    log = Log(stream)
    handler = OfLibraries(log)
    try:
        int(MARK)
    except ValueError as error:
        log.error("bug", **failure(error))
        raised = (ValueError, error, error.__traceback__)
        handler.emit(logging.LogRecord("some.library", logging.ERROR, "", 1, "bad %s", (MARK,), raised))
    log.close()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["error"], second["error"], second["code"]) == ("ValueError", "ValueError", "bad %s")
    assert any("test_logs.py" in place for place in first["at"])
    assert MARK not in stream.getvalue()


def test_a_reader_of_the_log_who_sleeps_stops_nobody_and_lost_lines_are_counted() -> None:
    stream = Sleeping()
    log = Log(stream)
    log.info("started")
    assert stream.asked.wait(5)
    began = time.monotonic()
    for _ in range(60_000):
        log.info("request", status=200)
    assert time.monotonic() - began < 30
    stream.wakes.set()
    log.close()
    [lost] = [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == "log_lines_lost"]
    assert lost["lost"] == 10_000


class Sleeping(io.StringIO):
    """A stream whose reader does not read until it wakes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.wakes = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.asked.set()
        self.wakes.wait(60)
        return super().write(text)


def test_lines_that_can_not_be_written_are_no_failure() -> None:
    log = Log(Broken())
    log.info("started")
    log.close()
    log.info("after the end")


class Broken(io.StringIO):
    """A stream that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_caller_who_hangs_up_in_the_middle_of_a_body_is_no_bug_of_ours() -> None:
    """In a call that goes straight to its function, and in those that the router finds."""
    paths = ("/v1/prices", "/v1/levies?month=2025-08", "/v1/quotes/q_x/reproduce")
    with served() as service:
        host, port = service.url.removeprefix("http://").split(":")
        key = service.key("insurer")["Authorization"]
        for path in paths:
            kind = "text/csv" if "levies" in path else "application/json"
            who = service.key("admin")["Authorization"] if "levies" in path else key
            said = f"Host: x\r\nAuthorization: {who}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\nmonth"
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(f"POST {path} HTTP/1.1\r\n{said}".encode())
                time.sleep(0.5)  # so that the body is being read
        last = time.monotonic() + 60
        while len([line for line in lines_of(service.said) if line["event"] == "request"]) < len(paths):
            assert time.monotonic() < last
            time.sleep(0.05)
        requests = [line for line in lines_of(service.said) if line["event"] == "request"]
    assert [(line["status"], line["level"], line.get("code")) for line in requests] == [(499, "info", None)] * len(
        paths
    )
