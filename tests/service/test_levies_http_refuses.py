"""What is wrong with an upload is said at once where no file has to be read, else by the run; nothing is kept."""

import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.month.asked import Asked
from tests.months import run
from tests.service.sent_months import COMMAND, PARQUET, all_items, month_files, over, rows, send, send_form
from tests.service.serving import Service, client

Json = dict[str, Any]
FORM = "multipart/form-data; boundary=b"
USAGE = ("usage", ("usage.csv", b"month,worker,platform,region,occupation\n"))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client(most_rows=40, most_upload=200_000) as running:
        yield running


def kept(service: Service) -> list[str]:
    """What lies in the folder of levies."""
    return sorted(path.name for path in (service.home / "levies").glob("*"))


def wrong(service: Service, got: Any, before: list[str]) -> tuple[int, str]:
    """Status and code of a refusal that kept nothing."""
    assert kept(service) == before
    assert got.headers["content-type"] == "application/problem+json"
    return got.status_code, got.json()["code"]


AT_ONCE: list[tuple[Json, tuple[int, str]]] = [
    ({"month": ""}, (422, "missing_field")),
    ({"month": "2025-13"}, (422, "request_month")),
    ({"month": "2026-01"}, (422, "month_not_over")),
    ({"known_on": "yesterday"}, (422, "request_date")),
    ({"known_on": "2099-01-01"}, (422, "known_on_ahead")),
    ({"known_on": "2099-01-01", "month": "2098-12"}, (422, "known_on_ahead")),
    ({"schemes": "per_mile"}, (422, "request_value")),
    ({"covers": "tooth"}, (422, "request_value")),
    ({"demonstration": "1"}, (422, "request_value")),
    ({"demonstration": "false"}, (422, "levy_demonstration")),
    ({"demonstration": "", "schemes": "", "covers": "all"}, (422, "levy_demonstration")),
    ({"colour": "red"}, (422, "query_unknown")),
]


@pytest.mark.parametrize(("query", "expected"), AT_ONCE)
def test_what_needs_no_file_is_said_at_once(service: Service, query: Json, expected: tuple[int, str]) -> None:
    before = kept(service)
    got = send(service, b"month,worker\n", **query)
    assert wrong(service, got, before) == expected


def test_what_is_overdue_for_review_is_said_at_once() -> None:
    texts = {"month": "2027-07", "schemes": "pilot_per_order"}
    with pytest.raises(InputError) as raised:
        Asked.of(texts, "", Tariff.load(), dt.date(2027, 9, 1))
    assert raised.value.code == "levy_overdue"


@pytest.mark.parametrize("place", ["schemes", "covers"])
def test_leave_for_demonstrations_is_asked_for_as_this_door_gives_it(service: Service, place: str) -> None:
    named = {"schemes": "", "covers": "", place: {"schemes": "class_rate,mileage_linked", "covers": "lumbar"}[place]}
    for said in (
        send(service, b"month,worker\n", **named, demonstration="").json(),
        send_form(service, [USAGE], **named, demonstration="false").json(),
    ):
        assert (said["code"], said["place"]) == ("levy_demonstration", place)
        for text in (said["message"], said["message_zh"]):
            assert "demonstration=true" in text
            assert "--" not in text


@pytest.mark.parametrize("kind", ["application/gzip", "application/json", "text/plain", ""])
def test_other_kinds_are_not_taken(service: Service, kind: str) -> None:
    before = kept(service)
    assert wrong(service, send(service, b"x", kind), before) == (415, "media_type_not_taken")


def test_an_empty_upload(service: Service) -> None:
    before = kept(service)
    assert wrong(service, send(service, b""), before) == (422, "empty_file")


def test_a_body_beyond_the_limit_is_not_kept(service: Service) -> None:
    def blocks() -> Iterator[bytes]:  # without a length that would tell
        for _ in range(30):
            yield b"x" * 10_000

    before = kept(service)
    headers = {**service.key("platform"), "Content-Type": "text/csv"}
    got = service.http.post("/v1/levies?month=2025-08", content=blocks(), headers=headers)
    assert wrong(service, got, before) == (413, "body_too_large")


