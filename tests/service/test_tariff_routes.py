"""Tariffs over HTTP: the release in force, what answers for a month, one table; tags, dates, and a new release."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pricing.tariff import SHIPPED, Tariff
from service.clock import SHANGHAI, today
from service.releases.history import in_force
from service.releases.release import release
from service.tariff.history import history
from service.tariff.pages import in_force as entries_in_force
from tests.service.releases import BASE_ID, approved, law
from tests.service.serving import Service, client

KNOWN = dt.date(2025, 11, 30)
MONTH = 2025 * 12 + 7


def get(service: Service, path: str, **headers: str) -> Any:
    answer = service.get(path, role="", **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("region", "table"), [("", ""), ("110000", ""), ("", "work_injury/class_rate")])
def test_a_month_is_what_the_command_line_shows(service: Service, region: str, table: str) -> None:
    answer = get(service, f"/v1/tariffs/2025-08?known_on=2025-11-30&region={region}&table={table}")
    shown = json.loads(json.dumps(entries_in_force(Tariff.load(SHIPPED), MONTH, KNOWN, region, table)))
    assert len(shown["entries"]) > 0
    assert {key: answer[key] for key in shown} == shown


def test_a_month_says_which_release_answers_and_that_it_is_a_demonstration(service: Service) -> None:
    answer = service.get("/v1/tariffs/2025-08?known_on=2025-11-30", role="")
    said = answer.json()
    assert (said["release"]["number"], said["release"]["by"], said["release"]["demonstration"]) == (0, "shipped", True)
    assert said["release"]["notice"]["code"] == "notice_demonstration"
    assert answer.headers["licheng-release"] == "demonstration"
    assert answer.headers["licheng-edition"] == said["edition"]
    assert sum(said["marks"]["status"].values()) == len(said["entries"])


def test_a_table_has_what_answers_and_all_that_it_ever_held(service: Service) -> None:
    answer = get(service, "/v1/tariffs/2025-08/tables/work_injury/class_rate?known_on=2025-11-30")
    tariff = Tariff.load(SHIPPED)
    assert answer["history"] == json.loads(json.dumps(history(tariff, "work_injury/class_rate")["levels"]))
    assert [one["entry"] for one in answer["entries"]] == ["work_injury/class_rate@2015-10"]
    assert answer["entries"][0]["value"]["8"] == 19_000
    assert answer["edition"] == tariff.on(MONTH, KNOWN).hash


def test_a_month_without_a_date_is_known_today(service: Service) -> None:
    assert get(service, "/v1/tariffs")["known_on"] == today().isoformat()
    assert get(service, "/v1/tariffs")["month"] == today().isoformat()[:7]


WRONG = [
    ("/v1/tariffs/2025-13", 422, "request_month"),
    ("/v1/tariffs/latest", 422, "request_month"),
    ("/v1/tariffs/2025-08?known_on=2025-02-30", 422, "request_date"),
    ("/v1/tariffs/2025-08?known_on=20251130", 422, "request_date"),
    ("/v1/tariffs/2025-08?region=999999", 422, "region_not_known"),
    ("/v1/tariffs/2025-08?region=50", 422, "region_not_known"),
    ("/v1/tariffs/2025-08?table=nothing", 422, "request_value"),
    ("/v1/tariffs/2025-08?month=2025-08", 422, "query_unknown"),
    ("/v1/tariffs?month=2025-08&month=2025-09", 422, "query_twice"),
    ("/v1/tariffs/2025-08/tables/nothing", 404, "table_unknown"),
    ("/v1/tariffs/2025-08/tables/../../etc/passwd", 404, "address_unknown"),
    ("/v1/tariffs/2025-08/tables/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "table_unknown"),
    ("/v1/tariffs/2025-08/tables/work_injury/class_rate?region=abc", 422, "region_not_known"),
    ("/v1/tariffs/2025-08/", 404, "address_unknown"),
]


@pytest.mark.parametrize(("path", "status", "code"), WRONG)
def test_what_is_not_asked_well_is_refused(service: Service, path: str, status: int, code: str) -> None:
    answer = service.get(path, role="")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["2025-08/tables/nothing", "2025-08?table=nothing"])
def test_a_table_that_there_is_not_is_named_with_those_that_there_are(service: Service, path: str) -> None:
    said = service.get(f"/v1/tariffs/{path}", role="").json()
    assert said["place"] == "table"
    for text in (said["message"], said["message_zh"]):
        assert "'nothing'" in text
        assert ", ".join(sorted(Tariff.load().tables)) in text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tariffs?month=2025-08",
        "/v1/tariffs/2025-08",
        "/v1/tariffs/2025-08/tables/work_injury/vehicle",
        "/v1/schema",
        "/openapi.json",
    ],
)
def test_who_has_an_answer_is_not_sent_it_again(service: Service, path: str) -> None:
    first = service.get(path, role="")
    tag = first.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = service.get(path, role="", **{"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert service.get(path, role="", **{"If-None-Match": '"other"'}).status_code == 200
    assert service.get(path, role="").content == first.content


def test_other_questions_have_other_tags(service: Service) -> None:
    paths = ("2025-08", "2025-09", "2025-08?region=110000", "2025-08?known_on=2025-01-31")
    tags = {service.get(f"/v1/tariffs/{path}", role="").headers.get("etag") for path in paths}
    assert len(tags) == 4


def test_what_was_known_may_be_kept_and_what_is_known_is_asked_again(service: Service) -> None:
    past = service.get("/v1/tariffs/2025-08?known_on=2025-11-30", role="").headers["cache-control"]
    now = service.get("/v1/tariffs/2025-08", role="").headers["cache-control"]
    assert (past, now) == ("public, max-age=300", "public, no-cache")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a release was made yesterday."""
    home = tmp_path_factory.mktemp("home")
    candidate = law(home / "candidate")
    yesterday = dt.datetime.combine(today() - dt.timedelta(days=1), dt.time(12), SHANGHAI)
    (home / "releases").mkdir()
    release(approved(candidate, home / "releases", at=yesterday), home / "releases", "Zhao Min", yesterday)
    return home


