"""A session that was ended after a backup does not live again in what is restored from it."""

import time
from pathlib import Path

from service.operations.backup import save
from service.operations.restore import restore
from service.store import keys
from tests.service.serving import SECRET, Service, client

HTML = {"Accept": "text/html"}


def sign_in(service: Service, key: str) -> None:
    assert service.http.post("/months/sign-in", data={"key": key}, headers=HTML).status_code == 303


def is_in(service: Service) -> bool:
    return 'name="csrf"' in service.http.get("/months", headers=HTML).text


def test_a_restore_ends_the_sessions_that_began_before_it(tmp_path: Path) -> None:
    home, again, archive = tmp_path / "home", tmp_path / "again", tmp_path / "saved.tar"
    home.mkdir()
    with client(home) as service:
        key = service.keys["auditor"]
        sign_in(service, key)
        assert is_in(service)
        cookie = service.http.cookies["session"]
    save(home, home / "licheng.db", archive)
    assert restore(archive, again, secret=SECRET, into=again / "licheng.db", keep=[keys.ALL])["revoked"] == []
    time.sleep(1)  # a cookie has its time in whole seconds
    with client(again) as service:
        service.http.cookies.set("session", cookie)
        assert not is_in(service)
        service.http.cookies.clear()
        sign_in(service, key)
        assert is_in(service)
