"""A host's package and what is in force, in a real Chromium."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pricing.spoken import yuan_of_fen
from pricing.tariff import Tariff
from pricing.words import say
from service.web.said import plain_words
from tests.service.serving import Service
from tests.web.browsing import Watched

EXAMPLE = json.loads(Path("service/examples/host.json").read_text("utf-8"))


def asked(site: Service, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = site.post("/v1/prices", {**EXAMPLE, **changed}).json()
    return answer


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_package_with_prices_payers_and_conditions_in_plain_words(site: Service, plain: Watched, lang: str) -> None:
    answer = asked(site)
    page = plain.open(f"/host?lang={lang}")
    total = answer["packages"][0]["premium_fen"]
    assert page.locator(".hero .amount").inner_text().split()[0] == yuan_of_fen(total)
    assert total == sum(cover["premium_fen"] for cover in answer["covers"])
    for cover in answer["covers"]:
        card = page.locator("section.cover").filter(has=page.locator(f"#cover-{cover['cover']}"))
        assert card.locator(".price b").inner_text() == yuan_of_fen(cover["premium_fen"])
        assert card.locator(".payers b").all_inner_texts() == [yuan_of_fen(fen) for fen in cover["payers"].values()]
        assert card.locator(".conditions li").all_inner_texts() == [one[lang] for one in cover["conditions"]]


def test_other_options_change_the_price_and_the_conditions(site: Service, visit: Watched) -> None:
    enrolment = {**EXAMPLE["enrolment"], "lumbar": {"waiting_days": 180, "benefit_fen": 5_000_000}}
    cover = next(one for one in asked(site, enrolment=enrolment)["covers"] if one["cover"] == "lumbar")
    page = visit.open("/host")
    page.locator("#lumbar-waiting_days").select_option("180")
    page.locator("#lumbar-benefit_fen").select_option("5000000")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.locator("#answer")).to_be_focused()
    card = page.locator("section.cover").filter(has=page.locator("#cover-lumbar"))
    assert card.locator(".price b").inner_text() == yuan_of_fen(cover["premium_fen"])
    assert card.locator(".conditions li").first.inner_text() == cover["conditions"][0]["en"]


def test_a_missing_month_of_revenue_is_said_with_what_to_do(site: Service, visit: Watched) -> None:
    months = dict(EXAMPLE["history"]["revenue_fen"])
    del months["2025-03"]
    refused = next(
        one for one in asked(site, history={"revenue_fen": months})["covers"] if one["cover"] == "income_interruption"
    )
    page = visit.open("/host")
    page.get_by_label("March 2025").fill("")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    card = page.locator("section.cover").filter(has=page.locator("#cover-income_interruption"))
    expect(card.locator(".refused")).to_contain_text(plain_words(refused["refusal"], Tariff.load(), "en"))
    assert page.locator(".hero .amount").inner_text().startswith("—")


def test_no_cover_chosen_is_said(visit: Watched) -> None:
    page = visit.open("/host")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.get_by_text(say("page_no_cover_chosen", "en"))).to_be_visible()


def test_what_is_in_force_shows_every_entry_that_the_api_shows(site: Service, plain: Watched) -> None:
    found = site.get("/v1/tariffs/2025-08?known_on=2025-11-30&region=500000", role="").json()
    page = plain.open("/tariff?month=2025-08&known_on=2025-11-30&region=500000")
    names = [one.get_attribute("aria-label") for one in page.locator("article.entry").all()]
    assert sorted(str(name) for name in names) == sorted(entry["entry"] for entry in found["entries"])
    card = page.locator("article.entry[aria-label='work_injury/pilot_amount@2025-07/500000']")
    words = card.text_content() or ""
    assert "0.07" in words
    assert say("page_since", "en", month="July 2025") in words
    assert "重庆市人社局" in words


def test_another_region_and_month_are_shown_and_can_be_returned_from(visit: Watched) -> None:
    page = visit.open("/tariff?month=2025-08&known_on=2025-11-30&region=500000")
    page.locator("#region").select_option("110000")
    page.get_by_role("button", name=say("page_show", "en")).click()
    expect(page.locator("#shown")).to_be_focused()
    assert "region=110000" in page.url
    assert page.locator("article.entry[aria-label$='/500000']").count() == 0
    page.go_back()
    expect(page.locator("#region")).to_have_value("500000")


def test_a_wrong_date_is_refused_at_its_field(site: Service, plain: Watched) -> None:
    page = plain.open("/tariff?month=2025-08&known_on=yesterday")
    assert page.locator("#known_on-error").inner_text() == say("request_date", "en", value="yesterday", key="known_on")


def test_the_demonstration_says_so_on_every_page(plain: Watched) -> None:
    for path in ("/", "/host", "/tariff", "/months", "/nothing"):
        assert say("page_banner", "en") in plain.open(path).locator(".banner").inner_text(), path


def test_an_unknown_address_is_a_page_in_the_language_asked_for(plain: Watched) -> None:
    page = plain.open("/nothing?lang=zh")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert say("address_unknown", "zh") in page.locator("main").inner_text()
    page.get_by_role("link", name=say("page_to_start", "zh")).click()
    assert page.locator("h1").inner_text() == say("page_rider_title", "zh")
