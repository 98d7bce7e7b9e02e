"""A real PostgreSQL for tests: made in a folder of its own, on a free port, stopped and started again at will."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PLACES = "/usr/lib/postgresql/*/bin"
OWNER = "postgres"  # initdb refuses root


@dataclass(frozen=True)
class Postgres:
    """A running server. binaries: where its programs are; folder: its data; port: of loopback."""

    binaries: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/postgres"

    def database(self, name: str) -> str:
        """URL of a fresh, empty database."""
        self._psql(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        log, options = self.folder / "log", f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self._run("pg_ctl", "-D", self.folder / "data", "-l", log, "-o", options, "-w", "start")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def psql(self, name: str, text: str) -> str:
        """What a statement prints in a database."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER, "-d", name]
        return self._run("psql", *where, "-v", "ON_ERROR_STOP=1", "-At", "-c", text)

    def copied(self, name: str, to: str) -> str:
        """URL of a database that `pg_restore` made from what `pg_dump` saved of another."""
        where, dump = ["-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER], self.folder / f"{name}.dump"
        self._run("pg_dump", *where, "--format=custom", f"--file={dump}", name)
        url = self.database(to)
        self._run("pg_restore", *where, "--exit-on-error", "--dbname", to, dump)
        return url

    def _psql(self, text: str) -> None:
        self.psql("postgres", text)

    def _run(self, program: str, *words: object) -> str:
        command = [str(self.binaries / program), *map(str, words)]
        if os.geteuid() == 0:
            command = [_runuser(), "-u", OWNER, "--", *command]
        # Output goes to a file: a server that pg_ctl starts would hold a pipe open for ever.
        with tempfile.TemporaryFile("w+") as said:
            code = subprocess.run(command, cwd="/", stdout=said, stderr=subprocess.STDOUT, check=False).returncode
            said.seek(0)
            text = said.read()
        assert code == 0, f"{program}: {text}"
        return text


def _runuser() -> str:
    """Where runuser lies; a short PATH has no room for it."""
    found = shutil.which("runuser", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    assert found, "runuser is needed: PostgreSQL does not run as root"
    return found


def found() -> Path | None:
    """The folder of the newest server's programs; None where there is none."""
    newest = sorted(Path("/").glob(PLACES.removeprefix("/")), key=lambda path: path.parent.name.zfill(4))
    on_path = shutil.which("initdb")
    whole = [path for path in newest if (path / "initdb").is_file() and (path / "pg_ctl").is_file()]
    return whole[-1] if whole else Path(on_path).resolve().parent if on_path else None


def needed() -> Path:
    """The same; the test is left out where there is none, but on the build machine it fails."""
    binaries = found()
    if binaries is None:
        reason = "PostgreSQL is not installed: its initdb is neither on PATH nor under " + PLACES
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return binaries


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of its own, gone at the end with its folder."""
    binaries = needed()
    with tempfile.TemporaryDirectory(prefix="licheng-postgres-") as made:
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER, OWNER)
        server = Postgres(binaries, folder, free_port())
        server._run("initdb", "-D", folder / "data", "-A", "trust", "-U", OWNER, "-N", "--no-locale", "-E", "UTF8")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
