"""A worker's id typed into another column, a header or a file's name: nothing of it lies under the home afterwards."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pricing.tariff import Tariff
from pricing.usage import TEXTS
from service.auth.keyring import Keyring
from service.engines.sealed_words import known_words, mark_of, may_be_an_id, opened
from service.month.keys import SenderKeys
from tests.months import write_csv
from tests.service.secrets import SECRET
from tests.service.sent_months import PARQUET, all_items, month_files, over, rows, send, send_form
from tests.service.serving import Service, client

ID = "w_4KQ7ZB2MXX99"
NUMBER = "110101199003072316"  # of an identity card, which is read as a number
COLUMNS = [name for name in (*TEXTS, "orders", "distance_m") if name not in ("worker", "worker_ref")]

KEYS = SenderKeys(Keyring.of(SECRET), "meituan")
TOLD = ("month", "region", "occupation", "platform", "distance_m")  # each scheme, or the last one, asks for it


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as running:
        yield running


def found_under(service: Service, secret: str = ID) -> list[str]:
    """Files under the home that hold the id: looked through by another process, for to close a database's file here
    would let go of the locks that the service has on it.
    """
    assert (service.home / "licheng.db").exists()
    ran = subprocess.run(["grep", "-rlaF", "-e", secret, service.home], capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout.splitlines()


def page_of(service: Service, levy: dict[str, Any]) -> str:
    """The page of a month, as its sender sees it."""
    service.http.cookies.clear()
    key = service.key("platform")["Authorization"].removeprefix("Bearer ")
    assert service.http.post("/months/sign-in", data={"key": key}).status_code == 303
    return service.http.get(f"/months/{levy['id']}").text


def mistyped(column: str) -> list[dict[str, Any]]:
    """A month in which the row of a worker has its id in a column as well."""
    good = rows(4)
    return [{**good[0], "worker": ID, "worker_ref": f"R-{ID}", column: ID}, *good]


@pytest.mark.parametrize("column", COLUMNS)
def test_an_id_in_another_column_is_kept_sealed_and_shown_to_its_sender(
    service: Service, tmp_path: Path, column: str
) -> None:
    usage, _ = month_files(tmp_path, mistyped(column))
    levy = over(service, send(service, usage.read_bytes()))
    assert levy["state"] == "done"
    assert found_under(service) == []
    refusals = all_items(service, levy["links"]["refusals"])
    told = [one for one in refusals if ID in one["message"]]
    if column in TOLD:
        assert told, "the sender is told what it sent"
        assert all(ID in one["message_zh"] for one in told)
    for table in ("lines", "refusals"):
        everything = service.get(f"{levy['links'][table]}?limit=1000", "auditor").text
        assert ID not in everything
        assert "⟦" not in everything
    assert "⟦" not in page_of(service, levy)
    if column in TOLD:
        assert ID in page_of(service, levy), "each code shows its first row"
    if column == "contractor":
        lines = all_items(service, levy["links"]["lines"])
        assert {line["contractor"] for line in lines} == {"", ID}


def test_a_header_that_is_a_row_is_told_to_its_sender_alone(service: Service) -> None:
    levy = over(service, send(service, f"2025-08,{ID},meituan,110000,food_rider\n".encode()))
    assert levy["error"]["code"] in ("unknown_column", "column_missing")
    assert found_under(service) == []
    named = over(service, send(service, f"month,worker,platform,region,occupation,{ID}\n".encode()))
    assert named["error"]["code"] == "unknown_column"
    assert ID in named["error"]["message"]
    assert found_under(service) == []
    assert ID not in service.get(named["links"]["self"], "auditor").text


@pytest.mark.parametrize(
    ("column", "given"),
    [("pilot_tier", ID), ("region", ID), ("risk_class", NUMBER), (ID, "1"), (f"{ID}, 1", "1"), (f"1, {ID}", "1")],
)
def test_an_id_in_a_register_is_kept_sealed_and_told_to_its_sender(
    service: Service, tmp_path: Path, column: str, given: str
) -> None:
    usage, _ = month_files(tmp_path, rows(1))
    terms = {"platform": "meituan", "effective_from": "2025-01", column: given}
    sent = write_csv(tmp_path / "r.csv", [terms]).read_bytes()
    levy = over(service, send_form(service, [("usage", ("u.csv", usage.read_bytes())), ("platforms", ("r.csv", sent))]))
    typed = ID if ID in column else given
    assert levy["error"]["code"] == ("unknown_column" if ID in column else "register_value")
    assert typed in levy["error"]["message"]
    assert typed in levy["error"]["message_zh"]
    assert levy["error"]["place"] == f"platforms, row 0, {column}"
    assert found_under(service, typed) == []
    told = service.get(levy["links"]["self"], "auditor").text
    assert typed not in told
    assert "⟦" not in told


def test_a_reason_is_told_to_the_sender_whole_and_a_place_without_paths(service: Service, tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows(1))
    sent = b"platform,region\nmeituan\n"
    levy = over(
        service, send_form(service, [("usage", ("u.csv", usage.read_bytes())), ("platforms", (f"{ID}.csv", sent))])
    )
    assert (levy["error"]["code"], levy["error"]["place"]) == ("csv_unreadable", f"{ID}.csv, line 2")
    assert found_under(service) == []
    torn = over(service, send(service, b"PAR1 is no Parquet file", PARQUET))
    assert torn["error"]["code"] == "parquet_unreadable"
    assert str(service.home) not in torn["error"]["message"]
    assert len(torn["error"]["message"]) > 60
    assert "…" not in torn["error"]["message"]
    assert "…" in service.get(torn["links"]["self"], "auditor").json()["error"]["message"]


def test_a_files_name_is_sealed_and_shown_to_its_sender(service: Service, tmp_path: Path) -> None:
    usage, register = month_files(tmp_path, rows(4))
    files = [
        ("usage", (f"{ID}.csv", usage.read_bytes())),
        ("platforms", ("register.csv", register.read_bytes())),
    ]
    levy = over(service, send_form(service, files))
    assert levy["state"] == "done"
    refusals = all_items(service, levy["links"]["refusals"])
    assert {one["file"] for one in refusals} == {f"{ID}.csv"}
    assert found_under(service) == []
    assert ID not in service.get(levy["links"]["refusals"], "auditor").text


# Of a row: its cells, and what of them may stand nowhere in clear.
ELSEWHERE = {
    "a telephone number as orders": ({"orders": "13800138000"}, "13800138000"),
    "one as metres, with a fraction": ({"distance_m": "13800138001.5"}, "13800138001.5"),
    "an identity number as metres": ({"distance_m": "110101199003070014"}, "110101199003070014"),
    "one below zero": ({"income_fen": "-110101199003070022"}, "110101199003070022"),
    "a station that is called after its row": (
        {"contractor": "zhang san 13800138007", "worker_ref": "13800138007"},
        "zhang san 13800138007",
    ),
    "one that holds the staff number of its row": (
        {"contractor": "站点A-77881", "worker_ref": "A-77881"},
        "A-77881",
    ),
    "one that holds a telephone number alone": ({"contractor": "李四13800138009"}, "13800138009"),
    "a number as region that is none": ({"region": "991001"}, "991001"),
    "a station that looks sealed": ({"contractor": "⟦abc⟧"}, "⟦abc⟧"),
}
REASONS = {
    "13800138000": "value_too_large",
    "13800138001.5": "value_not_whole",
    "110101199003070014": "value_too_large",
    "110101199003070022": "value_negative",
}


@pytest.fixture(scope="module")
def elsewhere(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A month with a row for each of them."""
    good = rows(4)
    typed = [{**good[0], "worker": f"w_typed_{n:05d}", **cells} for n, (cells, _) in enumerate(ELSEWHERE.values())]
    usage, _ = month_files(tmp_path_factory.mktemp("sent"), [*good, *typed])
    levy = over(service, send(service, usage.read_bytes(), covers="cargo_damage"))
    assert levy["state"] == "done"
    return levy


