"""`licheng serve --demo`: its keys end with it, count for nobody, and never stand beside those of real callers."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pricing.words import say
from service.store import keys
from service.store.database import connect, database_url
from tests.service.secrets import SECRET
from tests.service.serving import Service, make_keys, served, stop, told_keys
from tests.service.test_serve import CLEAN, checked, codes, licheng

HTML = {"Accept": "text/html"}
BUTTON = "/months/sign-in/demonstration"
WORLD = {"LICHENG_SECRET": SECRET.decode()}
TOLD = pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])


def holding(home: Path) -> frozenset[str]:
    """Ids of the keys that hold in a store."""
    engine = connect(database_url("", home))
    try:
        return keys.holding(engine)
    finally:
        engine.dispose()


def tried(home: Path, told: int) -> list[dict[str, str]]:
    """The keys of a demonstration that answered and was stopped by a signal."""
    with served(home, "--demo") as service:
        found = told_keys(service)
        assert statuses(service, found) == [200, 200]
        assert service.http.post(BUTTON, headers=HTML).status_code == 303
        assert service.process is not None
        stop(service.process, told)
    return found


def statuses(service: Service, found: list[dict[str, str]]) -> list[int]:
    """What a service answers to the insurer's and the platform's key."""
    paths = ("/v1/quotes", "/v1/levies")
    return [service.http.get(path, headers=headers).status_code for path, headers in zip(paths, found, strict=True)]


@TOLD
def test_the_keys_of_a_demonstration_do_not_outlive_it(tmp_path: Path, told: int) -> None:
    found = tried(tmp_path, told)
    assert len(holding(tmp_path)) == (3 if told == signal.SIGKILL else 0)
    with served(tmp_path, with_keys=False) as service:
        assert statuses(service, found) == [401, 401]
        assert holding(tmp_path) == frozenset()
    assert licheng("verify", "--audit", LICHENG_HOME=str(tmp_path), **WORLD).returncode == 0


def test_a_session_of_a_demonstration_does_not_outlive_it(tmp_path: Path) -> None:
    with served(tmp_path, "--demo") as service:
        assert say("page_try_it", "en") in service.http.get("/months", headers=HTML).text
        assert service.http.post(BUTTON, headers=HTML).status_code == 303
        cookies = dict(service.http.cookies)
        page = service.http.get("/months", headers=HTML)
        assert (page.status_code, say("key_demonstration", "en") in page.text) == (200, True)
        assert say("page_sign_out", "en") in page.text
    with served(tmp_path, with_keys=False) as service:
        service.http.cookies.update(cookies)
        assert say("page_sign_out", "en") not in service.http.get("/months", headers=HTML).text


def test_keys_that_are_left_over_are_told_apart_and_open_no_door_to_others(tmp_path: Path) -> None:
    tried(tmp_path, signal.SIGKILL)
    code, found = checked(tmp_path, **WORLD)
    notes = {note["code"]: note["message"] for note in found["notes"]}
    assert (code, notes["check_store"].rpartition(" ")[2]) == (0, "0")
    assert notes["check_demo_keys"].startswith("Demonstration keys: 3.")
    code, found = checked(tmp_path, "--host", "0.0.0.0", **WORLD)
    assert (code, codes(found)) == (2, [("LICHENG_HOST", "unsafe_without_keys")])
    started = licheng("serve", "--port", "0", "--home", str(tmp_path), LICHENG_HOST="0.0.0.0", **WORLD)
    assert (started.returncode, "[unsafe_without_keys]" in started.stderr) == (2, True)
    assert checked(tmp_path, "--demo", **WORLD)[0] == 0, "a demonstration may go on where one was"


@pytest.mark.parametrize(("lang", "words"), [("en", "of its own"), ("zh", "单独一个数据目录")])
def test_no_demonstration_where_a_caller_has_or_had_a_key(tmp_path: Path, lang: str, words: str) -> None:
    token = make_keys(database_url("", tmp_path), {"platform": ("platform", "meituan")})["platform"]
    here = {"LICHENG_HOME": str(tmp_path), **WORLD}
    for _ in range(2):
        code, found = checked(tmp_path, "--demo", **WORLD)
        assert (code, codes(found)) == (2, [("--demo", "unsafe_demo_keys")])
        ran = licheng("serve", "--demo", "--port", "0", "--lang", lang, **here)
        assert (ran.returncode, "[unsafe_demo_keys]" in ran.stderr, words in ran.stderr) == (2, True, True)
        assert licheng("key", "revoke", token.split(".")[1], **here).returncode == 0
    assert checked(tmp_path, **WORLD)[0] == 0


@pytest.mark.parametrize(("lang", "words"), [("en", "a proxy"), ("zh", "代理")])
def test_no_demonstration_behind_a_proxy(tmp_path: Path, lang: str, words: str) -> None:
    behind = {"LICHENG_PROXIES": "127.0.0.1", **WORLD}
    code, found = checked(tmp_path, "--demo", **behind)
    assert (code, codes(found)) == (2, [("--demo", "unsafe_demo_proxies")])
    ran = licheng("serve", "--demo", "--port", "0", "--home", str(tmp_path), "--lang", lang, **behind)
    assert (ran.returncode, "[unsafe_demo_proxies]" in ran.stderr, words in ran.stderr) == (2, True, True)
    assert checked(tmp_path, **behind)[0] == 0


def test_a_callers_key_ends_a_demonstration_that_runs(tmp_path: Path) -> None:
    with served(tmp_path, "--demo") as service:
        found = told_keys(service)
        assert statuses(service, found) == [200, 200]
        headers = service.key("platform")
        assert service.http.get("/v1/levies", headers=headers).status_code == 200
        deadline = time.monotonic() + 30
        while statuses(service, found) != [401, 401] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert statuses(service, found) == [401, 401]
        pressed = service.http.post(BUTTON, headers=HTML)
        assert (pressed.status_code, "session" in pressed.cookies) == (422, False)


def test_the_first_look_is_not_served_beside_a_callers_key(tmp_path: Path) -> None:
    make_keys(database_url("", tmp_path), {"platform": ("platform", "meituan")})
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "secret").chmod(0o600)
    command = [sys.executable, "-m", "service.cli.first_served", str(tmp_path)]
    ran = subprocess.run(command, env=CLEAN, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, "[unsafe_demo_keys]" in ran.stderr, "Traceback" in ran.stderr) == (2, True, False)
