"""Figures for Prometheus and the two questions of whoever runs the service: does it live, can it answer."""

import asyncio
import json
import re
import shutil
import time
from pathlib import Path

import pytest

from service.clock import now
from service.releases.history import append
from service.telemetry.metrics import Metrics
from tests.service.serving import Service, client, served

EXAMPLES = Path(__file__).parents[2] / "service" / "examples"
RIDER = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
TOKEN = "a token for the figures".replace(" ", "-")
SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")


def samples(text: str) -> dict[str, float]:
    """Name with labels to value, as Prometheus reads them."""
    found = [SAMPLE.match(line) for line in text.splitlines() if line and not line.startswith("#")]
    assert found
    assert all(found), text
    return {f"{one[1]}{{{one[2] or ''}}}": float(one[3]) for one in found if one}


def figures(service: Service) -> dict[str, float]:
    """What the service counts now."""
    answer = service.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return samples(answer.text)


def test_requests_are_timed_by_route_and_class_of_status() -> None:
    with client(metrics_token=TOKEN) as service:
        for _ in range(3):
            service.post("/v1/prices", RIDER)
        service.post("/v1/prices", {"month": "2025"})
        service.get("/v1/quotes/q_one")
        service.get("/v1/quotes/q_two")
        service.get("/nowhere", "")
        found = figures(service)
    name = "licheng_request_seconds_count"
    assert found[f'{name}{{route="/v1/prices",status="2xx"}}'] == 3
    assert found[f'{name}{{route="/v1/prices",status="4xx"}}'] == 1
    assert found[f'{name}{{route="/v1/quotes/{{quote_id}}",status="4xx"}}'] == 2
    assert found[f'{name}{{route="unmatched",status="4xx"}}'] == 1
    assert found['licheng_request_seconds_sum{route="/v1/prices",status="2xx"}'] > 0
    assert not any("q_one" in one or "nowhere" in one for one in found)


def test_a_price_of_a_page_is_counted_like_one_of_the_api() -> None:
    with client(metrics_token=TOKEN) as service:
        assert not any(name.startswith("licheng_prices_total") for name in figures(service))
        assert service.http.get("/").status_code == service.http.get("/host").status_code == 200
        found = figures(service)
    counted = {name: value for name, value in found.items() if name.startswith("licheng_prices_total")}
    assert counted['licheng_prices_total{scheme="pilot_per_order",status="priced"}'] == 1
    assert len(counted) > 3


def test_prices_are_counted_by_scheme_and_status_and_refusals_by_code() -> None:
    with client(metrics_token=TOKEN) as service:
        schemes = service.post("/v1/prices", RIDER).json()["schemes"]
        service.post("/v1/quotes", RIDER)
        found = figures(service)
    assert {scheme["premium_fen"] is None for scheme in schemes} == {True, False}
    for scheme in schemes:
        status = "refused" if scheme["premium_fen"] is None else "priced"
        assert found[f'licheng_prices_total{{scheme="{scheme["scheme"]}",status="{status}"}}'] == 2
    for code in {refusal["code"] for scheme in schemes for refusal in scheme["refusals"]}:
        assert found[f'licheng_refusals_total{{code="{code}"}}'] >= 2


def test_problems_commits_levies_release_and_process_are_counted() -> None:
    with client(metrics_token=TOKEN) as service:
        service.get("/v1/quotes", "")
        service.post("/v1/quotes", RIDER)
        found = figures(service)
    assert found['licheng_problems_total{code="key_missing"}'] == 1
    assert found["licheng_store_commit_works_count{}"] >= 1
    assert found["licheng_store_commits_failed_total{}"] == 0
    states = ("queued", "running", "done", "failed")
    assert [found[f'licheng_levies{{state="{state}"}}'] for state in states] == [0, 0, 0, 0]
    assert (found["licheng_release{}"], found["licheng_tariff_degraded{}"]) == (0, 0)
    assert found["process_resident_memory_bytes{}"] > 10_000_000


def test_with_a_token_the_figures_need_it() -> None:
    with client(metrics_token=TOKEN) as service:
        bare = service.http.get("/metrics")
        wrong = service.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"})
        key = service.get("/metrics", "admin")
    assert [one.status_code for one in (bare, wrong, key)] == [401, 401, 401]
    assert {one.json()["code"] for one in (bare, wrong, key)} == {"metrics_token_wrong"}


def test_without_a_token_the_figures_are_for_this_machine_alone() -> None:
    with served() as service:
        near = service.http.get("/metrics")
        behind = service.http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
        assert near.status_code == 200
        assert (behind.status_code, behind.json()["code"]) == (403, "metrics_for_this_machine")
    with client() as service:
        assert service.http.get("/metrics").status_code == 403


