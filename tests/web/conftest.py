"""One service started as a demonstration and one browser for the tests of a file; a fresh page for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.service.serving import Service, served
from tests.web.browsing import Watched, chromium, watched


@pytest.fixture(scope="module")
def site() -> Iterator[Service]:
    with served(None, "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(site: Service, browser: Browser) -> Iterator[Watched]:
    with watched(browser, site.url) as found:
        yield found


@pytest.fixture
def plain(site: Service, browser: Browser) -> Iterator[Watched]:
    """A page in a browser that runs no script."""
    with watched(browser, site.url, java_script_enabled=False) as found:
        yield found
