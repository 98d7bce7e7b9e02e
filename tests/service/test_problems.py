"""Problems: what is wrong, where in the body, in the asked language; and nothing of the inside."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pricing.errors import InputError, TariffError
from pricing.words import sentences
from service.conventions.problem_codes import PROBLEMS, problem_codes
from service.conventions.problems import MEDIA_TYPE, TITLES, Problem
from service.pointers import pointer_of
from tests.service.serving import Service, client

ROOT = Path(__file__).resolve().parents[2]
RIDER = json.loads((ROOT / "service/examples/rider.json").read_text(encoding="utf-8"))
HOST = json.loads((ROOT / "service/examples/host.json").read_text(encoding="utf-8"))


def changed(base: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """A request with one value put in its place."""
    request = copy.deepcopy(base)
    node = request
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = to
    return request


WITHOUT_WORKER = {key: value for key, value in RIDER.items() if key != "worker"}
WITHOUT_MONTH = {key: value for key, value in RIDER.items() if key != "month"}
SEVENTEEN: Any = 1
for _ in range(17):
    SEVENTEEN = [SEVENTEEN]
WRONG = [
    # a request, its code, where it is wrong
    ({"month": "2025-08", "worker": "w_4KQ7ZB2M"}, "no_usage", "/usage"),
    (WITHOUT_WORKER, "missing_field", "/worker"),
    (WITHOUT_MONTH, "missing_field", "/month"),
    (changed(RIDER, "month", to="2025-8"), "request_month", "/month"),
    (changed(RIDER, "month", to=202508), "request_month", "/month"),
    (changed(RIDER, "known_on", to="yesterday"), "request_date", "/known_on"),
    (changed(RIDER, "colour", to="red"), "unknown_column", "/colour"),
    (changed(RIDER, "a, b", to=1), "unknown_column", "/a, b"),
    (changed(RIDER, "row 3", to=1), "unknown_column", "/row 3"),
    (changed(RIDER, "a/b~c", to=1), "unknown_column", "/a~1b~0c"),
    (changed(RIDER, "request", to=1), "unknown_column", "/request"),
    (changed(RIDER, "usage", to={}), "not_a_list", "/usage"),
    (changed(RIDER, "usage", 1, "kilometres", to=5), "unknown_column", "/usage/1/kilometres"),
    (changed(RIDER, "usage", 1, "a, b", to=5), "unknown_column", "/usage/1/a, b"),
    (changed(RIDER, "usage", 1, to="row"), "not_an_object", "/usage/1"),
    (changed(RIDER, "usage", 1, "worker", to="w_other_one"), "one_worker", "/usage/1"),
    (changed(RIDER, "platforms", 0, to=[]), "not_an_object", "/platforms/0"),
    (changed(RIDER, "platforms", 0, "pilot_tier", to="top"), "register_value", "/platforms/0/pilot_tier"),
    (changed(RIDER, "platforms", 0, "pilot_float_pct", to=True), "register_value", "/platforms/0/pilot_float_pct"),
    (changed(RIDER, "platforms", 0, "tier, new", to=1), "unknown_column", "/platforms/0/tier, new"),
    (changed(RIDER, "platforms", to=RIDER["platforms"] * 2), "register_overlap", "/platforms/1"),
    (changed(RIDER, "schemes", to=["free"]), "request_value", "/schemes"),
    (changed(RIDER, "covers", to="all"), "not_a_list", "/covers"),
    (changed(RIDER, "lang", to="fr"), "request_value", "/lang"),
    (changed(RIDER, "curve", to=1), "request_value", "/curve"),
    (changed(HOST, "enrolment", "glass", to={}), "unknown_column", "/enrolment/glass"),
    (changed(HOST, "enrolment", "lumbar", to=7), "not_an_object", "/enrolment/lumbar"),
    (changed(HOST, "enrolment", "lumbar", "colour", to=1), "unknown_column", "/enrolment/lumbar/colour"),
    (changed(HOST, "enrolment", "group", "size", to=1), "unknown_column", "/enrolment/group/size"),
    (changed(HOST, "history", "pay_fen", to={}), "unknown_column", "/history/pay_fen"),
    (changed(HOST, "history", "revenue_fen", to=[]), "not_an_object", "/history/revenue_fen"),
    (changed(RIDER, "x_note", to=SEVENTEEN), "nested_too_deeply", ""),
    (changed(RIDER, "usage", to=RIDER["usage"] * 501), "too_many_members", "/usage"),
    (7, "not_an_object", ""),
]


@pytest.mark.parametrize(("request_body", "code", "pointer"), WRONG)
def test_a_request_of_the_wrong_form_is_pointed_at(
    service: Service, request_body: Any, code: str, pointer: str
) -> None:
    answer = service.post("/v1/prices", request_body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["pointer"]) == (422, code, pointer)
    assert (answer.headers["content-type"], problem["status"]) == (MEDIA_TYPE, 422)
    assert problem["type"] == f"/v1/schema#{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]


UNREADABLE = [
    (b"", "json_unreadable"),
    (b'{"month": "2025-08",}', "json_unreadable"),
    (b'{"a": 1, "a": 2}', "duplicate_json_key"),
    (b'{"month": "\xff"}', "body_not_utf8"),
    (b"\xfe\xff\x00{\x00}", "body_not_utf8"),
    (b'{"worker": "\\ud800"}', "text_broken"),
    (b"[" * 100_000, "nested_too_deeply"),
    (b'{"orders": ' + b"9" * 5_000 + b"}", "json_unreadable"),
]


@pytest.mark.parametrize(("body", "code"), UNREADABLE)
def test_what_is_no_json_is_no_request(service: Service, body: bytes, code: str) -> None:
    headers = {**service.key("insurer"), "Content-Type": "application/json"}
    answer = service.http.post("/v1/prices", content=body, headers=headers)
    expected = 422 if code == "nested_too_deeply" else 400
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (expected, code, "")


@pytest.mark.parametrize("body", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_body_is_told_what_to_send(service: Service, body: bytes) -> None:
    headers = {**service.key("insurer"), "Content-Type": "application/json"}
    for path in ("/v1/prices", "/v1/quotes", "/v1/declarations"):
        said = service.http.post(path, content=body, headers=headers).json()
        assert (said["code"], said["status"]) == ("json_unreadable", 400)
        assert "send one JSON object" in said["message"]
        assert "请发送一个 JSON 对象" in said["message_zh"]


def test_a_list_of_quotes_is_told_where_to_go(service: Service) -> None:
    answer = service.post("/v1/quotes", [RIDER])
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, "one_quote", "")
    assert "POST /v1/prices" in answer.json()["message"]


@pytest.mark.parametrize(("sent", "spoken"), [({}, "en"), ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}, "zh")])
def test_the_detail_is_in_the_language_asked_for(service: Service, sent: dict[str, str], spoken: str) -> None:
    answer = service.post("/v1/prices", {**RIDER, "month": "8"}, **sent)
    problem = answer.json()
    assert problem["detail"] == problem["message" if spoken == "en" else "message_zh"]
    assert problem["title"] == sentences(spoken)["problem_not_processed"]
    assert answer.headers["content-language"] == spoken


def test_the_language_of_the_body_goes_before_the_header(service: Service) -> None:
    answer = service.post("/v1/prices", {**RIDER, "lang": "zh", "colour": 1}, **{"Accept-Language": "en"})
    assert answer.json()["detail"] == answer.json()["message_zh"]


def test_a_missing_address_and_a_wrong_method_are_problems(service: Service) -> None:
    missing, wrong = service.get("/v1/price"), service.get("/v1/prices")
    assert (missing.status_code, missing.json()["code"]) == (404, "address_unknown")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST, OPTIONS"


def test_options_says_what_is_possible_and_head_is_get_without_its_body(service: Service) -> None:
    options, head = service.http.options("/v1/tariffs"), service.http.head("/v1/tariffs")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "access-control-allow-origin" not in options.headers
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == service.get("/v1/tariffs", role="").headers["etag"]


def test_a_bug_tells_its_request_id_and_nothing_of_the_inside() -> None:
    with client() as service:
        inside = "a secret of the inside"

        def broken() -> None:
            raise ValueError(inside)

        service.http.app.add_api_route("/v1/broken", broken)  # type: ignore[attr-defined]
        answer = service.get("/v1/broken", **{"X-Request-Id": "mine-17"})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["request_id"]) == (500, "internal_error", "mine-17")
        assert inside not in answer.text
        assert "ValueError" not in answer.text


def test_a_bug_of_a_call_that_passes_no_router_tells_as_little() -> None:
    with client() as service:
        state = service.http.app.state  # type: ignore[attr-defined]
        whole = state.running
        state.running = replace(whole, desk=None, turns=None)
        answer = service.http.post(
            "/v1/prices", json=RIDER, headers=service.key("insurer") | {"X-Request-Id": "mine-18"}
        )
        state.running = whole
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["request_id"]) == (500, "internal_error", "mine-18")
        assert answer.headers["content-security-policy"]
        assert "AttributeError" not in answer.text


@pytest.mark.parametrize("given", ["mine-17", "A.b_c-9"])
def test_a_good_request_id_is_kept(service: Service, given: str) -> None:
    assert service.get("/status/live", **{"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a;b", "<script>"])
def test_another_is_replaced(service: Service, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{20}", service.get("/status/live", **{"X-Request-Id": given}).headers["x-request-id"])


def test_a_tariff_that_cannot_answer_names_no_file() -> None:
    problem = Problem.of(TariffError("release_altered", "/data/releases/0003", number=3, folder="/data/releases/0003"))
    assert (problem.status, problem.code, problem.place) == (503, "tariff_not_available", "")
    assert "/data" not in problem.message("en")


@pytest.mark.parametrize(
    ("place", "raw", "pointer"),
    [
        ("usage, row 0, x", None, "/usage/0/x"),
        ("usage, row 12", {"usage": [{}] * 13}, "/usage/12"),
        ("request", None, ""),
        ("declaration", {}, ""),
        ("a, b, c", {"a, b": {"c": 1}, "a": 1}, "/a, b/c"),
        ("a, row 1", {"a": {"row 1": 2}}, "/a/row 1"),
        ("enrolment, group, size", {"enrolment": {"group": {"size": 1}}}, "/enrolment/group/size"),
    ],
)
def test_a_place_as_a_pointer(place: str, raw: Any, pointer: str) -> None:
    assert pointer_of(place, raw) == pointer


def called(module: Path) -> Iterator[Path]:
    """Our modules that a module names, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            names += [one.name for one in node.names]
    for name in names:
        path = ROOT / name.replace(".", "/")
        yield from (found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file())


