"""Servers of the HTTP benchmarks: each a process of its own, stopped with all that it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from service.auth.keyring import Keyring
from service.store import keys, schema
from service.store.database import connect, database_url, writing

_SECRET = "of a benchmark, not of a service: 4f1c9e6b20"
_PORT = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on a port of loopback. up_s: from its start to its first line with the address."""

    process: subprocess.Popen[str]
    port: int
    up_s: float

    def megabytes(self) -> float:
        """Resident memory now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def kill(self) -> None:
        """`kill -9`, of the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def started(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A Python module as a server that prints where it listens."""
    begin = time.perf_counter()
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("LICHENG_")}
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**quiet, "PYTHONUNBUFFERED": "1", **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield Server(process, _port_of(process), time.perf_counter() - begin)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        found = _PORT.search(line)
        if found:
            return int(found[1])
    raise RuntimeError(f"the server ended with {process.wait()} before it listened")


@contextmanager
def licheng(home: Path) -> Iterator[Server]:
    """`licheng serve` on a data folder, with limits that a load does not reach; logs as shipped, but to nowhere."""
    limits = {"LICHENG_PER_MINUTE": "1000000000", "LICHENG_ADDRESS_PER_MINUTE": "1000000000"}
    more = {**limits, "LICHENG_MOST_BODY": "100000000", "LICHENG_SECRET": _SECRET}
    with started(["service.cli", "serve", "--port", "0", "--home", str(home)], more) as server:
        yield server


def key_in(home: Path, role: str = "insurer") -> dict[str, str]:
    """Headers with a key made in a data folder, for JSON."""
    engine = connect(database_url("", home), Keyring.of(_SECRET.encode()).chaining)
    try:
        schema.upgrade(engine)
        with writing(engine) as connection:
            token = keys.create(connection, keys.Wanted(role, "benchmark", "the load"), "operator")
    finally:
        engine.dispose()
    return {"Authorization": f"Bearer {token.text}", "Content-Type": "application/json"}