def test_a_trusted_proxy_says_who_asks() -> None:
    environ = {"LICHENG_PROXIES": "127.0.0.1"}
    with served(environ=environ) as service:
        far = service.http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
    assert far.status_code == 403


def test_counting_costs_little() -> None:
    metrics = Metrics()
    answer = {"schemes": [{"scheme": "a", "premium_fen": 1, "refusals": []}] * 4, "covers": []}
    began = time.perf_counter()
    for _ in range(20_000):
        metrics.answered("/v1/prices", 200, 0.001)
        metrics.priced([answer])
    assert (time.perf_counter() - began) / 20_000 < 200e-6, "ten times what it costs on a quiet machine"


def test_codes_and_names_of_callers_never_become_labels() -> None:
    metrics = Metrics()
    refusals = [{"code": f"made_up_{number}"} for number in range(500)]
    metrics.priced([{"schemes": [{"scheme": "a", "premium_fen": None, "refusals": refusals}], "covers": []}])
    found = samples(metrics.text({}).decode())
    assert {name: value for name, value in found.items() if name.startswith("licheng_refusals_total")} == {
        'licheng_refusals_total{code="other"}': 500
    }


def test_a_service_that_can_answer_says_so() -> None:
    with client() as service:
        live, ready = service.get("/status/live", ""), service.get("/status/ready", "")
    assert (live.status_code, live.json()["status"]) == (200, "live")
    assert (ready.status_code, ready.json()["status"], ready.json()["release"]) == (200, "ready", 0)
    assert [check["ok"] for check in ready.json()["checks"]] == [True] * 4


def wrong_of(service: Service) -> tuple[int, str, dict[str, str]]:
    """Status, word, and what is wrong by its code."""
    answer = service.get("/status/ready", "")
    said = answer.json()
    assert all(check["message"] and check["message_zh"] for check in said["checks"] if not check["ok"])
    return answer.status_code, said["status"], {c["check"]: c["code"] for c in said["checks"] if not c["ok"]}


def test_a_writer_that_has_ended_is_not_ready() -> None:
    with client() as service:
        service.http.app.state.running.writer.close()  # type: ignore[attr-defined]
        assert wrong_of(service) == (503, "not_ready", {"writer": "ready_writer"})
        assert service.get("/status/live", "").status_code == 200


def test_a_database_that_does_not_answer_is_not_ready_and_ready_once_it_is_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with client(home) as service:
        held = service.http.app.state.running  # type: ignore[attr-defined]
        held.engine.dispose()
        for path in home.glob("licheng.db*"):
            path.rename(tmp_path / path.name)
        (home / "licheng.db").mkdir()
        assert wrong_of(service) == (503, "not_ready", {"database": "ready_database"})
        (home / "licheng.db").rmdir()
        for path in tmp_path.glob("licheng.db*"):
            path.rename(home / path.name)
        assert wrong_of(service) == (200, "ready", {})


def test_a_full_disk_is_not_ready(tmp_path: Path) -> None:
    with client() as service:
        watch = service.http.app.state.running.watch  # type: ignore[attr-defined]
        watch.home = tmp_path / "not there"
        assert wrong_of(service) == (503, "not_ready", {"disk": "ready_disk"})


def broken_release(releases: Path) -> None:
    """History names a release whose folder is not there."""
    releases.mkdir()
    said = {"event": "release", "number": 1, "tariff_sha256": "sha256:a", "folder_sha256": "sha256:b"}
    append(releases, {**said, "release_sha256": "sha256:c", "at": now().isoformat(), "by": "a test", "reason": None})


def test_a_release_that_can_not_be_loaded_leaves_the_old_one_in_force_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with client(tmp_path, metrics_token=TOKEN) as service:
        broken_release(tmp_path / "releases")
        watch = service.http.app.state.running.watch  # type: ignore[attr-defined]
        for _ in range(3):
            asyncio.run(watch.look())
        assert wrong_of(service) == (200, "degraded", {"tariff": "ready_tariff"})
        assert service.post("/v1/prices", RIDER).status_code == 200
        assert figures(service)["licheng_tariff_degraded{}"] == 1
        shutil.rmtree(tmp_path / "releases")
        asyncio.run(watch.look())
        assert wrong_of(service) == (200, "ready", {})
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert (events.count("release_not_loaded"), events.count("release_in_force")) == (1, 1)


def test_the_watch_of_a_service_looks_each_second(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        assert service.get("/status/ready", "").json()["status"] == "ready"
        broken_release(tmp_path / "releases")
        deadline = time.monotonic() + 60
        while service.get("/status/ready", "").json()["status"] == "ready" and time.monotonic() < deadline:
            time.sleep(0.1)
        assert wrong_of(service) == (200, "degraded", {"tariff": "ready_tariff"})
