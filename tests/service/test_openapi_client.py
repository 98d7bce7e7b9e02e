"""A client that a stranger generates from the OpenAPI document speaks with a real server."""

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.service.serving import Service, served

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).resolve().parents[2] / "service/examples"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def api(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The generated package, as a function from a module's name to the module."""
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    document.write_bytes(service.get("/openapi.json", role="").content)
    command = [Path(sys.executable).parent / "openapi-python-client", "generate", "--path", document, "--meta", "none"]
    made = subprocess.run(
        [*command, "--output-path", folder / "licheng_client"], capture_output=True, text=True, timeout=120, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    told = made.stdout + made.stderr
    assert told.count("WARNING") == told.count("Unsupported content type"), told  # it reads JSON and forms alone
    sys.path.insert(0, str(folder))
    try:
        yield lambda name: importlib.import_module(f"licheng_client.{name}")
    finally:
        sys.path.remove(str(folder))


@contextmanager
def caller(api: Any, service: Service, role: str = "") -> Iterator[Any]:
    """A client with the key of a role, or with none."""
    module: ModuleType = api("client")
    if role:
        token = service.key(role)["Authorization"].removeprefix("Bearer ")
        made = module.AuthenticatedClient(base_url=service.url, token=token, raise_on_unexpected_status=True)
    else:
        made = module.Client(base_url=service.url, raise_on_unexpected_status=True)
    with made as opened:
        yield opened


def test_it_asks_for_a_quote_and_reads_it_again(api: Any, service: Service) -> None:
    models = api("models")
    with caller(api, service, "insurer") as insurer:
        request = models.PricesRequest.from_dict(json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8")))
        made = api("api.quotes.post_quote").sync(client=insurer, body=request, idempotency_key="client-1")
        again = api("api.quotes.get_quote").sync(made.id, client=insurer)
        assert made.answer.schemes[0].premium_fen == 5320
        assert again.to_dict() == made.to_dict()


def test_it_asks_for_prices(api: Any, service: Service) -> None:
    models = api("models")
    with caller(api, service, "insurer") as insurer:
        request = models.PricesRequest.from_dict(json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8")))
        answer = api("api.prices.post_prices").sync(client=insurer, body=request)
        assert answer.schemes[0].scheme == "pilot_per_order"


def test_it_is_told_what_is_wrong(api: Any, service: Service) -> None:
    models = api("models")
    with caller(api, service, "insurer") as insurer:
        request = models.PricesRequest.from_dict({"month": "2025-8", "worker": "w_4KQ7ZB2M", "usage": []})
        problem = api("api.quotes.post_quote").sync(client=insurer, body=request)
        assert (problem.status, problem.code) == (422, "no_usage")


def test_it_declares(api: Any, service: Service) -> None:
    models = api("models")
    with caller(api, service, "insurer") as insurer:
        sent = json.loads((EXAMPLES / "courier_station.json").read_text(encoding="utf-8"))
        bodies = [models.DeclarationRequest.from_dict(one) for one in sent]
        answers = api("api.declarations.post_declarations").sync(client=insurer, body=bodies)
        assert [one.levy_fen for one in answers] == [305_840, 7_000_021]


def test_it_reads_the_tariff_without_a_key(api: Any, service: Service) -> None:
    with caller(api, service) as stranger:
        answer = api("api.tariffs.get_month").sync("2025-08", client=stranger, table="work_injury/class_rate")
        assert answer.release.demonstration is True
        assert [one.entry for one in answer.entries] == ["work_injury/class_rate@2015-10"]


@contextmanager
def month(api: Any) -> Iterator[Any]:
    """The example month as a form with its files."""
    file = api("types").File
    with ExitStack() as opened:
        usage, register = (
            file(opened.enter_context((EXAMPLES / "month" / name).open("rb")), name, "text/csv")
            for name in ("usage.csv", "platforms.csv")
        )
        yield api("models").PostLevyFilesBody(usage=[usage], platforms=register)


def test_it_sends_a_month_and_waits_for_its_totals(api: Any, service: Service) -> None:
    with caller(api, service, "admin") as admin, month(api) as body:
        levy = api("api.levies.post_levy").sync(client=admin, body=body, month="2025-08", known_on="2025-10-15")
        read = api("api.levies.get_levy")
        end = time.monotonic() + 60
        while levy.state in ("queued", "running") and time.monotonic() < end:
            time.sleep(0.2)
            levy = read.sync(levy.id, client=admin)
        assert levy.state == "done"
        assert api("api.levies.get_totals").sync(levy.id, client=admin).provisional is True
