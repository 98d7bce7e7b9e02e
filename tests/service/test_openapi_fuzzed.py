"""The whole API under schemathesis, with a key of every role and with none: no 500, every answer as described.

Half of the well-formed requests name a quote, a month and a worker that are there, so that what is answered of them is
held against its description too.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.checks import allow_header_conformance

from service.auth.roles import PERMITS
from service.schemas.calls import CALLS
from tests.months import write_csv
from tests.service.sent_months import over, rows, send
from tests.service.serving import QUOTE, ROLES, Service, served

pytestmark = pytest.mark.slow
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
EXAMPLES = 10  # of each call, caller and mode, at most: a call that takes nothing can be sent in one way only
CALLERS = (*ROLES, "")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
TRIES = EXAMPLES * len(CALLS) * len(CALLERS) * len(MODES)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    environ = {"LICHENG_PER_MINUTE": "100000000", "LICHENG_ADDRESS_PER_MINUTE": "100000000"}
    with served(environ=environ) as found:
        yield found


@pytest.fixture(scope="module")
def document(service: Service) -> Any:
    found = schemathesis.openapi.from_dict(service.get("/openapi.json", role="").json())
    found.config.update(base_url=service.url)
    return found


@pytest.fixture(scope="module")
def kept(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is there, by the name that addresses give it: a month of the platform, with a worker of it."""
    folder: Path = tmp_path_factory.mktemp("sent")
    levy = over(service, send(service, write_csv(folder / "usage.csv", rows()).read_bytes()))
    assert levy["state"] == "done", levy
    return {"levy_id": levy["id"], "month": "2025-08", "name": "work_injury/class_rate", "worker": "w_rider_0000001"}


def quote_for(service: Service, role: str) -> dict[str, str]:
    """A quote that a role may read, by the name that addresses give it."""
    maker = role if role in PERMITS["quotes.create"] else "platform"
    return {"quote_id": service.post("/v1/quotes", QUOTE, maker).json()["id"]}


def read_by(role: str) -> set[str]:
    """Calls that name what is there and that a role may make."""
    return {
        f"{method.upper()} {path}"
        for (method, path), call in CALLS.items()
        if "{" in path and (not call.action or role in PERMITS[call.action])
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("role", CALLERS)
def test_nothing_breaks_it(
    service: Service, document: Any, kept: dict[str, str], role: str, mode: GenerationMode
) -> None:
    seen: Counter[int] = Counter()
    good: set[str] = set()
    calls = [found.ok() for found in document.get_all_operations()]
    assert len(calls) == len(CALLS)
    headers, number = service.key(role) if role else {}, count()
    there = {**kept, **quote_for(service, role)}

    for call in calls:
        cases = call.as_strategy(mode)

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def sent(case: Any) -> None:
            if mode is GenerationMode.POSITIVE and next(number) % 2:
                case.path_parameters = {name: there[name] for name in case.path_parameters}
            answer = case.call(headers=headers)
            seen[answer.status_code] += 1
            good.update({f"{case.method} {case.path}"} if answer.status_code < 300 else ())
            case.validate_response(answer, checks=CHECKS)

        with suppress(Unsatisfiable):  # a call that takes nothing cannot be sent wrong
            sent()
    assert EXAMPLES * len(CALLS) / 2 < seen.total() <= EXAMPLES * len(CALLS)
    assert mode is GenerationMode.NEGATIVE or good >= read_by(role)
    assert service.get("/status/live", role="").status_code == 200
