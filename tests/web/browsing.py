"""A real Chromium that watches its pages: what they complain of, whom they ask, and what the policy had to stop."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), "")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
# Chromium notes every answer that is not 2xx on its console; such answers are asked for in these tests.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"
_STOPPED = """document.addEventListener('securitypolicyviolation',
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""


@dataclass
class Watched:
    """A page, with everything that it should not have done."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to an address of the site."""
        self.page.goto(self.site + path)
        return self.page

    def heard(self, message: ConsoleMessage) -> None:
        """A line on the console."""
        if not message.text.startswith(_EXPECTED):
            self.complaints.append(f"{message.type}: {message.text}")

    def asked(self, address: str) -> None:
        """A request, to whomever."""
        if not address.startswith((self.site + "/", "data:", "blob:")):
            self.complaints.append(f"asked {address}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skipped visibly where there is none, but never on the build machine."""
    if not CHROMIUM and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine: apt-get install chromium")
    assert CHROMIUM, "no chromium on the build machine: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, site: str, context: BrowserContext | None = None, **options: object) -> Iterator[Watched]:
    """A page in a context of its own that must have nothing to complain of when it closes. options: of the context."""
    own = context or browser.new_context(**{"viewport": DESK, "locale": "en-GB", **options})  # type: ignore[arg-type]
    own.add_init_script(_STOPPED)
    found = Watched(own.new_page(), site)
    found.page.on("console", found.heard)
    found.page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
    found.page.on("request", lambda request: found.asked(request.url))
    yield found
    own.close()
    assert found.complaints == []


def barriers(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    return [
        f"{found['impact']}: {found['id']}: {node['html'][:160]}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def too_wide(page: Page) -> int:
    """By how many pixels the page scrolls to the side."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
