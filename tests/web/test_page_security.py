"""What the pages let nobody do: other sites' forms, forged sessions, others' months, markup in what was typed."""

import re

import httpx
import pytest

from pricing.words import say
from tests.service.serving import Service, client, served

HTML = {"Accept": "text/html"}


@pytest.fixture
def clean(service: Service) -> Service:
    service.http.cookies.clear()
    return service


def sign_in(service: Service, role: str, tenant: str = "") -> str:
    """Sign in; the token of the session's forms."""
    key = service.key(role, tenant)["Authorization"].removeprefix("Bearer ")
    answer = service.http.post("/months/sign-in", data={"key": key}, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/months")
    found = re.search(r'name="csrf" value="([^"]+)"', service.http.get("/months", headers=HTML).text)
    assert found is not None
    return found[1]


def send(service: Service, csrf: str, **headers: str) -> httpx.Response:
    """The smallest month."""
    usage = "month,worker,platform,region,occupation,orders\n2025-08,w_rider_01,meituan,500000,food_rider,10\n"
    form = {"month": "2025-08", "known_on": "2025-11-30"}
    files = {"usage": ("usage.csv", usage, "text/csv")}
    address = f"/months?csrf={csrf}"
    return service.http.post(address, data=form, files=files, headers={**HTML, **headers})


@pytest.mark.parametrize("path", ["/", "/host", "/tariff", "/months", "/nothing"])
def test_a_page_lets_nothing_in_from_outside(clean: Service, path: str) -> None:
    answer = clean.http.get(path, headers=HTML)
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", answer.text) == []
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text) == []


@pytest.mark.parametrize("field", ["month", "known_on", "0-platform", "0-orders", "0-distance_m", "0-region"])
def test_what_was_typed_is_never_markup(clean: Service, field: str) -> None:
    typed = "\"><script>alert(1)</script>{{ 7 * 7 }}'"
    answer = clean.http.post("/", data={"rows": "1", "month": "2025-08", field: typed}, headers=HTML)
    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in answer.text


def test_a_form_without_its_token_changes_nothing(clean: Service) -> None:
    csrf = sign_in(clean, "platform")
    for wrong in ("", "x", csrf[:-1], "ü"):
        answer = send(clean, wrong)
        assert answer.status_code == 403
        assert say("page_form_not_yours", "en") in answer.text
    assert clean.http.post("/months/sign-out", data={"csrf": "x"}, headers=HTML).status_code == 403
    assert clean.http.get("/months", headers=HTML).text.count("/months/lv_") == 0


def test_a_token_is_of_one_session(clean: Service) -> None:
    first = sign_in(clean, "platform")
    clean.http.cookies.clear()
    second = sign_in(clean, "platform", "didi")
    assert first != second
    assert send(clean, first).status_code == 403


def test_a_copy_of_a_cookie_ends_with_the_session(clean: Service) -> None:
    csrf = sign_in(clean, "platform")
    copy = {"Cookie": f"session={clean.http.cookies['session']}", **HTML}
    clean.http.cookies.clear()
    assert 'name="csrf"' in clean.http.get("/months", headers=copy).text
    other = sign_in(clean, "platform")
    clean.http.cookies.clear()
    assert clean.http.post("/months/sign-out", data={"csrf": csrf}, headers=copy).status_code == 303
    assert 'name="key"' in clean.http.get("/months", headers=copy).text
    assert clean.http.post(f"/months?csrf={csrf}", headers=copy).status_code == 401
    assert other != csrf  # another session of the same key goes on
    sign_in(clean, "platform")


@pytest.mark.slow
@pytest.mark.parametrize(("proxies", "secure"), [("127.0.0.1", True), ("10.9.8.7", False), ("", False)])
def test_a_cookie_is_for_https_alone_where_a_known_proxy_says_that_it_was(proxies: str, secure: bool) -> None:
    with served(environ={"LICHENG_PROXIES": proxies}) as behind:
        headers = {**HTML, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        answer = behind.http.post("/months/sign-in", data={"key": behind.keys["platform"]}, headers=headers)
    assert (answer.status_code, "secure" in answer.headers["set-cookie"].lower()) == (303, secure)


@pytest.mark.parametrize(
    "said", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]
)
def test_another_site_signs_nobody_in(clean: Service, said: dict[str, str]) -> None:
    data, path = {"key": clean.keys["platform"]}, "/months/sign-in"
    assert clean.http.post(path, data=data, headers={**HTML, **said}).status_code == 403
    assert "session" not in clean.http.cookies


@pytest.mark.parametrize("said", ["", "own"])
def test_a_page_of_ours_signs_in(clean: Service, said: str) -> None:
    origin = {"Origin": clean.url if said == "own" else said} if said else {}
    data, path = {"key": clean.keys["platform"]}, "/months/sign-in"
    assert clean.http.post(path, data=data, headers={**HTML, **origin}).status_code == 303


@pytest.mark.parametrize("forged", ["", "k_0", "k_0123456789abcdef.9999999999.AAAA", "ü.1.x", "..", "a" * 4000])
def test_a_forged_session_is_none(clean: Service, forged: str) -> None:
    answer = clean.http.get("/months", headers={**HTML, "Cookie": b"session=" + forged.encode()})
    assert answer.status_code == 200
    assert 'id="key"' in answer.text


def test_a_session_whose_time_was_changed_is_none(clean: Service) -> None:
    sign_in(clean, "platform")
    key_id, session_id, ends, signature = clean.http.cookies["session"].split(".")
    clean.http.cookies.clear()
    cookie = f"session={key_id}.{session_id}.{int(ends) + 1}.{signature}"
    assert 'id="key"' in clean.http.get("/months", headers={**HTML, "Cookie": cookie}).text


