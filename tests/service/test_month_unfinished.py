"""A month that is not over yet is settled, and said to be a first look: on paper, in its files, over HTTP, on pages."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pricing.units import parse_month
from service.clock import today
from service.engines import folder as files
from service.engines.order import is_unfinished
from tests.months import Json, refusals, run, settle, totals, write_csv
from tests.service.sent_months import over, rows
from tests.service.serving import client
from tests.web.test_page_security import HTML, sign_in

NOW = today().isoformat()[:7]
OVER = {"month": "2025-08", "known_on": "2025-08-31"}  # known before its end, but settled long after it
SAID = {"en": "was not over yet when this was settled", "zh": "尚未结束"}


def usage(folder: Path, month: str) -> Path:
    return write_csv(folder / f"{month}.csv", [{**row, "month": month} for row in rows()])


@pytest.mark.parametrize(
    ("month", "day", "unfinished"),
    [
        ("2026-11", "2026-11-01", True),
        ("2026-11", "2026-11-30", True),
        ("2026-11", "2026-12-01", False),
        ("2026-11", "2027-01-01", False),
        ("2027-01", "2026-12-31", True),
    ],
)
def test_a_month_is_over_when_the_next_one_has_begun(month: str, day: str, unfinished: bool) -> None:
    number = parse_month(month)
    assert number is not None
    assert is_unfinished(number, dt.date.fromisoformat(day)) is unfinished


@pytest.mark.parametrize("lang", SAID)
@pytest.mark.parametrize("command", ["levy", "check"])
def test_the_command_line_says_so_last_but_one(tmp_path: Path, command: str, lang: str) -> None:
    def printed(month: str, *more: Any) -> str:
        out = ("--out", tmp_path / f"{month}-{lang}") if command == "levy" else ()
        done = run(command, usage(tmp_path, month), "--month", month, *out, *more, "--lang", lang)
        assert done.code == 0, done.err
        return "".join(done.out.split())

    said = "".join(SAID[lang].split())
    assert said in printed(NOW)
    assert said not in printed(OVER["month"], "--known-on", OVER["known_on"])


def test_it_stands_in_the_folder_which_verifies_and_the_correction_of_an_unfinished_month_is_as_of_its_own_day(
    tmp_path: Path,
) -> None:
    file, out, again = usage(tmp_path, NOW), tmp_path / "first", tmp_path / "again"
    assert settle(file, out, "--month", NOW)["unfinished"] is True
    assert totals(out)["unfinished"] is True
    assert json.loads((out / "receipt.json").read_text(encoding="utf-8"))["unfinished"] is True
    assert refusals(out)
    corrected = settle(file, again, "--month", NOW, "--previous", out)
    assert corrected["unfinished"] is True
    for folder in (out, again):
        assert run("verify", folder).code == 0


def test_a_folder_that_does_not_tell_is_verified_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    settle(usage(tmp_path, OVER["month"]), out, "--month", OVER["month"], "--known-on", OVER["known_on"])
    told = {name: json.loads((out / name).read_text(encoding="utf-8")) for name in ("totals.json", "receipt.json")}
    for one in told.values():
        assert one.pop("unfinished") is False
    files.write_json(out / "totals.json", told["totals.json"])
    receipt = told["receipt.json"]
    receipt["files"]["totals.json"] = files.sha256(out / "totals.json")
    del receipt["run"]
    files.write_json(out / "receipt.json", {**receipt, "run": "run:" + files.text_hash(receipt)})
    assert run("verify", out).code == 0


def test_the_service_says_so_in_totals_and_on_the_page_of_the_month_and_of_a_check(tmp_path: Path) -> None:
    def sent(month: Json) -> tuple[str, Json]:
        kind = {**service.key("platform"), "Content-Type": "text/csv"}
        body = usage(tmp_path, month["month"]).read_bytes()
        levy = over(service, service.http.post("/v1/levies", params=month, content=body, headers=kind))
        assert levy["state"] == "done", levy
        return levy["id"], service.get(levy["links"]["totals"], "platform").json()

    with client() as service:
        early, late = sent({"month": NOW}), sent(OVER)
        assert (early[1]["unfinished"], late[1]["unfinished"]) == (True, False)
        csrf = sign_in(service, "platform")
        for lang, said in SAID.items():
            pages = [service.http.get(f"/months/{one}?lang={lang}", headers=HTML).text for one, _ in (early, late)]
            assert [said in page for page in pages] == [True, False]
        sent_file = {"usage": ("mine.csv", usage(tmp_path, NOW).read_bytes(), "text/csv")}
        checked = service.http.post(f"/months/check?csrf={csrf}", data={"month": NOW}, files=sent_file, headers=HTML)
        assert checked.status_code == 200
        assert any(said in checked.text for said in SAID.values())
