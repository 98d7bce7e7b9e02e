"""The door of HTTP: every worked case has the bytes of the command line, and is answered as at every other door."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.clock import today
from service.json_text import json_bytes
from service.prices.declare import declare
from service.prices.quote import quote
from tests.doors import test_cases as laws
from tests.doors import test_cover_cases as covers
from tests.service.serving import Service, served

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
EXAMPLES = ("rider", "host", "courier_station")


@pytest.mark.parametrize("case", laws.cases())
def test_case(service: Service, case: Json) -> None:
    if "declare" in case:
        got = service.post("/v1/declarations", case["declare"])
        expected, answer = declare(case["declare"], laws.TARIFF, today()), got.json()
    else:
        got = service.post("/v1/prices", case["quote"])
        expected = quote(case["quote"], laws.TARIFF, today())
        answer = next(one for one in got.json()["schemes"] if one["scheme"] == case["scheme"])
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    assert got.content == json_bytes(expected)
    assert laws.differences(answer, case["expect"]) == []


@pytest.mark.parametrize(("request_", "case"), covers.cases())
def test_case_of_a_cover(service: Service, request_: Json, case: Json) -> None:
    got = service.post("/v1/prices", request_)
    assert got.content == json_bytes(quote(request_, covers.TARIFF, today()))
    assert got.headers["licheng-edition"] == got.json()["edition"]


def command(home: Path, *arguments: str, sent: bytes) -> bytes:
    """What the command line prints."""
    world = {**os.environ, "LICHENG_HOME": str(home)}
    run = [sys.executable, "-m", "service.cli", *arguments]
    return subprocess.run(run, cwd=ROOT, env=world, input=sent, check=True, capture_output=True).stdout


@pytest.mark.slow
def test_a_real_process_sends_the_bytes_that_the_command_line_prints() -> None:
    with served() as running:
        for name in EXAMPLES:
            sent = (ROOT / "service" / "examples" / f"{name}.json").read_bytes()
            door, word = ("declarations", "declare") if name == "courier_station" else ("prices", "quote")
            headers = {**running.key("insurer"), "Content-Type": "application/json"}
            for lang in ("en", "zh"):
                if word == "quote":
                    sent = json.dumps({**json.loads(sent), "lang": lang}).encode()
                got = running.http.post(f"/v1/{door}", content=sent, headers={**headers, "Accept-Language": lang})
                assert got.content == command(running.home, word, "-", "--json", "--lang", lang, sent=sent)


@pytest.mark.slow
def test_declarations_as_a_list_and_as_csv_are_the_command_lines(service: Service, tmp_path: Path) -> None:
    listed = [{"month": "2025-07", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing"}, {"x": 1}]
    csv = "month,platform,region,pilot_industry,orders\n2025-07,didi,110000,ride_hailing,45678901\n2025-07,,,,7\n"
    for body, media in ((json.dumps(listed), "application/json"), (csv, "text/csv"), ("\ufeff" + csv, "text/csv")):
        headers = {**service.key("insurer"), "Content-Type": media}
        got = service.http.post("/v1/declarations", content=body.encode(), headers=headers)
        assert got.status_code == 200
        assert got.content == command(tmp_path, "declare", "-", "--json", sent=body.encode())
    assert [answer["row"] for answer in got.json()] == [0, 1]
    assert "refusal" in got.json()[1]