def reachable() -> list[Path]:
    """Every module of ours that the application can come to."""
    seen: set[Path] = set()
    waiting = [ROOT / "service/app.py"]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += called(module)
    return sorted(seen)


# Functions that make an error of a code, and which argument the code is.
MAKES = {"Problem": 1, "InputError": 0, "_challenged": 0}
# What no request comes to. Errors of a month stand in the levy's `error`: they are no problems.
ELSEWHERE = {
    "the start": (
        "service/secret.py",
        "service/serving_found.py",
        "service/store/schema.py",
        "service/store/keyed_mark.py",
        "service/store/database.py",
    ),
    "the command line": ("service/releases/", "service/store/keys.py", "service/operations/listening.py"),
    "a month": (
        "service/engines/",
        "service/month/pulse.py",
        "service/month/run.py",
        "service/month/check.py",
        "service/month/kept_error.py",
    ),
}
NEVER = {
    "secret_too_short",
    "file_not_found",
    "audit_other_secret",
    "audit_without_secret",
}  # at the start, and of the command line, in modules that do both


def raised() -> Iterator[tuple[set[str], str]]:
    """The codes that each call could make, and its module; of a code that is worked out, every text in the working."""
    nowhere = tuple(place for places in ELSEWHERE.values() for place in places)
    for path in reachable():
        module = path.relative_to(ROOT).as_posix()
        if module.startswith(nowhere):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in MAKES and len(node.args) > MAKES[name]:
                parts = ast.walk(node.args[MAKES[name]])
                yield (
                    {one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)},
                    module,
                )


