"""axe finds nothing serious or critical on any page, in both languages, by day and by night, folded and unfolded."""

from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from pricing.words import say
from tests.service.serving import Service
from tests.web.browsing import PHONE, Watched, barriers, watched

PAGES = ("/", "/host", "/tariff?month=2025-08&known_on=2025-11-30", "/months", "/nothing", "/docs")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_barrier_on_a_page(site: Service, browser: Browser, path: str, lang: str, scheme: str) -> None:
    with watched(browser, site.url, color_scheme=scheme) as visit:
        page = visit.open(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.locator("h1").count() == 1
        assert barriers(page) == []


def test_no_barrier_where_a_form_is_wrong(visit: Watched) -> None:
    page = visit.open("/?lang=zh")
    page.locator("[id='0-orders']").fill("many")
    page.get_by_role("button", name=say("page_price_it", "zh")).click()
    expect(page.locator(".summary")).to_be_focused()
    assert barriers(page) == []


@pytest.mark.parametrize("path", ["/", "/host", "/tariff", "/months"])
def test_landmarks_names_and_the_order_of_headings(plain: Watched, path: str) -> None:
    page = plain.open(path)
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(landmark).count() >= 1, landmark
    levels = [int(one[1]) for one in page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    unnamed = page.locator("input:not([type=hidden]), select").evaluate_all(
        "all => all.filter(one => !one.labels.length).map(one => one.id)"
    )
    assert unnamed == []


def test_tables_and_pictures_are_told_in_words(plain: Watched) -> None:
    page = plain.open("/")
    assert page.locator("table").count() >= 4
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0
    picture = page.locator("svg[role=img]")
    assert page.locator("#curve-told").text_content() != ""
    assert picture.get_attribute("aria-labelledby") == "curve-name curve-told"
    assert page.locator("svg:not([role=img]):not([aria-hidden=true])").count() == 0


def test_everything_with_the_focus_shows_it(visit: Watched) -> None:
    page = visit.open("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            """() => { const one = document.activeElement, box = one.closest('.box') ?? one;
              return getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(box).boxShadow !== 'none'; }"""
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")


def test_motion_stops_where_it_is_not_wanted(site: Service, browser: Browser) -> None:
    with watched(browser, site.url, viewport=PHONE, reduced_motion="reduce") as visit:
        page = visit.open("/")
        moving = page.locator("*").evaluate_all(
            "all => all.filter((one) => getComputedStyle(one).transitionDuration !== '0s').length"
        )
        assert moving == 0