FORMS: list[tuple[bytes, str, tuple[int, str]]] = [
    (b"", FORM, (400, "form_cut")),
    (b"no form at all", FORM, (400, "form_unreadable")),
    (b"--b--\r\n", "multipart/form-data", (400, "form_unreadable")),
    (b"--b--\r\n", FORM, (422, "missing_field")),
    (b'--b\r\nContent-Disposition: form-data; name="usage"; filename="a.csv"\r\n\r\nmonth', FORM, (400, "form_cut")),
    (b'--b\r\nContent-Disposition: form-data; name="colour"\r\n\r\nred\r\n--b--\r\n', FORM, (422, "form_part_unknown")),
    (b'--b\r\nContent-Disposition: form-data; name="month"\r\n\r\n\xff\r\n--b--\r\n', FORM, (400, "form_unreadable")),
    (b'--b\r\nContent-Disposition: form-data; name="month"\r\n\r\n2' + b"0" * 5000, FORM, (422, "form_text_long")),
]


@pytest.mark.parametrize(("body", "kind", "expected"), FORMS)
def test_forms_that_are_none(service: Service, body: bytes, kind: str, expected: tuple[int, str]) -> None:
    before = kept(service)
    assert wrong(service, send(service, body, kind), before) == expected


def test_a_form_of_too_many_parts_or_one_twice(service: Service) -> None:
    before = kept(service)
    assert wrong(service, send_form(service, [USAGE] * 70), before) == (422, "form_parts")
    twice = [USAGE, ("platforms", ("a.csv", b"x")), ("platforms", ("b.csv", b"x"))]
    assert wrong(service, send_form(service, twice), before) == (422, "form_part_twice")
    packed = [("usage", ("usage.csv.gz", gzip.compress(b"month")))]
    assert wrong(service, send_form(service, packed), before) == (415, "media_type_not_taken")


def test_a_form_says_what_an_address_says(service: Service) -> None:
    before = kept(service)
    assert wrong(service, send_form(service, [USAGE], month="2025-13"), before) == (422, "request_month")


TWICE: list[tuple[str, bytes]] = [
    ("?month=2025-08", b"2025-09"),  # in the address and in the form, alike or not
    ("?month=2025-08", b"2025-08"),
    ("?month=2025-08&month=2025-09", b""),
    ("", b"2025-08 2025-09"),
]


@pytest.mark.parametrize(("query", "months"), TWICE)
def test_a_parameter_given_twice_is_named(service: Service, query: str, months: bytes) -> None:
    before = kept(service)
    parts = [("month", (None, month)) for month in months.split()]
    got = service.http.post(f"/v1/levies{query}", files=[*parts, USAGE], headers=service.key("platform"))
    assert wrong(service, got, before) == (422, "query_twice")
    assert "'month'" in got.json()["detail"]


def test_only_a_platform_or_an_operator_sends(service: Service) -> None:
    before = kept(service)
    for role in ("insurer", "actuary", "auditor"):
        assert wrong(service, send(service, b"x", role=role), before) == (403, "not_permitted")


def failed(service: Service, got: Any) -> Json:
    """The error of a month that could not be settled; its raw upload is gone, and its tables say why they are not."""
    levy = over(service, got)
    assert levy["state"] == "failed"
    assert not (service.home / "levies" / levy["id"] / "upload").exists()
    table = service.get(levy["links"]["lines"], "platform")
    assert (table.status_code, table.json()["code"]) == (409, "levy_failed")
    error: Json = levy["error"]
    return error