def test_an_upload_without_a_session_is_not_taken_in(clean: Service) -> None:
    answer = send(clean, "x")
    assert answer.status_code == 401
    assert say("page_session_over", "en") in answer.text


def test_a_role_that_sends_no_months_is_refused(clean: Service) -> None:
    csrf = sign_in(clean, "auditor")
    assert send(clean, csrf).status_code == 403
    clean.http.cookies.clear()
    key = clean.keys["insurer"]
    assert clean.http.post("/months/sign-in", data={"key": key}, headers=HTML).status_code == 403


def test_the_month_of_another_does_not_exist(clean: Service) -> None:
    csrf = sign_in(clean, "platform")
    sent = send(clean, csrf)
    assert sent.status_code == 303
    clean.http.cookies.clear()
    sign_in(clean, "platform", "didi")
    unknown = clean.http.get("/months/lv_" + "0" * 26, headers=HTML)
    for path in ("", "/lines.csv", "/refusals.parquet"):
        answer = clean.http.get(sent.headers["location"] + path, headers=HTML)
        assert answer.status_code == unknown.status_code == 404
        assert say("problem_not_found", "en") in answer.text


@pytest.mark.parametrize("name", ["lines.xlsx", "..%2f..%2fsecret", "usage.parquet", "lines", ".csv"])
def test_only_the_tables_of_a_month_are_given_out(clean: Service, name: str) -> None:
    sent = send(clean, sign_in(clean, "platform"))
    assert clean.http.get(f"{sent.headers['location']}/{name}", headers=HTML).status_code == 404


@pytest.mark.parametrize("path", ["/", "/host", "/months/sign-in"])
def test_a_form_that_is_none_is_refused(clean: Service, path: str) -> None:
    kind = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}
    assert clean.http.post(path, content=b"\xff\xfe=1", headers=kind).status_code == 400
    assert clean.http.post(path, content=b"&".join([b"a=1"] * 700), headers=kind).status_code == 400
    assert clean.http.post(path, content=b"a=%ff", headers=kind).status_code == 400
    assert clean.http.post(path, content=b"a" * 70_000, headers=kind).status_code == 413


def test_without_a_demonstration_nobody_is_let_in_by_a_button(clean: Service) -> None:
    assert clean.http.post("/months/sign-in/demonstration", headers=HTML).status_code == 404
    assert "sign-in/demonstration" not in clean.http.get("/months", headers=HTML).text


def test_machines_get_problems_and_people_get_pages(clean: Service) -> None:
    assert clean.http.get("/nothing").headers["content-type"] == "application/problem+json"
    assert clean.http.get("/nothing", headers=HTML).headers["content-type"].startswith("text/html")
    assert clean.http.get("/v1/nothing", headers=HTML).headers["content-type"] == "application/problem+json"
    assert clean.http.request("PUT", "/host", headers=HTML).status_code == 405


def test_files_of_the_pages_are_kept_by_their_content(clean: Service) -> None:
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', clean.http.get("/", headers=HTML).text)
    assert len(found) == 3
    for address in found:
        assert "immutable" in clean.http.get(address).headers["cache-control"]
        assert clean.http.get(address.split("?")[0]).headers["cache-control"] == "no-cache"
    assert clean.http.get("/static/../pages.py").status_code == 404


def test_a_bug_is_a_page_that_tells_its_request_and_nothing_of_the_bug(clean: Service) -> None:
    def broken() -> None:
        raise RuntimeError("w_secret_worker")

    clean.http.app.router.add_api_route("/broken", broken)  # type: ignore[attr-defined]
    answer = clean.http.get("/broken", headers={**HTML, "Accept-Language": "zh"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert say("problem_bug", "zh") in answer.text
    assert "w_secret_worker" not in answer.text


def test_who_asks_too_often_is_told_so_on_a_page() -> None:
    with client(address_per_minute=20) as service:
        statuses = [service.http.post("/", data={"month": "2025-08"}, headers=HTML).status_code for _ in range(3)]
        last = service.http.get("/host", headers=HTML)
    assert statuses[:2] == [200, 200]
    assert (statuses[2], last.status_code) == (429, 429)
    assert last.headers["retry-after"].isdigit()
    assert say("problem_too_many", "en") in last.text


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("mine.csv", b"month,worker,platform,region,occupation,kilometres\n", "unknown_column"),
        ("mine.csv", b"\xff\xfe\x00", "csv_unreadable"),
        ("mine.parquet", b"PAR1xxxxPAR1", "parquet_unreadable"),
    ],
)
def test_a_file_that_cannot_be_checked_is_named_at_its_field(
    clean: Service, name: str, content: bytes, code: str
) -> None:
    csrf = sign_in(clean, "platform")
    form, files = {"month": "2025-08", "known_on": "2025-11-30"}, {"usage": (name, content, "text/csv")}
    answer = clean.http.post(f"/months/check?csrf={csrf}", data=form, files=files, headers=HTML)
    said = re.search(r'<p class="error" id="usage-error">([^<]+)<', answer.text)
    assert said is not None
    beginning = say(code, "en", **dict.fromkeys(("key", "known", "reason"), "|")).split("|")[0].replace("'", "")
    assert said[1].replace("&#39;", "").startswith(f"{name}: {beginning}")
    assert str(clean.home) not in answer.text
    assert list((clean.home / "levies").glob("*.receiving")) == []
