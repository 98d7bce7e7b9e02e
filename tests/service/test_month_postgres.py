"""A month that is kept in PostgreSQL is received, settled and shown as in the embedded store."""

from pathlib import Path

import pytest

from tests.service.postgres import postgres
from tests.service.sent_months import all_items, month_files, over, rows, send
from tests.service.serving import client

pytestmark = pytest.mark.slow


def test_a_month_with_postgresql(tmp_path: Path) -> None:
    usage, _ = month_files(tmp_path, rows())
    with postgres() as server, client(tmp_path / "home", database=server.url) as service:
        levy = over(service, send(service, usage.read_bytes()))
        assert (levy["state"], levy["rows"]) == ("done", 11)
        assert len(all_items(service, levy["links"]["lines"], limit=5)) > 10
        assert service.get("/v1/levies", "platform").json()["items"][0]["id"] == levy["id"]
