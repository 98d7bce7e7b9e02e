"""One request has one answer, to the byte."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings

from pricing.tariff import Tariff
from service.prices.quote import quote
from tests.properties.answers import TARIFF, TODAY, Json
from tests.properties.strategies import request_of, requests

ROOT = Path(__file__).parents[2]
ROW = {"occupation": "instant_rider", "vehicle": "e_bike", "orders": 9, "distance_m": 70_000, "income_fen": 90_000}
AGAIN = Tariff.load()


def text(request: Json, tariff: Tariff) -> bytes:
    """An answer as it is sent."""
    return json.dumps(quote(request, tariff, TODAY), ensure_ascii=False).encode()


@settings(max_examples=80)
@given(requests())
def test_the_same_request_has_the_same_bytes(request: Json) -> None:
    before = json.dumps(request)
    assert text(request, TARIFF) == text(request, TARIFF) == text(json.loads(before), AGAIN)
    assert json.dumps(request) == before


def from_a_process(request: Json, seed: str) -> bytes:
    """The command line's answer in a process that hashes texts by its own seed."""
    command = [sys.executable, "-m", "service.cli", "quote", "-", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    sent = json.dumps(request).encode()
    return subprocess.run(command, cwd=ROOT, env=environment, input=sent, check=True, capture_output=True).stdout


def test_the_same_request_has_the_same_bytes_in_another_process() -> None:
    places = [("meituan", "500000"), ("sf_intracity", "310115"), ("acme", "440305"), ("didi", "990000")]
    usage = [{**ROW, "platform": platform, "region": region} for platform, region in places]
    register = [{"platform": platform, "region": region, "pilot_tier": "low"} for platform, region in places[:3]]
    answers = {from_a_process(request_of("2025-08", usage, register), seed) for seed in ("1", "2", "77")}
    assert len(answers) == 1
    assert len(answers.pop()) > 1000
