"""The whole API under schemathesis, with a key of every role and with none: no 500, every answer as described."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
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

from service.schemas.calls import CALLS
from tests.service.serving import ROLES, Service, served

pytestmark = pytest.mark.slow
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
EXAMPLES = 10  # of each call, role and mode


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


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_nothing_breaks_it(service: Service, document: Any, role: str, mode: GenerationMode) -> None:
    seen: Counter[int] = Counter()
    calls = [found.ok() for found in document.get_all_operations()]
    assert len(calls) == len(CALLS)
    headers = service.key(role) if role else {}

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
            answer = case.call(headers=headers)
            seen[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        with suppress(Unsatisfiable):  # a call that takes nothing cannot be sent wrong
            sent()
    assert seen.total() > EXAMPLES * len(CALLS) / 2
    assert service.get("/status/live", role="").status_code == 200
