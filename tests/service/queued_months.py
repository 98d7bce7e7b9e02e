"""Months that wait in a data folder, and supervisors that look after them without a server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from service.month.folders import LevyFolder
from service.month.supervisor import Supervisor
from service.serving import Serving
from service.store import levies
from service.store.audit import entries
from service.store.database import connect, reading, writing
from service.store.levies import Levy
from tests.service.secrets import CHAIN
from tests.service.sent_months import CSV, QUERY, month_files, rows
from tests.service.serving import PLATFORM, client, settings

Json = dict[str, Any]


def until(holds: Callable[[], Any], wait_s: float = 60) -> Any:
    """What a condition gives once it holds."""
    last = time.monotonic() + wait_s
    while time.monotonic() < last:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError("it never held")


class Queue:
    """A home with a month that was received, and supervisors that look after it. sent: its rows."""

    def __init__(self, home: Path, sent: list[Json] | None = None) -> None:
        self.serving: Serving = settings(home)
        self.usage = month_files(home, sent or rows())[0].read_bytes()
        self.id = self.send(self.usage)
        self.engine = connect(self.serving.database, CHAIN)
        self.folder = LevyFolder(home, self.id)

    def send(self, usage: bytes, tenant: str = PLATFORM) -> str:
        """Another month, received by a service that settles none; its id."""
        with client(self.serving.home, runs=0) as idle:
            headers = {**idle.key("platform", tenant), "Content-Type": CSV}
            sent = idle.http.post("/v1/levies", params=QUERY, content=usage, headers=headers)
        assert sent.status_code == 202, sent.text
        return str(sent.json()["id"])

    @property
    def levy(self) -> Levy:
        return self.of(self.id)

    def of(self, levy_id: str) -> Levy:
        """A month as it is now."""
        with reading(self.engine) as connection:
            found = levies.find(connection, levy_id)
        assert found is not None
        return found

    def change(self, changed: str) -> None:
        """Write into the row of its month, in SQL."""
        with writing(self.engine) as connection:
            connection.exec_driver_sql(f"UPDATE levies SET {changed} WHERE id = '{self.id}'")

    @contextmanager
    def looked_after(self, silent_s: float = 30.0, **changed: Any) -> Iterator[Supervisor]:
        """While the block runs. changed: fields of Serving."""
        supervisor = Supervisor(replace(self.serving, **changed), self.engine, silent_s, pause_s=0.1)
        supervisor.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()

    def acts(self, action: str) -> int:
        """How often something stands in the audit log."""
        with reading(self.engine) as connection:
            return sum(entry.action == action for entry in entries(connection))


def runner_of(queue: Queue) -> int:
    """The process that settles the month, found by its name and its place."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if queue.id.encode() in path.read_bytes():
                return int(path.parent.name)
        except OSError:
            continue
    return 0


def big(count: int) -> list[Json]:
    """Rows enough to be killed in the middle."""
    plain = [{name: v for name, v in row.items() if name != "x_team"} for row in rows(count)]
    return [{**row, "worker": f"w_many_{number:07d}"} for number, row in enumerate(plain)]


def home_in(folder: Path) -> Path:
    """A data folder of its own."""
    home = folder / "home"
    home.mkdir()
    return home


def left(home: Path) -> dict[str, list[str]]:
    """What lies in the folder of each levy, and whatever else lies beside them."""
    return {path.name: sorted(inner.name for inner in path.iterdir()) for path in (home / "levies").glob("*")}


def pending(engine: Any) -> list[Levy]:
    """Months that are not over."""
    with reading(engine) as connection:
        return levies.unfinished(connection)
