"""`licheng serve` as a process: what it checks, what it says, how it stops."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.cli.serve import first_call
from tests.service.serving import SECRET, Service, client, make_keys, served, stop, told_keys

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("LICHENG_")}
EXAMPLES = Path(__file__).parents[2] / "service" / "examples"
RIDER = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
Ran = subprocess.CompletedProcess[str]


def licheng(*words: str, **environ: str) -> Ran:
    """A command that ends by itself."""
    world = {**CLEAN, "COLUMNS": "120", **environ}
    command = [sys.executable, "-m", "service.cli", *words]
    return subprocess.run(command, env=world, capture_output=True, text=True, timeout=60)


def checked(home: Path, *words: str, **environ: str) -> tuple[int, dict[str, Any]]:
    """What `licheng serve --check --json` says."""
    ran = licheng("serve", "--check", "--json", "--home", str(home), "--port", "0", *words, **environ)
    assert "Traceback" not in ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def codes(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["place"], error["code"]) for error in found["errors"]]


def test_a_check_says_where_each_setting_came_from_and_writes_nothing(tmp_path: Path) -> None:
    code, found = checked(tmp_path / "home", LICHENG_QUOTE_DAYS="9", LICHENG_SECRET=SECRET.decode())
    given = {one["setting"]: (one["value"], one["source"]) for one in found["settings"]}
    assert (code, found["errors"]) == (0, [])
    assert given["LICHENG_PORT"] == ("0", "flag")
    assert given["LICHENG_QUOTE_DAYS"] == ("9", "environment")
    assert given["LICHENG_HOST"] == ("127.0.0.1", "default")
    assert given["LICHENG_SECRET"] == ("…", "environment")
    assert [note["code"] for note in found["notes"]] == [
        "check_home",
        "check_demonstration",
        "check_store_new",
        "check_port_any",
    ]
    assert list(tmp_path.iterdir()) == []


def test_no_store_is_made_where_one_was_or_where_there_is_no_folder(tmp_path: Path) -> None:
    home, secret = tmp_path / "home", {"LICHENG_SECRET": SECRET.decode()}
    home.mkdir()
    with client(home):
        pass
    (home / "licheng.db").rename(tmp_path / "moved.db")
    refused = [(str(home / "audit-keyed"), "store_left_behind")]
    assert codes(checked(home, **secret)[1]) == refused
    assert (
        licheng("key", "create", "--role", "admin", "--holder", "Operator", LICHENG_HOME=str(home), **secret).returncode
        == 3
    )
    assert codes(checked(home, **secret)[1]) == refused, "also beside the empty file that this made"
    there = {**secret, "LICHENG_DATABASE_URL": f"sqlite:///{tmp_path / 'moved.db'}"}
    assert codes(checked(home, **there)[1]) == []
    nowhere = {**secret, "LICHENG_DATABASE_URL": f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}"}
    assert codes(checked(tmp_path / "other", **nowhere)[1]) == [("LICHENG_DATABASE_URL", "folder_missing")]


def test_the_page_of_a_check_speaks_both_languages(tmp_path: Path) -> None:
    pages = {
        lang: licheng("serve", "--check", "--home", str(tmp_path), "--port", "0", "--lang", lang)
        for lang in ("en", "zh")
    }
    assert [page.returncode for page in pages.values()] == [0, 0]
    assert "Nothing speaks against serving" in pages["en"].stdout
    assert "可以启动服务" in pages["zh"].stdout
    assert all("LICHENG_MOST_UPLOAD" in page.stdout for page in pages.values())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_without_keys_it_is_not_served_beyond_this_machine(tmp_path: Path, host: str) -> None:
    assert checked(tmp_path, "--host", host)[0] == 2
    assert codes(checked(tmp_path, "--host", host)[1]) == [("LICHENG_HOST", "unsafe_without_keys")]
    started = licheng("serve", "--port", "0", "--host", host, "--home", str(tmp_path))
    assert started.returncode == 2
    assert "unsafe_without_keys" in started.stderr
    assert "listens" not in started.stdout


def test_with_a_key_it_may_be_served_to_others_but_never_as_a_demonstration(tmp_path: Path) -> None:
    make_keys(f"sqlite:///{tmp_path / 'licheng.db'}", {"insurer": ("insurer", "house")})
    secret = {"LICHENG_SECRET": SECRET.decode()}
    assert checked(tmp_path, "--host", "0.0.0.0", **secret)[0] == 0
    code, found = checked(tmp_path, "--host", "0.0.0.0", "--demo", **secret)
    assert (code, codes(found)) == (2, [("--demo", "unsafe_demo"), ("--demo", "unsafe_demo_keys")])


def test_a_check_looks_at_database_tariff_and_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _, found = checked(
        tmp_path / "file" / "home",
        LICHENG_DATABASE_URL="postgresql://licheng:hunter2@127.0.0.1:1/licheng",
        LICHENG_SECRET=SECRET.decode(),
        LICHENG_TARIFF=str(tmp_path / "nowhere"),
    )
    wrong = [code for _, code in codes(found)]
    assert {"home_not_writable", "database_not_reached"} < set(wrong)
    assert len(wrong) == 3, wrong
    assert "hunter2" not in json.dumps(found)


def test_another_secret_than_the_one_it_was_sealed_with_is_refused(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        assert service.post("/v1/quotes", RIDER).status_code == 201
    other = "n0t-the-0ne-it-w4s-5ealed-w1th-but-g00d"
    code, found = checked(tmp_path, LICHENG_SECRET=other)
    assert (code, codes(found)) == (2, [("LICHENG_SECRET", "seal_broken")])
    assert checked(tmp_path, LICHENG_SECRET=SECRET.decode())[0] == 0
    with pytest.raises(InputError, match="cannot be opened"):
        Keyring.of(other.encode()).open(Keyring.of(SECRET).seal(b"a document", "here"), "here")


def test_a_database_whose_secret_is_gone_is_refused_and_no_new_one_is_made(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        assert service.post("/v1/quotes", RIDER).status_code == 201
    code, found = checked(tmp_path)
    assert (code, codes(found)) == (2, [("LICHENG_SECRET", "secret_lost")])
    ran = licheng("serve", "--home", str(tmp_path), "--port", "0")
    assert (ran.returncode, "secret_lost" in ran.stderr) == (2, True)
    assert not (tmp_path / "secret").exists()


def test_keys_alone_seal_the_log_so_a_lost_secret_is_not_replaced(tmp_path: Path) -> None:
    home = {"LICHENG_HOME": str(tmp_path)}
    assert licheng("key", "create", "--role", "admin", "--holder", "Ops", **home).returncode == 0
    assert checked(tmp_path)[0] == 0
    (tmp_path / "secret").rename(tmp_path / "kept")
    code, found = checked(tmp_path)
    assert (code, codes(found)) == (2, [("LICHENG_SECRET", "secret_lost")])
    ran = licheng("serve", "--port", "0", **home)
    assert (ran.returncode, "secret_lost" in ran.stderr, (tmp_path / "secret").exists()) == (2, True, False)
    (tmp_path / "kept").rename(tmp_path / "secret")
    assert (checked(tmp_path)[0], licheng("verify", "--audit", **home).returncode) == (0, 0)


def test_a_start_that_is_refused_says_so_as_json_too(tmp_path: Path) -> None:
    ran = licheng("serve", "--json", "--home", str(tmp_path), LICHENG_PROT="9")
    assert ran.returncode == 2
    assert codes(json.loads(ran.stdout)) == [("LICHENG_PROT", "setting_unknown")]
    assert "LICHENG_PROT" in ran.stderr


def test_a_port_in_use_and_an_address_of_others_are_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = licheng("serve", "--home", str(tmp_path), "--port", port)
    assert (ran.returncode, "port_in_use" in ran.stderr, port in ran.stderr) == (2, True, True)
    make_keys(f"sqlite:///{tmp_path / 'licheng.db'}", {"insurer": ("insurer", "house")})
    far = licheng(
        "serve", "--home", str(tmp_path), "--host", "192.0.2.7", "--port", "0", LICHENG_SECRET=SECRET.decode()
    )
    assert (far.returncode, "address_not_bound" in far.stderr) == (2, True)


def test_a_check_tries_the_port_and_gives_it_back(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        taken.listen()
        code, found = checked(tmp_path / "home", "--port", port)
        page = licheng("serve", "--check", "--home", str(tmp_path / "home"), "--port", port, "--lang", "zh")
    assert (code, codes(found)) == (2, [("LICHENG_PORT", "port_in_use")])
    assert (page.returncode, f"端口 {port} 已被占用" in page.stdout) == (2, True)
    code, found = checked(tmp_path / "home", "--port", port)
    assert (code, codes(found)) == (0, [])
    assert {"code": "check_port", "message": f"Address: port {port} on 127.0.0.1, free now"}.items() <= found["notes"][
        -1
    ].items()
    assert list(tmp_path.iterdir()) == []


def test_a_check_opens_nothing_to_others_where_that_is_unsafe(tmp_path: Path) -> None:
    _, found = checked(tmp_path, "--host", "192.0.2.7")  # nobody's here: trying it would say so
    assert codes(found) == [("LICHENG_HOST", "unsafe_without_keys")]
    make_keys(f"sqlite:///{tmp_path / 'licheng.db'}", {"insurer": ("insurer", "house")})
    code, found = checked(tmp_path, "--host", "192.0.2.7", LICHENG_SECRET=SECRET.decode())
    assert (code, codes(found)) == (2, [("LICHENG_PORT", "address_not_bound")])


def test_it_says_where_it_listens_and_what_it_writes_is_its_owners_alone() -> None:
    with served() as service:
        assert any(line == f"Licheng listens on {service.url}" for line in service.said)
        assert service.get("/status/live", "").json() == {"format": 1, "status": "live"}
        service.post("/v1/quotes", {**RIDER})
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in service.home.iterdir()}
        made_by_it = {name: mode for name, mode in modes.items() if name.endswith(("-wal", "-shm", "secret"))}
        assert all(mode & 0o007 == 0 or name.startswith("licheng.db") for name, mode in made_by_it.items())
        assert service.process is not None
        assert stop(service.process) == 0


def test_without_demo_no_key_is_made_or_told() -> None:
    with served() as service:
        assert not any("licheng.k_" in line for line in service.said)


def test_the_demonstration_keys_are_an_insurers_and_a_platforms() -> None:
    with served(None, "--demo") as service:
        insurer, platform = told_keys(service)
        answer = service.http.post("/v1/prices", json=RIDER, headers=insurer)
        assert len(answer.json()["schemes"][0]["shares"]) == len(RIDER["usage"]) == 2
        assert service.http.post("/v1/prices", json=RIDER, headers=platform).json()["code"] == "platform_not_yours"
        assert service.http.get("/v1/levies", headers=platform).status_code == 200
        assert service.http.get("/v1/levies", headers=insurer).status_code == 403


def test_the_first_call_prices_the_shipped_rider() -> None:
    with served(None, "--demo") as service:
        insurer = told_keys(service)[0]
        token = insurer["Authorization"].removeprefix("Bearer ")
        called = subprocess.run(first_call(service.url, token), shell=True, capture_output=True)
        answer = service.http.post("/v1/prices", json=RIDER, headers=insurer)
        assert json.loads(called.stdout)["schemes"] == answer.json()["schemes"]


def slow_post(service: Service, started: threading.Event, answers: list[int]) -> None:
    """A request whose body comes slowly: it is in flight while the service is told to stop."""
    body = json.dumps(RIDER).encode()

    def pieces() -> Iterator[bytes]:
        yield body[:20]
        started.set()
        time.sleep(1.5)
        yield body[20:]

    headers = {**service.key("insurer"), "Content-Type": "application/json", "Content-Length": str(len(body))}
    with httpx.Client(timeout=30) as http:
        answers.append(http.post(f"{service.url}/v1/prices", content=pieces(), headers=headers).status_code)


@contextmanager
def never_ending(service: Service) -> Iterator[None]:
    """A caller who sends the beginning of a body, and then nothing."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        head = ["POST /v1/prices HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 100"]
        head += [f"{name}: {value}" for name, value in service.key("insurer").items()]
        caller.sendall("\r\n".join([*head, "", "{"]).encode())
        time.sleep(0.3)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_is_answered_before_it_stops(told: int) -> None:
    with served() as service:
        started, answers = threading.Event(), []
        caller = threading.Thread(target=slow_post, args=(service, started, answers))
        caller.start()
        assert started.wait(10)
        time.sleep(0.3)
        assert service.process is not None
        service.process.send_signal(told)
        time.sleep(0.5)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.url}/status/live")
        caller.join(20)
        assert service.process.wait(20) == 0
        assert answers == [200]
        assert "Traceback" not in "\n".join(service.said)


@pytest.mark.slow
def test_a_caller_who_never_ends_does_not_hold_a_stop_for_ever() -> None:
    with served(environ={"LICHENG_STOP_SECONDS": "1"}) as service, never_ending(service):
        assert service.process is not None
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        assert time.monotonic() - began < 15  # else it would wait 20 seconds


@pytest.mark.slow
def test_a_second_interrupt_does_not_wait() -> None:
    with served(environ={"LICHENG_STOP_SECONDS": "60"}) as service, never_ending(service):
        assert service.process is not None
        service.process.send_signal(signal.SIGINT)
        time.sleep(0.7)
        assert service.process.poll() is None, "it waits for what is in flight"
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(10) == 0


@pytest.mark.slow
def test_it_starts_within_three_seconds_and_without_what_it_does_not_need(tmp_path: Path) -> None:
    began = time.monotonic()
    with served(tmp_path) as service:
        took = time.monotonic() - began
        assert service.process is not None
        loaded = Path(f"/proc/{service.process.pid}/maps").read_text()
        heavy = [name for name in ("duckdb", "pyarrow", "matplotlib", "pandas", "sklearn") if f"/{name}/" in loaded]
    assert heavy == []
    assert took < 15, "a generous limit for busy machines; the benchmark measures it"
