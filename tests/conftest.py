"""What all tests share: hypothesis repeats itself on the build machine and never races a clock; a service to ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.service.serving import Service

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service inside this process for the tests of a file; a file that needs other settings has its own."""
    from tests.service.serving import client  # here, so that tests without a service load none

    with client() as found:
        yield found
