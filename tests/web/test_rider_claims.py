"""What the rider's page says of law and proposal never misleads, is said in words, and is at hand on a phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from pricing.words import say
from service.web.dates import day_words, hours_words, month_words, time_words
from tests.service.serving import Service
from tests.web.browsing import PHONE, Watched, watched


def priced(visit: Watched, lang: str = "en", **typed: str) -> Page:
    """The example, with other choices in every row or in the form."""
    page = visit.open(f"/?lang={lang}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name, value in typed.items():
        for box in page.locator(f"#{name}, [id$='-{name}']").all():
            box.fill(value) if name in ("month", "known_on") else box.select_option(value)
    page.get_by_role("button", name=say("page_price_it", lang)).click()
    expect(page.locator("#answer")).to_be_focused()
    return page


def test_of_an_employed_rider_the_two_laws_stand_apart(visit: Watched) -> None:
    page = priced(visit, employment="employee")
    assert page.locator(".verdict").inner_text() == say("page_two_laws", "en")
    assert page.locator(".figure:not(.accent) b").all_inner_texts() == ["53.20", "69.30"]
    assert page.locator(".chart .law").count() == 0


@pytest.mark.parametrize("typed", [{"region": "540000"}, {"month": "2020-01"}, {"employment": ""}])
def test_where_the_law_is_not_known_nothing_is_compared(visit: Watched, typed: dict[str, str]) -> None:
    page = priced(visit, **typed)
    assert say("page_law_not_known", "en") in page.locator(".figure").first.inner_text()
    assert page.locator(".amount").first.inner_text().startswith("—")
    assert page.locator(".verdict").count() == 0


def test_an_incomplete_law_is_not_compared_and_says_what_it_lacks(visit: Watched) -> None:
    page = priced(visit, lang="zh", pilot_tier="")
    assert page.locator(".verdict").inner_text() == say("page_incomplete", "zh")
    assert (
        page.locator("table.schemes .left-out, table.schemes td")
        .filter(has_text=say("page_plain_rate_tier_not_assigned", "zh"))
        .count()
    )


def test_a_rider_who_reads_only_chinese_meets_no_code(visit: Watched) -> None:
    page = priced(visit, lang="zh")
    shown = page.locator(".answers > section:not(.flat)").all_inner_texts()
    assert shown
    assert [re.findall(r"[a-z]+_[a-z_]+|employment", text) for text in shown] == [[]] * len(shown)
    assert hours_words(13_520, "zh") in shown[0]


def test_on_a_phone_the_answer_is_at_hand_and_no_cell_is_cut(site: Service, browser: Browser) -> None:
    with watched(browser, site.url, viewport=PHONE) as visit:
        page = visit.open("/?lang=zh")
        assert page.locator("details.fold").get_attribute("open") is None
        expect(page.locator(".bar-at-hand .glance")).to_be_in_viewport()
        page.locator("details.fold > summary").click()
        expect(page.locator(".bar-at-hand")).to_be_in_viewport()
        cut = page.locator("td, th").evaluate_all(
            "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1"
            " || one.getBoundingClientRect().right > 361)"
            ".filter((one) => one.clientWidth > 1 && !one.closest('thead')).map((one) => one.textContent)"
        )
        assert cut == []
        assert page.locator(".chart text").first.evaluate("one => one.getBoundingClientRect().height") >= 11


def test_an_answer_of_other_fields_says_so(visit: Watched) -> None:
    page = visit.open("/")
    page.locator("[id='0-orders']").fill("1")
    assert page.locator(".changed").inner_text() == say("page_changed", "en")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.locator(".changed")).to_have_text("")


def test_on_paper_the_steps_stand_open_and_the_form_does_not(visit: Watched) -> None:
    page = visit.open("/")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".sheet table").first).to_be_visible()
    expect(page.locator("fieldset.row").first).to_be_hidden()
    expect(page.locator(".entered")).to_be_visible()


def test_dates_and_times_as_people_write_them() -> None:
    assert [month_words("2025-08", lang) for lang in ("en", "zh")] == ["August 2025", "2025年8月"]
    assert [day_words("2025-11-30", lang) for lang in ("en", "zh")] == ["30 November 2025", "2025年11月30日"]
    assert time_words("2025-11-30T14:05:09+00:00", "en") == "30 November 2025, 22:05:09 (Beijing time)"
    assert [hours_words(minutes, "en") for minutes in (60, 13_520)] == ["1 h", "225 h 20 min"]
    assert month_words("soon", "en") == day_words("soon", "en") == "soon"