BROKEN = {
    "csv_unreadable": b"month,worker,platform,region,occupation\n2025-08,\xff\xff\xff,meituan,110000,food_rider\n",
    "csv_quote_open": b'month,worker,platform,region,occupation\n"2025-08,w_rider_01,meituan,110000,food_rider\n',
    "unknown_column": b"month,worker,platform,region,occupation,colour\n",
    "no_rows": b"month,worker,platform,region,occupation\n",
    "column_missing": b"month,worker\n2025-08,w_rider_01\n",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_file_that_cannot_be_read_fails_as_at_the_command_line(service: Service, tmp_path: Path, code: str) -> None:
    (tmp_path / "usage.csv").write_bytes(BROKEN[code])
    said = run("levy", tmp_path / "usage.csv", *COMMAND, "--out", tmp_path / "out")
    error = failed(service, send(service, BROKEN[code]))
    assert (error["code"], error["place"]) == (code, "usage.csv")
    assert f"[{code}]" in said.err
    assert str(service.home) not in str(error)


def test_what_is_wrong_in_an_upload_is_hinted_as_at_the_command_line(service: Service, tmp_path: Path) -> None:
    for sign, words in ((b";", "semicolons"), (b"\t", "tabs")):
        error = failed(service, send(service, BROKEN["no_rows"].replace(b",", sign)))
        assert error["code"] == "csv_unreadable"
        assert f"separated by {words}" in error["message"]
    usage, register = month_files(tmp_path, [{**row, "orders": "1,200"} for row in rows(2)])
    files = {"usage": usage, "platforms": register}
    levy = over(
        service, send_form(service, [(name, (f"{name}.csv", path.read_bytes())) for name, path in files.items()])
    )
    assert levy["state"] == "done"
    said = {one["message"] for one in all_items(service, levy["links"]["refusals"]) if one["column"] == "orders"}
    assert said
    assert [one for one in said if "'1,200' in orders" not in one or "1200, not 1,200" not in one] == []


def test_a_packed_file_is_no_csv_and_a_csv_no_parquet(service: Service) -> None:
    packed = failed(service, send(service, gzip.compress(b"month,worker\n" * 100)))
    assert packed["code"] in ("csv_unreadable", "unknown_column", "csv_quote_open")
    assert failed(service, send(service, b"month,worker\n", PARQUET))["code"] == "parquet_unreadable"


def test_more_rows_than_are_settled_here(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(60))
    assert failed(service, send(service, usage.read_bytes()))["code"] == "too_many_rows"


def test_own_columns_of_a_row_are_not_very_long(service: Service) -> None:
    head = b"month,worker,platform,region,occupation,x_note\n"
    row = b"2025-08,w_rider_01,meituan,110000,food_rider,"
    error = failed(service, send(service, head + row + b"n\n" + row + b"n" * 8_000 + b"\n"))
    assert (error["code"], error["place"]) == ("own_columns_long", "usage.csv")
    assert "row 3 " in error["message"]
    assert over(service, send(service, head + row + b"n" * 7_900 + b"\n"))["state"] == "done"


def test_tables_of_a_month_that_is_not_settled(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    with client(runs=0) as idle:
        sent = send(idle, usage.read_bytes())
        assert sent.headers["Retry-After"] == "1"
        for table in ("lines", "totals", "receipt"):
            got = idle.get(sent.json()["links"][table], "platform")
            assert (got.status_code, got.json()["code"], got.headers["Retry-After"]) == (409, "levy_not_done", "1")
        for _ in range(19):
            assert send(idle, usage.read_bytes()).status_code == 202
        full = send(idle, usage.read_bytes())
        assert (full.status_code, full.json()["code"]) == (429, "too_many_levies")


def test_no_room_on_the_disk(service: Service) -> None:
    before = kept(service)
    headers = {**service.key("platform"), "Content-Type": "text/csv"}
    (service.home / "levies").chmod(0o700)
    with client(most_upload=10**17) as roomy:
        headers |= {**roomy.key("platform"), "Content-Length": str(10**16)}
        got = roomy.http.post("/v1/levies?month=2025-08", content=b"x", headers=headers)
        assert (got.status_code, got.json()["code"]) == (503, "upload_not_kept")
    assert kept(service) == before


def test_other_forms_of_an_answer_than_there_are(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    levy = over(service, send(service, usage.read_bytes()))
    got = service.get(levy["links"]["lines"], "platform", Accept="application/xml")
    assert (got.status_code, got.json()["code"]) == (406, "not_acceptable")
    assert service.get(levy["links"]["lines"] + "?format=xls", "platform").json()["code"] == "request_value"
    assert service.get(levy["links"]["lines"] + "?cursor=0", "platform").json()["code"] == "cursor_not_valid"
    liked = {"Accept": "application/json;q=0.1, text/csv;q=0.9"}
    assert service.get(levy["links"]["lines"], "platform", **liked).headers["content-type"].startswith("text/csv")


def test_the_same_upload_sent_twice_under_one_key_is_one_levy(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(3))
    named = {**service.key("platform"), "Idempotency-Key": '"month-1"'}
    form: Json = {"data": {"month": "2025-08", "known_on": "2025-11-30"}, "headers": named}
    parts = [("usage", ("usage.csv", usage.read_bytes()))]
    first, again = (service.http.post("/v1/levies", files=parts, **form) for _ in range(2))
    assert first.request.headers["Content-Type"] != again.request.headers["Content-Type"]  # boundaries of their own
    assert first.status_code == again.status_code == 202, again.text
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = service.http.post("/v1/levies", files=[USAGE], **form)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    over(service, first)