def test_every_code_that_can_leave_the_api_stands_in_the_schema() -> None:
    found = list(raised())
    listed = {code for codes in PROBLEMS.values() for code in codes}
    codes = {code for several, _ in found for code in several if not code.startswith("page_")} - NEVER
    assert len(codes) > 60
    assert codes - listed == set()
    assert {module for several, module in found if not several} == {"service/conventions/caller.py"}, (
        "by _challenged alone"
    )
    assert sum(map(len, PROBLEMS.values())) == len(listed), "each has one status"


def test_every_problem_has_its_status_in_the_schema() -> None:
    pairs = {
        (values[0], values[1])
        for path in reachable()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Problem", "cls")
        if len(values := [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]) == 2
    }
    assert len(pairs) > 40
    assert [one for one in pairs if not one[1].startswith("page_") and one[1] not in PROBLEMS.get(one[0], ())] == []
    assert set(PROBLEMS) <= set(TITLES)
    for lang in ("en", "zh"):
        assert all(one["message"] for one in problem_codes(lang))


def test_every_code_seen_here_is_in_the_schema(service: Service) -> None:
    listed = {one["code"] for one in service.get("/v1/schema", role="").json()["problems"]}
    assert {code for _, code, _ in WRONG} | {code for _, code in UNREADABLE} <= listed
    assert InputError("no_usage").code in listed