def test_a_release_answers_from_its_day_on_and_the_one_before_until_then(released: Path) -> None:
    with client(released) as service:
        now = get(service, "/v1/tariffs/2026-08?region=110000&table=contribution_base")
        before = get(service, "/v1/tariffs/2026-08?region=110000&table=contribution_base&known_on=2026-09-30")
        assert now["release"]["number"] == 1
        assert [one["entry"] for one in now["entries"]] == [BASE_ID]
        assert before["release"]["number"] == 0
        assert BASE_ID not in [one["entry"] for one in before["entries"]]


def test_history_is_told_without_the_names_of_people(released: Path) -> None:
    with client(released) as service:
        answer = service.get("/v1/tariffs", role="")
        said = answer.json()
        assert [event["number"] for event in said["events"]] == [1]
        event = in_force(released / "releases").event
        assert event is not None
        assert said["events"][0]["hash"] == event.hash
        assert (said["release"]["approvals"], said["release"]["demonstration"]) == (2, False)
        assert said["release"]["notice"] is None
        assert "Zhao Min" not in answer.text
        assert "Li Wei" not in answer.text
        assert str(released) not in answer.text


def test_a_folder_named_by_a_setting_answers_for_itself(tmp_path: Path) -> None:
    with client(tmp_path, tariff=law(tmp_path / "named")) as service:
        answer = service.get("/v1/tariffs/2026-08?region=110000&table=contribution_base", role="")
        assert answer.json()["release"]["by"] == "LICHENG_TARIFF"
        assert answer.json()["release"]["number"] is None
        assert [one["entry"] for one in answer.json()["entries"]] == [BASE_ID]
        assert answer.headers["licheng-release"] == "named"
        assert str(tmp_path) not in answer.text


def test_the_schema_has_the_contract_and_the_problems_in_both_languages(service: Service) -> None:
    english, chinese = (get(service, f"/v1/schema?lang={lang}") for lang in ("en", "zh"))
    assert [one["column"] for one in english["usage"]] == [one["column"] for one in chinese["usage"]]
    assert english["usage"][0]["meaning"] != chinese["usage"][0]["meaning"]
    assert {one["code"] for one in english["problems"]} == {one["code"] for one in chinese["problems"]}
    assert service.get("/v1/schema?lang=fr", role="").status_code == 422


def test_a_history_that_does_not_hold_is_no_answer_and_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    with client(tmp_path) as service:
        priced = service.get("/v1/tariffs/2025-08", role="").content
        (tmp_path / "releases" / "history.jsonl").write_text("broken\n", encoding="utf-8")
        answer = service.get("/v1/tariffs", role="")
        assert (answer.status_code, answer.json()["code"]) == (503, "tariff_not_available")
        assert answer.headers["retry-after"] == "5"
        assert str(tmp_path) not in answer.text
        assert service.get("/v1/tariffs/2025-08", role="").content == priced, "what is in force goes on"