@pytest.mark.parametrize("case", ELSEWHERE)
def test_what_may_be_somebodys_number_is_kept_sealed_and_shown_to_its_sender(
    service: Service, elsewhere: dict[str, Any], case: str
) -> None:
    _, secret = ELSEWHERE[case]
    assert found_under(service, secret) == []
    tables = [elsewhere["links"][table] for table in ("lines", "refusals")]
    shown = [one for table in tables for one in all_items(service, table)]
    assert any(secret in str(value) for one in shown for name, value in one.items() if name != "worker_ref")
    others = "".join(service.get(f"{table}?limit=1000", "auditor").text for table in tables)
    assert secret not in others
    assert "⟦" not in others


def test_a_sealed_number_is_refused_for_what_was_wrong_with_it(service: Service, elsewhere: dict[str, Any]) -> None:
    refusals = all_items(service, elsewhere["links"]["refusals"])
    for secret, code in REASONS.items():
        found = {one["code"] for one in refusals if secret in one["message"] and secret in one["message_zh"]}
        assert found == {code}, secret


def test_a_region_of_a_known_province_stays_as_it_is() -> None:
    known = known_words(Tariff.load())
    assert not may_be_an_id("440305", known)
    assert may_be_an_id("991001", known)


def test_every_word_of_the_tariff_stays_as_it_is() -> None:
    known = known_words(Tariff.load())
    assert {"meituan", "500000", "food_rider", "e_bike", "employee", "道路运输业", "lumbar"} <= known
    assert ID not in known


def test_a_long_header_is_cut_like_a_long_cell(service: Service) -> None:
    """What a mark holds is counted in bytes, so that it is short in every script."""
    named = over(service, send(service, f"month,worker,platform,region,occupation,{'张' * 30}\n".encode()))
    assert "'" + "张" * 11 + "…'" in named["error"]["message"]
    assert opened(mark_of("张" * 30, KEYS), KEYS) == "张" * 11 + "…"
    assert opened(mark_of("w_4KQ7ZB2MXX99", KEYS), KEYS) == "w_4KQ7ZB2MXX99"
