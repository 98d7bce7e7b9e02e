"""A service for tests: in this process, or as a real `licheng serve` on a free port; each with a home of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.releases.release_standing import record_missing
from service.serving import Serving
from service.serving_found import found
from service.store import keys, schema
from service.store.database import connect, database_url, writing
from tests.service.secrets import CHAIN, SECRET

with warnings.catch_warnings():  # it says that it would rather have httpx2
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROLES = ("insurer", "platform", "actuary", "auditor", "admin")
PLATFORM = "meituan"  # whose key the key of role `platform` is
# A request that every role which may store quotes may send: of the platform of the platforms' keys alone.
QUOTE = {
    "month": "2025-08",
    "worker": "w_4KQ7ZB2M",
    "schemes": ["pilot_per_order"],
    "covers": [],
    "usage": [
        {"platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 5}
    ],
}
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]):(\d+)")


@dataclass
class Service:
    """A running service. http: speaks to it; keys: a token of every role; process: where it is a real one."""

    http: httpx.Client
    home: Path
    keys: dict[str, str]
    url: str = "http://testserver"
    process: subprocess.Popen[bytes] | None = None
    said: list[str] = field(default_factory=list)

    def key(self, role: str, tenant: str = "") -> dict[str, str]:
        """Headers of a caller with a role; a tenant of its own is made where it is named."""
        name = f"{role}:{tenant}" if tenant else role
        if name not in self.keys:
            self.keys |= make_keys(self.database, {name: (role, tenant or tenant_of(role))})
        return {"Authorization": f"Bearer {self.keys[name]}"}

    @property
    def database(self) -> str:
        """URL of its database, where it is the embedded one."""
        return database_url("", self.home)

    def post(self, path: str, body: Any, role: str = "insurer", **headers: str) -> httpx.Response:
        """POST JSON as a role."""
        return self.http.post(path, json=body, headers={**self.key(role), **headers})

    def get(self, path: str, role: str = "insurer", **headers: str) -> httpx.Response:
        """GET as a role; "": without a key."""
        return self.http.get(path, headers={**(self.key(role) if role else {}), **headers})


def serving_of(environ: dict[str, str]) -> Serving:
    """Settings of a service as its environment says."""
    return Serving.from_found(found(environ, {}, make_secret=True))


def settings(home: Path, **changed: Any) -> Serving:
    """Settings of a service in a home of its own."""
    environ = {"LICHENG_HOME": str(home), "LICHENG_PORT": "0", "LICHENG_SECRET": SECRET.decode()}
    return replace(serving_of(environ), **changed)


def make_keys(database: str, wanted: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Tokens by name, made in the store. wanted: name to role and tenant."""
    engine = connect(database, CHAIN)
    try:
        schema.upgrade(engine)
        with writing(engine) as connection:
            made = {
                name: keys.create(connection, keys.Wanted(role, tenant, f"{name} of the tests"), "operator")
                for name, (role, tenant) in wanted.items()
            }
    finally:
        engine.dispose()
    return {name: token.text for name, token in made.items()}


def role_keys(database: str) -> dict[str, str]:
    """A key of every role."""
    return make_keys(database, {role: (role, tenant_of(role)) for role in ROLES})


def tenant_of(role: str) -> str:
    """Whose data the key of a role opens, where nobody says."""
    return PLATFORM if role == "platform" else f"{role}-house"


def recorded(database: str, releases: Path) -> None:
    """Note in the store what its history of releases holds, as two actuaries would: what is not noted is not served."""
    engine = connect(database, CHAIN)
    try:
        with writing(engine) as connection:
            record_missing(connection, releases, "operator", {})
    finally:
        engine.dispose()


@contextmanager
def client(home: Path | None = None, **changed: Any) -> Iterator[Service]:
    """The service inside this process. changed: fields of Serving."""
    with tempfile.TemporaryDirectory(prefix="licheng-home-") as made:
        serving = settings(home or Path(made), **changed)
        tokens = role_keys(serving.database)
        recorded(serving.database, serving.releases)
        with TestClient(create_app(serving), raise_server_exceptions=False, follow_redirects=False) as http:
            yield Service(http, serving.home, tokens)


@contextmanager
def served(
    home: Path | None = None,
    *options: str,
    environ: dict[str, str] | None = None,
    wait_s: float = 30,
    with_keys: bool = True,
) -> Iterator[Service]:
    """A real process `licheng serve` on a free port; it is stopped at the end, however the test ends.

    with_keys: make one of every role before; never for a demonstration, which is refused beside them.
    """
    with tempfile.TemporaryDirectory(prefix="licheng-home-") as made:
        home = home or Path(made)
        world = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LICHENG_")},
            "LICHENG_SECRET": SECRET.decode(),
            "PYTHONUNBUFFERED": "1",
            **(environ or {}),
        }
        database = world.get("LICHENG_DATABASE_URL") or database_url("", home)
        tokens: dict[str, str] = {}
        if with_keys and "--demo" not in options:
            tokens = role_keys(database)
            recorded(database, home / "releases")
        command = [sys.executable, "-m", "service.cli", "serve", "--host", "127.0.0.1", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--home", str(home), *options],
            env=world,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        said: list[str] = []
        try:
            url = _address(process, said, wait_s)
            with httpx.Client(base_url=url, timeout=60) as http:
                yield Service(http, home, tokens, url, process, said)
        finally:
            stop(process)


def told_keys(service: Service, wait_s: float = 60) -> list[dict[str, str]]:
    """Headers with the two keys that a demonstration prints: the insurer's, the platform's."""
    deadline = time.monotonic() + wait_s
    while len(told := [line for line in service.said if "licheng.k_" in line]) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    insurer, platform = ({"Authorization": f"Bearer {line.split()[-1].split('：')[-1]}"} for line in told)
    return [insurer, platform]


def stop(process: "subprocess.Popen[bytes]", politely: int = signal.SIGTERM) -> int:
    """End a served process and everything that it started; its exit code."""
    if process.poll() is None:
        process.send_signal(politely)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait(20)
    if process.stdout is not None:
        process.stdout.close()
    return code


def _address(process: "subprocess.Popen[bytes]", said: list[str], wait_s: float) -> str:
    """The address that a process prints when it listens; its output is read on so that it never waits for a reader."""
    found, ready = [], threading.Event()

    def read() -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line.decode("utf-8", "replace").rstrip())
                match = _ADDRESS.search(said[-1])
                if match and not found:
                    found.append(f"http://127.0.0.1:{match[1]}")
                    ready.set()
        except ValueError:  # closed at the end
            pass
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    ready.wait(wait_s)
    assert found, "the service did not start:\n" + "\n".join(said)
    return found[0]
